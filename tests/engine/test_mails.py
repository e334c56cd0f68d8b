"""The outbox: each mail is leased to one sender, tried again later each time, and told in the history."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import jobs, mails, tables
from laneway.engine.jobs import Mail


@pytest.fixture
def queued(engine: Any, draw: Any, frozen_clock: Any) -> Any:
    body = draw.start() + draw.job("j") + draw.end() + draw.way("start", "j", "end")
    engine.deploy(draw.file(draw.process(body)))
    engine.key = engine.start()
    (leased,) = engine.lease()
    engine.call(jobs.complete, leased.key, variables={}, mails=[Mail("a@example.com", "Hi", "text")])
    return engine


def test_a_mail_is_sent_once_and_the_history_says_so(queued: Any) -> None:
    row = queued.call(mails.lease_next)
    assert queued.call(mails.lease_next) is None
    queued.call(mails.mark_sent, row)
    (row,) = queued.rows(tables.mail)
    assert row.sent_at is not None
    assert "mail_queued j" in queued.events(queued.key)
    assert queued.events(queued.key)[-1] == "mail_sent"


def test_a_mail_that_cannot_leave_is_tried_again_later_each_time(queued: Any, frozen_clock: Any) -> None:
    pauses = []
    for _ in range(12):
        frozen_clock.advance(hours=1)
        row = queued.call(mails.lease_next)
        assert row is not None
        queued.call(mails.mark_failed, row, "no such host")
        (row,) = queued.rows(tables.mail)
        pauses.append((row.not_before - frozen_clock.now).total_seconds())
    assert pauses[:4] == [60, 120, 240, 480]
    assert max(pauses) == 3600
    frozen_clock.advance(days=1)
    assert queued.call(mails.lease_next) is None
    assert queued.rows(tables.mail)[0].error == "no such host"
