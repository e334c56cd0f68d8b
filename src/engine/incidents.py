"""Incidents: a step that failed and waits for a person. Resolving one tries the step again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import access, clock, runtime
from laneway.engine.access import Action
from laneway.engine.model import IncidentState, JobState, Person
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import incident, job
from laneway.errors import Conflict, NotFound


def resolve(session: Session, incident_key: int, *, by: Person) -> None:
    """Try the failed step again: a job gets at least one more retry, any other element is entered or left anew.

    If it fails again, a new incident says so. Raises NotFound, NotAllowed, and Conflict when it is resolved.
    """
    access.require(by, Action.RETRY_INCIDENT)
    query = select(incident).where(incident.c.key == incident_key)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("incident_not_found", key=incident_key)
    runtime.lock(session, row.instance_key)
    row = session.execute(query).one()
    if row.state != IncidentState.ACTIVE:
        raise Conflict("incident_already_resolved", holder=row.resolved_by, at=row.resolved_at)
    session.execute(
        update(incident)
        .where(incident.c.key == incident_key)
        .values(state=IncidentState.RESOLVED, resolved_at=clock.now(), resolved_by=by.username)
    )
    if row.job_key is not None:
        _give_job_another_try(session, row)

    def retry(instance: Instance) -> None:
        instance.notes.append(Note("incident_resolved", row.element_id, row.token))
        if row.job_key is None and row.token in instance.live:
            instance.retry(row.token)

    observed.step(session.info, "retry")
    runtime.advance(session, row.instance_key, retry, by=by)


def _give_job_another_try(session: Session, row: Any) -> None:
    session.execute(
        update(job)
        .where(job.c.key == row.job_key, job.c.retries == 0, job.c.state == JobState.FAILED)
        .values(retries=1)
    )
    session.execute(update(job).where(job.c.key == row.job_key).values(retry_at=None))
