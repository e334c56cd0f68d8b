"""What there is to do in the background: one look that takes no lock, so that an idle worker costs next to nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from laneway.engine import clock_alerts, due, effects, messages, runtime, timers
from laneway.engine.tables import case_clock, effect, is_leased_job, job, message, pending_change, timer


class Chore(StrEnum):
    """Kinds of background work besides jobs."""

    EFFECT = "effect"
    TIMER = "timer"
    CLOCK = "clock"
    LEASE = "lease"
    MESSAGE = "message"
    STATISTICS = "statistics"


@dataclass(frozen=True)
class Agenda:
    """What is due now, and when the next timer or postponed piece of work will be, if there is one."""

    due: frozenset[Chore]
    next_at: datetime | None


def look(session: Session) -> Agenda:
    """What is to be done, and when there will be more."""
    expired = is_leased_job & (job.c.leased_until < due.now()) & ~runtime.is_suspended(job.c.instance_key)
    conditions: dict[Chore, ColumnElement[bool]] = {
        Chore.EFFECT: select(effect.c.key).where(effects.is_due()).exists(),
        Chore.TIMER: select(timer.c.key).where(timers.is_due()).exists(),
        Chore.CLOCK: select(case_clock.c.instance_key).where(clock_alerts.is_due()).exists(),
        Chore.LEASE: select(job.c.key).where(expired).exists(),
        Chore.MESSAGE: select(message.c.key).where(messages.has_expired()).exists(),
        Chore.STATISTICS: select(pending_change.c.key).exists(),
    }
    ahead = [
        select(func.min(timer.c.due_at)).where(timer.c.due_at > due.now()).scalar_subquery(),
        select(func.min(case_clock.c.next_at)).where(case_clock.c.next_at > due.now()).scalar_subquery(),
        select(func.min(effect.c.not_before)).where(effect.c.not_before > due.now()).scalar_subquery(),
        select(func.min(job.c.leased_until))
        .where(is_leased_job, job.c.leased_until > due.now())
        .scalar_subquery(),
    ]
    row: Any = session.execute(select(*conditions.values(), *ahead)).one()
    moments = [moment for moment in row[len(conditions) :] if moment is not None]
    found = frozenset(chore for chore, is_due in zip(conditions, row, strict=False) if is_due)
    return Agenda(found, min(moments) if moments else None)
