"""What starts a process besides a none start event: several triggers, a receive task, an event gateway."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import messages, tables
from laneway.errors import LanewayError
from laneway.testing import drain
from laneway.words import Resource


def publish(engine: Any, mei: Any, name: str = "M", **variables: Any) -> None:
    engine.call(messages.publish, name=name, correlation_key="k", variables=variables, by=mei)
    drain()


def deploy(engine: Any, draw: Any, *parts: str) -> Resource:
    file = draw.file(draw.process(*parts))
    engine.deploy(file)
    return file


def started(engine: Any) -> list[list[str]]:
    """Where each instance stands, oldest first."""
    return [row.waiting_at for row in engine.rows(tables.process_instance)]


def test_any_of_several_triggers_starts_the_process(engine: Any, draw: Any, mei: Any) -> None:
    start = draw.start(inner=draw.message + draw.signal)
    deploy(engine, draw, start, draw.user("u"), draw.end(), draw.way("start", "u", "end"))
    publish(engine, mei)
    engine.call(messages.broadcast, "S", {})
    drain()
    assert started(engine) == [["u"], ["u"]]


def test_a_receive_task_may_start_the_process(engine: Any, draw: Any, mei: Any) -> None:
    receive = draw.node("receiveTask", "r", messageRef="M", instantiate="true")
    deploy(engine, draw, receive, draw.user("u"), draw.end(), draw.way("r", "u", "end"))
    publish(engine, mei, amount=5)
    assert started(engine) == [["u"]]
    (row,) = engine.rows(tables.process_instance)
    assert engine.variables(row.key) == {"amount": 5}
    assert "element_completed r" in engine.events(row.key)
    with pytest.raises(LanewayError, match="process_starts_by_event_only"):
        engine.start()


def test_an_event_gateway_may_start_the_process_by_either_event(engine: Any, draw: Any, mei: Any) -> None:
    deploy(
        engine,
        draw,
        draw.gateway("eventBased", "g", instantiate="true"),
        draw.node("intermediateCatchEvent", "m", draw.message),
        draw.node("intermediateCatchEvent", "s", draw.signal),
        draw.user("told"),
        draw.user("heard"),
        draw.way("g", "m", "told"),
        draw.way("g", "s", "heard"),
    )
    publish(engine, mei)
    engine.call(messages.broadcast, "S", {})
    drain()
    assert started(engine) == [["told"], ["heard"]]
