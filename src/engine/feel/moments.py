"""Points in time and durations for timers and due dates: FEEL values or ISO texts as Python's datetime."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from laneway.engine.feel.civil import NS, zone_info
from laneway.engine.feel.errors import FeelError
from laneway.engine.feel.iso import parse_date, parse_date_time, parse_time
from laneway.engine.feel.temporal import Date, DateTime, DayTimeDuration, MonthDuration, Time
from laneway.engine.feel.values import Value

# Java writes both an offset and a region in brackets, and leaves out seconds that are zero.
_REGION: Final = re.compile(r"(?:Z|[+-][0-9:]+)?\[([^\]]+)\]$")
_NO_SECONDS: Final = re.compile(r"(T[0-9]{2}:[0-9]{2})(?=$|[Zz@+-])")
_SHORT_OFFSET: Final = re.compile(r"(T.*[+-][0-9]{2})$")
_COMPACT_OFFSET: Final = re.compile(r"(T.*[+-][0-9]{2})([0-9]{2})$")
_DURATION: Final = re.compile(
    r"(?P<sign>[+-]?)P(?=[0-9T])(?:(?P<years>[0-9]{1,6})Y)?(?:(?P<months>[0-9]{1,6})M)?"
    r"(?:(?P<weeks>[0-9]{1,9})W)?(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,12}(?:\.[0-9]+)?)S)?)?"
)


def as_datetime(value: Value, *, now: datetime, zone: str = "UTC") -> datetime | None:
    """The aware datetime of a FEEL date, time or date and time, of its ISO text, or of a datetime; else None.

    `zone` (IANA) is that of values without one: a date is its midnight there, a time is on the day of `now`.
    Fractions are cut to microseconds. Out of Python's years 1 to 9999 the answer is None.
    """
    local = zone_info(zone)
    if local is None:
        raise FeelError(f"unknown time zone {zone!r}", f"未知的时区 {zone!r}")
    if isinstance(value, str):
        value = _read(value.strip())
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=local)
    if isinstance(value, Date):
        value = DateTime(value, 0)
    if isinstance(value, Time):
        day = now.astimezone(local)
        value = DateTime(Date(day.year, day.month, day.day), value.ns, value.offset, value.zone)
    if not isinstance(value, DateTime):
        return None
    try:
        naive = datetime(value.date.year, value.date.month, value.date.day)
        naive += timedelta(microseconds=value.ns // 1000)
        if value.zone is None and value.offset is None:
            return naive.replace(tzinfo=local)
        return (naive - timedelta(seconds=value.utc_offset() or 0)).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _read(text: str) -> Value:
    normal = _REGION.sub(r"@\1", text)
    normal = _NO_SECONDS.sub(r"\1:00", normal)
    if "@" not in normal:
        normal = _SHORT_OFFSET.sub(r"\1:00", _COMPACT_OFFSET.sub(r"\1:\2", normal))
    return parse_date_time(normal) or parse_date(normal) or parse_time(normal)


def add_duration(start: datetime, value: Value) -> datetime:
    """`start` moved by a FEEL duration, a timedelta or ISO 8601 text (also mixed, with weeks or a sign).

    Years and months move the wall clock of `start`'s zone, the rest the time line. `start` must be aware.
    Raises `FeelError` for anything that is no duration, or beyond the year 9999.
    """
    months, rest = _parts(value)
    if start.tzinfo is None:
        raise FeelError("the start has no time zone", "起始时间没有时区")
    try:
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        day = min(start.day, calendar.monthrange(year, month + 1)[1])
        moved = start.replace(year=year, month=month + 1, day=day)
        return (moved.astimezone(UTC) + rest).astimezone(start.tzinfo)
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        raise FeelError(
            f"{value} after {start.isoformat()} is out of range", f"{start.isoformat()} 加 {value} 超出范围"
        ) from None


def _parts(value: Value) -> tuple[int, timedelta]:
    """(months, the rest) of a duration. Raises `FeelError`."""
    if isinstance(value, MonthDuration):
        return value.months, timedelta()
    try:
        if isinstance(value, DayTimeDuration):
            return 0, timedelta(seconds=value.ns // NS, microseconds=value.ns % NS // 1000)
        if isinstance(value, timedelta):
            return 0, value
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if match:
            n = {name: float(digits or 0) for name, digits in match.groupdict().items() if name != "sign"}
            sign = -1 if match["sign"] == "-" else 1
            rest = timedelta(
                weeks=n["weeks"],
                days=n["days"],
                hours=n["hours"],
                minutes=n["minutes"],
                seconds=n["seconds"],
            )
            return sign * int(n["years"] * 12 + n["months"]), sign * rest
    except OverflowError:
        raise FeelError(f"the duration {value} is too long", f"时长 {value} 过长") from None
    raise FeelError(f"{value!r} is not a duration", f"{value!r} 不是时长")
