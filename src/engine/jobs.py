"""Jobs: work for handlers, ours or any Camunda 8 job worker. Leased by `activate`, run outside, reported here.

At least once for handlers (the job key is there to tell repeats), exactly once for what they report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, insert, literal, select, tuple_, update
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import clock, due, history, memory, outbox, runtime, statistics
from laneway.engine.activation import OPEN, ActivatedJob, activate, is_any_waiting
from laneway.engine.database import is_postgresql, new_key
from laneway.engine.database.storage import Command, Query
from laneway.engine.model import IncidentState, JobState, Person
from laneway.engine.outbox import Mail, Webhook
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import incident, is_leased_job, job, process_instance
from laneway.errors import Conflict, NotFound

__all__ = [
    "ActivatedJob",
    "activate",
    "complete",
    "expire_lease",
    "fail",
    "give_back",
    "is_any_waiting",
    "renew",
    "tell_progress",
    "throw_error",
    "update_priority",
    "update_retries",
]

_LONGEST_WORDS = 400


_LOCK = Query(
    # Both rows are locked, the instance first, as every step does that ends jobs of its instance.
    lambda _pg: (
        select(process_instance, job)
        .select_from(process_instance.join(job, job.c.instance_key == process_instance.c.key))
        .where(job.c.key == bindparam("job_key"))
        .with_for_update(key_share=True)
    ),
    process_instance,
    job,
)


@cache
def _changing(names: tuple[str, ...]) -> Command:
    this = (job.c.instance_key == bindparam("of_instance")) & (job.c.key == bindparam("job_key"))
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return Command(job, lambda _pg: update(job).where(this).values(values))


def _open_job(session: Session, job_key: int, worker: str | None = None, lease: int | None = None) -> Any:
    """The row of an open job, locked behind its instance.

    With `worker` or `lease`, only while that lease holds. Raises NotFound, and Conflict when the job has ended or the
    lease is another's.
    """
    found = _LOCK.first(session, job_key=job_key)
    if found is None:
        raise NotFound("job_not_found", key=job_key)
    instance, row = found
    memory.locked(session, instance)
    if row.state not in OPEN:
        raise Conflict("job_ended", key=job_key, state=row.state)
    is_leased = lease is None or (row.leases == lease and row.state == JobState.ACTIVATED)
    if not is_leased or worker not in (None, row.worker):
        raise Conflict("job_lease_lost", key=job_key, holder=row.worker)
    return row


def _change(session: Session, row: Any, **values: Any) -> None:
    """Change a locked job, and its row with it."""
    _changing(tuple(values)).later(session, of_instance=row.instance_key, job_key=row.key, **values)
    vars(row).update(values)


def _end(session: Session, row: Any, state: JobState, **values: Any) -> None:
    _change(session, row, state=state, ended_at=clock.now(), **values)
    if row.retries == 0:  # it had failed for good, and someone has done it nevertheless
        active = (incident.c.job_key == row.key) & (incident.c.state == IncidentState.ACTIVE)
        resolved = {"state": IncidentState.RESOLVED, "resolved_at": clock.now()}
        session.execute(update(incident).where(active).values(resolved))


def complete(
    session: Session,
    job_key: int,
    *,
    variables: Mapping[str, Any],
    mails: Sequence[Mail] = (),
    webhooks: Sequence[Webhook] = (),
    worker: str | None = None,
    lease: int | None = None,
) -> None:
    """The handler has done its work. Its mails and webhooks leave with this transaction, each once per job.

    Raises NotFound, and Conflict when the job has ended or the lease has gone to another worker.
    """
    row = _open_job(session, job_key, worker, lease)
    _end(session, row, JobState.COMPLETED)
    notes = [Note("job_completed", row.element_id, row.token, {"job_key": str(row.key), "type": row.type})]
    notes += outbox.queue(session, row, mails=mails, webhooks=webhooks)

    def go_on(instance: Instance) -> None:
        instance.notes += notes
        instance.complete(row.token, variables)

    observed.step(session.info, "complete_job")
    runtime.advance(session, row.instance_key, go_on, suspended_too=True)


def fail(
    session: Session,
    job_key: int,
    *,
    retries: int,
    message: str,
    backoff_seconds: float = 0,
    worker: str | None = None,
    lease: int | None = None,
) -> None:
    """The handler could not do it: it may be tried again after a pause. With no retries left an incident asks a person.

    Raises NotFound, and Conflict as `complete`.
    """
    retries = max(retries, 0)
    row = _open_job(session, job_key, worker, lease)
    _change(
        session,
        row,
        state=JobState.FAILED,
        retries=retries,
        failures=row.failures + 1,
        error_message=message,
        worker=None,
        leased_until=None,
        retry_at=clock.now() + timedelta(seconds=backoff_seconds),
    )
    history.record(
        session,
        row.instance_key,
        "job_failed",
        element_id=row.element_id,
        token=row.token,
        job_key=str(row.key),
        type=row.type,
        message=message,
        retries=retries,
    )
    if retries == 0:
        _raise_incident(session, row, message, "JOB_NO_RETRIES")


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
    failed = update(process_instance).where(this).values(has_incident=True)
    root_key = session.scalar(failed.returning(process_instance.c.root_key))
    assert root_key is not None
    statistics.note(session, root_key)
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
    lease: int | None = None,
) -> None:
    """The handler takes the error path of the diagram; an error that nobody catches becomes an incident.

    Raises NotFound, and Conflict as `complete`.
    """
    row = _open_job(session, job_key, worker, lease)
    _end(session, row, JobState.ERROR_THROWN, error_message=message or code)
    details = {"job_key": str(row.key), "type": row.type, "code": code, "message": message}

    def throw(instance: Instance) -> None:
        instance.notes.append(Note("job_error_thrown", row.element_id, row.token, details))
        instance.throw_error(row.token, code, message, dict(variables or {}))

    observed.step(session.info, "throw_job_error")
    runtime.advance(session, row.instance_key, throw, suspended_too=True)


def update_retries(session: Session, job_key: int, *, retries: int, by: Person | None = None) -> None:
    """Give a job more tries, the next of them at once; its incident is resolved separately."""
    row = _open_job(session, job_key)
    _change(session, row, retries=retries, retry_at=None)
    _record_change(session, row, "job_retries_updated", by, retries=retries)


def update_priority(session: Session, job_key: int, *, priority: int, by: Person | None = None) -> None:
    """Let a job come sooner (a higher number) or later than the others of its type."""
    row = _open_job(session, job_key)
    _change(session, row, priority=priority)
    _record_change(session, row, "job_priority_updated", by, priority=priority)


def _record_change(session: Session, row: Any, event: str, by: Person | None, **details: Any) -> None:
    history.record(
        session, row.instance_key, event, by=by, element_id=row.element_id, token=row.token, **details
    )


def renew(session: Session, leases: Mapping[int, int], *, lease_seconds: float) -> int:
    """Hold jobs (job key: lease) for `lease_seconds` from now on; how many. Those being reported now are left alone."""
    return _change_held(session, leases, leased_until=clock.now() + timedelta(seconds=lease_seconds))


def give_back(session: Session, leases: Mapping[int, int]) -> int:
    """Let others have jobs (job key: lease) that will not be done here; costs no retry. How many."""
    before = case((job.c.failures > 0, literal(JobState.FAILED.value)), else_=literal(JobState.CREATED.value))
    return _change_held(session, leases, state=before, worker=None, leased_until=None)


def _change_held(session: Session, leases: Mapping[int, int], **values: Any) -> int:
    keys = select(job.c.key).where(_held(leases))
    if is_postgresql():
        # Waiting for one job while holding others could end in a deadlock with a step that cancels several.
        keys = keys.with_for_update(skip_locked=True)
    found = list(session.scalars(keys))
    if found:
        session.execute(update(job).where(job.c.key.in_(found)).values(values))
    return len(found)


def _held(leases: Mapping[int, int]) -> ColumnElement[bool]:
    pairs = list(leases.items())
    return (job.c.state == JobState.ACTIVATED) & tuple_(job.c.key, job.c.leases).in_(pairs)


def tell_progress(
    session: Session, job_key: int, *, lease: int, fraction: float, text: str, lease_seconds: float
) -> bool:
    """How far a handler has come, from 0 to 1, and in words; renews its lease. Whether it still holds the job."""
    told = {
        "progress": min(max(fraction, 0.0), 1.0),
        "progress_text": text[:_LONGEST_WORDS],
        "leased_until": clock.now() + timedelta(seconds=lease_seconds),
    }
    held = _held({job_key: lease})
    return session.scalar(update(job).where(held).values(told).returning(job.c.key)) is not None


def expire_lease(session: Session) -> bool:
    """Take one job back whose worker has not reported in time; whether there was one.

    A lost lease costs one retry, so that work which kills its worker ends as an incident and not in a loop.
    """
    has_expired = is_leased_job & (job.c.leased_until < due.now()) & ~runtime.is_suspended(job.c.instance_key)
    query = (
        select(job.c.key, job.c.instance_key)
        .where(has_expired)
        .order_by(job.c.leased_until, job.c.key)
        .limit(1)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return False
    runtime.lock(session, found.instance_key)
    row = session.execute(select(job).where(job.c.key == found.key, has_expired)).one_or_none()
    if row is not None:
        words = f"The worker {row.worker} did not report in time."
        fail(session, row.key, retries=row.retries - 1, message=words, worker=row.worker, lease=row.leases)
    return True
