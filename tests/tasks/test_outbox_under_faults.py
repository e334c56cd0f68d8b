"""Whatever breaks between the other side's yes and our note of it: nothing is lost, each id counts once over there."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from sqlalchemy import func, select

from laneway.engine.model import OutgoingKind
from laneway.engine.outbox import Delivery
from laneway.engine.tables import history_line, outgoing
from laneway.tasks import Job, handler
from laneway.tasks.addresses import Guard
from laneway.tasks.mail import MailServer
from laneway.tasks.outbox import Carrier, Sender
from laneway.tasks.webhook import WebhookCaller
from laneway.testing import drain

from .receivers import Letterbox, Receiver, hang, status

MESSAGES = 40
SENDERS = 3
SEEDS = [11, 12]


@handler("many.out")
def write_many(job: Job) -> None:
    for number in range(MESSAGES):
        job.send_webhook(url=job.variables["url"], event="counted", payload=number)
        job.send_mail(to=f"{number}@example.com", subject=str(number), body="text")


class Killed(BaseException):
    """The process of a sender ends here."""


class Mortal:
    """A sender's carrier, killed now and then right after the other side has taken a message."""

    def __init__(self, carrier: Carrier, chance: random.Random) -> None:
        self._carrier = carrier
        self._chance = chance

    def take(self, row: Any) -> Delivery:
        delivery = self._carrier.take(row)
        if self._chance.random() < 0.1:
            self._carrier.rest()
            raise Killed
        return delivery

    def rest(self) -> None:
        self._carrier.rest()


def hang_up(request: BaseHTTPRequestHandler) -> None:
    """Has taken the request, and is gone before its answer."""
    request.close_connection = True


def send_all(
    kind: OutgoingKind,
    new_carrier: Callable[[], Carrier],
    chance: random.Random,
    frozen_clock: Any,
    database: Any,
) -> None:
    """Several senders side by side until nothing waits; one that is killed has a successor."""

    def work() -> None:
        while True:
            sender = Sender(kind, Mortal(new_carrier(), chance))
            try:
                while sender.send_one():
                    pass
            except Killed:
                continue
            return

    for _hour in range(60):
        threads = [threading.Thread(target=work) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with database.reading() as session:
            is_open = outgoing.c.state.in_(("QUEUED", "SENDING")) & (outgoing.c.kind == kind)
            if not session.scalar(select(func.count()).where(is_open)):
                return
        frozen_clock.advance(hours=1)
    raise AssertionError("something still waits")


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_each_id_counts_once_at_the_receiver(
    database: Any, start: Any, frozen_clock: Any, seed: int
) -> None:
    chance = random.Random(seed)
    with Receiver().serving() as receiver, Letterbox() as letterbox:
        # 30 in 100 are taken without an answer; one of these hangs until the sender's time is over.
        receiver.answers = [hang] + [
            hang_up if chance.random() < 0.3 else status(200) for _ in range(3 * MESSAGES)
        ]
        letterbox.answers = ["lost" if chance.random() < 0.3 else "250 taken" for _ in range(3 * MESSAGES)]
        key = start("many.out", url=f"http://{receiver.address}/")
        drain()
        guard = Guard([receiver.address])
        send_all(
            OutgoingKind.WEBHOOK,
            lambda: WebhookCaller(guard, timeout_seconds=0.5),
            chance,
            frozen_clock,
            database,
        )
        send_all(
            OutgoingKind.MAIL,
            lambda: MailServer(letterbox.url, "service@example.com"),
            chance,
            frozen_clock,
            database,
        )
    with database.reading() as session:
        rows = session.execute(select(outgoing)).all()
        events = list(session.scalars(select(history_line.c.event).where(history_line.c.instance_key == key)))
    assert {row.state for row in rows} == {"SENT"}
    ids = [arrived.headers["webhook-id"] for arrived in receiver.arrived]
    assert len(ids) > MESSAGES  # some came twice
    assert sorted(set(ids)) == sorted(row.dedupe_key for row in rows if row.kind == "webhook")
    letters = [letter["Message-ID"] for letter in letterbox.letters]
    assert len(letters) > MESSAGES
    assert len(set(letters)) == MESSAGES
    assert events.count("webhook_sent") == events.count("mail_sent") == MESSAGES
