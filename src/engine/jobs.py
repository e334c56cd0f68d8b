"""Jobs: work for handlers, ours or any Camunda 8 job worker. Lease, run outside, report.

At least once for handlers (the job key is there to tell repeats), exactly once for what they report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.orm import Session

from laneway.engine import cases, clock, history, outbox, runtime
from laneway.engine.database import is_postgresql, new_key
from laneway.engine.model import IncidentState, JobState, Person
from laneway.engine.outbox import Mail, Webhook
from laneway.engine.spiff import state as live_state
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import incident, job, process_instance
from laneway.errors import Conflict, NotFound

_OPEN = (JobState.CREATED, JobState.ACTIVATED, JobState.FAILED)


@dataclass(frozen=True)
class ActivatedJob:
    """A job under lease: what its handler gets. Variables are those its element sees, inner scopes first."""

    key: int
    type: str
    instance_key: int
    process_id: str
    version: int
    process_definition_key: int
    element_id: str
    element_instance_key: int
    headers: dict[str, str]
    variables: dict[str, Any]
    retries: int
    deadline: datetime
    worker: str
    case_number: str | None
    business_key: str | None


def activate(
    session: Session, *, types: Sequence[str], worker: str, lease_seconds: float, limit: int
) -> list[ActivatedJob]:
    """Lease up to `limit` jobs of these types to a worker until `lease_seconds` from now, oldest first."""
    now = clock.now()
    columns = job.c
    waiting = columns.state.in_((JobState.CREATED, JobState.FAILED))
    due = or_(columns.retry_at.is_(None), columns.retry_at <= now)
    query = (
        select(columns.key)
        .where(
            and_(
                waiting,
                columns.type.in_(types),
                columns.retries > 0,
                due,
                ~runtime.is_suspended(job.c.instance_key),
            )
        )
        .order_by(columns.key)
        .limit(limit)
    )
    if is_postgresql():
        query = query.with_for_update(skip_locked=True)
    keys = list(session.scalars(query))
    if not keys:
        return []
    deadline = now + timedelta(seconds=lease_seconds)
    rows = session.execute(
        update(job)
        .where(columns.key.in_(keys))
        .values(state=JobState.ACTIVATED, worker=worker, leased_until=deadline)
        .returning(job)
    ).all()
    return [_activated(session, row) for row in sorted(rows, key=lambda row: row.key)]


def _activated(session: Session, row: Any) -> ActivatedJob:
    query = select(process_instance).where(process_instance.c.key == row.instance_key)
    instance = session.execute(query).one()
    variables: dict[str, Any] = {}
    for scope in reversed(live_state.scope_chain(instance.live_state, row.token)):
        variables |= scope
    return ActivatedJob(
        key=row.key,
        type=row.type,
        instance_key=row.instance_key,
        process_id=row.process_id,
        version=instance.version,
        process_definition_key=row.process_definition_key,
        element_id=row.element_id,
        element_instance_key=row.token,
        headers=row.custom_headers,
        variables=variables,
        retries=row.retries,
        deadline=row.leased_until,
        worker=row.worker,
        case_number=cases.number_of(session, instance.root_key),
        business_key=instance.business_key,
    )


def _open_job(session: Session, job_key: int, worker: str | None) -> Any:
    """The row of an open job, its instance locked. Raises NotFound, and Conflict when its lease is another's."""
    query = select(job).where(job.c.key == job_key)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("job_not_found", key=job_key)
    runtime.lock(session, row.instance_key)
    row = session.execute(query).one()
    if row.state not in _OPEN:
        raise Conflict("job_ended", key=job_key, state=row.state)
    if worker is not None and row.worker != worker:
        raise Conflict("job_lease_lost", key=job_key, holder=row.worker)
    return row


def _end(session: Session, row: Any, state: JobState, **values: Any) -> None:
    ended = {"state": state, "ended_at": clock.now(), **values}
    session.execute(update(job).where(job.c.key == row.key).values(ended))
    if row.retries == 0:  # it had failed for good, and someone has done it nevertheless
        active = (incident.c.job_key == row.key) & (incident.c.state == IncidentState.ACTIVE)
        resolved = {"state": IncidentState.RESOLVED, "resolved_at": clock.now()}
        session.execute(update(incident).where(active).values(resolved))


def _record(session: Session, row: Any, event: str, **details: Any) -> None:
    history.record(
        session,
        row.instance_key,
        event,
        element_id=row.element_id,
        token=row.token,
        job_key=str(row.key),
        type=row.type,
        **details,
    )


def complete(
    session: Session,
    job_key: int,
    *,
    variables: Mapping[str, Any],
    mails: Sequence[Mail] = (),
    webhooks: Sequence[Webhook] = (),
    worker: str | None = None,
) -> None:
    """The handler has done its work. Its mails and webhooks leave with this transaction, each once per job.

    Raises NotFound, and Conflict when the job has ended or the lease has gone to another worker.
    """
    row = _open_job(session, job_key, worker)
    _end(session, row, JobState.COMPLETED)
    notes = [Note("job_completed", row.element_id, row.token, {"job_key": str(row.key), "type": row.type})]
    notes += outbox.queue(session, row, mails=mails, webhooks=webhooks)

    def go_on(instance: Instance) -> None:
        instance.notes += notes
        instance.complete(row.token, variables)

    runtime.advance(session, row.instance_key, go_on, suspended_too=True)


def fail(
    session: Session,
    job_key: int,
    *,
    retries: int,
    message: str,
    backoff_seconds: float = 0,
    worker: str | None = None,
) -> None:
    """The handler could not do it. With no retries left an incident asks a person to look."""
    row = _open_job(session, job_key, worker)
    _fail(session, row, max(retries, 0), message, backoff_seconds, "JOB_NO_RETRIES")


def _fail(session: Session, row: Any, retries: int, message: str, backoff_seconds: float, type_: str) -> None:
    now = clock.now()
    session.execute(
        update(job)
        .where(job.c.key == row.key)
        .values(
            state=JobState.FAILED,
            retries=retries,
            error_message=message,
            worker=None,
            leased_until=None,
            retry_at=now + timedelta(seconds=backoff_seconds),
        )
    )
    _record(session, row, "job_failed", message=message, retries=retries)
    if retries == 0:
        _raise_incident(session, row, message, type_)


def _raise_incident(session: Session, row: Any, message: str, type_: str) -> None:
    session.execute(
        insert(incident).values(
            key=new_key(),
            instance_key=row.instance_key,
            token=row.token,
            element_id=row.element_id,
            job_key=row.key,
            process_definition_key=row.process_definition_key,
            process_id=row.process_id,
            type=type_,
            message=message,
            state=IncidentState.ACTIVE,
            created_at=clock.now(),
        )
    )
    this = process_instance.c.key == row.instance_key
    session.execute(update(process_instance).where(this).values(has_incident=True))
    history.record(
        session,
        row.instance_key,
        "incident_raised",
        element_id=row.element_id,
        token=row.token,
        type=type_,
        message=message,
    )


def throw_error(
    session: Session,
    job_key: int,
    *,
    code: str,
    message: str = "",
    variables: Mapping[str, Any] | None = None,
    worker: str | None = None,
) -> None:
    """The handler takes the error path of the diagram; an error that nobody catches becomes an incident."""
    row = _open_job(session, job_key, worker)
    _end(session, row, JobState.ERROR_THROWN, error_message=message or code)
    _record(session, row, "job_error_thrown", code=code, message=message)
    runtime.advance(
        session,
        row.instance_key,
        lambda instance: instance.throw_error(row.token, code, message, dict(variables or {})),
        suspended_too=True,
    )


def update_retries(session: Session, job_key: int, *, retries: int, by: Person | None = None) -> None:
    """Give a job more tries; its incident is resolved separately."""
    row = _open_job(session, job_key, None)
    session.execute(update(job).where(job.c.key == row.key).values(retries=retries, retry_at=None))
    history.record(
        session,
        row.instance_key,
        "job_retries_updated",
        by=by,
        element_id=row.element_id,
        token=row.token,
        retries=retries,
    )


def expire_lease(session: Session) -> bool:
    """Take one job back whose worker has not reported in time; whether there was one.

    A lost lease costs one retry, so that work which kills its worker ends as an incident and not in a loop.
    """
    columns = job.c
    query = (
        select(columns.key, columns.instance_key)
        .where(
            columns.state == JobState.ACTIVATED,
            columns.leased_until < clock.now(),
            ~runtime.is_suspended(job.c.instance_key),
        )
        .order_by(columns.leased_until)
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return False
    runtime.lock(session, found.instance_key)
    row = session.execute(select(job).where(columns.key == found.key)).one()
    if row.state == JobState.ACTIVATED and row.leased_until < clock.now():
        message = f"The worker {row.worker} did not report in time."
        _fail(session, row, row.retries - 1, message, 0, "JOB_NO_RETRIES")
    return True
