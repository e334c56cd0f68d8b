"""Counting on from a moment: business hours, working days, clock hours, calendar days (DOMAIN section 2, rule 3)."""

import re
from datetime import UTC, datetime, timedelta

from laneway.engine.calendars.hours import Calendar, moment, next_opening, openings_from

_WRITTEN = re.compile(r"(\d+(?:\.\d+)?) ?(bh|wd|h|d)")


def add(calendar: Calendar, at: datetime, duration: str) -> datetime:
    """The moment (UTC) that lies "8 bh", "5 wd", "24 h" or "1 d" after this one.

    Raises `ValueError` for any other text, and for parts of days; `NeverOpen` if the calendar does not open in time.
    """
    written = _WRITTEN.fullmatch(duration)
    if written is None:
        raise ValueError(f"not a duration: {duration!r}")
    number, unit = float(written[1]), written[2]
    if unit in ("wd", "d") and not number.is_integer():
        raise ValueError(f"not a whole number of days: {duration!r}")
    match unit:
        case "bh":
            return add_working_time(calendar, at, timedelta(hours=number))
        case "wd":
            return add_working_days(calendar, at, int(number))
        case "h":
            return at.astimezone(UTC) + timedelta(hours=number)
        case _:
            return add_calendar_days(calendar, at, int(number))


def add_working_time(calendar: Calendar, at: datetime, length: timedelta) -> datetime:
    """When so much working time has passed: an opening that it fills to the end gives the moment of closing."""
    if length < timedelta():
        raise ValueError("working time is counted forwards only")
    if not length:
        return at.astimezone(UTC)
    openings = openings_from(calendar, at)
    opens, closes = next(openings)
    while length > closes - opens:
        length -= closes - opens
        opens, closes = next(openings)
    return opens + length


def add_working_days(calendar: Calendar, at: datetime, number: int) -> datetime:
    """The same time of day so many working days later; what arrives while closed counts from the next opening.

    Where the last day is closed at that time, its next opening counts, else its last closing.
    """
    if number < 0:
        raise ValueError("working days are counted forwards only")
    start = next_opening(calendar, at)
    local = start.astimezone(calendar.tz)
    day, left = local.date(), number
    later = openings_from(calendar, moment(day, 86_400, calendar.tz))
    while left:
        opens, _closes = next(later)
        if (opened := opens.astimezone(calendar.tz).date()) != day:
            day, left = opened, left - 1
    if day == local.date():
        return start
    wanted = moment(day, _seconds_of_day(local), calendar.tz) + timedelta(microseconds=local.microsecond)
    openings = calendar.openings(day)
    for opens, closes in openings:
        if wanted <= closes:
            return max(opens, wanted)
    return openings[-1][1]


def add_calendar_days(calendar: Calendar, at: datetime, number: int) -> datetime:
    """The same time by the wall clock of the calendar's zone so many days later, open or not."""
    local = at.astimezone(calendar.tz)
    later = moment(local.date() + timedelta(days=number), _seconds_of_day(local), calendar.tz)
    return later + timedelta(microseconds=local.microsecond)


def _seconds_of_day(local: datetime) -> int:
    return (local.hour * 60 + local.minute) * 60 + local.second
