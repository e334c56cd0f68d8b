"""Timers: fire what is due, for waiting instances and for processes that start by the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import clock, expressions, runtime
from laneway.engine.bpmn.model import Event, Node
from laneway.engine.database import is_postgresql, new_key
from laneway.engine.model import InstanceState
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import timer

_PAUSE_SECONDS = 60


def fire_due(session: Session) -> bool:
    """Fire the timer that has been due for longest; whether there was one. One instance per call.

    Those of suspended instances wait until they are resumed.
    """
    columns = timer.c
    suspended = runtime.is_suspended(columns.instance_key)
    due = (columns.due_at <= clock.now()) & ~suspended
    query = select(timer).where(due).order_by(columns.due_at, columns.key).limit(1)
    found = session.execute(query).one_or_none()
    if found is None:
        return False
    if found.instance_key is not None:
        locked = runtime.lock(session, found.instance_key)
        if locked.state == InstanceState.SUSPENDED:
            return True  # this very moment; others may be due
    again = select(timer).where(columns.key == found.key)
    # A start timer has no instance to lock; its own row is locked, or left to who has it.
    row = session.execute(again.with_for_update(skip_locked=True) if is_postgresql() else again).one_or_none()
    if row is None:
        return False
    session.info["timer_key"] = row.key  # tells the worker which one, should it fail
    _reschedule(session, row)
    if row.instance_key is None:
        runtime.start(session, row.process_definition_key, {}, by=None, at=row.element_id)
    else:
        _trigger(session, row)
    return True


def postpone(session: Session, timer_key: int) -> None:
    """A timer could not fire: let the others go first, and try it again in a minute."""
    later = clock.now() + timedelta(seconds=_PAUSE_SECONDS)
    session.execute(update(timer).where(timer.c.key == timer_key).values(due_at=later))


def _reschedule(session: Session, row: Any) -> None:
    this = timer.c.key == row.key
    if row.cycle is None or row.repetitions == 0:
        session.execute(delete(timer).where(this))
        return
    left = row.repetitions - 1 if row.repetitions > 0 else -1
    again = {"due_at": expressions.next_due(row.cycle, row.due_at), "repetitions": left}
    session.execute(update(timer).where(this).values(again))


def _trigger(session: Session, row: Any) -> None:
    def fire(instance: Instance) -> None:
        instance.notes.append(Note("timer_fired", row.element_id, row.token))
        instance.trigger(row.token, row.wait, {})

    runtime.advance(session, row.instance_key, fire)


def watch_start(session: Session, definition_key: int, node: Node, event: Event) -> None:
    """Let a timer start event of a new definition start instances. Raises StepFailed for a senseless timer."""
    due = expressions.due(event, {})
    session.execute(
        insert(timer).values(
            key=new_key(),
            wait=node.id,
            is_aside=False,
            element_id=node.id,
            process_definition_key=definition_key,
            due_at=due.at,
            cycle=due.cycle,
            repetitions=due.repetitions,
        )
    )
