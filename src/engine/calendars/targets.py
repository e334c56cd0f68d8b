"""Targets of clocks: when they are due, when to warn and when to escalate, with the time that they stood still.

A target is a text such as "8 bh", "5 wd", "24 h" or "2 d" (`durations`). Business hours and working days are counted
by the clock's calendar, hours and days by the wall clock, whatever the calendar says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from laneway.engine.calendars.durations import add, add_working_time
from laneway.engine.calendars.hours import Calendar, Span, working_seconds

ROUND_THE_CLOCK = "24x7"
"""Code of the calendar that never closes."""
WARN_SHARE, ESCALATE_SHARE = 0.75, 1.5
"""Of a clock's own working time: when to warn, and when to escalate a second time; in between it is breached."""
MOST = {"bh": 10_000, "wd": 1_000, "h": 50_000, "d": 2_000}
"""The longest target by unit: some years."""

_WRITTEN = re.compile(r"(\d{1,6}(?:\.\d{1,4})?) ?(bh|wd|h|d)")
_ALWAYS = dict.fromkeys(range(7), (Span(0, 86_400),))


@dataclass(frozen=True)
class Pause:
    """A clock stood still from one moment to another."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Schedule:
    """The moments (UTC) of one clock."""

    warn_at: datetime
    due_at: datetime
    escalate_at: datetime


def is_target(text: object) -> bool:
    """Whether a value is a target that a clock can have: a whole number of days, more than nothing, at most years."""
    written = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
    if written is None:
        return False
    number, unit = float(written[1]), written[2]
    return 0 < number <= MOST[unit] and (unit in ("bh", "h") or number.is_integer())


def round_the_clock(zone: str = "UTC") -> Calendar:
    """A calendar that never closes."""
    return Calendar(zone, _ALWAYS)


def schedule(calendar: Calendar, start: datetime, target: str, pauses: Sequence[Pause] = ()) -> Schedule:
    """When a clock that began at `start` is warned of, due and escalated; `pauses` are in order and do not overlap.

    Working time that passed in a pause is added by the same calendar. Raises ValueError for what is no target, and
    NeverOpen if the calendar does not open in time.
    """
    if not is_target(target):
        raise ValueError(f"not a target: {target!r}")
    counted = calendar if target.endswith(("bh", "wd")) else round_the_clock(calendar.zone)
    due = add(calendar, start, target)
    whole = working_seconds(counted, start, due)

    def after(share: float) -> datetime:
        return add_working_time(counted, start, timedelta(seconds=share * whole))

    return Schedule(
        _later(counted, after(WARN_SHARE), pauses),
        _later(counted, due, pauses),
        _later(counted, after(ESCALATE_SHARE), pauses),
    )


def _later(counted: Calendar, moment: datetime, pauses: Sequence[Pause]) -> datetime:
    """A moment put off by the pauses that began before it."""
    for pause in pauses:
        if pause.start < moment:
            stood = working_seconds(counted, pause.start, pause.end)
            moment = add_working_time(counted, moment, timedelta(seconds=stood)) if stood else moment
    return moment
