"""Work between instances: one transaction each, once, and a piece that fails does not hold up the others."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, update

from laneway.engine import tables
from laneway.engine.waits import queue_effect
from laneway.tasks import worker
from laneway.testing import drain


def test_a_piece_of_work_that_fails_is_tried_later_and_later(engine: Any, frozen_clock: Any) -> None:
    engine.call(queue_effect, "receive_signal")  # its payload is missing
    engine.call(queue_effect, "correlate_message", message_key=1, person=None)
    drain()
    (row,) = engine.rows(tables.effect)
    assert (row.kind, row.attempts) == ("receive_signal", 1)
    assert row.error
    for seconds in (2, 4, 8):
        frozen_clock.advance(seconds=seconds / 2 - 0.1)
        assert not worker.do_effect()
        frozen_clock.advance(seconds=0.2 + seconds / 2)
        assert worker.do_effect()
    assert engine.rows(tables.effect)[0].attempts == 4
    for attempts in range(5, 30):  # at last once an hour, and never given up
        frozen_clock.advance(hours=1)
        drain()
        assert engine.rows(tables.effect)[0].attempts == attempts
    engine.call(lambda session: session.execute(delete(tables.effect)))


def test_work_for_instances_that_have_ended_is_dropped(engine: Any, draw: Any, mei: Any) -> None:
    body = draw.start() + draw.user("u") + draw.end() + draw.way("start", "u", "end")
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    engine.do(mei)
    thrown = {"parent_token": 2, "kind": "error", "code": "E", "variables": {}}
    engine.call(queue_effect, "throw_in_parent", instance_key=key)
    engine.call(lambda session: session.execute(update(tables.effect).values(payload=thrown)))
    engine.call(queue_effect, "child_completed", instance_key=key, parent_token=2, variables={})
    engine.call(queue_effect, "correlate_subscription", subscription_key=1)
    engine.call(queue_effect, "receive_signal", subscription_key=1, variables={})
    engine.call(queue_effect, "broadcast_signal", name="nobody hears", variables={})
    drain()
    assert engine.rows(tables.effect) == []
