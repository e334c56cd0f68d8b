"""Process instances: start, run in the version they began with, end with a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from laneway.engine import instances, tables
from laneway.errors import Conflict, Invalid, NotAllowed, NotFound
from laneway.testing import drain
from laneway.words import Resource


def simple(draw: Any, name: str = "u", **properties: str) -> Any:
    body = draw.start() + draw.user(name) + draw.end() + draw.way("start", name, "end")
    return draw.file(draw.process(body, **properties))


def test_an_instance_without_a_wait_is_over_at_once(engine: Any, draw: Any) -> None:
    body = draw.start() + draw.script("s", "=x + 1", "y") + draw.end() + draw.way("start", "s", "end")
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start(x=1)
    row = engine.instance(key)
    assert (row.state, row.waiting_at) == ("COMPLETED", [])
    assert row.ended_at is not None
    assert engine.variables(key) == {"x": 1, "y": 2}
    assert engine.events(key) == [
        "instance_started",
        "variables_set",
        "element_entered start",
        "element_completed start",
        "flow_taken start",
        "element_entered s",
        "variables_set s",
        "element_completed s",
        "flow_taken s",
        "element_entered end",
        "element_completed end",
        "instance_completed",
    ]
    flows = [row.details["flow"] for row in engine.rows(tables.history_line) if row.event == "flow_taken"]
    assert flows == ["start_to_s", "s_to_end"]


def test_running_instances_keep_their_version_and_new_ones_take_the_newest(
    engine: Any, draw: Any, mei: Any, chen: Any
) -> None:
    engine.deploy(simple(draw, "old"))
    first = engine.start()
    engine.deploy(simple(draw, "new"))
    second = engine.start()
    assert engine.instance(first).version == 1
    assert engine.instance(second).waiting_at == ["new"]
    with engine.database.unit_of_work() as session:
        third = instances.start(session, process_id="P", version=1, variables={}, by=mei).instance_key
    assert engine.instance(third).waiting_at == ["old"]
    engine.call(instances.cancel, third, by=chen, reason="test")
    engine.do(mei, "old")
    assert engine.instance(first).state == "COMPLETED"


def test_an_instance_is_canceled_with_a_reason_and_everything_of_it_ends(
    engine: Any, draw: Any, chen: Any, mei: Any
) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "g")
        + draw.user("u")
        + draw.boundary("b", "u", draw.timer("PT1H"))
        + draw.job("j")
        + draw.node("receiveTask", "r", messageRef="M")
        + draw.script("bad", "=1", "n")
        + draw.user("each", draw.many("=missing"))
        + draw.end()
        + draw.way("start", "g", "u", "end")
        + draw.way("g", "j")
        + draw.way("g", "r")
        + draw.way("g", "bad", "each")
        + draw.way("b", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start(key="k")
    assert engine.instance(key).has_incident
    with pytest.raises(NotAllowed):
        engine.call(instances.cancel, key, by=mei, reason="no")
    with pytest.raises(Invalid):
        engine.call(instances.cancel, key, by=chen, reason="  ")
    engine.call(instances.cancel, key, by=chen, reason="customer withdrew")
    drain()
    row = engine.instance(key)
    assert (row.state, row.waiting_at, row.has_incident) == ("TERMINATED", [], False)
    assert engine.has_no_waits()
    assert engine.incidents(key) == []
    assert engine.rows(tables.user_task)[0].state == "CANCELED"
    assert engine.job().state == "CANCELED"
    told = [row for row in engine.rows(tables.history_line) if row.event == "instance_canceled"]
    assert [(row.person, row.details) for row in told] == [("chen", {"reason": "customer withdrew"})]
    with pytest.raises(Conflict) as refused:
        engine.call(instances.cancel, key, by=chen, reason="again")
    assert refused.value.code == "process_instance_ended"


def test_only_those_a_process_names_may_start_it(engine: Any, draw: Any, mei: Any, bob: Any) -> None:
    engine.deploy(simple(draw, laneway__start__groups="complaint_desk"))
    engine.start(by=mei)
    with pytest.raises(NotAllowed):
        engine.start(by=bob)
    with pytest.raises(NotFound):
        engine.start("unknown", by=mei)


def test_a_start_form_checks_what_comes_in(engine: Any, draw: Any, mei: Any) -> None:
    form = {
        "id": "begin",
        "type": "default",
        "schemaVersion": 17,
        "components": [
            {"type": "textfield", "key": "what", "label": "What", "id": "w", "validate": {"required": True}}
        ],
    }
    start = draw.start(extra='<zeebe:formDefinition formId="begin"/>')
    body = start + draw.user("u") + draw.end() + draw.way("start", "u", "end")
    engine.deploy(draw.file(draw.process(body)), Resource("begin.form", json.dumps(form).encode()))
    with pytest.raises(Invalid):
        engine.call(instances.start_from_form, "P", values={"what": ""}, by=mei)
    started = engine.call(instances.start_from_form, "P", values={"what": "leak", "other": 1}, by=mei)
    assert engine.variables(started.instance_key) == {"what": "leak"}


def test_the_live_state_does_not_grow_with_the_rounds_of_a_case(engine: Any, draw: Any, mei: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("exclusive", "m")
        + draw.user("u")
        + draw.gateway("exclusive", "g", default="back")
        + draw.end()
        + draw.way("start", "m", "u", "g")
        + draw.flow("g", "end", "=done")
        + draw.flow("g", "m", id="back")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start(done=False)
    sizes = []
    for _ in range(10):
        engine.do(mei, done=False)
        sizes.append(len(engine.instance(key).live_state))
    assert max(sizes) - min(sizes) <= 6
    engine.do(mei, done=True)
    assert engine.instance(key).state == "COMPLETED"
