"""Twenty thousand timers due in the same second: all fire once while the inbox answers.

Each belongs to a case that waits for it alone, and leads to a user task. Workers run as the product runs them.
`python -m bench.timers [--json] [--timers N] [--workers N] [--kind KIND]`
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from bench.ground import fresh_database, kinds, show
from laneway.engine import clock, database, deployments, instances
from laneway.engine.model import Person
from laneway.engine.queries import inbox
from laneway.engine.queries.inbox import Moment, View
from laneway.engine.tables import history_line, person_group, timer, user_task
from laneway.tasks.worker import Worker
from laneway.words import Resource, Text

SOMEONE = Person("mei", Text("梅", "Mei"), frozenset({"bench"}))
DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  id="d" targetNamespace="t">
  <process id="bench_timers" isExecutable="true">
    <startEvent id="start"/>
    <intermediateCatchEvent id="later"><timerEventDefinition id="t">
      <timeDuration xsi:type="tFormalExpression">PT24H</timeDuration></timerEventDefinition></intermediateCatchEvent>
    <userTask id="work"><extensionElements>
      <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="bench"/></extensionElements></userTask>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="later"/>
    <sequenceFlow id="f2" sourceRef="later" targetRef="work"/>
    <sequenceFlow id="f3" sourceRef="work" targetRef="end"/>
  </process>
</definitions>"""
_STARTED_AT_ONCE = 200


def measure(kind: str, timers: int, workers: int) -> Mapping[str, Any]:
    """Start the cases, let all timers be due at once, and work until none is left."""
    with database.unit_of_work() as session:
        session.execute(insert(person_group).values(group_id="bench", name_zh="bench", name_en="bench"))
        deployments.deploy(session, [Resource("timers.bpmn", DIAGRAM.encode())], by=None)
    for start in range(0, timers, _STARTED_AT_ONCE):
        with database.unit_of_work() as session:
            for _number in range(min(_STARTED_AT_ONCE, timers - start)):
                instances.start(session, process_id="bench_timers", variables={}, by=SOMEONE)
    with database.unit_of_work() as session:
        session.execute(update(timer).values(due_at=clock.now()))
    crew = [Worker(threads=1) for _number in range(workers)]
    asked: list[float] = []
    begun = time.perf_counter()
    for worker in crew:
        worker.start()
    while _left():
        asked.append(_ask_inbox())
        time.sleep(0.05)
    took = time.perf_counter() - begun
    for worker in crew:
        worker.stop()
    _must_have_fired_once(timers)
    asked.sort()
    return {
        "database": kind,
        "timers": timers,
        "workers": workers,
        "seconds": round(took, 1),
        "per second": round(timers / took),
        "inbox p50 ms": round(asked[len(asked) // 2], 1),
        "inbox p95 ms": round(asked[int(len(asked) * 0.95)], 1),
        "inbox asked": len(asked),
    }


def _left() -> bool:
    with database.reading() as session:
        return session.scalar(select(timer.c.key).limit(1)) is not None


def _ask_inbox() -> float:
    """Milliseconds that the list and the counts took."""
    at = Moment(clock.now(), clock.now() + timedelta(hours=8))
    begun = time.perf_counter()
    with database.reading() as session:
        inbox.counts(session, SOMEONE, at=at)
        inbox.items(session, SOMEONE, View.OPEN, at=at, limit=100)
    return (time.perf_counter() - begun) * 1000


def _must_have_fired_once(timers: int) -> None:
    with database.reading() as session:
        fired = select(history_line.c.instance_key).where(history_line.c.event == "timer_fired")
        lines = session.scalar(select(func.count()).select_from(fired.subquery()))
        cases = session.scalar(select(func.count()).select_from(fired.distinct().subquery()))
        tasks = session.scalar(select(func.count()).select_from(user_task))
    if not lines == cases == tasks == timers:
        raise SystemExit(f"{timers} timers: {lines} fired in {cases} cases, {tasks} user tasks")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--timers", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--kind", choices=kinds(), action="append")
    asked = parser.parse_args()
    rows = []
    for kind in asked.kind or kinds():
        with fresh_database(kind):
            rows.append(measure(kind, asked.timers, asked.workers))
    show("Timers due in the same second", rows, as_json=asked.json)


if __name__ == "__main__":
    main()
