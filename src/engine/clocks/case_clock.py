"""One clock of a case: its moments, its pauses, and when there is something to tell of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from laneway.engine import clock
from laneway.engine.calendars import targets
from laneway.engine.calendars.targets import Pause
from laneway.engine.working_calendars import Calendars

MOMENTS = {
    "call_at": "called_at",
    "warn_at": "warned_at",
    "due_at": "breached_at",
    "escalate_at": "escalated_at",
}
"""What is told of a clock, each once: when, and the mark that it was. In the order in which it comes."""


@dataclass
class CaseClock:
    """One row of `case_clock`, to be changed and then saved."""

    instance_key: int
    name: str
    round: int
    target: str
    asked_calendar: str | None
    calendar: str
    started_at: datetime
    warn_at: datetime = field(default_factory=clock.now)
    due_at: datetime = field(default_factory=clock.now)
    escalate_at: datetime = field(default_factory=clock.now)
    pauses: list[list[Any]] = field(default_factory=list)
    paused_by: list[str] = field(default_factory=list)
    call_at: datetime | None = None
    called_at: datetime | None = None
    warned_at: datetime | None = None
    breached_at: datetime | None = None
    escalated_at: datetime | None = None
    next_at: datetime | None = None
    met_at: datetime | None = None
    ended_at: datetime | None = None
    is_withdrawn: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it is neither met nor given up; it may stand still."""
        return self.met_at is None and self.ended_at is None

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return bool(self.paused_by) and self.is_running

    def pause(self, at: datetime, reason: str) -> None:
        """Let it stand still from now on."""
        self.pauses = [*self.pauses, [at.isoformat(), None, reason]]

    def resume(self, at: datetime) -> None:
        """Let it go on."""
        if self.pauses and self.pauses[-1][1] is None:
            self.pauses = [*self.pauses[:-1], [self.pauses[-1][0], at.isoformat(), self.pauses[-1][2]]]

    def past_pauses(self) -> list[Pause]:
        """The times that it stood still, without one that still lasts."""
        return [
            Pause(datetime.fromisoformat(start), datetime.fromisoformat(end))
            for start, end, _reason in self.pauses
            if end is not None
        ]

    def count(self, calendars: Calendars, *, is_new_target: bool = False) -> None:
        """Work out its moments. With a new target, what was told of moments that now lie ahead is told again."""
        calendar = calendars.of(self.calendar)
        found = targets.schedule(calendar, self.started_at, self.target, self.past_pauses())
        self.warn_at, self.due_at, self.escalate_at = found.warn_at, found.due_at, found.escalate_at
        if is_new_target:
            now = clock.now()
            for moment, mark in MOMENTS.items():
                if mark != "called_at" and getattr(self, moment) > now:
                    setattr(self, mark, None)
        self.plan()

    def plan(self) -> None:
        """Work out when there is something to tell next."""
        waiting = [getattr(self, moment) for moment, mark in MOMENTS.items() if getattr(self, mark) is None]
        moments = [moment for moment in waiting if moment is not None]
        if not self.is_running or not moments:
            self.next_at = None
        elif self.is_paused:
            self.next_at = self.call_at if self.called_at is None else None
        else:
            self.next_at = min(moments)
