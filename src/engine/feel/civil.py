"""The proleptic Gregorian calendar for years of any size, and the offsets of time zones.

Python's datetime ends at the year 9999; FEEL's years go to 999,999,999 (DMN 1.5, 10.3.2.3).
"""

from __future__ import annotations

import datetime
import functools
import re
import zoneinfo
from typing import Final

NS: Final = 1_000_000_000
DAY: Final = 86400 * NS
_MAX_ZONE_NAME = 64
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]*")


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01, counted in eras of 400 years that begin in March."""
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day: the inverse of `days_from_civil`."""
    days += 719468
    era = days // 146097
    day_of_era = days - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    from_march = (5 * day_of_year + 2) // 153
    month = from_march + 3 if from_march < 10 else from_march - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * from_march + 2) // 5 + 1


def month_length(year: int, month: int) -> int:
    """Days in a month."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def zone_info(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone of an IANA name, or None; the name never becomes a file path."""
    return _zone_info(name) if len(name) <= _MAX_ZONE_NAME else None  # the cache keeps no long texts


@functools.lru_cache(maxsize=1024)
def _zone_info(name: str) -> zoneinfo.ZoneInfo | None:
    if not _ZONE_NAME.fullmatch(name):
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_offset(name: str, days: int, ns: int) -> int:
    """Offset in seconds of a zone at a local day (since 1970-01-01) and time of day in nanoseconds."""
    year, month, day = civil_from_days(days)
    if not 2 <= year <= 9998:  # zones have no rules that far away: the same year of another era serves
        year = 2000 + year % 400 if year > 9998 else 2
        day = min(day, month_length(year, month))
    s = ns // NS
    local = datetime.datetime(year, month, day, s // 3600, s // 60 % 60, s % 60, tzinfo=zone_info(name))
    offset = local.utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0
