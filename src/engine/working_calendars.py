"""Calendars as they are kept: the organisation's own, customers', and those that clocks name by their code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.calendars.hours import Calendar, Span
from laneway.engine.calendars.targets import ROUND_THE_CLOCK, round_the_clock
from laneway.engine.tables import calendar, calendar_day, calendar_hours, case_file
from laneway.engine.tables.department.parties import party

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_OFFICE_HOURS = (Span(30_600, 63_000),)
_MOST_DAYS = 400
"""Of one line of a calendar."""


def own(session: Session) -> Calendar:
    """The organisation's own calendar, else Monday to Friday in the department's zone."""
    return Calendars(session).of("")


class Calendars:
    """The calendars that one transaction works with, each read once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._read: dict[str, Calendar | None] = {}
        self._default: str | None = None

    def find(self, code: str) -> Calendar | None:
        """The calendar with this code; None if there is none."""
        if code not in self._read:
            self._read[code] = round_the_clock() if code == ROUND_THE_CLOCK else self._stored(code)
        return self._read[code]

    def organisation(self) -> str:
        """Code of the organisation's own calendar; empty where none is marked so."""
        if self._default is None:
            own = self._session.scalar(select(calendar.c.code).where(calendar.c.is_default).limit(1))
            self._default = str(own or "")
        return self._default

    def of(self, code: str) -> Calendar:
        """The calendar with this code, else the organisation's, else Monday to Friday in the department's zone."""
        found = self.find(code) if code else None
        if found is None and (own := self.organisation()):
            found = self.find(own)
        return found if found is not None else office_hours()

    def of_party(self, code: str | None) -> str:
        """Code of the calendar of the customer with this code, else the organisation's."""
        if code:
            own = self._session.scalar(select(party.c.calendar).where(party.c.code == code))
            if own and self.find(str(own)) is not None:
                return str(own)
        return self.organisation()

    def of_case(self, root_key: int) -> str:
        """Code of the calendar of a case's customer, else the organisation's."""
        named = select(case_file.c.party_code).where(case_file.c.instance_key == root_key)
        return self.of_party(self._session.scalar(named))

    def _stored(self, code: str) -> Calendar | None:
        row = self._session.execute(select(calendar).where(calendar.c.code == code)).one_or_none()
        if row is None:
            return None
        hours = select(calendar_hours).where(calendar_hours.c.calendar_key == row.key)
        days = select(calendar_day).where(calendar_day.c.calendar_key == row.key)
        return built(
            row.zone,
            self._session.execute(hours.order_by(calendar_hours.c.position)).all(),
            self._session.execute(days.order_by(calendar_day.c.position)).all(),
        )


def office_hours() -> Calendar:
    """Monday to Friday, 8:30 to 17:30, where the department is: what holds as long as no calendar is kept."""
    zone = getattr(clock.here().tzinfo, "key", "UTC")
    return Calendar(zone, dict.fromkeys(range(5), _OFFICE_HOURS))


def built(zone: str, hours: Sequence[Any], days: Sequence[Any]) -> Calendar:
    """A calendar of its rows, or of values like them. Raises ValueError for what makes none."""
    weekly: dict[int, list[Span]] = {}
    for row in hours:
        weekly.setdefault(WEEKDAYS.index(row.weekday), []).append(
            Span(seconds(row.opens), seconds(row.closes))
        )
    ordered = {day: tuple(sorted(spans, key=lambda span: span.start)) for day, spans in weekly.items()}
    usual = next((ordered[day] for day in range(7) if day in ordered), ())
    single: dict[date, list[Span]] = {}
    whole: dict[date, tuple[Span, ...]] = {}
    for row in days:
        for day in _days(row.first_on, row.last_on or row.first_on):
            if row.is_open and row.opens:
                single.setdefault(day, []).append(Span(seconds(row.opens), seconds(row.closes)))
            else:
                whole[day] = usual if row.is_open else ()
    for day, spans in single.items():
        whole[day] = tuple(sorted(spans, key=lambda span: span.start))
    return Calendar(zone, ordered, whole)


def seconds(text: str) -> int:
    """Seconds of the day that a text such as 08:30 or 24:00 tells. Raises ValueError."""
    hours, _, minutes = text.partition(":")
    if not (len(text) == 5 and hours.isdecimal() and minutes.isdecimal()) or int(minutes) > 59:
        raise ValueError("not_a_time")
    found = int(hours) * 3600 + int(minutes) * 60
    if found > 86_400:
        raise ValueError("not_a_time")
    return found


def _days(first: date, last: date) -> list[date]:
    number = (last - first).days + 1
    if not 1 <= number <= _MOST_DAYS:
        raise ValueError("not_a_stretch_of_days")
    return [first + timedelta(days=day) for day in range(number)]
