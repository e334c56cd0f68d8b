"""The clock of a user task: how it stands against its deadline. One component shows it everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from laneway.engine import clock as engine_clock
from laneway.web.i18n import _, day, length

RISK_SHARE = 0.75
_DATE_FROM = timedelta(hours=48)

OK, RISK, BREACH, WAIT, INCIDENT, DONE = "ok", "risk", "breach", "wait", "incident", "done"


@dataclass(frozen=True)
class Clock:
    """What the chip shows. `left` is the share of time left, 0 to 1; `due` and `start` let it tick in the browser."""

    state: str
    name: str
    text: str
    left: float = 1.0
    due: datetime | None = None
    start: datetime | None = None


def state_at(due: datetime, start: datetime, now: datetime) -> str:
    """`ok` below three quarters of the time, `risk` up to the deadline, `breach` after it."""
    if now > due:
        return BREACH
    whole = (due - start).total_seconds()
    used = (now - start).total_seconds()
    return RISK if whole > 0 and used / whole >= RISK_SHARE else OK


def running(due: datetime, start: datetime, name: str = "") -> Clock:
    """The clock of work that is not done."""
    now = engine_clock.now()
    state = state_at(due, start, now)
    if state == BREACH:
        return Clock(state, name, _("%(length)s over", length=length(now - due)), 0.0, due, start)
    rest = due - now
    text = day(due) if rest >= _DATE_FROM else length(rest)
    whole = (due - start).total_seconds()
    left = min(1.0, rest.total_seconds() / whole) if whole > 0 else 1.0
    return Clock(state, name, text, left, due, start)


def waiting(since: datetime, name: str) -> Clock:
    """The clock of a case that waits for something outside the department."""
    return Clock(WAIT, name, _("waiting %(length)s", length=length(engine_clock.now() - since)))


def failed() -> Clock:
    """The mark of a step that failed."""
    return Clock(INCIDENT, "", _("Step failed"))


def done(took: timedelta, name: str = "") -> Clock:
    """The clock of work that was done."""
    return Clock(DONE, name, _("in %(length)s", length=length(took)))
