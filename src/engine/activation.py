"""Giving jobs to workers: which may be taken now, in which order, and the lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    String,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from laneway.engine import clock, due
from laneway.engine.database import is_postgresql
from laneway.engine.model import InstanceState, JobState
from laneway.engine.spiff import state as live_state
from laneway.engine.tables import Instant, case_file, is_waiting_job, job, process_instance

OPEN = (JobState.CREATED, JobState.ACTIVATED, JobState.FAILED)


@dataclass(frozen=True)
class ActivatedJob:
    """A job under lease: what its handler gets. Variables are those its element sees, inner scopes first."""

    key: int
    type: str
    instance_key: int
    root_key: int
    process_id: str
    version: int
    process_definition_key: int
    element_id: str
    element_instance_key: int
    headers: dict[str, str]
    variables: dict[str, Any]
    retries: int
    priority: int
    failures: int
    """Tries that failed before this one."""
    backoff: list[float] | None
    """Seconds to wait before each next try, as the diagram says."""
    deadline: datetime
    worker: str
    lease: int
    """Tells this lease of the job from those before and after."""
    case_number: str | None
    business_key: str | None


def activate(
    session: Session, *, types: Sequence[str], worker: str, lease_seconds: float, limit: int
) -> list[ActivatedJob]:
    """Lease up to `limit` jobs of these types to a worker until `lease_seconds` from now.

    The highest priority comes first, then the oldest. Two statements, however many jobs.
    """
    if not types or limit < 1:
        return []
    is_told = due.is_told_by_database()
    query = _waiting(tuple(types), limit, is_postgresql=is_postgresql(), is_told=is_told)
    rows = session.execute(query, {} if is_told else {"now": clock.now()}).all()
    if is_postgresql() and any(row.in_order for row in rows):
        rows = _still_in_turn(session, rows)
    if not rows:
        return []
    deadline = clock.now() + timedelta(seconds=lease_seconds)
    session.execute(
        update(job)
        .where(job.c.key.in_([row.key for row in rows]))
        .values(
            state=JobState.ACTIVATED,
            worker=worker,
            leases=job.c.leases + 1,
            leased_until=deadline,
            progress=None,
            progress_text=None,
        )
    )
    return [_activated(row, worker, deadline) for row in rows]


def is_any_waiting(session: Session, types: Sequence[str]) -> bool:
    """Whether `activate` may find a job of these types; a quick look that takes no lock."""
    columns = job.c
    is_due = or_(columns.retry_at.is_(None), columns.retry_at <= due.now())
    waiting = select(columns.key).where(columns.type.in_(types), is_waiting_job, is_due)
    return session.scalar(waiting.limit(1)) is not None


@lru_cache(maxsize=200)
def _waiting(types: tuple[str, ...], limit: int, *, is_postgresql: bool, is_told: bool) -> Select[Any]:
    """The first jobs to take. Each type is read along its index, so that waiting jobs of others cost nothing.

    Without `is_told`, by the database, the time is the parameter `now`.
    """
    now: ColumnElement[datetime] = func.now(type_=Instant()) if is_told else bindparam("now", type_=Instant())
    if is_postgresql:
        wanted = func.unnest(bindparam("types", list(types), ARRAY(String)))
        each = wanted.table_valued("type").render_derived("wanted")
        first = _of_type(each.c.type, limit, now).with_for_update(skip_locked=True, of=job)
        found: Any = first.lateral("found")
        query = select(found).select_from(each).join(found, true())
    else:
        branches = [select(_of_type(literal(one), limit, now).subquery()) for one in types]
        found = union_all(*branches).subquery("found")
        query = select(found)
    return query.order_by(found.c.priority.desc(), found.c.key).limit(limit)


def _of_type(wanted: ColumnElement[str], limit: int, now: ColumnElement[datetime]) -> Select[Any]:
    columns, instance = job.c, process_instance.c
    return (
        select(
            job,
            instance.version,
            instance.live_state,
            instance.root_key,
            instance.business_key,
            case_file.c.number.label("case_number"),
        )
        .join_from(job, process_instance, instance.key == columns.instance_key)
        .outerjoin(case_file, case_file.c.instance_key == instance.root_key)
        .where(columns.type == wanted, is_waiting_job, instance.state != InstanceState.SUSPENDED)
        .where(or_(columns.retry_at.is_(None), columns.retry_at <= now))
        .where(or_(columns.in_order.is_(False), ~_is_held_back()))
        .order_by(columns.priority.desc(), columns.key)
        .limit(limit)
    )


def _is_held_back() -> ColumnElement[bool]:
    """Whether another job of the instance that keeps order is being done, or came before."""
    other = job.alias("other")
    before = or_(other.c.state == JobState.ACTIVATED, other.c.key < job.c.key)
    same = (other.c.instance_key == job.c.instance_key) & (other.c.key != job.c.key)
    return exists().where(same, other.c.in_order.is_(True), other.c.state.in_(OPEN), before)


def _still_in_turn(session: Session, rows: Sequence[Any]) -> Sequence[Any]:
    """Without those whose turn another transaction has just taken.

    What keeps order is leased behind the lock of its instance. An instance that is locked is left for later, as waiting
    for it while holding jobs could end in a deadlock.
    """
    instances = {row.instance_key for row in rows if row.in_order}
    columns = process_instance.c
    free = select(columns.key).where(columns.key.in_(instances))
    locked = set(session.scalars(free.with_for_update(skip_locked=True, key_share=True)))
    keys = [row.key for row in rows if row.in_order and row.instance_key in locked]
    in_turn = set(session.scalars(select(job.c.key).where(job.c.key.in_(keys), ~_is_held_back())))
    return [row for row in rows if not row.in_order or row.key in in_turn]


def _activated(row: Any, worker: str, deadline: datetime) -> ActivatedJob:
    variables: dict[str, Any] = {}
    for scope in reversed(live_state.scope_chain(row.live_state, row.token)):
        variables |= scope
    return ActivatedJob(
        key=row.key,
        type=row.type,
        instance_key=row.instance_key,
        root_key=row.root_key,
        process_id=row.process_id,
        version=row.version,
        process_definition_key=row.process_definition_key,
        element_id=row.element_id,
        element_instance_key=row.token,
        headers=row.custom_headers,
        variables=variables,
        retries=row.retries,
        priority=row.priority,
        failures=row.failures,
        backoff=row.backoff,
        deadline=deadline,
        worker=worker,
        lease=row.leases + 1,
        case_number=row.case_number,
        business_key=row.business_key,
    )
