"""The managers' overview: every open case with its most urgent clock, and figures around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from laneway.engine import access
from laneway.engine.model import OPEN_STATES, Person, UserTaskState
from laneway.engine.queries.cases import Clock, clock_of, ranked_user_tasks
from laneway.engine.tables import (
    case_file,
    incident,
    message_subscription,
    process_definition,
    process_instance,
    timer,
    user_task,
)
from laneway.engine.tables import person as person_table
from laneway.words import Text

_STEPS_MEASURED = 2000


@dataclass(frozen=True)
class BoardFilter:
    """What the board is narrowed to; empty fields do not narrow."""

    process_id: str = ""
    severity: str = ""
    owner_group: str = ""


@dataclass(frozen=True)
class BoardCase:
    """One open case as a card."""

    number: str
    instance_key: int
    process_id: str
    process_name: Text
    title: str
    customer: str
    severity: str
    owner_group: str
    opened_at: datetime
    has_incident: bool
    clock: Clock | None


@dataclass(frozen=True)
class Waiting:
    """What a case without an open user task waits for."""

    name: Text
    since: datetime


@dataclass(frozen=True)
class Load:
    """How much one person holds."""

    username: str
    name: Text
    open: int
    overdue: int


@dataclass(frozen=True)
class Bottleneck:
    """A step that takes long."""

    name: Text
    process_id: str
    element_id: str
    median_seconds: float
    times: int


@dataclass(frozen=True)
class Punctuality:
    """How many user tasks with a deadline were completed, and how many of them in time."""

    completed: int
    in_time: int


def open_cases(session: Session, person: Person, wanted: BoardFilter) -> list[BoardCase]:
    """Every open case that fits, the most urgent first, in one query. Raises NotAllowed."""
    access.require(person, access.Action.SEE_BOARD)
    ranked = ranked_user_tasks().subquery()
    inner = process_instance.alias("inner_instance")
    failed = select(inner.c.key).where(inner.c.root_key == process_instance.c.key, inner.c.has_incident)
    query = (
        select(
            process_instance.c.key,
            process_instance.c.process_id,
            process_instance.c.business_key,
            process_instance.c.started_at,
            failed.correlate(process_instance).exists().label("failed"),
            process_definition.c.name_zh,
            process_definition.c.name_en,
            case_file.c.number,
            case_file.c.title,
            case_file.c.customer,
            case_file.c.severity,
            case_file.c.owner_group,
            ranked,
        )
        .select_from(process_instance)
        .join(process_definition, process_definition.c.key == process_instance.c.process_definition_key)
        .outerjoin(case_file, case_file.c.instance_key == process_instance.c.key)
        .outerjoin(ranked, and_(ranked.c.root_key == process_instance.c.key, ranked.c.rank == 1))
        .where(
            process_instance.c.parent_key.is_(None),
            process_instance.c.state.in_(OPEN_STATES),
        )
        .order_by(ranked.c.due_at.nulls_last(), process_instance.c.key)
    )
    return [
        BoardCase(
            number=row.number or str(row.key),
            instance_key=row.key,
            process_id=row.process_id,
            process_name=Text(row.name_zh, row.name_en),
            title=row.title or row.business_key or "",
            customer=row.customer or "",
            severity=row.severity or "",
            owner_group=row.owner_group or "",
            opened_at=row.started_at,
            has_incident=bool(row.failed),
            clock=clock_of(row) if row.task_key is not None else None,
        )
        for row in session.execute(_narrowed(query, wanted))
    ]


def _narrowed(query: Select[tuple[object, ...]], wanted: BoardFilter) -> Select[tuple[object, ...]]:
    if wanted.process_id:
        query = query.where(process_instance.c.process_id == wanted.process_id)
    if wanted.severity:
        query = query.where(case_file.c.severity == wanted.severity)
    if wanted.owner_group:
        query = query.where(case_file.c.owner_group == wanted.owner_group)
    return query


def waits(session: Session, root_keys: Collection[int]) -> dict[int, Waiting]:
    """What each of these cases stands at and waits for: the message it has waited for longest, else a timer.

    Events that only watch, such as a withdrawal that may come at any time, do not count.
    """
    if not root_keys:
        return {}
    found: dict[int, Waiting] = {}
    of_root = process_instance.c.root_key.in_(root_keys)
    timers = (
        select(process_instance.c.root_key, process_instance.c.started_at)
        .join(timer, timer.c.instance_key == process_instance.c.key)
        .where(of_root, ~timer.c.is_aside)
    )
    for root_key, started_at in session.execute(timers):
        found.setdefault(root_key, Waiting(Text("定时", "Timer"), started_at))
    messages = (
        select(
            process_instance.c.root_key,
            message_subscription.c.name_zh,
            message_subscription.c.name_en,
            message_subscription.c.created_at,
        )
        .join(message_subscription, message_subscription.c.instance_key == process_instance.c.key)
        .where(of_root, ~message_subscription.c.is_aside)
        .order_by(message_subscription.c.created_at.desc(), message_subscription.c.key.desc())
    )
    for row in session.execute(messages):
        found[row.root_key] = Waiting(Text(row.name_zh, row.name_en), row.created_at)
    return found


def failed_steps(session: Session) -> int:
    """How many steps have failed and wait for someone to look at them."""
    count = select(func.count()).select_from(incident).where(incident.c.state == "ACTIVE")
    return int(session.scalar(count) or 0)


def workload(session: Session, *, now: datetime, limit: int) -> list[Load]:
    """Who holds how many open user tasks, the fullest first."""
    count = func.count().label("held")
    overdue = func.sum(case((user_task.c.due_at < now, 1), else_=0)).label("overdue")
    rows = session.execute(
        select(user_task.c.assignee, person_table.c.name_zh, person_table.c.name_en, count, overdue)
        .outerjoin(person_table, person_table.c.username == user_task.c.assignee)
        .where(user_task.c.state == UserTaskState.CREATED.value, user_task.c.assignee.is_not(None))
        .group_by(user_task.c.assignee, person_table.c.name_zh, person_table.c.name_en)
        .order_by(count.desc(), user_task.c.assignee)
        .limit(limit)
    )
    return [
        Load(
            row.assignee,
            Text(row.name_zh or row.assignee, row.name_en or row.assignee),
            int(row.held),
            int(row.overdue or 0),
        )
        for row in rows
    ]


def punctuality(session: Session, *, since: datetime) -> Punctuality:
    """How punctual user tasks completed since then were."""
    in_time = func.sum(case((user_task.c.completed_at <= user_task.c.due_at, 1), else_=0))
    row = session.execute(
        select(func.count().label("completed"), in_time.label("in_time")).where(
            user_task.c.state == UserTaskState.COMPLETED.value,
            user_task.c.due_at.is_not(None),
            user_task.c.completed_at >= since,
        )
    ).one()
    return Punctuality(int(row.completed), int(row.in_time or 0))


def in_and_out(session: Session, *, since: datetime) -> tuple[list[datetime], list[datetime]]:
    """The moments at which cases were opened, and at which they ended, since then."""
    is_case = process_instance.c.parent_key.is_(None)
    opened = session.scalars(
        select(process_instance.c.started_at).where(is_case, process_instance.c.started_at >= since)
    )
    ended = session.scalars(
        select(process_instance.c.ended_at).where(is_case, process_instance.c.ended_at >= since)
    )
    return list(opened), [at for at in ended if at is not None]


def bottlenecks(session: Session, *, since: datetime, limit: int) -> list[Bottleneck]:
    """The steps whose median time from creation to completion is longest."""
    rows = session.execute(
        select(
            user_task.c.process_id,
            user_task.c.element_id,
            user_task.c.name_zh,
            user_task.c.name_en,
            user_task.c.created_at,
            user_task.c.completed_at,
        )
        .where(user_task.c.state == UserTaskState.COMPLETED.value, user_task.c.completed_at >= since)
        .order_by(user_task.c.key.desc())
        .limit(_STEPS_MEASURED)
    )
    took: Mapping[tuple[str, str], list[float]] = defaultdict(list)
    names: dict[tuple[str, str], Text] = {}
    for row in rows:
        step = (row.process_id, row.element_id)
        names.setdefault(step, Text(row.name_zh, row.name_en))
        took[step].append((row.completed_at - row.created_at).total_seconds())
    found = [
        Bottleneck(names[step], step[0], step[1], median(seconds), len(seconds))
        for step, seconds in took.items()
    ]
    return sorted(found, key=lambda one: -one.median_seconds)[:limit]
