"""Built-ins on dates and the clock (DMN 1.5, 10.3.4.8)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from laneway.engine.feel.civil import days_from_civil, month_length
from laneway.engine.feel.iso import parse_date, parse_date_time
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import builtin
from laneway.engine.feel.temporal import Date, DateTime, iso_week
from laneway.engine.feel.values import Value

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _define(name: str, code: Callable[[Date], Value]) -> None:
    """Register a function of a date; of a date and time the date counts."""

    @builtin(name, "date:dD")
    def run(m: Meter, v: Date | DateTime) -> Value:
        return code(v.date if isinstance(v, DateTime) else v)


_define("day of year", lambda d: Decimal(d.days - days_from_civil(d.year, 1, 1) + 1))
_define("day of week", lambda d: _DAYS[(d.days + 3) % 7])
_define("month of year", lambda d: _MONTHS[d.month - 1])
_define("week of year", lambda d: Decimal(iso_week(d)))
_define("last day of month", lambda d: Date(d.year, d.month, month_length(d.year, d.month)))


@builtin("now")
def now(m: Meter) -> Value:
    """The meter's time as date and time, in the zone that its clock tells."""
    return parse_date_time(m.clock().isoformat())


@builtin("today")
def today(m: Meter) -> Value:
    """The meter's date, in the zone that its clock tells."""
    return parse_date(m.clock().date().isoformat())
