"""Temporal values of FEEL (DMN 1.5, 10.3.2.3): date, time, date and time, two durations.

A time of day is an integer of nanoseconds; an offset is an integer of seconds; a zone is an IANA name.
"""

from __future__ import annotations

from typing import Any, Final

from laneway.engine.feel.civil import (
    DAY,
    NS,
    civil_from_days,
    days_from_civil,
    month_length,
    zone_offset,
)

MAX_YEAR: Final = 999_999_999
_DAY_OF_ZONE_RULES: Final = days_from_civil(2000, 1, 1)


def offset_text(offset: int | None, zone: str | None) -> str:
    """Z, +01:00, +01:00:30, @Europe/Paris or the empty text."""
    if zone is not None:
        return "@" + zone
    if offset is None:
        return ""
    if offset == 0:
        return "Z"
    size = abs(offset)
    seconds = f":{size % 60:02d}" if size % 60 else ""
    return f"{'-' if offset < 0 else '+'}{size // 3600:02d}:{size // 60 % 60:02d}{seconds}"


def _fraction_text(ns: int) -> str:
    return f".{ns:09d}".rstrip("0") if ns else ""


def _clock_text(ns: int) -> str:
    """hh:mm:ss with the fraction, if any."""
    seconds, fraction = divmod(ns, NS)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{_fraction_text(fraction)}"


class Temporal:
    """Base of the temporal values; subclasses define `key`, used for equality, order and hashing."""

    __slots__ = ()

    def key(self) -> Any:
        """What equals and orders values of one class."""
        raise NotImplementedError

    def key_beside(self, other: Temporal) -> Any:
        """What orders values of one class: a local time has the offset of a zoned one it is compared with."""
        return self.key()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Temporal) and type(self) is type(other) and bool(self.key() == other.key())

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.key()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


class Date(Temporal):
    """A day. Raises ValueError for a day that does not exist."""

    __slots__ = ("day", "days", "month", "year")

    def __init__(self, year: int, month: int, day: int) -> None:
        if not (abs(year) <= MAX_YEAR and 1 <= month <= 12 and 1 <= day <= month_length(year, month)):
            raise ValueError("no such date")
        self.year, self.month, self.day = year, month, day
        self.days = days_from_civil(year, month, day)

    @classmethod
    def of_days(cls, days: int) -> Date:
        """The day so many days after 1970-01-01."""
        return cls(*civil_from_days(days))

    def key(self) -> int:
        return self.days

    def __str__(self) -> str:
        return f"{'-' if self.year < 0 else ''}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


class Time(Temporal):
    """A time of day: local, with an offset, or in a zone."""

    __slots__ = ("ns", "offset", "zone")

    def __init__(self, ns: int, offset: int | None = None, zone: str | None = None) -> None:
        self.ns, self.offset, self.zone = ns, offset, zone

    def utc_offset(self) -> int | None:
        """Seconds, or None for a local time; a zone is read at 2000-01-01, so the day does not matter."""
        return self.offset if self.zone is None else zone_offset(self.zone, _DAY_OF_ZONE_RULES, self.ns)

    def key(self) -> tuple[bool, int]:
        offset = self.utc_offset()
        return (offset is not None, self.ns - (offset or 0) * NS)

    def key_beside(self, other: Temporal) -> tuple[bool, int]:
        key = self.key()
        offset = None if key[0] or not isinstance(other, Time) else other.utc_offset()
        return key if offset is None else (True, key[1] - offset * NS)

    def __str__(self) -> str:
        return _clock_text(self.ns) + offset_text(self.offset, self.zone)


class DateTime(Temporal):
    """A date and time: local, with an offset, or in a zone."""

    __slots__ = ("date", "ns", "offset", "zone")

    def __init__(self, date: Date, ns: int, offset: int | None = None, zone: str | None = None) -> None:
        self.date, self.ns, self.offset, self.zone = date, ns, offset, zone

    @classmethod
    def of_local(cls, total: int, offset: int | None = None, zone: str | None = None) -> DateTime:
        """From nanoseconds since 1970-01-01T00:00:00 on the local clock."""
        days, ns = divmod(total, DAY)
        return cls(Date.of_days(days), ns, offset, zone)

    @classmethod
    def of_instant(cls, utc: int, zone: str) -> DateTime:
        """From nanoseconds since the epoch, on the wall clock of a zone."""
        days, rest = divmod(utc, DAY)
        guess = zone_offset(zone, days, rest)
        days, rest = divmod(utc + guess * NS, DAY)
        again = zone_offset(zone, days, rest)
        return cls.of_local(utc + again * NS, None, zone)

    def local(self) -> int:
        """Nanoseconds since 1970-01-01T00:00:00 on the local clock."""
        return self.date.days * DAY + self.ns

    def utc_offset(self) -> int | None:
        """Seconds, or None for a local date and time."""
        return self.offset if self.zone is None else zone_offset(self.zone, self.date.days, self.ns)

    def instant(self) -> int:
        """Nanoseconds since the epoch; a local date and time counts as UTC."""
        return self.local() - (self.utc_offset() or 0) * NS

    def key(self) -> tuple[bool, int]:
        return (self.utc_offset() is not None, self.instant())

    def key_beside(self, other: Temporal) -> tuple[bool, int]:
        key = self.key()
        offset = None if key[0] or not isinstance(other, DateTime) else other.utc_offset()
        return key if offset is None else (True, key[1] - offset * NS)

    def time(self) -> Time:
        """The time of day."""
        return Time(self.ns, self.offset, self.zone)

    def plus(self, ns: int) -> DateTime:
        """So many nanoseconds later: along the time line, then back to the wall clock of the zone."""
        if self.zone is None:
            return DateTime.of_local(self.local() + ns, self.offset)
        return DateTime.of_instant(self.instant() + ns, self.zone)

    def at(self, offset: int | None, zone: str | None) -> DateTime:
        """The same instant on the clock of an offset or zone."""
        if zone is not None:
            return DateTime.of_instant(self.instant(), zone)
        return DateTime.of_local(self.instant() + (offset or 0) * NS, offset)

    def __str__(self) -> str:
        return f"{self.date}T{_clock_text(self.ns)}{offset_text(self.offset, self.zone)}"


class DayTimeDuration(Temporal):
    """A days and time duration, in nanoseconds. Raises ValueError beyond the range of years."""

    __slots__ = ("ns",)

    def __init__(self, ns: int) -> None:
        if abs(ns) > MAX_YEAR * 366 * DAY:
            raise ValueError("duration out of range")
        self.ns = ns

    def key(self) -> int:
        return self.ns

    def __str__(self) -> str:
        total, fraction = divmod(abs(self.ns), NS)
        days, hours, minutes, seconds = total // 86400, total // 3600 % 24, total // 60 % 60, total % 60
        clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        if seconds or fraction:
            clock += f"{seconds}{_fraction_text(fraction)}S"
        text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
        return f"{'-' if self.ns < 0 else ''}P{text or 'T0S'}"


class MonthDuration(Temporal):
    """A years and months duration, in months. Raises ValueError beyond the range of years."""

    __slots__ = ("months",)

    def __init__(self, months: int) -> None:
        if abs(months) > 12 * MAX_YEAR * 12:
            raise ValueError("duration out of range")
        self.months = months

    def key(self) -> int:
        return self.months

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return f"{'-' if self.months < 0 else ''}P{text or '0M'}"


def add_months(value: Date | DateTime, months: int) -> Date | DateTime:
    """The same day some months later, cut to the month's length. Raises ValueError out of range."""
    date = value if isinstance(value, Date) else value.date
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    moved = Date(year, month + 1, min(date.day, month_length(year, month + 1)))
    return moved if isinstance(value, Date) else DateTime(moved, value.ns, value.offset, value.zone)


def months_between(start: Date | DateTime, end: Date | DateTime) -> int:
    """Whole months from start to end, towards zero."""
    first, last = (x if isinstance(x, Date) else x.date for x in (start, end))
    months = (last.year - first.year) * 12 + last.month - first.month
    rest_of_start, rest_of_end = (
        (x.day, 0) if isinstance(x, Date) else (x.date.day, x.ns) for x in (start, end)
    )
    if months > 0 and rest_of_end < rest_of_start:
        months -= 1
    elif months < 0 and rest_of_end > rest_of_start:
        months += 1
    return months


def iso_week(date: Date) -> int:
    """Week number of ISO 8601: the week belongs to the year of its Thursday."""
    weekday = (date.days + 3) % 7  # Monday is 0
    year, month, day = civil_from_days(date.days - weekday + 3)
    return (days_from_civil(year, month, day) - days_from_civil(year, 1, 1)) // 7 + 1
