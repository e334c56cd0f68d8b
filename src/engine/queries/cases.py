"""Cases: the list, and one case with everything around it.

A case is a root process instance. Where its process keeps a number series it has a case file with number, title and
customer; otherwise its key stands in for the number, so that every running diagram can be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from laneway.engine import access
from laneway.engine.model import OPEN_STATES, InstanceState, Person, UserTaskState
from laneway.engine.tables import (
    case_file,
    process_definition,
    process_instance,
    user_task,
)
from laneway.errors import NotFound
from laneway.words import Text


@dataclass(frozen=True)
class CaseFilter:
    """What the list of cases is narrowed to; empty fields do not narrow. `state` is open, closed, failed or all."""

    text: str = ""
    state: str = "open"
    process_id: str = ""
    severity: str = ""
    owner_group: str = ""


@dataclass(frozen=True)
class Clock:
    """The most urgent open user task of a case."""

    user_task_key: int
    name: Text
    element_id: str
    assignee: str | None
    created_at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class CaseRow:
    """One case as lists show it. `number` is the instance key where the process has no number series."""

    number: str
    instance_key: int
    process_id: str
    process_name: Text
    process_definition_key: int
    version: int
    state: InstanceState
    title: str
    customer: str
    severity: str
    owner_group: str
    opened_at: datetime
    opened_by: str | None
    closed_at: datetime | None
    has_incident: bool
    waiting_at: tuple[str, ...]
    clock: Clock | None = None
    has_file: bool = True


@dataclass(frozen=True)
class CasePage:
    """Some rows of the list and how many there are in all."""

    rows: list[CaseRow]
    total: int
    limit: int
    offset: int


@dataclass(frozen=True)
class Choices:
    """What the filters offer."""

    processes: Mapping[str, Text] = field(default_factory=dict)
    severities: Sequence[str] = ()
    owner_groups: Sequence[str] = ()


def search(session: Session, person: Person, wanted: CaseFilter, *, limit: int, offset: int) -> CasePage:
    """Cases that fit the filter, newest first. Raises NotAllowed."""
    access.require(person, access.Action.SEE_CASE)
    condition = _fits(wanted)
    total = session.scalar(_joined(select(func.count())).where(condition)) or 0
    found = session.execute(
        _rows()
        .where(condition)
        .order_by(process_instance.c.started_at.desc(), process_instance.c.key.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    clocks = most_urgent(session, [row.key for row in found])
    return CasePage([_row(row, clocks.get(row.key)) for row in found], int(total), limit, offset)


def find(session: Session, person: Person, number: str) -> CaseRow:
    """The case with this number, or the root instance with this key. Raises NotAllowed, NotFound."""
    access.require(person, access.Action.SEE_CASE)
    by_key = number.isdigit() and len(number) < 20
    wanted = case_file.c.number == number
    if by_key:
        wanted = or_(wanted, process_instance.c.key == int(number))
    row = session.execute(_rows().where(wanted)).one_or_none()
    if row is None:
        raise NotFound("case_not_found", number=number)
    return _row(row, most_urgent(session, [row.key]).get(row.key))


def number_of(session: Session, instance_key: int) -> str:
    """The number of the case that an instance belongs to, for its address. Raises NotFound."""
    row = session.execute(
        select(process_instance.c.root_key, case_file.c.number)
        .outerjoin(case_file, case_file.c.instance_key == process_instance.c.root_key)
        .where(process_instance.c.key == instance_key)
    ).one_or_none()
    if row is None:
        raise NotFound("process_instance_not_found", key=instance_key)
    return str(row.number or row.root_key)


def choices(session: Session) -> Choices:
    """Processes with cases, and the severities and owning groups that cases carry."""
    names = session.execute(
        select(process_definition.c.process_id, process_definition.c.name_zh, process_definition.c.name_en)
        .where(process_definition.c.process_id.in_(select(process_instance.c.process_id).distinct()))
        .order_by(process_definition.c.process_id, process_definition.c.version)
    )
    pairs = session.execute(select(case_file.c.severity, case_file.c.owner_group).distinct()).all()
    return Choices(
        {row.process_id: Text(row.name_zh, row.name_en) for row in names},
        sorted({row.severity for row in pairs if row.severity}),
        sorted({row.owner_group for row in pairs if row.owner_group}),
    )


def most_urgent(session: Session, root_keys: Collection[int]) -> dict[int, Clock]:
    """The open user task with the earliest deadline, by root instance key."""
    if not root_keys:
        return {}
    ranked = ranked_user_tasks().where(user_task.c.root_key.in_(root_keys)).subquery()
    return {row.root_key: clock_of(row) for row in session.execute(select(ranked).where(ranked.c.rank == 1))}


def ranked_user_tasks() -> Select[Any]:
    """Open user tasks with `rank` 1 for the most urgent of each case."""
    rank = func.row_number().over(
        partition_by=user_task.c.root_key,
        order_by=(user_task.c.due_at.nulls_last(), user_task.c.priority.desc(), user_task.c.key),
    )
    return select(
        user_task.c.key.label("task_key"),
        user_task.c.root_key,
        user_task.c.element_id,
        user_task.c.name_zh.label("task_zh"),
        user_task.c.name_en.label("task_en"),
        user_task.c.assignee,
        user_task.c.created_at,
        user_task.c.due_at,
        rank.label("rank"),
    ).where(user_task.c.state == UserTaskState.CREATED.value)


def clock_of(row: Any) -> Clock:
    """A row of `ranked_user_tasks` as a value."""
    return Clock(
        row.task_key,
        Text(row.task_zh, row.task_en),
        row.element_id,
        row.assignee,
        row.created_at,
        row.due_at,
    )


def _fits(wanted: CaseFilter) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [process_instance.c.parent_key.is_(None)]
    active = process_instance.c.state.in_(OPEN_STATES)
    if wanted.state == "open":
        conditions.append(active)
    elif wanted.state == "closed":
        conditions.append(process_instance.c.state.not_in(OPEN_STATES))
    elif wanted.state == "failed":
        conditions += [active, _has_incident_in_tree()]
    if wanted.process_id:
        conditions.append(process_instance.c.process_id == wanted.process_id)
    if wanted.severity:
        conditions.append(case_file.c.severity == wanted.severity)
    if wanted.owner_group:
        conditions.append(case_file.c.owner_group == wanted.owner_group)
    for word in wanted.text.split():
        columns = (
            case_file.c.number,
            case_file.c.title,
            case_file.c.customer,
            process_instance.c.business_key,
        )
        conditions.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return and_(*conditions)


def _has_incident_in_tree() -> ColumnElement[bool]:
    """Whether the case or a process that it called has a failed step."""
    inner = process_instance.alias("inner_instance")
    return (
        select(inner.c.key)
        .where(inner.c.root_key == process_instance.c.key, inner.c.has_incident)
        .correlate(process_instance)
        .exists()
    )


def _joined(query: Select[Any]) -> Select[Any]:
    return query.select_from(
        process_instance.join(
            process_definition, process_definition.c.key == process_instance.c.process_definition_key
        ).outerjoin(case_file, case_file.c.instance_key == process_instance.c.key)
    )


def _rows() -> Select[Any]:
    return _joined(
        select(
            process_instance.c.key,
            process_instance.c.process_id,
            process_instance.c.process_definition_key,
            process_instance.c.version,
            process_instance.c.state,
            process_instance.c.business_key,
            process_instance.c.waiting_at,
            process_instance.c.started_at,
            process_instance.c.started_by,
            process_instance.c.ended_at,
            _has_incident_in_tree().label("failed"),
            process_definition.c.name_zh,
            process_definition.c.name_en,
            case_file.c.number,
            case_file.c.title,
            case_file.c.customer,
            case_file.c.severity,
            case_file.c.owner_group,
        )
    ).where(process_instance.c.parent_key.is_(None))


def _row(row: Any, clock: Clock | None) -> CaseRow:
    return CaseRow(
        number=row.number or str(row.key),
        instance_key=row.key,
        process_id=row.process_id,
        process_name=Text(row.name_zh, row.name_en),
        process_definition_key=row.process_definition_key,
        version=row.version,
        state=InstanceState(row.state),
        title=row.title or row.business_key or "",
        customer=row.customer or "",
        severity=row.severity or "",
        owner_group=row.owner_group or "",
        opened_at=row.started_at,
        opened_by=row.started_by,
        closed_at=row.ended_at,
        has_incident=bool(row.failed),
        waiting_at=tuple(row.waiting_at),
        clock=clock,
        has_file=row.number is not None,
    )
