"""Signals: everyone who waits hears them, in other instances, in the same one, and at start events."""

from __future__ import annotations

from typing import Any

from laneway.engine import tables
from laneway.testing import drain


def thrower(draw: Any) -> str:
    body = draw.start() + draw.end("end", draw.signal) + draw.way("start", "end")
    return str(draw.process(body, id="Thrower"))


def catcher(draw: Any) -> str:
    body = (
        draw.start()
        + draw.node("intermediateCatchEvent", "c", draw.signal)
        + draw.end()
        + draw.way("start", "c", "end")
    )
    return str(draw.process(body, id="P"))


def test_a_signal_reaches_all_who_wait_and_none_who_come_later(engine: Any, draw: Any) -> None:
    engine.deploy(draw.file(catcher(draw)), draw.file(thrower(draw), name="t.bpmn"))
    keys = [engine.start(), engine.start()]
    engine.start("Thrower")
    drain()
    later = engine.start()
    drain()
    assert [engine.instance(key).state for key in keys] == ["COMPLETED", "COMPLETED"]
    assert engine.instance(later).state == "ACTIVE"
    assert len(engine.rows(tables.signal_subscription)) == 1


def test_a_signal_starts_a_process(engine: Any, draw: Any) -> None:
    start = draw.start("called", draw.signal)
    body = draw.process(start, draw.user("u"), draw.end(), draw.way("called", "u", "end"))
    engine.deploy(draw.file(body), draw.file(thrower(draw), name="t.bpmn"))
    engine.start("Thrower")
    drain()
    assert [row.waiting_at for row in engine.rows(tables.process_instance, process_id="P")] == [["u"]]


def test_a_signal_between_two_branches_of_one_instance_is_heard(engine: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "g")
        + draw.node("intermediateThrowEvent", "t", draw.signal)
        + draw.node("intermediateCatchEvent", "c", draw.signal)
        + draw.end()
        + draw.way("start", "g", "t", "end")
        + draw.way("g", "c", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    drain()
    assert engine.instance(key).state == "COMPLETED"
