"""The outbox in words: kinds, states, why a message did not leave, and its lines in a case's timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from laneway.engine.model import OutgoingKind, OutgoingState
from laneway.engine.outbox import Failure
from laneway.web.i18n import N_

KINDS: Mapping[str, tuple[str, str]] = {
    OutgoingKind.MAIL: ("mail", N_("Mail")),
    OutgoingKind.WEBHOOK: ("link", N_("Webhook")),
}
"""By kind: icon and word."""

STATES: Mapping[str, tuple[str, str, str]] = {
    OutgoingState.QUEUED: ("clock", "", N_("Queued")),
    OutgoingState.SENDING: ("send", "", N_("Being sent")),
    OutgoingState.SENT: ("check", "good", N_("Sent")),
    OutgoingState.FAILED: ("alert", "bad", N_("Given up")),
    OutgoingState.CANCELED: ("x", "", N_("Not to be sent")),
}
"""By state: icon, tone of the pill, word."""

RETRYING = ("clock", "warn", N_("Will be tried again"))
"""Of what is queued after an attempt that failed."""

FAILURES: Mapping[str, str] = {
    Failure.UNREACHABLE: N_("The other side could not be reached."),
    Failure.TIMEOUT: N_("The other side did not answer in time."),
    Failure.REFUSED: N_("The other side refused it."),
    Failure.ADDRESS_FORBIDDEN: N_(
        "This address is inside the network or uses another port. An operator may allow it: setting “webhook_hosts”."
    ),
    Failure.UNSENDABLE: N_("The address or the text cannot be sent as it is."),
    Failure.BOUNCED: N_("The mail was taken, and came back later: it did not reach its recipient."),
    Failure.SENDER_LOST: N_("The program that sent it ended each time before it told how it went."),
}

TOLD: Mapping[str, tuple[str, str]] = {
    "mail_queued": ("send", N_("wrote to %(to)s: %(subject)s")),
    "mail_sent": ("mail", N_("sent the mail to %(to)s: %(subject)s")),
    "mail_failed": ("alert", N_("the mail to %(to)s could not be sent: %(subject)s")),
    "mail_resent": ("refresh", N_("let the mail to %(to)s be sent again: %(subject)s")),
    "mail_canceled": ("x", N_("took back the mail to %(to)s: %(subject)s")),
    "webhook_queued": ("send", N_("has something to tell %(to)s: %(subject)s")),
    "webhook_sent": ("link", N_("told %(to)s: %(subject)s")),
    "webhook_failed": ("alert", N_("%(to)s could not be told: %(subject)s")),
    "webhook_resent": ("refresh", N_("let %(to)s be told again: %(subject)s")),
    "webhook_canceled": ("x", N_("took back what %(to)s was to be told: %(subject)s")),
}
"""By event of the history: the icon and the words of a timeline."""

DEEDS = frozenset(TOLD) - {"mail_sent", "mail_failed", "webhook_sent", "webhook_failed"}
"""Those that someone does, if only the system."""

MATTERING = frozenset(TOLD) - {"mail_sent", "webhook_queued", "webhook_sent"}
"""Those that matter beside a task."""


def parts(details: Mapping[str, Any]) -> dict[str, str]:
    """What fills the texts of TOLD in; of a URL only the host, since the rest may hold a key."""
    to = str(details.get("to", ""))
    return {"to": urlsplit(to).hostname or to if "://" in to else to, "subject": details.get("subject", "")}
