"""What completing one user task costs, durably, in cases with a short and a long past.

One step reads the case, completes the task, moves on to the next wait, stores everything and commits. Beside it the
same step of the yardstick in `bench.naive`, and the floor: the same SQL again without the engine.
`python -m bench.step [--json] [--rounds N] [--sizes 10 100 1000]`
"""

from __future__ import annotations

import argparse
import gc
import time
from statistics import median
from typing import Any
from unittest import mock

from sqlalchemy import Table, select

from bench.ground import fresh_database, kinds, show
from bench.naive import NaiveStore
from laneway.engine import database, deployments, instances, user_tasks
from laneway.engine.database import storage
from laneway.engine.database.storage import Command, insert_later
from laneway.engine.model import Person
from laneway.engine.tables import history, process_instance, user_task
from laneway.words import Resource, Text

PROCESS = "bench_loop"
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">
  <process id="bench_loop" isExecutable="true">
    <startEvent id="start"><outgoing>f1</outgoing></startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="merge"/>
    <exclusiveGateway id="merge">
      <incoming>f1</incoming><incoming>f4</incoming><outgoing>f2</outgoing>
    </exclusiveGateway>
    <sequenceFlow id="f2" sourceRef="merge" targetRef="work"/>
    <userTask id="work">
      <extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="bench"/>
      </extensionElements>
      <incoming>f2</incoming><outgoing>f3</outgoing>
    </userTask>
    <sequenceFlow id="f3" sourceRef="work" targetRef="split"/>
    <exclusiveGateway id="split" default="f5">
      <incoming>f3</incoming><outgoing>f4</outgoing><outgoing>f5</outgoing>
    </exclusiveGateway>
    <sequenceFlow id="f4" sourceRef="split" targetRef="merge">
      <conditionExpression xsi:type="tFormalExpression">CONDITION</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="f5" sourceRef="split" targetRef="end"/>
    <endEvent id="end"><incoming>f5</incoming></endEvent>
  </process>
</definitions>
"""
ELEMENTS_PER_ROUND = 3
IN_A_ROW = 10
NAIVE_LIMIT = 325  # after some 330 rounds SpiffWorkflow, left alone, drops a loop's branch
SOMEONE = Person("bench", Text("bench", "bench"), frozenset({"bench"}))
VALUES = {"again": True, "note": "seal defect " * 80}  # about 1 kB, as a filled form is


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=10, help="times ten steps measured for each figure")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000], help="finished elements")
    options = parser.parse_args()
    rows = []
    for kind in kinds():
        with fresh_database(kind):
            rows += [_measure(kind, size, options.rounds) for size in options.sizes]
    show("durable user task step, median ms", rows, as_json=options.json)


def _measure(kind: str, size: int, rounds: int) -> dict[str, Any]:
    naive = NaiveStore(DIAGRAM.replace("CONDITION", "again").encode(), PROCESS)
    naive.work(min(size // ELEMENTS_PER_ROUND, NAIVE_LIMIT - IN_A_ROW))
    instance_key = _started()
    for _ in range(size // ELEMENTS_PER_ROUND):
        _step(instance_key)
    naive_ms, ours_ms, bare_ms, naive_bytes = [], [], [], 0
    bare = BareSteps(_started())
    # Turn about, so that a busy moment of the machine falls on all; each tidies up its own garbage.
    for _ in range(rounds):
        naive.save()  # anew, for its past must not grow with what is measured
        gc.collect()
        for _ in range(IN_A_ROW):
            began = time.perf_counter()
            naive_bytes = naive.step()
            naive_ms.append((time.perf_counter() - began) * 1000)
        gc.collect()
        ours_ms += [_step(instance_key) for _ in range(IN_A_ROW)]
        gc.collect()
        bare_ms += [bare.step() for _ in range(IN_A_ROW)]
    return {
        "database": kind,
        "finished elements": size,
        "naive ms": round(median(naive_ms), 2),
        "laneway ms": round(median(ours_ms), 2),
        "times faster": round(median(naive_ms) / median(ours_ms), 1),
        "same SQL, no engine ms": round(median(bare_ms), 2),
        "times that": round(median(ours_ms) / median(bare_ms), 2),
        "naive state bytes": naive_bytes,
        "laneway state bytes": _state_bytes(instance_key),
    }


class BareSteps:
    """The writes of a step again and again, with new keys and numbers, and nothing around them: the floor."""

    def __init__(self, instance_key: int) -> None:
        for _ in range(3):
            _step(instance_key)
        self._calls: list[tuple[Any, Any]] = []
        with mock.patch.object(storage, "insert_later", self._remember_rows), self._remembered_commands():
            _step(instance_key)
        self._task_key = _open_task(instance_key)

    def _remember_rows(self, _session: Any, table: Table, rows: Any) -> None:
        self._calls.append((table, [dict(row) for row in rows]))
        insert_later(_session, table, rows)

    def _remembered_commands(self) -> Any:
        later = Command.later
        calls = self._calls

        def remember(command: Command, session: Any, **values: Any) -> None:
            calls.append((command, values))
            later(command, session, **values)

        return mock.patch.object(Command, "later", remember)

    def step(self) -> float:
        """Milliseconds of the same writes."""
        old, new = self._task_key, database.new_key()
        self._task_key = new
        for told, given in self._calls:
            for values in given if isinstance(told, Table) else [given]:
                self._move_on(told, values, old, new)
        began = time.perf_counter()
        with database.unit_of_work() as session:
            for told, given in self._calls:
                if isinstance(told, Table):
                    storage.insert_later(session, told, given)
                else:
                    told.later(session, **given)
        return (time.perf_counter() - began) * 1000

    def _move_on(self, told: Any, values: dict[str, Any], old: int, new: int) -> None:
        if told is history:
            values["seq"] += self._rows_of_history()
        elif told is user_task:
            values["key"] = new
        elif isinstance(told, Table) and "user_task_key" in values:
            values["user_task_key"] = new
        elif isinstance(told, Table) and "key" in values:
            values["key"] = database.new_key()
        elif "user_task_key" in values:
            values["user_task_key"] = old
        if "seen_revision" in values:
            values["seen_revision"], values["revision"] = values["revision"], database.new_key()
            values["last_seq"] += self._rows_of_history()

    def _rows_of_history(self) -> int:
        return sum(len(given) for told, given in self._calls if told is history)


def _started() -> int:
    with database.unit_of_work() as session:
        diagram = Resource("bench_loop.bpmn", DIAGRAM.replace("CONDITION", "=again = true").encode())
        deployments.deploy(session, [diagram], by=None)
    with database.unit_of_work() as session:
        return instances.start(session, process_id=PROCESS, variables={}, by=SOMEONE).instance_key


def _step(instance_key: int) -> float:
    """Milliseconds of completing the open user task; finding it in the inbox is not counted."""
    key = _open_task(instance_key)
    began = time.perf_counter()
    database.transact(lambda session: user_tasks.complete_via_api(session, key, by=SOMEONE, variables=VALUES))
    return (time.perf_counter() - began) * 1000


def _open_task(instance_key: int) -> int:
    with database.reading() as session:
        columns = user_task.c
        key = session.scalar(
            select(columns.key).where(columns.instance_key == instance_key, columns.state == "CREATED")
        )
    assert key is not None
    return key


def _state_bytes(instance_key: int) -> int:
    with database.reading() as session:
        query = select(process_instance.c.live_state).where(process_instance.c.key == instance_key)
        return len(session.scalar(query) or b"")


if __name__ == "__main__":
    main()
