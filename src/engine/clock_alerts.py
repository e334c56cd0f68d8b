"""Tells, once each, that a clock is at three quarters, over, or half as much over again; and calls whoever is on duty.

The mark on the clock's row is the fence: it is set where it was empty, in the transaction of everything that follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import clock, due, history, messages
from laneway.engine.clocks.case_clock import MOMENTS, CaseClock
from laneway.engine.database import is_postgresql
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import case_clock, case_file, is_running_clock, process_instance

CALLED, WARNED, BREACHED, ESCALATED = "called", "warned", "breached", "escalated"
_STAGES = {"called_at": CALLED, "warned_at": WARNED, "breached_at": BREACHED, "escalated_at": ESCALATED}
_EVENTS = {
    CALLED: "on_call_alerted",
    WARNED: "clock_warned",
    BREACHED: "clock_breached",
    ESCALATED: "clock_escalated",
}
_MESSAGE_SECONDS = 60.0
_PAUSE_SECONDS = 60


@dataclass(frozen=True)
class Alert:
    """Something that people have to hear of a clock. `number` is the case's, `stage` one of the four above."""

    stage: str
    instance_key: int
    clock: str
    round: int
    target: str
    calendar: str
    due_at: datetime
    number: str
    title: str
    customer: str
    severity: str
    owner_group: str


def is_due() -> ColumnElement[bool]:
    """Of a clock: whether there is something to tell of it, by the database's clock."""
    return (case_clock.c.next_at <= due.now()) & is_running_clock


def fire_due(session: Session, *, limit: int = 1) -> list[Alert]:
    """Mark, in the history and by messages, what is due of up to `limit` clocks; returns what people are to hear.

    Any number of threads and processes may call this at once: a clock whose row or whose case another one has locked
    is left to it, or for later.
    """
    owner = process_instance.alias("owner")
    query = (
        select(case_clock, owner.c.business_key, owner.c.process_id)
        .join(owner, owner.c.key == case_clock.c.instance_key)
        .where(is_due())
        .order_by(case_clock.c.next_at, case_clock.c.instance_key)
        .limit(limit)
    )
    if is_postgresql():
        query = query.with_for_update(of=[case_clock, owner], skip_locked=True, key_share=True)
    alerts: list[Alert] = []
    for row in session.execute(query).all():
        session.info["clock_key"] = row.instance_key  # tells the worker which one, should it fail
        observed.instance(session.info, row.instance_key, row.process_id)
        observed.step(session.info, "tell_clock")
        alerts += _tell(session, row)
    return alerts


def postpone(session: Session, instance_key: int) -> None:
    """The clocks of a case could not be told of: let others go first, and try again in a minute."""
    later = clock.now() + timedelta(seconds=_PAUSE_SECONDS)
    mine = (case_clock.c.instance_key == instance_key) & is_due()
    session.execute(update(case_clock).where(mine).values(next_at=later))


def _tell(session: Session, row: Any) -> list[Alert]:
    one = CaseClock(**{column.name: row._mapping[column.name] for column in case_clock.c})
    now = max(clock.now(), row.next_at)
    marks = [mark for moment, mark in MOMENTS.items() if _is_passed(one, moment, mark, now)]
    for mark in marks:
        setattr(one, mark, now)
    one.plan()
    columns = case_clock.c
    fence = (columns.instance_key == one.instance_key) & (columns.name == one.name)
    fence &= (columns.round == one.round) & is_running_clock
    for mark in marks:
        fence &= columns[mark].is_(None)
    told = update(case_clock).where(fence).values(dict.fromkeys(marks, now) | {"next_at": one.next_at})
    if not session.execute(told.returning(columns.instance_key)).all():
        return []
    alerts = [
        _alert(_STAGES[mark], one, row.business_key, _file(session, one.instance_key)) for mark in marks
    ]
    notes = [
        Note(_EVENTS[alert.stage], None, None, {"clock": one.name, "due": one.due_at.isoformat()})
        for alert in alerts
    ]
    history.record_all(session, one.instance_key, notes)
    for alert in alerts:
        if alert.stage != CALLED and alert.number:
            messages.publish(
                session,
                name=f"clock.{alert.stage}",
                correlation_key=alert.number,
                variables={"clock": one.name, "due": one.due_at.isoformat()},
                by=None,
                ttl_seconds=_MESSAGE_SECONDS,
            )
    return alerts


def _is_passed(one: CaseClock, moment: str, mark: str, now: datetime) -> bool:
    at = getattr(one, moment)
    if at is None or getattr(one, mark) is not None or at > now:
        return False
    return moment == "call_at" or not one.is_paused


def _file(session: Session, instance_key: int) -> Any:
    columns = case_file.c
    query = select(columns.number, columns.title, columns.customer, columns.severity, columns.owner_group)
    return session.execute(query.where(columns.instance_key == instance_key)).one_or_none()


def _alert(stage: str, one: CaseClock, business_key: str | None, file: Any) -> Alert:
    return Alert(
        stage=stage,
        instance_key=one.instance_key,
        clock=one.name,
        round=one.round,
        target=one.target,
        calendar=one.calendar,
        due_at=one.due_at,
        number=file.number if file is not None else business_key or "",
        title=file.title if file is not None else "",
        customer=file.customer if file is not None else "",
        severity=file.severity if file is not None else "",
        owner_group=file.owner_group if file is not None else "",
    )
