"""Suspended instances stand still, and go on where they stood."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import incidents, instances, jobs, messages, tables, timers, user_tasks
from laneway.engine.operations import suspension
from laneway.errors import Conflict, Invalid, NotAllowed
from laneway.testing import drain


def suspend(engine: Any, key: int, **options: Any) -> None:
    engine.call(suspension.suspend, key, **({"by": engine.owner, "reason": "Fire drill"} | options))
    drain()


def resume(engine: Any, key: int, **options: Any) -> None:
    engine.call(suspension.resume, key, **({"by": engine.owner, "reason": "Over"} | options))
    drain()


def around(draw: Any, *middle: str, way: tuple[str, ...]) -> Any:
    body = draw.start() + "".join(middle) + draw.end() + draw.way("start", *way, "end")
    return draw.file(draw.process(body))


def test_nobody_claims_or_completes_a_task_of_a_suspended_case(engine: Any, draw: Any, mei: Any) -> None:
    engine.deploy(around(draw, draw.user("u", groups="complaint_desk"), way=("u",)))
    key = engine.start()
    task = engine.task().key
    suspend(engine, key)
    assert engine.instance(key).state == "SUSPENDED"
    assert engine.instance(key).suspended_at is not None
    assert engine.instance(key).waiting_at == ["u"]
    for use_case, options in (
        (user_tasks.claim, {}),
        (user_tasks.complete, {"values": {}}),
        (user_tasks.complete_via_api, {"variables": {}}),
    ):
        with pytest.raises(Conflict) as caught:
            engine.call(use_case, task, by=mei, **options)
        assert caught.value.code == "process_instance_suspended"
    assert engine.call(user_tasks.open_task, task, by=mei).may == frozenset()
    resume(engine, key)
    assert engine.instance(key).suspended_at is None
    engine.do(mei)
    assert engine.instance(key).state == "COMPLETED"
    told = [
        (row.event, row.person, row.details) for row in engine.rows(tables.history_line, instance_key=key)
    ]
    assert ("instance_suspended", "owner", {"reason": "Fire drill"}) in told
    assert ("instance_resumed", "owner", {"reason": "Over"}) in told


def test_a_timer_that_came_due_meanwhile_fires_on_resumption(
    engine: Any, draw: Any, frozen_clock: Any
) -> None:
    wait = draw.node("intermediateCatchEvent", "wait", draw.timer("PT1H"))
    engine.deploy(around(draw, wait, way=("wait",)))
    key = engine.start()
    suspend(engine, key)
    frozen_clock.advance(hours=2)
    assert not engine.call(timers.fire_due)
    drain()
    assert engine.instance(key).state == "SUSPENDED"
    resume(engine, key)
    assert engine.instance(key).state == "COMPLETED"


def test_jobs_are_not_leased_but_a_lease_may_be_reported(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(around(draw, draw.job("j"), draw.job("k", "next"), way=("j", "k")))
    first, second = engine.start(), engine.start()
    suspend(engine, first)
    (leased,) = engine.lease(limit=5)
    assert leased.instance_key == second
    suspend(engine, second)
    engine.call(jobs.complete, leased.key, variables={"n": 1}, worker="w")
    drain()
    assert engine.variables(second) == {"n": 1}
    assert engine.lease("next") == []
    resume(engine, second)
    assert [one.element_id for one in engine.lease("next")] == ["k"]


def test_a_lease_that_ran_out_meanwhile_costs_no_retry(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(around(draw, draw.job("j", retries="1"), way=("j",)))
    key = engine.start()
    engine.lease()
    suspend(engine, key)
    frozen_clock.advance(hours=1)
    assert not engine.call(jobs.expire_lease)
    resume(engine, key)
    assert engine.incidents(key) == []
    engine.work()
    assert engine.instance(key).state == "COMPLETED"


def test_messages_and_signals_wait_for_the_resumption(engine: Any, draw: Any, mei: Any) -> None:
    catch = draw.node("intermediateCatchEvent", "m", draw.message)
    hear = draw.node("intermediateCatchEvent", "s", draw.signal)
    engine.deploy(around(draw, catch, hear, way=("m", "s")))
    key, other = engine.start(key="K"), engine.start(key="L")
    engine.call(messages.publish, name="M", correlation_key="L", variables={}, by=mei)
    drain()
    suspend(engine, key)
    suspend(engine, other)
    engine.call(messages.publish, name="M", correlation_key="K", variables={"told": 1}, by=mei)
    engine.call(messages.broadcast, "S", {"heard": 1})
    drain()
    assert engine.instance(key).waiting_at == ["m"]
    assert engine.instance(other).waiting_at == ["s"]
    resume(engine, key)
    assert engine.instance(key).waiting_at == ["s"]
    assert engine.variables(key) == {"key": "K", "told": 1}
    resume(engine, other)
    assert engine.instance(other).state == "COMPLETED"
    assert engine.variables(other) == {"key": "L", "heard": 1}


def test_what_was_called_is_suspended_with_its_caller(engine: Any, draw: Any, mei: Any) -> None:
    child = draw.process(
        draw.start("in") + draw.user("u") + draw.end("out") + draw.way("in", "u", "out"), id="C"
    )
    parent = draw.process(draw.start() + draw.call("c", "C") + draw.end() + draw.way("start", "c", "end"))
    engine.deploy(draw.file(parent, child))
    key = engine.start()
    drain()
    (called,) = engine.rows(tables.process_instance, process_id="C")
    suspend(engine, key)
    assert engine.instance(called.key).state == "SUSPENDED"
    with pytest.raises(Conflict):
        resume(engine, called.key)
    resume(engine, key)
    engine.do(mei)
    assert engine.instance(key).state == "COMPLETED"


def test_a_child_that_ends_reports_when_its_caller_goes_on(engine: Any, draw: Any, owner: Any) -> None:
    child = draw.process(
        draw.start("in") + draw.job("j") + draw.end("out") + draw.way("in", "j", "out"), id="C"
    )
    parent = draw.process(draw.start() + draw.call("c", "C") + draw.end() + draw.way("start", "c", "end"))
    engine.deploy(draw.file(parent, child))
    key = engine.start()
    drain()
    (leased,) = engine.lease()
    suspend(engine, key)
    engine.call(jobs.complete, leased.key, variables={"done": True}, worker="w")
    drain()
    assert engine.instance(leased.instance_key).state == "SUSPENDED"
    resume(engine, key)
    assert engine.instance(leased.instance_key).state == "COMPLETED"
    assert engine.instance(key).state == "COMPLETED"
    assert engine.variables(key) == {"done": True}


def test_a_suspended_case_can_be_cancelled(engine: Any, draw: Any, chen: Any) -> None:
    child = draw.process(
        draw.start("in") + draw.user("u") + draw.end("out") + draw.way("in", "u", "out"), id="C"
    )
    parent = draw.process(draw.start() + draw.call("c", "C") + draw.end() + draw.way("start", "c", "end"))
    engine.deploy(draw.file(parent, child))
    key = engine.start()
    drain()
    suspend(engine, key)
    engine.call(instances.cancel, key, by=chen, reason="No")
    drain()
    assert {row.state for row in engine.rows(tables.process_instance)} == {"TERMINATED"}


def test_a_failed_step_is_retried_after_the_resumption(engine: Any, draw: Any) -> None:
    engine.deploy(around(draw, draw.script("s", "=assert(n, n > 1)"), way=("s",)))
    key = engine.start(n=1)
    (incident,) = engine.incidents(key)
    suspend(engine, key)
    with pytest.raises(Conflict) as caught:
        engine.call(incidents.resolve, incident.key, by=engine.admin)
    assert caught.value.code == "process_instance_suspended"


def test_who_may_and_when(engine: Any, draw: Any, mei: Any, chen: Any, admin: Any) -> None:
    engine.deploy(around(draw, draw.user("u"), way=("u",)))
    key = engine.start()
    for person in (mei, chen):
        with pytest.raises(NotAllowed):
            suspend(engine, key, by=person)
    with pytest.raises(Invalid):
        suspend(engine, key, reason="  ")
    with pytest.raises(Conflict) as caught:
        resume(engine, key)
    assert caught.value.code == "process_instance_not_suspended"
    suspend(engine, key, by=admin)
    with pytest.raises(Conflict) as caught:
        suspend(engine, key)
    assert caught.value.code == "process_instance_suspended"
