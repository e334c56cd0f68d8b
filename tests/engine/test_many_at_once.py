"""Many workers and people act on the same cases at once: everything happens once, and nobody waits for ever."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import Any

import pytest

from laneway.engine import instances, tables, user_tasks
from laneway.errors import Conflict
from laneway.tasks import Job, handler
from laneway.tasks.worker import Worker

CASES = 8


@handler("many.work")
def work(job: Job) -> dict[str, Any]:
    return {f"by_{job.element_id}": job.key}


def diagram(draw: Any) -> Any:
    """Three jobs at once, three children at once whose jobs report to one parent, a signal that all throw and hear."""
    loop = draw.many("=[1, 2, 3]", inputElement="item", outputCollection="all", outputElement="=item")
    call = draw.node("callActivity", "c", loop, extra='<zeebe:calledElement processId="Child"/>')
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + "".join(draw.job(name, "many.work") for name in ("a", "b", "d"))
        + call
        + draw.user("u")
        + draw.boundary("heard", "u", draw.signal, interrupting=False)
        + draw.end("noted")
        + draw.gateway("parallel", "join")
        + draw.node("intermediateThrowEvent", "tell", draw.signal)
        + draw.end()
        + "".join(draw.way("fork", name, "join") for name in ("a", "b", "d", "c", "u"))
        + draw.way("start", "fork")
        + draw.way("join", "tell", "end")
        + draw.way("heard", "noted")
    )
    child = draw.start("cs") + draw.job("cj", "many.work") + draw.end("ce") + draw.way("cs", "cj", "ce")
    return draw.file(draw.process(body), draw.process(child, id="Child"))


def wait_for(what: Any) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.1)


def test_cases_with_much_at_once_end_whole(
    engine: Any, draw: Any, mei: Any, caplog: pytest.LogCaptureFixture
) -> None:
    engine.deploy(diagram(draw))
    workers = [Worker(threads=3), Worker(threads=3)]
    with caplog.at_level(logging.WARNING, "laneway"):
        for each in workers:
            each.start()
        try:
            keys = [engine.start() for _ in range(CASES)]
            conflicts: list[str] = []
            arguments = (engine, mei, keys, conflicts)
            people = [threading.Thread(target=complete_all, args=arguments) for _ in range(2)]
            for person in people:
                person.start()
            for person in people:
                person.join()
            wait_for(lambda: all(engine.instance(key).state == "COMPLETED" for key in keys))
            wait_for(lambda: engine.rows(tables.effect) == [])
        finally:
            for each in workers:
                each.stop()
    assert conflicts == ["user_task_already_completed"] * CASES
    assert [record.getMessage() for record in caplog.records] == []
    for key in keys:
        happened = Counter(engine.events(key))
        for element in ("start", "a", "b", "d", "c", "u", "join", "tell", "end"):
            assert happened[f"element_completed {element}"] == (3 if element == "c" else 1), element
        assert len(engine.rows(tables.process_instance, parent_key=key)) == 3
        assert engine.variables(key)["all"] == [1, 2, 3]
    assert engine.has_no_waits()


def complete_all(engine: Any, person: Any, keys: list[int], conflicts: list[str]) -> None:
    for key in keys:
        (task,) = engine.rows(tables.user_task, instance_key=key)
        try:
            engine.call(user_tasks.complete_via_api, task.key, by=person, variables={})
        except Conflict as conflict:
            conflicts.append(conflict.code)


def test_cancel_and_work_at_once_leave_nothing_behind(engine: Any, draw: Any, chen: Any) -> None:
    engine.deploy(diagram(draw))
    workers = [Worker(threads=3)]
    for each in workers:
        each.start()
    try:
        keys = [engine.start() for _ in range(CASES)]
        for key in keys:
            engine.call(instances.cancel, key, by=chen, reason="withdrawn")
        wait_for(lambda: engine.rows(tables.effect) == [])
        wait_for(lambda: not engine.rows(tables.process_instance, state="ACTIVE"))
    finally:
        for each in workers:
            each.stop()
    assert {row.state for row in engine.rows(tables.job)} <= {"COMPLETED", "CANCELED"}
    assert {row.state for row in engine.rows(tables.user_task)} == {"CANCELED"}
    assert engine.has_no_waits()
