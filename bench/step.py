"""What completing one user task costs, durably, in cases with a short and a long past.

One step reads the case, completes the task, moves on to the next wait, stores everything and commits. Beside it the
same step of the yardstick in `bench.naive`. `python -m bench.step [--json] [--rounds N] [--sizes 10 100 1000]`
"""

from __future__ import annotations

import argparse
import time
from statistics import median
from typing import Any

from sqlalchemy import select

from bench.ground import fresh_database, kinds, show
from bench.naive import NaiveStore
from laneway.engine import database, deployments, instances, user_tasks
from laneway.engine.model import Person
from laneway.engine.tables import process_instance, user_task
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
NAIVE_LIMIT = 300  # after some 330 rounds SpiffWorkflow, left alone, drops a loop's branch
SOMEONE = Person("bench", Text("bench", "bench"), frozenset({"bench"}))
VALUES = {"again": True, "note": "seal defect " * 10}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=15, help="steps measured for each figure")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000], help="finished elements")
    options = parser.parse_args()
    rows = []
    for kind in kinds():
        with fresh_database(kind):
            rows += [_measure(kind, size, options.rounds) for size in options.sizes]
    show("durable user task step, median ms", rows, as_json=options.json)


def _measure(kind: str, size: int, rounds: int) -> dict[str, Any]:
    naive = NaiveStore(DIAGRAM.replace("CONDITION", "again").encode(), PROCESS)
    naive.work(min(size // ELEMENTS_PER_ROUND, NAIVE_LIMIT))
    naive.save()
    instance_key = _started()
    for _ in range(size // ELEMENTS_PER_ROUND):
        _step(instance_key)
    naive_ms, ours_ms, naive_bytes = [], [], 0
    # Turn about, so that a busy moment of the machine falls on both.
    for _ in range(rounds):
        began = time.perf_counter()
        naive_bytes = naive.step()
        naive_ms.append((time.perf_counter() - began) * 1000)
        ours_ms.append(_step(instance_key))
    return {
        "database": kind,
        "finished elements": size,
        "naive ms": round(median(naive_ms), 2),
        "laneway ms": round(median(ours_ms), 2),
        "times faster": round(median(naive_ms) / median(ours_ms), 1),
        "naive state bytes": naive_bytes,
        "laneway state bytes": _state_bytes(instance_key),
    }


def _started() -> int:
    with database.unit_of_work() as session:
        diagram = Resource("bench_loop.bpmn", DIAGRAM.replace("CONDITION", "=again = true").encode())
        deployments.deploy(session, [diagram], by=None)
    with database.unit_of_work() as session:
        return instances.start(session, process_id=PROCESS, variables={}, by=SOMEONE).instance_key


def _step(instance_key: int) -> float:
    """Milliseconds of completing the open user task; finding it in the inbox is not counted."""
    with database.reading() as session:
        columns = user_task.c
        key = session.scalar(
            select(columns.key).where(columns.instance_key == instance_key, columns.state == "CREATED")
        )
    assert key is not None
    began = time.perf_counter()
    database.transact(lambda session: user_tasks.complete_via_api(session, key, by=SOMEONE, variables=VALUES))
    return (time.perf_counter() - began) * 1000


def _state_bytes(instance_key: int) -> int:
    with database.reading() as session:
        query = select(process_instance.c.live_state).where(process_instance.c.key == instance_key)
        return len(session.scalar(query) or b"")


if __name__ == "__main__":
    main()
