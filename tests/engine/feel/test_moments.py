"""Timers and due dates are computed from ISO texts and FEEL values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from laneway.engine.feel import FeelError, add_duration, as_datetime, compile_expression

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
PARIS = ZoneInfo("Europe/Paris")


def feel(text: str) -> Any:
    return compile_expression(text).evaluate({}).value


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-02-01T10:00:00Z", "2026-02-01T10:00:00"),
        ("2026-02-01T10:00:00.5Z", "2026-02-01T10:00:00.500000"),
        ("2026-02-01T10:00Z", "2026-02-01T10:00:00"),
        ("2026-02-01T10:00:00+08:00", "2026-02-01T02:00:00"),
        ("2026-02-01T10:00:00+0800", "2026-02-01T02:00:00"),
        ("2026-02-01T10:00:00+08", "2026-02-01T02:00:00"),
        ("2026-07-01T10:00:00+02:00[Europe/Paris]", "2026-07-01T08:00:00"),
        ("2026-07-01T10:00:00@Europe/Paris", "2026-07-01T08:00:00"),
        ("2026-02-01T10:00:00", "2026-02-01T02:00:00"),
        (" 2026-02-01 ", "2026-01-31T16:00:00"),
        ("08:30:00", "2026-01-31T00:30:00"),
        (feel('@"2026-02-01"'), "2026-01-31T16:00:00"),
        (feel('@"2026-02-01T10:00:00Z" + @"PT1H"'), "2026-02-01T11:00:00"),
        (datetime(2026, 2, 1, 10), "2026-02-01T02:00:00"),
    ],
)
def test_a_point_in_time_is_read_in_the_given_zone(given: Any, utc: str) -> None:
    got = as_datetime(given, now=NOW, zone="Asia/Shanghai")

    assert got is not None
    assert got.astimezone(UTC) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "given", [None, 5, True, "", "soon", "2026-02-30", "P1D", [], feel('@"12000-01-01"')]
)
def test_nonsense_is_no_point_in_time(given: Any) -> None:
    assert as_datetime(given, now=NOW) is None


def test_an_unknown_zone_is_told() -> None:
    with pytest.raises(FeelError, match="unknown time zone"):
        as_datetime("2026-01-01", now=NOW, zone="Mars/Base")


@pytest.mark.parametrize(
    ("duration", "iso"),
    [
        ("PT0S", "2026-01-31T12:00:00"),
        ("PT1.5S", "2026-01-31T12:00:01.500000"),
        ("P1DT2H", "2026-02-01T14:00:00"),
        ("P1W", "2026-02-07T12:00:00"),
        ("P1M", "2026-02-28T12:00:00"),
        ("P1Y1M1DT1H", "2027-03-01T13:00:00"),
        ("-P1M", "2025-12-31T12:00:00"),
        (" PT5M ", "2026-01-31T12:05:00"),
        (feel('@"P1M"'), "2026-02-28T12:00:00"),
        (feel('@"-PT90M"'), "2026-01-31T10:30:00"),
        (timedelta(days=1), "2026-02-01T12:00:00"),
    ],
)
def test_a_duration_moves_a_point_in_time(duration: Any, iso: str) -> None:
    assert add_duration(NOW, duration) == datetime.fromisoformat(iso).replace(tzinfo=UTC)


def test_months_move_the_wall_clock_and_hours_the_time_line() -> None:
    before_summer_time = datetime(2026, 3, 28, 12, 0, tzinfo=PARIS)

    assert add_duration(before_summer_time, "P1M").isoformat() == "2026-04-28T12:00:00+02:00"
    assert add_duration(before_summer_time, "PT24H").isoformat() == "2026-03-29T13:00:00+02:00"


@pytest.mark.parametrize(
    "duration", [None, 5, "", "P", "PT", "1D", "P1DT", "P1H", "2026-01-01", "P99999Y", []]
)
def test_nonsense_is_no_duration(duration: Any) -> None:
    with pytest.raises(FeelError) as caught:
        add_duration(NOW, duration)

    assert caught.value.text.zh != caught.value.text.en
