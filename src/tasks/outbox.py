"""Sends what waits in the outbox. Any number of senders may run, here and on other machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from laneway import observed
from laneway.engine import outbox
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import OutgoingKind
from laneway.engine.outbox import Delivery
from laneway.settings import Settings
from laneway.tasks.addresses import Guard
from laneway.tasks.mail import MailServer
from laneway.tasks.webhook import WebhookCaller

_WEBHOOKS_AT_ONCE = 2


class Carrier(Protocol):
    """Brings one kind of message to the other side."""

    def take(self, row: Any) -> Delivery:
        """Try once; tells how it went, and raises nothing for what the other side does."""

    def rest(self) -> None:
        """There is nothing more to bring for now."""


class Sender:
    """One sender of one kind; it serves one thread."""

    def __init__(self, kind: OutgoingKind, carrier: Carrier) -> None:
        self._kind = kind
        self._carrier = carrier

    def send_one(self) -> bool:
        """Send what has been due longest, in no transaction; whether there was something.

        A crash between the other side's yes and our note of it sends a message twice, with the same id.
        """
        row = self._lease()
        if row is None:
            self._carrier.rest()
            return False
        with observed.work(
            "send", instance_key=row.instance_key, outgoing_key=row.key, outgoing_kind=self._kind.value
        ):
            delivery = self._carrier.take(row)
        with unit_of_work() as session:
            outbox.report(session, row, delivery)
        return True

    def _lease(self) -> Any:
        # Looking first keeps an idle sender from taking SQLite's write lock every second.
        with reading() as session:
            if not outbox.is_due(session, self._kind):
                return None
        with unit_of_work() as session:
            return outbox.lease_next(session, self._kind)


def senders(settings: Settings) -> list[Callable[[], bool]]:
    """What the threads of a worker do for the outbox: each call sends one message, if there is one.

    Without a mail server mails stay queued.
    """
    guard = Guard(settings.webhook_hosts.split(","))
    secrets = [secret.strip() for secret in settings.webhook_secrets.split(",") if secret.strip()]
    loops = [
        Sender(OutgoingKind.WEBHOOK, WebhookCaller(guard, secrets)).send_one
        for _number in range(_WEBHOOKS_AT_ONCE)
    ]
    if settings.smtp_url:
        server = MailServer(settings.smtp_url, settings.mail_from, reply_to=settings.mail_reply_to)
        loops.append(Sender(OutgoingKind.MAIL, server).send_one)
    return loops
