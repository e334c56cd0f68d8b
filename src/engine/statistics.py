"""What the board and the lists of open cases read, kept current in the background.

A step that changes what they show leaves a row of `pending_change`, and nothing more: no row that steps of other cases
would wait for. `fold` takes such rows and brings up to date what they are about: the case's row of `open_case`, the
hour in which it was opened or ended, the day of a step that was completed. It looks at the other tables as they stand,
so that rows may be folded in any order. Workers fold all the time; a page that wants to be exact calls `fold` first.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, case, delete, exists, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from laneway.engine.database import is_postgresql, new_key, storage
from laneway.engine.model import UserTaskState
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import (
    case_clock,
    case_file,
    case_hour,
    is_running_clock,
    open_case,
    pending_change,
    process_instance,
    step_day,
    user_task,
    user_task_candidate,
)
from laneway.engine.tables.running import is_open_case
from laneway.engine.tables.waiting import is_open_task

BATCH = 500
"""How many pending changes are folded at once."""

BUCKET_BASE = 1.25
"""How far two durations of one bucket are apart at most, as a factor."""

RISK_SHARE = 0.75
"""The share of its time after which a user task is at risk of being late."""

_LOCK = 2_480_113_907_551_604_117  # any number, the same in every process
_ENDED = frozenset({"user_task_completed", "user_task_canceled"})
_TELLING = _ENDED | {"user_task_created", "incident_raised", "incident_resolved"}


# -- what steps leave


def note(
    session: Session,
    root_key: int,
    *,
    ended_tasks: Sequence[int] = (),
    is_start: bool = False,
    is_end: bool = False,
) -> None:
    """Leave word that a case has changed: was opened or has ended, or these user tasks in it have ended."""
    rows = [
        {
            "root_key": root_key,
            "key": new_key(),
            "ended_task_key": ended_task_key,
            "is_start": is_start and number == 0,
            "is_end": is_end and number == 0,
        }
        for number, ended_task_key in enumerate(ended_tasks or (None,))
    ]
    storage.insert_later(session, pending_change, rows)


def note_step(
    session: Session, row: Any, notes: Iterable[Note], *, is_start: bool, is_end: bool, is_renamed: bool
) -> None:
    """Leave word of a step of the instance `row`, if lists show anything that it changed.

    `is_renamed`: the variables have changed, and with them perhaps what the case file tells.
    """
    is_case = row.parent_key is None
    told = [one for one in notes if one.event in _TELLING]
    if not told and not (is_case and (is_start or is_end or is_renamed)):
        return
    ended = [int(one.details["user_task_key"]) for one in told if one.event in _ENDED]
    note(
        session,
        row.root_key,
        ended_tasks=ended,
        is_start=is_start and is_case,
        is_end=is_end and is_case,
    )


def take_back_end(session: Session, row: Any) -> None:
    """The case of the instance `row`, which has ended, goes on: its end is counted no more. The caller holds its lock."""
    columns = pending_change.c
    untold = (
        update(pending_change)
        .where(columns.root_key == row.key, columns.is_end)
        .values(is_end=False)
        .returning(columns.key)
    )
    if not session.execute(untold).all():
        counts = {(_hour(row.ended_at), row.process_id): [0, -1]}
        _add(session, case_hour, _hour_rows(counts), _HOUR_COUNTS)


# -- folding


def is_pending(session: Session) -> bool:
    """Whether there is anything to fold."""
    return session.scalar(select(pending_change.c.key).limit(1)) is not None


def fold(session: Session, *, limit: int = BATCH) -> int:
    """Bring the statistics up to date with up to `limit` pending changes; how many there were.

    None while another process is at it: it does the same.
    """
    if is_postgresql() and not session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        return 0
    columns = pending_change.c
    some = select(columns.root_key, columns.key).limit(limit)
    identity = tuple_(columns.root_key, columns.key)
    taken = session.execute(
        delete(pending_change)
        .where(identity.in_(some))
        .returning(columns.root_key, columns.ended_task_key, columns.is_start, columns.is_end)
    ).all()
    if not taken:
        return 0
    _count_cases(
        session,
        opened={row.root_key for row in taken if row.is_start},
        ended={row.root_key for row in taken if row.is_end},
    )
    keys = {row.ended_task_key for row in taken if row.ended_task_key is not None}
    _add(session, step_day, _steps(_completed(session, keys)), _STEP_COUNTS)
    _close_candidates(session, keys)
    _refresh(session, {row.root_key for row in taken})
    return len(taken)


def _count_cases(session: Session, *, opened: Collection[int], ended: Collection[int]) -> None:
    columns = process_instance.c
    wanted = {*opened, *ended}
    if not wanted:
        return
    counts: dict[tuple[datetime, str], list[int]] = defaultdict(lambda: [0, 0])
    query = select(columns.key, columns.process_id, columns.started_at, columns.ended_at)
    for row in session.execute(query.where(columns.key.in_(wanted))):
        if row.key in opened:
            counts[_hour(row.started_at), row.process_id][0] += 1
        if row.key in ended and row.ended_at is not None:
            counts[_hour(row.ended_at), row.process_id][1] += 1
    _add(session, case_hour, _hour_rows(counts), _HOUR_COUNTS)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _hour_rows(counts: Mapping[tuple[datetime, str], Sequence[int]]) -> list[dict[str, Any]]:
    return [
        {"hour": hour, "process_id": process_id, "opened": opened, "ended": ended}
        for (hour, process_id), (opened, ended) in sorted(counts.items())
    ]


_HOUR_COUNTS = ("opened", "ended")
_STEP_COUNTS = ("times", "seconds", "waiting_seconds", "with_deadline", "in_time")


def _add(session: Session, table: Table, rows: list[dict[str, Any]], counts: Sequence[str]) -> None:
    """Add to the counters of a table, row by row in the order of its key."""
    if not rows:
        return
    statement = (postgresql if is_postgresql() else sqlite).insert(table)
    summed = {name: table.c[name] + statement.excluded[name] for name in counts}
    session.execute(
        statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=summed), rows
    )


def _completed(session: Session, keys: Collection[int]) -> list[Any]:
    if not keys:
        return []
    done = user_task.c.state == UserTaskState.COMPLETED
    return list(session.execute(_STEPS.where(user_task.c.key.in_(keys), done)))


_STEPS = select(
    user_task.c.process_id,
    user_task.c.element_id,
    user_task.c.created_at,
    user_task.c.claimed_at,
    user_task.c.due_at,
    user_task.c.completed_at,
)


def _steps(completed: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows of `step_day` for completed user tasks."""
    counts: dict[tuple[date, str, str, int], list[float]] = defaultdict(lambda: [0, 0.0, 0.0, 0, 0])
    for row in completed:
        took = (row.completed_at - row.created_at).total_seconds()
        waited = (row.claimed_at or row.completed_at) - row.created_at
        sums = counts[row.completed_at.date(), row.process_id, row.element_id, bucket_of(took)]
        is_in_time = row.due_at is not None and row.completed_at <= row.due_at
        for number, more in enumerate((1, took, waited.total_seconds(), row.due_at is not None, is_in_time)):
            sums[number] += more
    return [
        dict(zip(("day", "process_id", "element_id", "bucket"), key, strict=True))
        | dict(zip(_STEP_COUNTS, sums, strict=True))
        for key, sums in sorted(counts.items())
    ]


def bucket_of(seconds: float) -> int:
    """The bucket of a duration: BUCKET_BASE to its power seconds or more; 0 for everything under a second."""
    return max(0, int(math.log(max(seconds, 1.0), BUCKET_BASE)))


def _close_candidates(session: Session, user_task_keys: Collection[int]) -> None:
    """User tasks that have ended are no longer looked for by their candidates."""
    if not user_task_keys:
        return
    tasks = session.execute(
        select(user_task.c.instance_key, user_task.c.key).where(
            user_task.c.key.in_(user_task_keys), user_task.c.state != UserTaskState.CREATED
        )
    )
    columns = user_task_candidate.c
    ended = tuple_(columns.instance_key, columns.user_task_key).in_([tuple(row) for row in tasks])
    session.execute(update(user_task_candidate).where(ended, columns.is_open).values(is_open=False))


def _refresh(session: Session, root_keys: Collection[int]) -> None:
    """Write the rows of these cases anew; those that have ended have none."""
    session.execute(delete(open_case).where(open_case.c.root_key.in_(root_keys)))
    rows = _open_cases(session, root_keys)
    if rows:
        session.execute(insert(open_case), rows)


def _open_cases(session: Session, root_keys: Collection[int]) -> list[dict[str, Any]]:
    inner = process_instance.alias("inner_instance")
    failed = exists().where(inner.c.root_key == process_instance.c.key, inner.c.has_incident)
    files, instances = case_file.c, process_instance.c
    cases = session.execute(
        select(
            instances.key,
            instances.process_id,
            instances.business_key,
            instances.started_at,
            case((failed, 1), else_=0).label("failed"),
            files.number,
            files.title,
            files.customer,
            files.severity,
            files.owner_group,
        )
        .outerjoin(case_file, files.instance_key == instances.key)
        .where(instances.key.in_(root_keys), is_open_case)
    ).all()
    urgent, clocks = _most_urgent(session, root_keys), _clocks(session, root_keys)
    return [_open_case(row, urgent.get(row.key), clocks.get(row.key, [])) for row in cases]


def _most_urgent(session: Session, root_keys: Collection[int]) -> dict[int, Any]:
    columns = user_task.c
    tasks = session.execute(
        select(
            columns.root_key,
            columns.key,
            columns.created_at,
            columns.due_at,
            columns.name_zh,
            columns.name_en,
        )
        .where(columns.root_key.in_(root_keys), is_open_task)
        .order_by(columns.due_at.nulls_last(), columns.priority.desc(), columns.key)
    )
    found: dict[int, Any] = {}
    for row in tasks:
        found.setdefault(row.root_key, row)
    return found


def _clocks(session: Session, root_keys: Collection[int]) -> dict[int, list[Any]]:
    """The clocks of these cases that are neither met nor given up, by case."""
    columns = case_clock.c
    query = select(
        columns.instance_key, columns.name, columns.due_at, columns.warn_at, columns.paused_by
    ).where(columns.instance_key.in_(root_keys), is_running_clock)
    found: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        found[row.instance_key].append(row)
    return found


def _open_case(row: Any, task: Any, clocks: Sequence[Any]) -> dict[str, Any]:
    words = (row.number or str(row.key), row.title, row.customer, row.business_key)
    due_at = task.due_at if task is not None else None
    at_risk_at = risk_at(task.created_at, due_at) if due_at is not None else None
    first = min((one for one in clocks if not one.paused_by), key=lambda one: one.due_at, default=None)
    is_by_clock = first is not None and (due_at is None or first.due_at <= due_at)
    if first is not None and is_by_clock:
        due_at, at_risk_at = first.due_at, first.warn_at
    return {
        "root_key": row.key,
        "process_id": row.process_id,
        "severity": row.severity or "",
        "owner_group": row.owner_group or "",
        "opened_at": row.started_at,
        "has_incident": bool(row.failed),
        "task_key": task.key if task is not None else None,
        "due_at": due_at,
        "risk_at": at_risk_at,
        "clock": first.name if first is not None and is_by_clock else None,
        "is_paused": any(one.paused_by for one in clocks),
        "step_zh": task.name_zh if task is not None else "",
        "step_en": task.name_en if task is not None else "",
        "words": " ".join(word for word in words if word).lower()[:1200],
    }


def risk_at(created_at: datetime, due_at: datetime) -> datetime:
    """When a user task begins to be at risk; never, so at its deadline, where it was due before it began."""
    return max(created_at + RISK_SHARE * (due_at - created_at), created_at) if due_at > created_at else due_at


# -- making them anew


@dataclass(frozen=True)
class Rebuilt:
    """How much the statistics were made from."""

    open_cases: int
    cases: int
    completed_tasks: int


def rebuild(session: Session) -> Rebuilt:
    """Make all statistics anew from what is stored now, and forget what cases that are no longer kept had told."""
    if is_postgresql():
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    for table in (pending_change, open_case, case_hour, step_day):
        session.execute(delete(table))
    done = user_task.c.state == UserTaskState.COMPLETED
    tasks = 0
    for rows in session.execute(_STEPS.where(done).execution_options(yield_per=10_000)).partitions():
        tasks += len(rows)
        _add(session, step_day, _steps(rows), _STEP_COUNTS)
    cases = _count_all_cases(session)
    columns = user_task_candidate.c
    still_open = exists().where(
        user_task.c.instance_key == columns.instance_key,
        user_task.c.key == columns.user_task_key,
        is_open_task,
    )
    session.execute(update(user_task_candidate).where(columns.is_open, ~still_open).values(is_open=False))
    open_keys = session.scalars(select(process_instance.c.key).where(is_open_case)).all()
    for start in range(0, len(open_keys), BATCH):
        _refresh(session, open_keys[start : start + BATCH])
    return Rebuilt(len(open_keys), cases, tasks)


def _count_all_cases(session: Session) -> int:
    columns = process_instance.c
    counts: dict[tuple[datetime, str], list[int]] = defaultdict(lambda: [0, 0])
    number = 0
    query = select(columns.process_id, columns.started_at, columns.ended_at).where(
        columns.parent_key.is_(None)
    )
    for row in session.execute(query.execution_options(yield_per=10_000)):
        number += 1
        counts[_hour(row.started_at), row.process_id][0] += 1
        if row.ended_at is not None:
            counts[_hour(row.ended_at), row.process_id][1] += 1
    _add(session, case_hour, _hour_rows(counts), _HOUR_COUNTS)
    return number
