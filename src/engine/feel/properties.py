"""What may follow a dot: entries of contexts, properties of times and ranges (DMN 1.5, table 65)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias

from laneway.engine.feel.civil import NS
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.temporal import Date, DateTime, DayTimeDuration, MonthDuration, Time
from laneway.engine.feel.values import Range, Value, kind

_Read: TypeAlias = Callable[[Any], Value]

WORDY: Final = ("time offset", "start included", "end included")
"""Property names with a blank, which the parser must know."""


def _offset(v: Time | DateTime) -> Value:
    offset = v.utc_offset()
    return None if offset is None else DayTimeDuration(offset * NS)


def _clock_second(v: Time | DateTime) -> Value:
    return Decimal(v.ns % (60 * NS)) / NS if v.ns % NS else v.ns // NS % 60


def _of_date(read: _Read) -> _Read:
    return lambda v: read(v.date)


def _part(seconds: int, limit: int) -> _Read:
    """A component of a days and time duration, with the duration's sign."""

    def read(v: DayTimeDuration) -> int:
        n = abs(v.ns) // (seconds * NS)
        return (n % limit if limit else n) * (-1 if v.ns < 0 else 1)

    return read


def _seconds(v: DayTimeDuration) -> Decimal:
    return Decimal(abs(v.ns) % (60 * NS)) / NS * (-1 if v.ns < 0 else 1)


def _years(v: MonthDuration) -> int:
    return abs(v.months) // 12 * (-1 if v.months < 0 else 1)


_DATE: Final[dict[str, _Read]] = {
    "year": lambda d: d.year,
    "month": lambda d: d.month,
    "day": lambda d: d.day,
    "weekday": lambda d: (d.days + 3) % 7 + 1,
}
_CLOCK: Final[dict[str, _Read]] = {
    "hour": lambda v: v.ns // (3600 * NS),
    "minute": lambda v: v.ns // (60 * NS) % 60,
    "second": _clock_second,
    "time offset": _offset,
    "timezone": lambda v: v.zone,
}
_PROPERTIES: Final[dict[type, dict[str, _Read]]] = {
    Date: _DATE,
    Time: _CLOCK,
    DateTime: {**{name: _of_date(read) for name, read in _DATE.items()}, **_CLOCK},
    DayTimeDuration: {
        "days": _part(86400, 0),
        "hours": _part(3600, 24),
        "minutes": _part(60, 60),
        "seconds": _seconds,
    },
    MonthDuration: {"years": _years, "months": lambda v: v.months - 12 * _years(v)},
    Range: {
        "start": lambda r: r.start,
        "end": lambda r: r.end,
        "start included": lambda r: r.start_included,
        "end included": lambda r: r.end_included,
    },
}


def member(m: Meter, v: Value, name: str) -> Value:
    """v.name: a context entry, a property, or for a list the list of its items' members."""
    k = type(v)
    if k is dict:
        return v[name] if name in v else m.warn("no entry %r", name)
    if k is list:
        m.list(len(v))
        return [member(m, x, name) for x in v]
    if v is None:
        return m.warn("null has no %r", name)
    read = _PROPERTIES.get(k, {}).get(name)
    if read is None:
        return m.warn("%s has no %r", kind(v), name)
    out = read(v)
    return Decimal(out) if type(out) is int else out
