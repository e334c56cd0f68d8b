"""Timers: fire what is due, for waiting instances and for processes that start by the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, delete, insert, select, update
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import clock, due, expressions, runtime
from laneway.engine.bpmn.model import Event, Node
from laneway.engine.database import is_postgresql, new_key
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import STARTS, process_instance, timer

_PAUSE_SECONDS = 60


def is_due() -> ColumnElement[bool]:
    """Of a timer: whether it should fire now, by the database's clock. What belongs to a suspended instance waits."""
    return (timer.c.due_at <= due.now()) & ~runtime.is_suspended(timer.c.instance_key)


def fire_due(session: Session) -> bool:
    """Fire the timer that has been due for longest; whether there was one. One instance per call.

    Any number of threads and processes may call this at once: a timer whose row or whose instance another one has
    locked is left to it, or for later.
    """
    row = _locked(session, of_instance=True) or _locked(session, of_instance=False)
    if row is None:
        return False
    session.info["timer_key"] = row.key  # tells the worker which one, should it fail
    observed.step(session.info, "fire_timer", timer_key=row.key)
    _reschedule(session, row)
    if row.token is None:
        runtime.start(session, row.process_definition_key, {}, by=None, at=row.element_id)
    else:
        _trigger(session, row)
    return True


def _locked(session: Session, *, of_instance: bool) -> Any:
    """The first due timer that nobody else has, locked together with the instance it belongs to."""
    query = select(timer).where(is_due()).order_by(timer.c.due_at, timer.c.key).limit(1)
    owner = process_instance.alias("owner")
    locked: list[FromClause] = [timer]
    if of_instance:
        query = query.join(owner, owner.c.key == timer.c.instance_key)
        locked.append(owner)
    else:
        query = query.where(timer.c.token.is_(None))
    if is_postgresql():
        query = query.with_for_update(of=locked, skip_locked=True, key_share=True)
    return session.execute(query).one_or_none()


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
    first = expressions.due(event, {})
    session.execute(
        insert(timer).values(
            instance_key=STARTS,
            key=new_key(),
            wait=node.id,
            is_aside=False,
            element_id=node.id,
            process_definition_key=definition_key,
            due_at=first.at,
            cycle=first.cycle,
            repetitions=first.repetitions,
        )
    )
