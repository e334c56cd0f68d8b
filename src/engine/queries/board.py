"""The managers' overview: open cases in lanes, and figures around them.

It reads `open_case` and the counters beside it, which `statistics` keeps; no question here looks at history, at ended
cases or at completed work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import Session

from laneway.engine import access
from laneway.engine.model import Person
from laneway.engine.queries import names
from laneway.engine.tables import (
    case_hour,
    incident,
    message_subscription,
    open_case,
    process_definition,
    process_instance,
    step_day,
    timer,
    user_task,
)
from laneway.engine.tables import person as person_table
from laneway.engine.tables.waiting import is_active_incident, is_open_task
from laneway.words import Text


class Lanes(StrEnum):
    """What the board's lanes are made by, as it stands in its address."""

    CLOCK = "clock"
    STEP = "step"
    SEVERITY = "severity"
    OWNER = "owner"
    AGE = "age"


AGES = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=28))
"""Where one lane of ages ends and the next begins."""


@dataclass(frozen=True)
class BoardFilter:
    """What the board is narrowed to; empty fields do not narrow."""

    process_id: str = ""
    severity: str = ""
    owner_group: str = ""


@dataclass(frozen=True)
class Tally:
    """How many open cases stand in one lane, and the earliest deadline among them.

    `lane` is a state of the clock (breach, incident, wait, risk, ok), a severity, a group, the number of an age in
    AGES, or the Chinese and the English name of a step; empty texts: there is none.
    """

    lane: tuple[str, str]
    total: int
    first_due: datetime | None


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


@dataclass(frozen=True)
class Hour:
    """How many cases were opened, and how many ended, in the hour that begins `at`."""

    at: datetime
    opened: int
    ended: int


def tallies(
    session: Session, person: Person, wanted: BoardFilter, by: Lanes, *, now: datetime
) -> list[Tally]:
    """The lanes that open cases stand in, the one with the earliest deadline first. Raises NotAllowed."""
    access.require(person, access.Action.SEE_BOARD)
    placed = _placed(wanted, by, now).subquery()
    first_due = func.min(placed.c.due_at)
    rows = session.execute(
        select(placed.c.lane, placed.c.lane_en, func.count().label("total"), first_due.label("first_due"))
        .group_by(placed.c.lane, placed.c.lane_en)
        .order_by(first_due.nulls_last(), placed.c.lane)
    )
    return [Tally((str(row.lane), row.lane_en), int(row.total), row.first_due) for row in rows]


def most_urgent(
    session: Session, wanted: BoardFilter, by: Lanes, lane: tuple[str, str], *, now: datetime, limit: int
) -> list[int]:
    """The keys of the most urgent cases of a lane, the most urgent first."""
    placed = _placed(wanted, by, now).subquery()
    query = (
        select(placed.c.root_key)
        .where(placed.c.lane == lane[0], placed.c.lane_en == lane[1])
        .order_by(placed.c.due_at.nulls_last(), placed.c.root_key)
        .limit(limit)
    )
    return list(session.scalars(query))


def _placed(wanted: BoardFilter, by: Lanes, now: datetime) -> Select[Any]:
    """Open cases that fit, with the lane that each stands in."""
    columns = open_case.c
    lane, lane_en = _lane(by, now)
    query = select(columns.root_key, columns.due_at, lane.label("lane"), lane_en.label("lane_en"))
    if wanted.process_id:
        query = query.where(columns.process_id == wanted.process_id)
    if wanted.severity:
        query = query.where(columns.severity == wanted.severity)
    if wanted.owner_group:
        query = query.where(columns.owner_group == wanted.owner_group)
    return query


def _lane(by: Lanes, now: datetime) -> tuple[ColumnElement[str], ColumnElement[str]]:
    columns, none = open_case.c, literal("")
    match by:
        case Lanes.CLOCK:
            state = case(
                (columns.due_at < now, "breach"),
                (columns.has_incident, "incident"),
                (columns.task_key.is_(None) & (columns.is_paused | columns.due_at.is_(None)), "wait"),
                (columns.risk_at <= now, "risk"),
                else_="ok",
            )
            return state, none
        case Lanes.AGE:
            ages = [(columns.opened_at > now - age, str(number)) for number, age in enumerate(AGES)]
            return case(*ages, else_=str(len(AGES))), none
        case Lanes.SEVERITY:
            return columns.severity, none
        case Lanes.OWNER:
            return columns.owner_group, none
        case Lanes.STEP:
            return columns.step_zh, columns.step_en


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
    count = select(func.count()).select_from(incident).where(is_active_incident)
    return int(session.scalar(count) or 0)


def workload(session: Session, *, now: datetime, limit: int) -> list[Load]:
    """Who holds how many open user tasks, the fullest first."""
    columns = user_task.c
    held = (
        select(
            columns.assignee,
            func.count().label("held"),
            func.sum(case((columns.due_at < now, 1), else_=0)).label("overdue"),
        )
        .where(is_open_task, columns.assignee.is_not(None))
        .group_by(columns.assignee)
        .order_by(func.count().desc(), columns.assignee)
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(held, person_table.c.name_zh, person_table.c.name_en)
        .outerjoin(person_table, person_table.c.username == held.c.assignee)
        .order_by(held.c.held.desc(), held.c.assignee)
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
    """How punctual user tasks were that were completed since the day of that moment."""
    columns = step_day.c
    row = session.execute(
        select(
            func.sum(columns.with_deadline).label("completed"), func.sum(columns.in_time).label("in_time")
        ).where(columns.day >= since.date())
    ).one()
    return Punctuality(int(row.completed or 0), int(row.in_time or 0))


def in_and_out(session: Session, *, since: datetime) -> list[Hour]:
    """How many cases were opened and ended in each hour since then in which any were."""
    columns = case_hour.c
    rows = session.execute(
        select(columns.hour, func.sum(columns.opened).label("opened"), func.sum(columns.ended).label("ended"))
        .where(columns.hour >= since)
        .group_by(columns.hour)
    )
    return [Hour(row.hour, int(row.opened), int(row.ended)) for row in rows]


def bottlenecks(session: Session, *, since: datetime, limit: int) -> list[Bottleneck]:
    """The steps whose median time from creation to completion is longest, since the day of that moment.

    The median is the mean of the bucket that it lies in, so it is at most a quarter off.
    """
    columns = step_day.c
    rows = session.execute(
        select(
            columns.process_id,
            columns.element_id,
            columns.bucket,
            func.sum(columns.times).label("times"),
            func.sum(columns.seconds).label("seconds"),
        )
        .where(columns.day >= since.date())
        .group_by(columns.process_id, columns.element_id, columns.bucket)
        .order_by(columns.bucket)
    )
    buckets: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        buckets[row.process_id, row.element_id].append((int(row.times), float(row.seconds)))
    slowest = sorted(((_median(found), step) for step, found in buckets.items()), reverse=True)[:limit]
    words = _names_of_steps(session, {process_id for _median_seconds, (process_id, _element) in slowest})
    return [
        Bottleneck(
            words.get(step, Text(step[1], step[1])),
            *step,
            median_seconds,
            sum(times for times, _seconds in buckets[step]),
        )
        for median_seconds, step in slowest
    ]


def _median(buckets: Sequence[tuple[int, float]]) -> float:
    """From (how many, how long all together), the shortest first."""
    half = sum(times for times, _seconds in buckets) / 2
    for times, seconds in buckets:
        half -= times
        if half <= 0:
            return seconds / times
    return 0.0


def _names_of_steps(session: Session, process_ids: Collection[str]) -> dict[tuple[str, str], Text]:
    """By process id and element id, as the newest version of each process names them."""
    columns = process_definition.c
    newest = session.execute(
        select(columns.process_id, func.max(columns.key).label("key"))
        .where(columns.process_id.in_(process_ids))
        .group_by(columns.process_id)
    )
    return {
        (row.process_id, element_id): name
        for row in newest
        for element_id, name in names.elements(session, row.key).items()
        if name.zh or name.en
    }
