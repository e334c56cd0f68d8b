"""What the board counts: folded step by step it is the same as counted anew, on both databases."""

from __future__ import annotations

import random
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import clock, database, deployments, instances, statistics, user_task_changes, user_tasks
from laneway.engine.model import Person, UserTaskState
from laneway.engine.queries import board, cases
from laneway.engine.queries.board import BoardFilter, Lanes
from laneway.engine.queries.cases import CaseFilter
from laneway.engine.tables import (
    case_hour,
    open_case,
    pending_change,
    step_day,
    user_task,
    user_task_candidate,
)
from laneway.engine.user_task_changes import Changes
from laneway.tasks import draining
from laneway.words import Resource

DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
  <process id="returns" name="Returns" isExecutable="true">
    <extensionElements><zeebe:properties>
      <zeebe:property name="laneway:case:series" value="RT"/>
      <zeebe:property name="laneway:case:title" value="=subject"/>
      <zeebe:property name="laneway:case:severity" value="=severity"/>
    </zeebe:properties></extensionElements>
    <startEvent id="start"/>
    <userTask id="look" name="Look at it"><extensionElements><zeebe:userTask/>
      <zeebe:assignmentDefinition candidateGroups="complaint_desk"/>
      <zeebe:taskSchedule dueDate="=now() + duration(&quot;PT8H&quot;)"/></extensionElements></userTask>
    <userTask id="pay" name="Pay"><extensionElements><zeebe:userTask/></extensionElements></userTask>
    <endEvent id="end"/>
    <sequenceFlow id="f1" sourceRef="start" targetRef="look"/>
    <sequenceFlow id="f2" sourceRef="look" targetRef="pay"/>
    <sequenceFlow id="f3" sourceRef="pay" targetRef="end"/>
  </process></definitions>"""
COUNTED = (open_case, case_hour, step_day)


@pytest.fixture
def returns(database: ModuleType, frozen_clock: Any) -> ModuleType:
    with database.unit_of_work() as session:
        deployments.deploy(session, [Resource("returns.bpmn", DIAGRAM.encode())], by=None)
    return database


def _fold(limit: int = statistics.BATCH) -> None:
    while True:
        with database.unit_of_work() as session:
            if not statistics.fold(session, limit=limit):
                return


def _counted() -> dict[str, list[Any]]:
    with database.reading() as session:
        found = {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in COUNTED
        }
        columns = user_task_candidate.c
        still_sought = select(columns.user_task_key).where(columns.is_open).order_by(columns.user_task_key)
        found["candidates"] = list(session.scalars(still_sought))
    return {
        name: [tuple(round(cell, 3) if isinstance(cell, float) else cell for cell in row) for row in rows]
        if name != "candidates"
        else rows
        for name, rows in found.items()
    }


def _start(mei: Person, **variables: str) -> int:
    with database.unit_of_work() as session:
        values = {"subject": "Torn", "severity": "S2"} | variables
        return instances.start(session, process_id="returns", variables=values, by=mei).instance_key


def _open_tasks() -> list[int]:
    with database.reading() as session:
        waiting = user_task.c.state == UserTaskState.CREATED
        return list(session.scalars(select(user_task.c.key).where(waiting).order_by(user_task.c.key)))


def test_counting_step_by_step_and_anew_come_to_the_same(
    returns: ModuleType, mei: Person, chen: Person, frozen_clock: Any
) -> None:
    lot = random.Random(20261102)

    def complete(key: int) -> None:
        with database.unit_of_work() as session:
            user_tasks.assign(session, key, assignee="mei", by=chen)
            user_tasks.complete(session, key, by=mei, values={})

    def change(key: int) -> None:
        sooner = Changes(
            due_at=clock.now() + timedelta(hours=lot.randrange(1, 90)), priority=lot.randrange(99)
        )
        with database.unit_of_work() as session:
            user_task_changes.change(session, key, sooner, by=chen)

    def cancel(key: int) -> None:
        with database.unit_of_work() as session:
            instance_key = session.scalar(select(user_task.c.instance_key).where(user_task.c.key == key))
            assert instance_key is not None
            instances.cancel(session, instance_key, by=chen, reason="by mistake")

    for _step in range(60):
        frozen_clock.advance(minutes=lot.randrange(200))
        waiting = _open_tasks()
        if len(waiting) < 3 or lot.random() < 0.3:
            _start(mei, subject=f"Torn {lot.randrange(9)}", severity=f"S{lot.randrange(1, 4)}")
        else:
            lot.choice([complete, complete, change, cancel])(lot.choice(waiting))
        if lot.random() < 0.3:
            _fold(limit=lot.randrange(1, 5))
    _fold()

    step_by_step = _counted()
    with database.unit_of_work() as session:
        rebuilt = statistics.rebuild(session)
    assert _counted() == step_by_step
    assert rebuilt.open_cases == len(step_by_step["open_case"]) > 2
    assert len(step_by_step["candidates"]) == len(_open_tasks())
    assert sum(row[4] for row in step_by_step["step_day"]) == rebuilt.completed_tasks > 5


def test_a_case_stands_in_its_lanes_and_leaves_them_when_it_ends(
    returns: ModuleType, mei: Person, chen: Person, frozen_clock: Any
) -> None:
    key = _start(mei, severity="S1")
    _fold()
    lanes = {}
    for by in Lanes:
        with database.reading() as session:
            [tally] = board.tallies(session, chen, BoardFilter(), by, now=clock.now())
            lanes[by] = tally.lane
            shown = board.most_urgent(session, BoardFilter(), by, tally.lane, now=clock.now(), limit=6)
            assert (tally.total, shown) == (1, [key])
    assert lanes == {
        Lanes.CLOCK: ("ok", ""),
        Lanes.STEP: ("Look at it", "Look at it"),
        Lanes.SEVERITY: ("S1", ""),
        Lanes.OWNER: ("", ""),
        Lanes.AGE: ("0", ""),
    }
    for hours, state in ((7, "risk"), (2, "breach")):
        frozen_clock.advance(hours=hours)
        with database.reading() as session:
            [tally] = board.tallies(session, chen, BoardFilter(severity="S1"), Lanes.CLOCK, now=clock.now())
            assert tally.lane == (state, "")
    with database.unit_of_work() as session:
        instances.cancel(session, key, by=chen, reason="by mistake")
    _fold()
    with database.reading() as session:
        assert board.tallies(session, chen, BoardFilter(), Lanes.CLOCK, now=clock.now()) == []
        assert cases.search(session, mei, CaseFilter(), limit=9, offset=0).total == 0
        assert cases.search(session, mei, CaseFilter(state="closed"), limit=9, offset=0).total == 1


def test_the_slowest_step_and_the_punctual_ones_are_told_from_the_counters(
    returns: ModuleType, mei: Person, chen: Person, frozen_clock: Any
) -> None:
    since = clock.now() - timedelta(days=1)
    for hours in (1, 2, 20):
        _start(mei)
        [key] = _open_tasks()
        frozen_clock.advance(hours=hours)
        with database.unit_of_work() as session:
            user_tasks.claim(session, key, by=mei)
            user_tasks.complete(session, key, by=mei, values={})
        [key] = _open_tasks()
        frozen_clock.advance(minutes=10)
        with database.unit_of_work() as session:
            user_tasks.claim(session, key, by=mei)
            user_tasks.complete(session, key, by=mei, values={})
    _fold()
    with database.reading() as session:
        slow = board.bottlenecks(session, since=since, limit=5)
        punctual = board.punctuality(session, since=since)
        hours_seen = board.in_and_out(session, since=since)
    assert [(one.name.en, one.median_seconds, one.times) for one in slow] == [
        ("Look at it", 7200, 3),
        ("Pay", 600, 3),
    ]
    assert (punctual.completed, punctual.in_time) == (3, 2)
    assert sum(hour.opened for hour in hours_seen) == sum(hour.ended for hour in hours_seen) == 3


def test_the_worker_folds_what_steps_have_left(returns: ModuleType, mei: Person) -> None:
    _start(mei)
    draining.drain()
    with database.reading() as session:
        assert session.scalars(select(pending_change.c.key)).all() == []
        assert len(session.scalars(select(open_case.c.root_key)).all()) == 1


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0, 0), (0.4, 0), (1, 0), (1.3, 1), (3600, 36), (86400 * 365, 77)]
)
def test_durations_of_one_bucket_are_a_quarter_apart_at_most(seconds: float, bucket: int) -> None:
    assert statistics.bucket_of(seconds) == bucket
    if seconds >= 1:
        assert statistics.BUCKET_BASE**bucket <= seconds < statistics.BUCKET_BASE ** (bucket + 1)
