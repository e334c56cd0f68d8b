"""The clocks of cases, as lists and pages show them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine.bpmn.clock_settings import NAMES
from laneway.engine.tables import calendar, case_clock
from laneway.words import Text


@dataclass(frozen=True)
class ClockRow:
    """A clock of a case that counts, or counted. `risk_at` is when three quarters of its own time are used."""

    name: str
    target: str
    calendar: str
    calendar_name: Text
    zone: str
    started_at: datetime
    risk_at: datetime
    due_at: datetime
    escalate_at: datetime
    paused_at: datetime | None
    pause_reason: str
    met_at: datetime | None
    round: int

    @property
    def is_running(self) -> bool:
        """Whether it is not met and does not stand still."""
        return self.met_at is None and self.paused_at is None


def of_cases(session: Session, root_keys: Collection[int]) -> dict[int, tuple[ClockRow, ...]]:
    """The clocks of these cases that were not given up, in the order in which they are met."""
    if not root_keys:
        return {}
    columns = case_clock.c
    rows = session.execute(
        select(case_clock, calendar.c.name_zh, calendar.c.name_en, calendar.c.zone)
        .outerjoin(calendar, calendar.c.code == columns.calendar)
        .where(columns.instance_key.in_(root_keys), columns.ended_at.is_(None))
    )
    found: dict[int, list[ClockRow]] = defaultdict(list)
    for row in rows:
        found[row.instance_key].append(_row(row))
    return {key: tuple(sorted(many, key=lambda one: NAMES.index(one.name))) for key, many in found.items()}


def most_urgent(clocks: Iterable[ClockRow]) -> ClockRow | None:
    """The running clock that is due first; where all stand still, the first of those that are not met."""
    open_ = [one for one in clocks if one.met_at is None]
    running = [one for one in open_ if one.is_running]
    return min(running or open_, key=lambda one: one.due_at, default=None)


def _row(row: Any) -> ClockRow:
    last = row.pauses[-1] if row.paused_by and row.pauses else None
    is_paused = last is not None and last[1] is None and row.met_at is None
    return ClockRow(
        name=row.name,
        target=row.target,
        calendar=row.calendar,
        calendar_name=Text(row.name_zh or row.calendar, row.name_en or row.calendar),
        zone=row.zone or "",
        started_at=row.started_at,
        risk_at=row.warn_at,
        due_at=row.due_at,
        escalate_at=row.escalate_at,
        paused_at=datetime.fromisoformat(last[0]) if is_paused and last is not None else None,
        pause_reason=last[2] if is_paused and last is not None else "",
        met_at=row.met_at,
        round=row.round,
    )
