"""Working time, counted by hand and minute by minute."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laneway.engine.calendars.durations import add, add_working_time
from laneway.engine.calendars.hours import Calendar, NeverOpen, Span, is_open, next_opening, working_seconds
from laneway.records.calendars.shipped import china, read

DAY = (Span(30_600, 63_000),)
HOLIDAY: dict[date, tuple[Span, ...]] = {date(2026, 10, day): () for day in range(1, 8)}
LUNCH = (Span(32_400, 43_200), Span(46_800, 64_800))
ALWAYS = dict.fromkeys(range(7), (Span(0, 86_400),))
CALENDARS = {
    "CN": china(),
    "EU": read("eu.toml"),
    "US": read("us.toml"),
    "CN-TEST": Calendar("Asia/Shanghai", dict.fromkeys(range(5), DAY), HOLIDAY),
    "CN-MAKEUP": Calendar(
        "Asia/Shanghai", dict.fromkeys(range(5), DAY), {**HOLIDAY, date(2026, 10, 10): DAY}
    ),
    "LUNCH": Calendar(
        "Europe/Berlin", {**dict.fromkeys(range(4), LUNCH), 4: (Span(32_400, 43_200), Span(46_800, 54_000))}
    ),
    "BERLIN-24": Calendar("Europe/Berlin", ALWAYS),
    "HOUSTON-24": Calendar("America/Chicago", ALWAYS),
    "NIGHTS": Calendar("Europe/Berlin", dict.fromkeys(range(7), (Span(0, 9_000), Span(79_200, 86_400)))),
}
TABLE = Path(__file__).with_name("calendar_cases.csv").read_text(encoding="utf-8")
CASES = list(csv.DictReader(TABLE.splitlines()))


@pytest.mark.parametrize("case", CASES, ids=[case["reason"] for case in CASES])
def test_the_golden_table_holds(case: dict[str, str]) -> None:
    calendar = CALENDARS[case["calendar"]]
    start = datetime.fromisoformat(case["from"]).replace(tzinfo=calendar.tz)
    due = add(calendar, start, case["count"]).astimezone(calendar.tz)
    assert due.strftime("%Y-%m-%dT%H:%M") == case["expected"]


def test_the_golden_table_has_enough_of_everything() -> None:
    assert len(CASES) >= 100
    assert {case["calendar"] for case in CASES} == set(CALENDARS)


MOMENTS = st.integers(0, 60 * 24 * 40).map(
    lambda minutes: datetime(2026, 9, 25, tzinfo=UTC) + timedelta(minutes=minutes)
)


def open_by_the_wall(calendar: Calendar, at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(calendar.zone))
    seconds = (local.hour * 60 + local.minute) * 60 + local.second
    return any(span.start <= seconds < span.end for span in calendar.spans(local.date()))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CALENDARS)), MOMENTS, st.integers(0, 60 * 24 * 6))
def test_working_time_is_what_counting_minute_by_minute_gives(
    name: str, start: datetime, minutes: int
) -> None:
    calendar = CALENDARS[name]
    counted = sum(open_by_the_wall(calendar, start + timedelta(minutes=minute)) for minute in range(minutes))
    assert working_seconds(calendar, start, start + timedelta(minutes=minutes)) == counted * 60


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(CALENDARS)), MOMENTS, st.integers(1, 100 * 3_600))
def test_what_is_added_is_what_lies_between(name: str, start: datetime, seconds: int) -> None:
    calendar = CALENDARS[name]
    due = add_working_time(calendar, start, timedelta(seconds=seconds))
    assert working_seconds(calendar, start, due) == seconds
    assert is_open(calendar, next_opening(calendar, start))


@pytest.mark.parametrize("written", ["", "8", "8 hours", "-1 wd", "1.5 wd", "0.5 d", "8  bh"])
def test_what_is_no_duration_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        add(CALENDARS["CN-TEST"], datetime(2026, 9, 30, tzinfo=UTC), written)


def test_a_calendar_that_never_opens_says_so() -> None:
    with pytest.raises(NeverOpen):
        next_opening(Calendar("UTC", {}), datetime(2026, 9, 30, tzinfo=UTC))


def test_spans_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        Calendar("UTC", {0: (Span(0, 100), Span(50, 200))})
