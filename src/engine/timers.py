"""Timers: fire what is due, for waiting instances and for processes that start by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
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


def fire_due(session: Session, *, limit: int = 1) -> bool:
    """Fire the timers that have been due for longest, at most `limit`; whether there were any.

    Several in one transaction save commits when thousands are due at once; they happen all or none. Any number of
    threads and processes may call this at the same time: a timer whose row or whose instance another one has locked is
    left to it, or for later.
    """
    rows = _locked_of_instances(session, limit) or _locked_start(session)
    if not rows:
        return False
    once = [row.key for row in rows if not _is_repeated(row)]
    if once:
        session.execute(delete(timer).where(timer.c.key.in_(once)))
    of_instance: dict[int, list[Any]] = {}
    for row in rows:
        of_instance.setdefault(row.instance_key, []).append(row)
    for together in of_instance.values():
        first = together[0]
        session.info["timer_key"] = first.key  # tells the worker which one, should it fail
        observed.step(session.info, "fire_timer", timer_key=first.key)
        for row in together:
            if _is_repeated(row):
                _reschedule(session, row)
        if first.token is None:
            runtime.start(session, first.process_definition_key, {}, by=None, at=first.element_id)
        else:
            runtime.advance(session, first.instance_key, partial(_trigger, together))
    return True


def _locked_of_instances(session: Session, limit: int) -> list[Any]:
    """The first due timers that nobody else has, locked together with their instances."""
    owner = process_instance.alias("owner")
    query = select(timer).join(owner, owner.c.key == timer.c.instance_key).where(is_due())
    query = query.order_by(timer.c.due_at, timer.c.key).limit(limit)
    if is_postgresql():
        query = query.with_for_update(of=[timer, owner], skip_locked=True, key_share=True)
    return list(session.execute(query))


def _locked_start(session: Session) -> list[Any]:
    """The first due timer that starts a process; one, as others may wait for the case number it takes."""
    query = select(timer).where(is_due(), timer.c.token.is_(None))
    query = query.order_by(timer.c.due_at, timer.c.key).limit(1)
    if is_postgresql():
        query = query.with_for_update(skip_locked=True)
    return list(session.execute(query))


def postpone(session: Session, timer_key: int) -> None:
    """A timer could not fire: let the others go first, and try it again in a minute."""
    later = clock.now() + timedelta(seconds=_PAUSE_SECONDS)
    session.execute(update(timer).where(timer.c.key == timer_key).values(due_at=later))


def _is_repeated(row: Any) -> bool:
    return row.cycle is not None and row.repetitions != 0


def _reschedule(session: Session, row: Any) -> None:
    left = row.repetitions - 1 if row.repetitions > 0 else -1
    again = {"due_at": expressions.next_due(row.cycle, row.due_at), "repetitions": left}
    session.execute(update(timer).where(timer.c.key == row.key).values(again))


def _trigger(rows: Sequence[Any], instance: Instance) -> None:
    """Fire timers of one instance, each when the instance has come to rest after the one before."""
    for number, row in enumerate(rows):
        if number > 0:
            instance.run()
        at = len(instance.notes)
        if instance.trigger(row.token, row.wait, {}):  # not, where one before has ended what waited for it
            instance.notes.insert(at, Note("timer_fired", row.element_id, row.token))


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
