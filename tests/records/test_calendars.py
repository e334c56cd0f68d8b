"""The calendars that are delivered."""

from datetime import date, datetime, timedelta

import pytest

from laneway.engine.calendars.durations import add
from laneway.records.calendars.shipped import china


@pytest.mark.parametrize(("year", "working_days"), [(2025, 248), (2026, 248)])
def test_china_works_as_many_days_as_its_law_gives(year: int, working_days: int) -> None:
    """Weekdays and weekends of a year less its public holidays, eleven until 2024 and thirteen since 2025."""
    days = [date(year, 1, 1) + timedelta(days=day) for day in range(365)]
    assert sum(bool(china().spans(day)) for day in days) == working_days


def test_a_reply_over_the_national_holiday_counts_the_make_up_saturday() -> None:
    received = datetime(2026, 9, 30, 16, 30, tzinfo=china().tz)
    assert add(china(), received, "5 wd") == datetime(2026, 10, 13, 16, 30, tzinfo=china().tz)
