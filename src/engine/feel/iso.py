"""Reads temporal values from ISO 8601 texts as FEEL writes them; a text that is none gives None."""

from __future__ import annotations

import re

from laneway.engine.feel.civil import DAY, NS, zone_info
from laneway.engine.feel.temporal import Date, DateTime, DayTimeDuration, MonthDuration, Temporal, Time

_DATE_PATTERN = r"((?!-0000)-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})"
_TIME_PATTERN = (
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(Z|z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@.+)?"
)
_DATE = re.compile(_DATE_PATTERN)
_TIME = re.compile(_TIME_PATTERN)
_DATE_TIME = re.compile(_DATE_PATTERN + "T" + _TIME_PATTERN)
_JAVA_REGION = re.compile(r"(?:Z|[+-][0-9]{2}:[0-9]{2})\[([A-Za-z][^\]]*)\]$")
_DAYS_AND_TIME = re.compile(
    r"(-?)P(?=[0-9T])(?:([0-9]{1,18})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})(?:\.([0-9]*))?S)?)?"
)
_YEARS_AND_MONTHS = re.compile(r"(-?)P(?=[0-9])(?:([0-9]{1,12})Y)?(?:([0-9]{1,12})M)?")


def _zone(text: str | None) -> tuple[int | None, str | None]:
    """(offset, zone) of the zone part. Raises ValueError when there is none such."""
    if not text:
        return None, None
    if text[0] == "@":
        if zone_info(text[1:]) is None:
            raise ValueError("unknown zone")
        return None, text[1:]
    if text in "Zz":
        return 0, None
    hours, minutes, seconds = ([int(p) for p in text[1:].split(":")] + [0])[:3]
    total = hours * 3600 + minutes * 60 + seconds
    if total > 18 * 3600 or minutes > 59 or seconds > 59:
        raise ValueError("offset out of range")
    return (-total if text[0] == "-" else total), None


def _fraction(digits: str | None) -> int:
    """Nanoseconds of the digits behind the point."""
    return int(((digits or "") + "0" * 9)[:9])


def _clock(match: re.Match[str], first: int) -> int:
    """Nanoseconds of the four groups hour, minute, second, fraction. Raises ValueError for no such time."""
    hours, minutes, seconds = int(match[first]), int(match[first + 1]), int(match[first + 2])
    ns = (hours * 3600 + minutes * 60 + seconds) * NS + _fraction(match[first + 3])
    if minutes > 59 or seconds > 59 or ns > DAY:
        raise ValueError("no such time")
    return ns


def parse_date(text: str) -> Date | None:
    """The Date of an ISO text, or None."""
    match = _DATE.fullmatch(text)
    try:
        return Date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def parse_time(text: str) -> Time | None:
    """The Time of an ISO text, or None; 24:00:00 is midnight."""
    match = _TIME.fullmatch(text)
    try:
        return Time(_clock(match, 1) % DAY, *_zone(match[5])) if match else None
    except ValueError:
        return None


def parse_date_time(text: str) -> DateTime | None:
    """The DateTime of an ISO text, or None; 24:00:00 is the next midnight.

    A region may also be written as Java does, in brackets behind the offset, which it overrules.
    """
    match = _DATE_TIME.fullmatch(_JAVA_REGION.sub(r"@\1", text))
    if not match:
        return None
    try:
        date, ns = Date(int(match[1]), int(match[2]), int(match[3])), _clock(match, 4)
        if ns < DAY:
            return DateTime(date, ns, *_zone(match[8]))
        return DateTime.of_local(date.days * DAY + ns, *_zone(match[8]))
    except ValueError:
        return None


def parse_duration(text: str) -> DayTimeDuration | MonthDuration | None:
    """The duration of an ISO text, or None."""
    try:
        match = _YEARS_AND_MONTHS.fullmatch(text)
        if match:
            months = int(match[2] or 0) * 12 + int(match[3] or 0)
            return MonthDuration(-months if match[1] else months)
        match = _DAYS_AND_TIME.fullmatch(text)
        if match:
            days, hours, minutes, seconds = (int(match[i] or 0) for i in (2, 3, 4, 5))
            ns = (days * 86400 + hours * 3600 + minutes * 60 + seconds) * NS + _fraction(match[6])
            return DayTimeDuration(-ns if match[1] else ns)
    except ValueError:
        return None
    return None


def parse_any(text: str) -> Temporal | None:
    """The value of an @"..." literal, or None."""
    return parse_date(text) or parse_date_time(text) or parse_time(text) or parse_duration(text)
