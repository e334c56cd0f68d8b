"""The ordered kinds of FEEL as scales: a key that orders values, and values made from keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final, NamedTuple, TypeAlias

from laneway.engine.feel.civil import DAY, NS
from laneway.engine.feel.temporal import Date, DateTime, DayTimeDuration, MonthDuration, Temporal, Time
from laneway.engine.feel.values import Value, kind

Key: TypeAlias = Any
"""Decimal of a number, str of a string, int of everything temporal."""

_HOUR: Final = 3600 * NS
_MAX_OFFSET: Final = 18
_CLOCK_STEPS: Final = (DAY, _HOUR, 60 * NS, NS, 1)


class Scale(NamedTuple):
    """One ordered kind; times of day with and without a zone are two, since they have no common order.

    `steps` are distances at which a value between two others is looked for, the most natural first, the distance
    of neighbours last. `make` raises ValueError beyond the ends of the scale.
    """

    name: str
    steps: Sequence[Any]
    make: Callable[[Key], Value]
    is_discrete: bool = True


def _local_time(ns: int) -> Time:
    if not 0 <= ns < DAY:
        raise ValueError("no such time")
    return Time(ns)


def _zoned_time(ns: int) -> Time:
    """The time of day that is so many nanoseconds after midnight in UTC, told with an offset if it must be."""
    hours = 0 if 0 <= ns < DAY else -(ns // _HOUR) if ns < 0 else (DAY - ns) // _HOUR - 1
    if abs(hours) > _MAX_OFFSET:
        raise ValueError("no such time")
    return Time(ns + hours * _HOUR, hours * 3600)


def _string_after(text: str) -> list[str]:
    """Texts that come soon after a text, the readable ones first."""
    return [text + more for more in ("a", "0", " ", "\0")]


_SCALES: Final[dict[str, Scale]] = {
    "number": Scale("number", (), lambda key: key, is_discrete=False),
    "whole number": Scale("number", (), lambda key: key),
    "string": Scale("string", (), lambda key: key, is_discrete=False),
    "date": Scale("date", (1,), Date.of_days),
    "time": Scale("time", _CLOCK_STEPS, _local_time),
    "zoned time": Scale("time", _CLOCK_STEPS, _zoned_time),
    "date and time": Scale("date and time", _CLOCK_STEPS, DateTime.of_local),
    "zoned date and time": Scale("date and time", _CLOCK_STEPS, lambda key: DateTime.of_local(key, 0)),
    "days and time duration": Scale("days and time duration", _CLOCK_STEPS, DayTimeDuration),
    "years and months duration": Scale("years and months duration", (12, 1), MonthDuration),
}


def scale_name(v: Value, is_whole: bool = False) -> str | None:
    """The scale of a value, None for kinds without order; `is_whole`: numbers are whole."""
    name = kind(v)
    if name not in _SCALES:
        return None
    if name == "number" and is_whole:
        return "whole number"
    return f"zoned {name}" if isinstance(v, Time | DateTime) and v.key()[0] else name


def scale(name: str) -> Scale:
    """The scale of a name."""
    return _SCALES[name]


def key_of(v: Value) -> Key:
    """What orders a value on its scale."""
    if not isinstance(v, Temporal):
        return v
    key = v.key()
    return key[1] if type(key) is tuple else key


def sample(on: Scale, low: Key | None, high: Key | None) -> Value:
    """A value strictly between two keys (None: no limit) that reads well, or None when there is none."""
    if on.name == "number":
        return _number_between(low, high, on.is_discrete)
    if on.name == "string":
        return _string_between(low, high)
    for step in on.steps:
        try:
            if low is None:
                return on.make(high - step)
            if high is None or low + step < high:
                return on.make(low + step)
        except ValueError:
            continue
    return None


def _number_between(low: Decimal | None, high: Decimal | None, is_whole: bool) -> Decimal | None:
    """A whole number if there is one. Of numbers too large for a step of one the double is tried."""
    tried: list[Decimal] = []
    if low is not None:
        tried += [low.to_integral_value(ROUND_FLOOR) + 1, low * 2]
    if high is not None:
        tried += [high.to_integral_value(ROUND_CEILING) - 1, high * 2]
    if low is not None and high is not None and not is_whole:
        tried.append((low + high) / 2)
    fits = (v for v in tried if (low is None or low < v) and (high is None or v < high))
    return next((v for v in fits if not is_whole or v == v.to_integral_value()), None)


def _string_between(low: str | None, high: str | None) -> str | None:
    if low is None:
        return "" if high else None
    return next((text for text in _string_after(low) if high is None or text < high), None)
