"""What must come of a case: an undisturbed run of the same process tells it, and every other run is held against it."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from laneway.engine import clock, database, deployments, instances, messages, user_tasks
from laneway.engine.model import OPEN_STATES, Person
from laneway.engine.spiff import state as live_state
from laneway.engine.tables import (
    effect,
    history_line,
    incident,
    job,
    message_subscription,
    process_instance,
    signal_subscription,
    timer,
    user_task,
)
from laneway.errors import Conflict
from laneway.testing import drain

from .models import Model

_OF_FAULTS = frozenset({"job_failed", "job_retries_updated", "incident_raised", "incident_resolved"})
"""What history tells of faults; the undisturbed run has none of it."""
_ROUNDS = 300


@dataclass(frozen=True)
class Expected:
    """How a case of a model ends: each of its instances as `_told` tells it."""

    instances: list[Any]
    events: Counter[str]


@dataclass
class Tally:
    """What a run came to. `problems` tells in words; all numbers must be 0."""

    lost: int = 0
    duplicated: int = 0
    stuck: int = 0
    problems: list[str] = field(default_factory=list)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.lost + other.lost,
            self.duplicated + other.duplicated,
            self.stuck + other.stuck,
            self.problems + other.problems,
        )

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, nothing happened twice and nothing is stuck."""
        return not (self.lost or self.duplicated or self.stuck or self.problems)


def start(model: Model, case: str, **variables: Any) -> int:
    """A new case; `case` is what its messages are correlated by. Returns its key."""
    with database.unit_of_work() as session:
        variables = model.variables | {"case": case} | variables
        return instances.start(
            session, process_id=model.process_id, variables=variables, by=None
        ).instance_key


def publish_all(model: Model, case: str, *, by: Person) -> None:
    """Everything that a case waits for, before it waits. What has been published already is left alone."""
    for name in model.messages:
        with suppress(Conflict), database.unit_of_work() as session:
            messages.publish(
                session,
                name=name,
                correlation_key=case,
                variables={f"told_{name}": 1},
                by=by,
                message_id=f"{case}-{name}",
                ttl_seconds=30 * 86_400,
            )


def complete_open_tasks(root_key: int, *, by: Person) -> int:
    """Do what people are asked for in a case; how many tasks that was."""
    columns = user_task.c
    query = select(columns.key, columns.element_id).where(
        columns.root_key == root_key, columns.state == "CREATED"
    )
    with database.reading() as session:
        rows = session.execute(query).all()
    for row in rows:
        with database.unit_of_work() as session:
            user_tasks.complete_via_api(session, row.key, by=by, variables={f"by_{row.element_id}": 1})
    return len(rows)


def undisturbed(
    models: list[Model], template: Path, folder: Path, by: Person, *, still: Any = None
) -> dict[str, Expected]:
    """One run of each model in one process, without any fault, on a database of its own; {process id: result}.

    Time passes by the test's own clock that stands `still`, else by one for this run. The connection of this process
    to its database is closed afterwards.
    """
    path = folder / "undisturbed.db"
    shutil.copy(template, path)
    now = datetime.now(UTC)

    def advance(**length: float) -> None:
        nonlocal now
        now += timedelta(**length)

    if still is None:
        clock.set_source(lambda: now)
    move_clock = still.advance if still is not None else advance
    database.connect(f"sqlite:///{path}")
    expected = {}
    try:
        for model in models:
            deploy([model])
            key = start(model, "undisturbed")
            publish_all(model, "undisturbed", by=by)
            for _ in range(_ROUNDS):
                moved = drain() + complete_open_tasks(key, by=by)
                if not is_open(key):
                    break
                if not moved:
                    move_clock(seconds=1)
            expected[model.process_id] = _expected(model, key)
    finally:
        if still is None:
            clock.set_source(None)
        database.disconnect()
    return expected


def deploy(models: list[Model]) -> None:
    """Publish the diagrams."""
    with database.unit_of_work() as session:
        deployments.deploy(session, [model.file for model in models], by=None)


def is_open(key: int) -> bool:
    """Whether the case has not ended."""
    columns = process_instance.c
    with database.reading() as session:
        return session.scalar(select(columns.state).where(columns.key == key)) in OPEN_STATES


def open_cases() -> int:
    """How many instances have not ended."""
    columns = process_instance.c
    query = select(func.count()).select_from(process_instance).where(columns.state.in_(OPEN_STATES))
    with database.reading() as session:
        return int(session.scalar(query) or 0)


def is_quiet() -> bool:
    """Whether every instance has ended and no transaction has left work for another."""
    with database.reading() as session:
        left = session.scalar(select(func.count()).select_from(effect))
    return not left and not open_cases()


def _expected(model: Model, key: int) -> Expected:
    told = _told(model, key)
    assert all(one["state"] == "COMPLETED" for one in told), (model.process_id, model.seed, told)
    return Expected(told, _events(told))


def _told(model: Model, root_key: int) -> list[dict[str, Any]]:
    """Every instance of a case: its process, end, variables and what happened, in order where that is certain."""
    columns = process_instance.c
    listed = []
    with database.reading() as session:
        for row in session.execute(select(process_instance).where(columns.root_key == root_key)):
            events = _history(session, row.key)
            variables = live_state.variables_of(row.live_state) if row.live_state else {}
            variables.pop("case", None)
            listed.append(
                {
                    "process_id": row.process_id,
                    "state": row.state,
                    "variables": variables,
                    "events": events if model.is_sequential else sorted(events),
                }
            )
    return sorted(listed, key=lambda one: json.dumps(one, sort_keys=True))


def _history(session: Any, key: int) -> list[str]:
    query = select(history_line).where(history_line.c.instance_key == key).order_by(history_line.c.seq)
    rows = session.execute(query).all()
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1)), f"history of {key} has gaps"
    return [
        " ".join(filter(None, (row.event, row.element_id))) for row in rows if row.event not in _OF_FAULTS
    ]


def _events(told: list[dict[str, Any]]) -> Counter[str]:
    return Counter(f"{one['process_id']}: {event}" for one in told for event in one["events"])


def judge(model: Model, key: int, expected: Expected) -> Tally:
    """Hold one case against the undisturbed run of its model."""
    told = _told(model, key)
    tally = Tally()
    words = f"case {key} of {model.process_id} (seed {model.seed})"
    if any(one["state"] in OPEN_STATES for one in told):
        return Tally(stuck=1, problems=[f"{words} is open: {_where(told, expected)}"])
    found = _events(told)
    for event, number in (expected.events - found).items():
        tally += Tally(lost=number, problems=[f"{words} lost {number} × {event}"])
    for event, number in (found - expected.events).items():
        tally += Tally(duplicated=number, problems=[f"{words} has {number} × {event} too many"])
    if tally.is_clean and told != expected.instances:
        tally.problems.append(f"{words} ended differently: {told} is not {expected.instances}")
    return tally


def _where(told: list[dict[str, Any]], expected: Expected) -> list[str]:
    return sorted((expected.events - _events(told)).elements())


def judge_all(cases: dict[int, Model], expected: dict[str, Expected]) -> Tally:
    """Hold every case against its model, and the tables against each other: nothing waits for what has ended."""
    tally = Tally()
    for key, model in cases.items():
        tally += judge(model, key, expected[model.process_id])
    return tally + left_over()


def completed_once(key: int, element_ids: Sequence[str]) -> Tally:
    """Whether a case is complete and each of these elements was entered and completed exactly once."""
    with database.reading() as session:
        happened = Counter(_history(session, key))
    tally = Tally()
    if not happened["instance_completed"]:
        return Tally(stuck=1, problems=[f"case {key} is open"])
    told = [f"element_{what} {element}" for what in ("entered", "completed") for element in element_ids]
    for event in ["instance_completed", *told]:
        if happened[event] == 0:
            tally += Tally(lost=1, problems=[f"case {key} lost {event}"])
        elif happened[event] > 1:
            tally += Tally(duplicated=1, problems=[f"case {key}: {happened[event]} × {event}"])
    return tally


def variables(key: int) -> dict[str, Any]:
    """The variables of an instance, also of one that has ended."""
    with database.reading() as session:
        return instances.variables(session, key)


def left_over() -> Tally:
    """What should not be there once every case has ended: work, waits, incidents."""
    tally = Tally()
    with database.reading() as session:
        for table in (effect, timer, message_subscription, signal_subscription):
            waits = select(func.count()).select_from(table)
            if table is not effect:
                waits = waits.where(table.c.instance_key.is_not(None))
            number = session.scalar(waits) or 0
            if number:
                tally += Tally(stuck=number, problems=[f"{number} rows are left in {table.name}"])
        columns = incident.c
        for row in session.execute(select(incident).where(columns.state == "ACTIVE")):
            tally += Tally(stuck=1, problems=[f"incident at {row.element_id}: {row.message}"])
        open_jobs = select(func.count()).where(job.c.state.in_(("CREATED", "ACTIVATED", "FAILED")))
        number = session.scalar(open_jobs.select_from(job)) or 0
        if number:
            tally += Tally(stuck=number, problems=[f"{number} jobs are open"])
    return tally
