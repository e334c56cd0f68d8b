"""Cases: the list, and one case with everything around it.

A case is a root process instance. Where its process keeps a number series it has a case file with number, title and
customer; otherwise its key stands in for the number, so that every running diagram can be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from laneway.engine import access
from laneway.engine.model import InstanceState, Person
from laneway.engine.queries import case_clocks
from laneway.engine.queries.case_clocks import ClockRow
from laneway.engine.tables import (
    case_file,
    open_case,
    process_definition,
    process_instance,
    user_task,
)
from laneway.engine.tables.running import is_open_case
from laneway.engine.tables.waiting import is_open_task
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
    party_code: str = ""
    customer_closed_at: datetime | None = None
    """When the customer's side was closed; work of ours may go on."""
    reopened: int = 0
    clocks: tuple[ClockRow, ...] = ()
    """What was promised, in the order in which it is met."""


COUNT_LIMIT = 10_000
"""How far ended cases are counted and paged through; who looks for more than that narrows the list."""


@dataclass(frozen=True)
class CasePage:
    """Some rows of the list and how many there are in all, or at least, if there are more than COUNT_LIMIT."""

    rows: list[CaseRow]
    total: int
    limit: int
    offset: int
    has_more_total: bool = False


@dataclass(frozen=True)
class Choices:
    """What the filters offer."""

    processes: Mapping[str, Text] = field(default_factory=dict)
    severities: Sequence[str] = ()
    owner_groups: Sequence[str] = ()


def search(session: Session, person: Person, wanted: CaseFilter, *, limit: int, offset: int) -> CasePage:
    """Cases that fit the filter, newest first. Raises NotAllowed.

    Open ones are told from `open_case`, as `statistics` has it.
    """
    access.require(person, access.Action.SEE_CASE)
    found = _open_keys(wanted) if wanted.state in ("open", "failed") else _keys(wanted)
    some = found.limit(COUNT_LIMIT + 1).subquery()
    total = int(session.scalar(select(func.count()).select_from(some)) or 0)
    key = found.selected_columns[0]
    offset = min(offset, COUNT_LIMIT)
    keys = session.scalars(found.order_by(key.desc()).limit(limit).offset(offset)).all()
    rows = by_key(session, keys)
    return CasePage(
        [rows[key] for key in keys if key in rows],
        min(total, COUNT_LIMIT),
        limit,
        offset,
        total > COUNT_LIMIT,
    )


def by_key(session: Session, root_keys: Collection[int]) -> dict[int, CaseRow]:
    """Cases by root instance key; keys of none are left out."""
    if not root_keys:
        return {}
    tasks = most_urgent(session, root_keys)
    clocks = case_clocks.of_cases(session, root_keys)
    found = session.execute(_rows().where(process_instance.c.key.in_(root_keys)))
    return {row.key: _row(row, tasks.get(row.key), clocks.get(row.key, ())) for row in found}


def find(session: Session, person: Person, number: str) -> CaseRow:
    """The case with this number, or the root instance with this key. Raises NotAllowed, NotFound."""
    access.require(person, access.Action.SEE_CASE)
    key = session.scalar(select(case_file.c.instance_key).where(case_file.c.number == number))
    if key is None and number.isdigit() and len(number) < 20:
        key = int(number)
    row = by_key(session, [key]).get(key) if key is not None else None
    if row is None:
        raise NotFound("case_not_found", number=number)
    return row


def of_party(session: Session, person: Person, codes: Collection[str], *, limit: int) -> list[CaseRow]:
    """The newest cases of the customer with one of these codes. Raises NotAllowed."""
    access.require(person, access.Action.SEE_CASE)
    columns = case_file.c
    query = select(columns.instance_key).where(columns.party_code.in_(codes))
    keys = session.scalars(query.order_by(columns.instance_key.desc()).limit(limit)).all()
    rows = by_key(session, keys)
    return [rows[key] for key in keys if key in rows]


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
    instances = process_instance.c
    of_process = instances.process_id == process_definition.c.process_id
    # Two questions, because open and ended cases have an index each; the first of one is found without a scan.
    has_open = exists().where(of_process, is_open_case)
    is_ended = instances.parent_key.is_(None) & instances.ended_at.is_not(None)
    first_ended = select(func.min(instances.ended_at)).where(of_process, is_ended).scalar_subquery()
    names = session.execute(
        select(process_definition.c.process_id, process_definition.c.name_zh, process_definition.c.name_en)
        .where(or_(has_open, first_ended.is_not(None)))
        .order_by(process_definition.c.process_id, process_definition.c.version)
    )
    return Choices(
        {row.process_id: Text(row.name_zh, row.name_en) for row in names},
        _distinct(session, case_file.c.severity),
        _distinct(session, case_file.c.owner_group),
    )


def _distinct(session: Session, column: ColumnElement[str]) -> list[str]:
    """The values of an indexed column, each found from the one before: their number counts, not that of the rows."""
    first = select(func.min(column).label("value")).where(column > "")
    found = first.cte("found", recursive=True)
    following = select(func.min(column)).where(column > found.c.value).scalar_subquery()
    found = found.union_all(select(following).where(found.c.value.is_not(None)))
    return list(session.scalars(select(found.c.value).where(found.c.value.is_not(None))))


def most_urgent(session: Session, root_keys: Collection[int]) -> dict[int, Clock]:
    """The open user task with the earliest deadline, by root instance key."""
    if not root_keys:
        return {}
    columns = user_task.c
    tasks = session.execute(
        select(
            columns.key,
            columns.root_key,
            columns.element_id,
            columns.name_zh,
            columns.name_en,
            columns.assignee,
            columns.created_at,
            columns.due_at,
        )
        .where(columns.root_key.in_(root_keys), is_open_task)
        .order_by(columns.due_at.nulls_last(), columns.priority.desc(), columns.key)
    )
    found: dict[int, Clock] = {}
    for row in tasks:
        found.setdefault(row.root_key, clock_of(row))
    return found


def clock_of(row: Any) -> Clock:
    """The columns of a user task as a value."""
    return Clock(
        row.key, Text(row.name_zh, row.name_en), row.element_id, row.assignee, row.created_at, row.due_at
    )


def _open_keys(wanted: CaseFilter) -> Select[Any]:
    columns = open_case.c
    query = select(columns.root_key)
    if wanted.state == "failed":
        query = query.where(columns.has_incident)
    if wanted.process_id:
        query = query.where(columns.process_id == wanted.process_id)
    if wanted.severity:
        query = query.where(columns.severity == wanted.severity)
    if wanted.owner_group:
        query = query.where(columns.owner_group == wanted.owner_group)
    for word in wanted.text.lower().split():
        query = query.where(columns.words.contains(word, autoescape=True))
    return query


def _keys(wanted: CaseFilter) -> Select[Any]:
    """Keys of all cases that fit, or of all that have ended."""
    columns = process_instance.c
    query = select(columns.key).where(columns.parent_key.is_(None))
    if wanted.severity or wanted.owner_group or wanted.text:
        query = query.outerjoin(case_file, case_file.c.instance_key == columns.key)
    if wanted.state == "closed":
        query = query.where(columns.ended_at.is_not(None))
    if wanted.process_id:
        query = query.where(columns.process_id == wanted.process_id)
    if wanted.severity:
        query = query.where(case_file.c.severity == wanted.severity)
    if wanted.owner_group:
        query = query.where(case_file.c.owner_group == wanted.owner_group)
    for word in wanted.text.split():
        texts = (case_file.c.number, case_file.c.title, case_file.c.customer, columns.business_key)
        query = query.where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    return query


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
            case_file.c.party_code,
            case_file.c.severity,
            case_file.c.owner_group,
            case_file.c.customer_closed_at,
            case_file.c.reopened,
        )
    ).where(process_instance.c.parent_key.is_(None))


def _row(row: Any, clock: Clock | None, clocks: tuple[ClockRow, ...]) -> CaseRow:
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
        party_code=row.party_code or "",
        customer_closed_at=row.customer_closed_at,
        reopened=row.reopened or 0,
        clocks=clocks,
    )
