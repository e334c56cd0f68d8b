"""Suspend a process instance, and resume it: nothing of it or of what it called moves in between.

Jobs are not leased, timers do not fire, messages stay with the buffer, signals and reports of children wait, user tasks
can be neither claimed nor completed. A handler that holds a lease may still report: its work would otherwise be done
twice; what follows from it waits. What came due meanwhile happens on resumption.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import access, clock, history, runtime
from laneway.engine.access import Action
from laneway.engine.database import new_key
from laneway.engine.model import InstanceState, JobState, Person
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import job, message_subscription, process_instance
from laneway.engine.waits import queue_effect
from laneway.errors import Conflict, Invalid


def suspend(session: Session, instance_key: int, *, by: Person, reason: str) -> None:
    """Let an instance and everything it called stand still. The reason stands in the history of each.

    Raises NotFound, NotAllowed, Invalid without a reason, Conflict when it has ended or is suspended already.
    """
    access.require(by, Action.OPERATE_CASE)
    words = reason_of(reason)
    runtime.lock_open(session, instance_key)
    for key in _with_children(session, instance_key):
        if runtime.lock(session, key).state == InstanceState.ACTIVE:
            _set(session, key, state=InstanceState.SUSPENDED, suspended_at=clock.now())
            history.record(session, key, "instance_suspended", by=by, reason=words)


def resume(session: Session, instance_key: int, *, by: Person, reason: str) -> None:
    """Let an instance and everything it called go on; what came due meanwhile happens now.

    Raises as `suspend`, and Conflict when it is not suspended or its caller still is.
    """
    access.require(by, Action.OPERATE_CASE)
    words = reason_of(reason)
    row = runtime.lock_open(session, instance_key, suspended_too=True)
    if row.state != InstanceState.SUSPENDED:
        raise Conflict("process_instance_not_suspended", key=instance_key)
    if row.parent_key is not None:
        runtime.lock_open(session, row.parent_key)
    for key in _with_children(session, instance_key):
        if runtime.lock(session, key).state == InstanceState.SUSPENDED:
            _resume_one(session, key, words, by=by)


def reason_of(reason: str) -> str:
    """The reason without blanks around it. Raises Invalid when nothing is left."""
    if not reason.strip():
        raise Invalid("reason_required", [("reason", "required", {})])
    return reason.strip()


def _resume_one(session: Session, key: int, reason: str, *, by: Person) -> None:
    _set(session, key, state=InstanceState.ACTIVE, suspended_at=None)
    _free_lost_leases(session, key)
    columns = message_subscription.c
    waiting = select(columns.key).where(columns.instance_key == key).order_by(columns.key)
    for subscription_key in session.scalars(waiting).all():
        queue_effect(session, "correlate_subscription", instance_key=key, subscription_key=subscription_key)

    def go_on(instance: Instance) -> None:
        instance.notes.append(Note("instance_resumed", None, None, {"reason": reason}))

    observed.step(session.info, "resume")
    runtime.advance(session, key, go_on, by=by)


def _free_lost_leases(session: Session, key: int) -> None:
    """A lease that ran out while nobody could report costs no retry."""
    mine = (job.c.instance_key == key) & (job.c.state == JobState.ACTIVATED)
    freed = {"state": JobState.CREATED, "worker": None, "leased_until": None}
    session.execute(update(job).where(mine, job.c.leased_until <= clock.now()).values(freed))


def _set(session: Session, key: int, **values: Any) -> None:
    this = process_instance.c.key == key
    session.execute(update(process_instance).where(this).values(revision=new_key(), **values))


def _with_children(session: Session, instance_key: int) -> list[int]:
    """The instance and everything below it, callers before what they called."""
    columns = process_instance.c
    found, level = [instance_key], [instance_key]
    while level:
        query = select(columns.key).where(columns.parent_key.in_(level)).order_by(columns.key)
        level = list(session.scalars(query))
        found += level
    return found
