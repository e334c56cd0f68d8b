"""Words for mails that arrived: how they stand, why a person is asked, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

from laneway.records.mail.receiving import State
from laneway.web.i18n import N_

STATES: Mapping[State, tuple[str, str, str]] = {
    State.RECEIVED: ("clock", "line", N_("Just arrived")),
    State.WAITING: ("alert", "warn", N_("To decide")),
    State.FILED: ("check", "ok", N_("In a case")),
    State.DISCARDED: ("x", "line", N_("Set aside")),
}
REASONS: Mapping[str, str] = {
    "continued": N_("It goes on with its case."),
    "reopened": N_("It reopened its case."),
    "followed": N_("Its case was closed too long ago; a linked one follows."),
    "opened": N_("It opened a case."),
    "auto_reply": N_("An automatic reply."),
    "bounce": N_("A mail of ours did not arrive."),
    "bounce_unknown": N_("A mail did not arrive, and it is none that we know."),
    "loop": N_("It comes from our own address."),
    "too_many": N_("This sender writes more often than people do."),
    "sender_not_of_case": N_("It names a case that has nothing to do with its sender."),
    "unknown_sender": N_("No customer has this address, or several have."),
    "no_sender": N_("It has no address to answer to."),
    "no_process": N_("No process is deployed that a mail opens."),
    "too_large": N_("It is larger than a mail may be; only its head was read."),
    "too_deep": N_("Its parts are nested deeper than any program would."),
    "unreadable": N_("It cannot be read as a mail."),
    "case_was_cancelled": N_("Its case was cancelled."),
    "case_reopens_nowhere": N_("Its case is closed, and its process does not say where it would go on."),
    "by_person": N_("Set aside by a person."),
    "failed": N_("Something went wrong while it was brought to its case."),
}
TEXTS: Mapping[str, str] = {
    "mail_filed": N_("This mail is in case %(number)s already."),
    "mail_not_found": N_("There is no such mail."),
    "mail_too_large": N_("The mail is larger than %(megabytes)s MB."),
    "mail_empty": N_("There is no mail in what was sent."),
    "process_starts_by_no_mail": N_(
        "No mail opens a case of this process: it has no start event for messages."
    ),
}
