"""When a calendar is open, to the second, also over changes of the clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

LONGEST_CLOSURE = 3660
"""Days without any opening after which a calendar counts as one that never opens."""


class NeverOpen(ValueError):
    """The calendar has no opening within ten years."""


@dataclass(frozen=True)
class Span:
    """Open from `start` up to, and without, `end`: seconds of the day by the wall clock, 0 to 86,400."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 86_400:
            raise ValueError(f"not a span of a day: {self.start} to {self.end}")


@dataclass(frozen=True)
class Calendar:
    """Hours by day of the week (Monday is 0), and single days that differ: no spans mean closed.

    Spans of a day are in order and do not touch each other's inside.
    """

    zone: str
    weekly: Mapping[int, tuple[Span, ...]]
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for spans in (*self.weekly.values(), *self.days.values()):
            if any(later.start < sooner.end for sooner, later in pairwise(spans)):
                raise ValueError("spans of a day overlap or are out of order")

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def spans(self, day: date) -> tuple[Span, ...]:
        """The hours of this day by the wall clock."""
        return self.days.get(day, self.weekly.get(day.weekday(), ()))

    def openings(self, day: date) -> list[tuple[datetime, datetime]]:
        """The hours of this day as moments (UTC); an hour that the clock skips is missing, one it repeats is double."""
        found = []
        for span in self.spans(day):
            opens = moment(day, span.start, self.tz)
            closes = moment(day, span.end, self.tz, later=True)
            if opens < closes:
                found.append((opens, closes))
        return found


def moment(day: date, seconds: int, tz: ZoneInfo, *, later: bool = False) -> datetime:
    """The moment (UTC) at which the wall clock shows this time.

    Of two such moments it is the first, or with `later` the second. A time that the clock skips is the moment
    of the change.
    """
    midnight = datetime.combine(day, time())
    wall = (midnight + timedelta(seconds=seconds)).replace(tzinfo=tz)
    first, second = wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if first > second:
        return _change(second, first, tz)
    return second if later else first


def _change(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    offset = before.astimezone(tz).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(tz).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether people work at this moment; the moment of closing is closed."""
    day = at.astimezone(calendar.tz).date()
    return any(opens <= at < closes for opens, closes in calendar.openings(day))


def openings_from(calendar: Calendar, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is left of the opening at this moment, then every later one, without end.

    Raises `NeverOpen` after ten years without any.
    """
    day = at.astimezone(calendar.tz).date()
    closed = 0
    while closed < LONGEST_CLOSURE:
        closed += 1
        for opens, closes in calendar.openings(day):
            if closes > at:
                closed = 0
                yield max(opens, at.astimezone(UTC)), closes
        day += timedelta(days=1)
    raise NeverOpen(f"no opening within ten years of {at.isoformat()}")


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """This moment if it is open, else the next one that is (UTC). Raises `NeverOpen`."""
    return next(openings_from(calendar, at))[0]


def working_seconds(calendar: Calendar, start: datetime, end: datetime) -> float:
    """Seconds of working time from start to end; negative if the end comes first."""
    if end < start:
        return -working_seconds(calendar, end, start)
    day, last = start.astimezone(calendar.tz).date(), end.astimezone(calendar.tz).date()
    total = timedelta()
    while day <= last:
        for opens, closes in calendar.openings(day):
            total += max(min(closes, end) - max(opens, start), timedelta())
        day += timedelta(days=1)
    return total.total_seconds()
