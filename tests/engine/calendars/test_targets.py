"""When a clock is warned of, due and escalated, with the time that it stood still."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laneway.engine.calendars.hours import Calendar, Span, working_seconds
from laneway.engine.calendars.targets import Pause, is_target, round_the_clock, schedule

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = (Span(30_600, 63_000),)
WORK = Calendar(
    "Asia/Shanghai", dict.fromkeys(range(5), DAY), {date(2026, 10, day): () for day in range(1, 8)}
)


def at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


def test_three_quarters_and_half_as_much_again_are_counted_in_working_time() -> None:
    found = schedule(WORK, at(9, 30, 16, 30), "8 bh")
    assert found.due_at == at(10, 8, 15, 30)
    assert found.warn_at == at(10, 8, 13, 30)
    assert found.escalate_at == at(10, 9, 10, 30)


def test_clock_hours_are_counted_by_the_wall_clock_whatever_the_calendar() -> None:
    found = schedule(WORK, at(10, 3, 0, 0), "48 h")
    assert (found.warn_at, found.due_at, found.escalate_at) == (at(10, 4, 12), at(10, 5), at(10, 6))


def test_round_the_clock_counts_working_days_as_days() -> None:
    assert schedule(round_the_clock(), at(10, 3, 3, 10), "10 wd").due_at == at(10, 13, 3, 10)


def test_working_time_of_a_pause_is_added_and_the_rest_of_it_is_not() -> None:
    pause = Pause(at(9, 28, 15, 30), at(9, 29, 9, 30))  # two hours of one day and one of the next
    found = schedule(WORK, at(9, 28, 8, 30), "9 bh", [pause])
    assert found.due_at == at(9, 29, 11, 30)


def test_a_pause_puts_off_only_what_lies_behind_its_beginning() -> None:
    pause = Pause(at(9, 28, 16, 0), at(9, 28, 17, 0))
    found = schedule(WORK, at(9, 28, 8, 30), "8 bh", [pause])
    assert (found.warn_at, found.due_at) == (at(9, 28, 14, 30), at(9, 28, 17, 30))


def test_a_pause_over_a_closed_stretch_costs_nothing() -> None:
    pause = Pause(at(10, 1), at(10, 7))
    assert schedule(WORK, at(9, 30, 16, 30), "8 bh", [pause]).due_at == at(10, 8, 15, 30)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0 h",
        "0 wd",
        "-1 h",
        "1.5 wd",
        "1 w",
        "8bh ",
        "8  bh",
        "99999 wd",
        "1e3 h",
        "٣ h x",
        None,
        8,
        ["8 bh"],
    ],
)
def test_what_is_no_target_is_none(text: object) -> None:
    assert not is_target(text)


@pytest.mark.parametrize("text", ["8 bh", "1.5 bh", "5 wd", "24 h", "0.5 h", "2 d", "8bh"])
def test_what_is_a_target_is_one(text: str) -> None:
    assert is_target(text)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 60 * 24 * 20),
    st.sampled_from(["8 bh", "3 wd", "30 h", "2 d"]),
    st.lists(st.integers(1, 60 * 30), max_size=6),
)
def test_time_used_without_pauses_is_the_target_when_it_is_due(
    minutes: int, target: str, lengths: list[int]
) -> None:
    start = at(9, 25) + timedelta(minutes=minutes)
    pauses, moment = [], start
    for length in lengths:
        pauses.append(Pause(moment + timedelta(minutes=length), moment + timedelta(minutes=2 * length)))
        moment = pauses[-1].end
    counted = WORK if target.endswith(("bh", "wd")) else round_the_clock()
    plain, found = schedule(WORK, start, target), schedule(WORK, start, target, pauses)
    assert found.warn_at <= found.due_at <= found.escalate_at
    whole = working_seconds(counted, start, plain.due_at)

    def used(until: datetime) -> float:
        past = [pause for pause in pauses if pause.start < until]
        stood = sum(working_seconds(counted, pause.start, min(pause.end, until)) for pause in past)
        return working_seconds(counted, start, until) - stood

    assert used(found.due_at) == whole
    assert abs(used(found.warn_at) - 0.75 * whole) < 1
    assert abs(used(found.escalate_at) - 1.5 * whole) < 1
