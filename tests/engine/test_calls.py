"""Call activities: a child instance of its own, what it gives back, and what happens when one of the two ends badly."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import instances, jobs, tables
from laneway.errors import Conflict
from laneway.testing import drain
from laneway.words import Resource


def parent(
    draw: Any, *, event: str = "", settings: Any = None, extra: str = "", interrupting: bool = True
) -> Any:
    body = (
        draw.start()
        + draw.call("c", "Child", extra, **(settings or {}))
        + draw.end()
        + draw.way("start", "c", "end")
    )
    if event:
        body += (
            draw.boundary("b", "c", event, interrupting=interrupting)
            + draw.user("caught")
            + draw.way("b", "caught")
        )
    return draw.file(draw.process(body))


def child(draw: Any, *, end: str = "") -> Any:
    body = draw.start() + draw.job("j") + draw.end("end", end) + draw.way("start", "j", "end")
    return draw.file(draw.process(body, id="Child"), name="child.bpmn")


def child_of(engine: Any, key: int) -> Any:
    return engine.rows(tables.process_instance, parent_key=key)[-1]


def test_a_child_gives_its_variables_back(engine: Any, draw: Any) -> None:
    engine.deploy(parent(draw), child(draw))
    key = engine.start(x=1)
    drain()
    row = child_of(engine, key)
    assert row.root_key == key
    assert engine.variables(row.key) == {"x": 1}
    engine.work(y=2)
    assert engine.instance(row.key).state == "COMPLETED"
    assert engine.instance(key).state == "COMPLETED"
    assert engine.variables(key) == {"x": 1, "y": 2}


def test_only_what_is_mapped_goes_in_and_out_when_nothing_is_propagated(engine: Any, draw: Any) -> None:
    settings = {"propagateAllParentVariables": "false", "propagateAllChildVariables": "false"}
    extra = draw.mapping(inputs={"a": "=x"}, outputs={"z": "=y"})
    engine.deploy(parent(draw, settings=settings, extra=extra), child(draw))
    key = engine.start(x=1, secret=2)
    drain()
    assert engine.variables(child_of(engine, key).key) == {"a": 1}
    engine.work(y=3, more=4)
    assert engine.variables(key) == {"x": 1, "secret": 2, "z": 3}


def test_an_error_of_the_child_is_caught_where_it_was_called(engine: Any, draw: Any) -> None:
    engine.deploy(parent(draw, event=draw.error), child(draw, end=draw.error))
    key = engine.start()
    drain()
    engine.work(y=2)
    assert child_of(engine, key).state == "TERMINATED"
    assert engine.instance(key).waiting_at == ["caught"]
    assert engine.incidents(key) == []


def test_an_error_of_the_child_that_nobody_catches_stays_where_it_was_thrown(engine: Any, draw: Any) -> None:
    engine.deploy(parent(draw, event=draw.other_error), child(draw, end=draw.error))
    key = engine.start()
    drain()
    engine.work()
    row = child_of(engine, key)
    assert [i.type for i in engine.incidents(row.key)] == ["UNHANDLED_ERROR_EVENT"]
    assert engine.instance(key).waiting_at == ["c"]


def test_an_escalation_of_the_child_is_heard_by_the_caller(engine: Any, draw: Any) -> None:
    engine.deploy(parent(draw, event=draw.escalation, interrupting=False), child(draw, end=draw.escalation))
    key = engine.start()
    drain()
    engine.work()
    assert engine.instance(key).waiting_at == ["caught"]
    assert child_of(engine, key).state == "COMPLETED"
    assert "element_completed c" in engine.events(key)


def test_an_interrupted_call_ends_the_child(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(parent(draw, event=draw.timer("PT1H")), child(draw))
    key = engine.start()
    drain()
    (leased,) = engine.lease()
    frozen_clock.advance(hours=1)
    drain()
    assert engine.instance(key).waiting_at == ["caught"]
    assert child_of(engine, key).state == "TERMINATED"
    with pytest.raises(Conflict):
        engine.call(jobs.complete, leased.key, variables={})


def test_canceling_the_parent_ends_the_child_and_a_child_is_not_canceled_alone(
    engine: Any, draw: Any, chen: Any
) -> None:
    engine.deploy(parent(draw), child(draw))
    key = engine.start()
    drain()
    with pytest.raises(Conflict):
        engine.call(instances.cancel, child_of(engine, key).key, by=chen, reason="no")
    engine.call(instances.cancel, key, by=chen, reason="withdrawn")
    drain()
    assert engine.instance(key).state == "TERMINATED"
    assert child_of(engine, key).state == "TERMINATED"
    assert engine.job().state == "CANCELED"


def test_a_parent_that_ends_before_its_child_began_gets_no_child(engine: Any, draw: Any, chen: Any) -> None:
    engine.deploy(parent(draw), child(draw))
    key = engine.start()
    engine.call(instances.cancel, key, by=chen, reason="withdrawn")
    drain()
    assert engine.rows(tables.process_instance, parent_key=key) == []
    assert engine.has_no_waits()


def test_a_missing_process_is_an_incident_until_it_is_deployed(engine: Any, draw: Any) -> None:
    deployed = engine.deploy(parent(draw))
    assert [finding.element_id for finding in deployed.processes[0].warnings] == ["c"]
    key = engine.start()
    drain()
    (incident,) = engine.incidents(key)
    assert (incident.type, incident.element_id) == ("CALLED_ELEMENT_ERROR", "c")
    engine.resolve(key)
    assert len(engine.incidents(key)) == 1
    engine.deploy(child(draw))
    engine.resolve(key)
    assert engine.incidents(key) == []
    engine.work()
    assert engine.instance(key).state == "COMPLETED"
    assert len(engine.rows(tables.process_instance, parent_key=key)) == 1


def test_a_called_process_runs_its_latest_version(engine: Any, draw: Any) -> None:
    engine.deploy(parent(draw), child(draw))
    engine.deploy(child(draw, end=draw.terminate))
    key = engine.start()
    drain()
    assert child_of(engine, key).version == 2


def test_children_called_for_each_item_report_in_input_order(engine: Any, draw: Any) -> None:
    loop = draw.many("=[1, 2, 3]", inputElement="item", outputCollection="all", outputElement="=y")
    call = draw.node("callActivity", "c", loop, extra='<zeebe:calledElement processId="Child"/>')
    body = draw.start() + call + draw.end() + draw.way("start", "c", "end")
    engine.deploy(draw.file(draw.process(body)), child(draw))
    key = engine.start()
    drain()
    leased = engine.lease(limit=10)
    for job in reversed(leased):
        engine.call(jobs.complete, job.key, variables={"y": job.variables["item"] * 10}, worker="w")
        drain()
    assert engine.instance(key).state == "COMPLETED"
    assert engine.variables(key)["all"] == [10, 20, 30]


def test_a_call_bound_by_deployment_keeps_to_the_process_it_came_with(engine: Any, draw: Any) -> None:
    def child(id: str) -> Any:
        body = draw.start() + draw.user(id) + draw.end() + draw.way("start", id, "end")
        return draw.file(draw.process(body, id="C"), name="child.bpmn")

    call = draw.call("c", "C", bindingType="deployment")
    parent = draw.file(draw.process(draw.start() + call + draw.end() + draw.way("start", "c", "end")))

    def stands_at() -> list[str]:
        key = engine.start()
        drain()
        return [row.waiting_at[0] for row in engine.rows(tables.process_instance, parent_key=key)]

    engine.deploy(child("one"))
    engine.deploy(parent, child("one"))  # the child has not changed, and yet is part of it
    engine.deploy(child("two"))
    assert stands_at() == ["one"]
    renewed = engine.deploy(parent, child("three"))  # what it is bound to has changed, so it has too
    assert [(one.process_id, one.version) for one in renewed.processes] == [("P", 2), ("C", 3)]
    assert stands_at() == ["three"]
    engine.deploy(child("four"))
    alone = Resource(parent.name, parent.content.replace(b'name="c"', b'name="call"'))
    engine.deploy(alone)  # the child as it stands then
    engine.deploy(child("five"))
    assert stands_at() == ["four"]
