"""The calendars that are delivered, read from the files beside this one: data with source, owner and review date."""

import tomllib
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from laneway.engine.calendars.hours import Calendar, Span


@cache
def china() -> Calendar:
    """Mainland China with holidays and make-up working days, as far as the State Council has announced them."""
    return read("cn.toml")


def read(name: str) -> Calendar:
    """The calendar of one of the files beside this one."""
    with Path(__file__).with_name(name).open("rb") as file:
        return calendar(tomllib.load(file))


def calendar(written: dict[str, Any]) -> Calendar:
    """The calendar that such a file tells of; raises `ValueError` for times and dates that cannot be read."""
    hours = tuple(Span(_seconds(opens), _seconds(closes)) for opens, closes in written["hours"]["open"])
    days: dict[date, tuple[Span, ...]] = {}
    for year in written["years"]:
        for first, last in year["closed"]:
            day = date.fromisoformat(first)
            while day <= date.fromisoformat(last):
                days[day] = ()
                day += timedelta(days=1)
        days |= dict.fromkeys(map(date.fromisoformat, year.get("working", ())), hours)
    return Calendar(written["zone"], dict.fromkeys(written["hours"]["weekdays"], hours), days)


def _seconds(written: str) -> int:
    at = time.fromisoformat(written)
    return (at.hour * 60 + at.minute) * 60
