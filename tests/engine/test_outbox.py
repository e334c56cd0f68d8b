"""The outbox: leased to one sender, tried again later each time, given up where all can see it, told in the history."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, insert, select

from laneway.engine import jobs, outbox, tables
from laneway.engine.database import schema
from laneway.engine.model import OutgoingKind
from laneway.engine.outbox import Delivery, Failure, Mail, Webhook
from laneway.errors import Conflict, Invalid, NotAllowed, NotFound

AWAY = Delivery(failure=Failure.UNREACHABLE, error="no such host")
SENT = Delivery(is_sent=True, status=250)


@pytest.fixture
def ask(engine: Any, draw: Any, frozen_clock: Any) -> Any:
    """Completes a job that asks for these mails and webhooks."""
    body = draw.start() + draw.job("j") + draw.end() + draw.way("start", "j", "end")
    engine.deploy(draw.file(draw.process(body)))

    def asking(*mails: Mail, webhooks: tuple[Webhook, ...] = ()) -> Any:
        engine.key = engine.start()
        (leased,) = engine.lease()
        engine.call(jobs.complete, leased.key, variables={}, mails=mails, webhooks=webhooks)
        return engine

    return asking


@pytest.fixture
def queued(ask: Any) -> Any:
    return ask(Mail("a@example.com", "Hi", "text"))


def lease(engine: Any, kind: OutgoingKind = OutgoingKind.MAIL) -> Any:
    return engine.call(outbox.lease_next, kind)


def row_of(engine: Any) -> Any:
    (row,) = engine.rows(tables.outgoing)
    return row


def fail_for_good(engine: Any) -> Any:
    engine.call(outbox.report, lease(engine), Delivery(is_final=True, failure=Failure.REFUSED, error="550"))
    return row_of(engine)


def test_a_mail_is_leased_to_one_sender_and_the_history_says_when_it_was_sent(queued: Any) -> None:
    row = lease(queued)
    assert lease(queued) is None
    assert row_of(queued).state == "SENDING"
    queued.call(outbox.report, row, SENT)
    after = row_of(queued)
    assert (after.state, after.response_status, after.attempts) == ("SENT", 250, 1)
    assert after.sent_at is not None
    assert "mail_queued j" in queued.events(queued.key)
    assert queued.events(queued.key)[-1] == "mail_sent j"


def test_what_cannot_leave_is_tried_later_each_time_for_about_a_day_and_then_given_up(
    queued: Any, frozen_clock: Any
) -> None:
    pauses, began = [], frozen_clock.now
    while (row := row_of(queued)).state == "QUEUED":
        frozen_clock.now = max(frozen_clock.now, row.not_before)
        queued.call(outbox.report, lease(queued), AWAY)
        row = row_of(queued)
        pauses.append((row.not_before - frozen_clock.now).total_seconds())
    assert len(pauses) == row.attempts == 15
    for pause, about in zip(pauses, (60, 120, 240, 480, 960), strict=False):
        assert about * 0.8 <= pause <= about * 1.2
    assert max(pauses[:-1]) <= 3 * 3600 * 1.2
    assert 16 < (frozen_clock.now - began).total_seconds() / 3600 < 30
    assert (row.state, row.failure, row.error) == ("FAILED", "unreachable", "no such host")
    assert queued.events(queued.key)[-1] == "mail_failed j"
    frozen_clock.advance(days=10)
    assert lease(queued) is None


def test_a_refusal_for_good_gives_up_at_once(queued: Any) -> None:
    row = fail_for_good(queued)
    assert (row.state, row.attempts, row.failure, row.error) == ("FAILED", 1, "refused", "550")


def test_who_asks_to_wait_is_waited_for(queued: Any, frozen_clock: Any) -> None:
    queued.call(outbox.report, lease(queued), Delivery(failure=Failure.REFUSED, retry_after_seconds=7200))
    assert (row_of(queued).not_before - frozen_clock.now).total_seconds() == 7200


def test_a_sender_that_is_gone_loses_its_lease_and_its_late_failure_counts_no_more(
    queued: Any, frozen_clock: Any
) -> None:
    gone = lease(queued)
    frozen_clock.advance(seconds=301)
    other = lease(queued)
    assert (other.key, other.attempts, other.dedupe_key) == (gone.key, 2, gone.dedupe_key)
    queued.call(outbox.report, gone, AWAY)
    assert row_of(queued).state == "SENDING"
    queued.call(outbox.report, gone, SENT)
    queued.call(outbox.report, other, SENT)
    assert row_of(queued).state == "SENT"
    assert queued.events(queued.key).count("mail_sent j") == 1


def test_what_kills_its_sender_every_time_is_given_up_in_the_end(queued: Any, frozen_clock: Any) -> None:
    while lease(queued) is not None:
        frozen_clock.advance(minutes=6)
    assert (row_of(queued).state, row_of(queued).failure) == ("FAILED", "sender_lost")


def test_sending_again_keeps_the_id_and_gives_all_attempts_anew(queued: Any, chen: Any) -> None:
    failed = fail_for_good(queued)
    queued.call(outbox.resend, failed.key, by=chen, reason="address mended")
    row = lease(queued)
    assert (row.dedupe_key, row.attempts, row.last_attempt) == (failed.dedupe_key, 2, 16)
    with pytest.raises(Conflict, match="outgoing_being_sent"):
        queued.call(outbox.resend, row.key, by=chen)
    queued.call(outbox.report, row, SENT)
    told = queued.rows(tables.history_line, instance_key=queued.key, event="mail_resent")[0]
    assert (told.person, told.details["reason"]) == ("chen", "address mended")
    assert row_of(queued).error is None


def test_what_is_cancelled_does_not_leave(queued: Any, chen: Any) -> None:
    row = row_of(queued)
    with pytest.raises(Invalid, match="reason_required"):
        queued.call(outbox.cancel, row.key, by=chen, reason=" ")
    queued.call(outbox.cancel, row.key, by=chen, reason="told by telephone")
    assert lease(queued) is None
    assert queued.events(queued.key)[-1] == "mail_canceled j"
    with pytest.raises(Conflict, match="outgoing_ended"):
        queued.call(outbox.cancel, row.key, by=chen, reason="again")


def test_only_managers_and_process_owners_send_again_or_cancel(
    queued: Any, mei: Any, auditor: Any, owner: Any
) -> None:
    key = row_of(queued).key
    for person in (mei, auditor):
        with pytest.raises(NotAllowed):
            queued.call(outbox.resend, key, by=person)
        with pytest.raises(NotAllowed):
            queued.call(outbox.cancel, key, by=person, reason="x")
    with pytest.raises(NotFound):
        queued.call(outbox.resend, 1, by=owner)


def test_a_webhook_carries_a_cloud_event_and_waits_apart_from_mail(ask: Any) -> None:
    hook = Webhook("https://example.com/hook", "order.paid", {"amount": 12}, "CP-2026-000001", {"X-Key": "k"})
    engine = ask(Mail("a@example.com", "Hi", "text"), webhooks=(hook, hook))
    row, second = (lease(engine, OutgoingKind.WEBHOOK) for _ in range(2))
    assert row.dedupe_key != second.dedupe_key
    event = json.loads(row.body)
    time = event.pop("time")
    assert time.endswith("Z")
    assert event == {
        "specversion": "1.0",
        "id": row.dedupe_key,
        "source": "urn:laneway:P",
        "type": "order.paid",
        "subject": "CP-2026-000001",
        "datacontenttype": "application/json",
        "processinstance": str(engine.key),
        "data": {"amount": 12},
    }
    assert (row.recipient, row.subject, row.headers) == (hook.url, "order.paid", {"X-Key": "k"})
    assert engine.events(engine.key).count("webhook_queued j") == 2


def test_mails_of_the_older_schema_are_kept(database: Any, ask: Any, frozen_clock: Any) -> None:
    engine = ask(Mail("new@example.com", "Hi", "text"))
    at = frozen_clock.now
    with database.engine().begin() as connection:
        command.downgrade(schema._config(connection), "0006")
        old = MetaData()
        old.reflect(connection, only=["mail"])
        mail = old.tables["mail"]
        assert connection.execute(select(mail.c.recipient, mail.c.attempts)).all() == [("new@example.com", 0)]
        for number, (sent_at, attempts) in enumerate([(at, 1), (None, 3), (None, 12)], start=1):
            row = {"key": number, "instance_key": engine.key, "dedupe_key": f"old-{number}"}
            row |= {"recipient": "a@example.com", "subject": "s", "body": "b", "error": "e"}
            row |= {"created_at": at, "not_before": at, "sent_at": sent_at, "attempts": attempts}
            connection.execute(insert(mail), row)
    schema.upgrade(database.engine())
    rows = engine.rows(tables.outgoing)
    assert [(row.state, row.attempts, row.last_attempt) for row in rows] == [
        ("SENT", 1, 15),
        ("QUEUED", 3, 15),
        ("FAILED", 12, 12),
        ("QUEUED", 0, 15),
    ]
    assert {row.kind for row in rows} == {"mail"}
    assert rows[0].headers == {}
