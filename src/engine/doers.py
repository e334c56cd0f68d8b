"""Who did a step of a case: what a job does afterwards is done in that person's name."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import accounts
from laneway.engine.model import Person, UserTaskState
from laneway.engine.tables import job, process_instance, user_task
from laneway.errors import NotFound


def doer_of(session: Session, job_key: int, element_ids: str = "") -> Person:
    """Who was the last to complete one of these user tasks (ids with commas) in the instance of a job, else its starter.

    Raises NotFound when nobody did: nobody stands for what a program has entered.
    """
    columns = user_task.c
    instance_key = session.scalar(select(job.c.instance_key).where(job.c.key == job_key))
    done = (
        select(columns.completed_by)
        .where(
            columns.instance_key == instance_key,
            columns.element_id.in_([one.strip() for one in element_ids.split(",")]),
            columns.state == UserTaskState.COMPLETED,
        )
        .order_by(columns.completed_at.desc(), columns.key.desc())
    )
    started = select(process_instance.c.started_by).where(process_instance.c.key == instance_key)
    username = session.scalar(done.limit(1)) or session.scalar(started)
    if username is None:
        raise NotFound("person_not_found", username="")
    return accounts.person(session, username)
