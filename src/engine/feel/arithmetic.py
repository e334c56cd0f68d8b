"""Arithmetic of FEEL on numbers, texts, times and durations (DMN 1.5, 10.3.2.3.3 and table 45)."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeAlias

from laneway.engine.feel.civil import DAY
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.temporal import (
    Date,
    DateTime,
    DayTimeDuration,
    MonthDuration,
    Time,
    add_months,
)
from laneway.engine.feel.values import DURATIONS, Value, kind

Operator: TypeAlias = Callable[[Meter, Value, Value], Value]

# 34 digits, as decimal128; what goes beyond its exponents is an error and not an infinity.
CONTEXT: Final = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
_MOMENTS: Final = (Date, DateTime, Time)


def number(v: Decimal) -> Decimal:
    """Rounded to 34 digits."""
    return CONTEXT.plus(v)


def whole(v: Decimal) -> int | None:
    """The int of a number without fraction, else None."""
    if v.adjusted() > 20:
        return None
    n = int(v)
    return n if n == v else None


def _scaled(v: Value, factor: Decimal) -> Value:
    """A duration times a number; months are cut towards zero, nanoseconds rounded half even."""
    if isinstance(v, MonthDuration):
        return MonthDuration(int(CONTEXT.multiply(Decimal(v.months), factor)))
    return DayTimeDuration(
        int(CONTEXT.multiply(Decimal(v.ns), factor).to_integral_value(decimal.ROUND_HALF_EVEN))
    )


def _moment(v: Value) -> tuple[bool, int]:
    """(zoned, instant); a date is midnight UTC (10.3.2.3.6)."""
    if isinstance(v, Date):
        return True, v.days * DAY
    key: tuple[bool, int] = v.key()
    return key


def _shift(v: Value, d: Value, sign: int) -> Value:
    """A date, date and time or time moved by a duration."""
    if isinstance(d, MonthDuration):
        return None if isinstance(v, Time) else add_months(v, sign * d.months)
    ns = sign * d.ns
    if isinstance(v, Time):
        return Time((v.ns + ns) % DAY, v.offset, v.zone)
    if isinstance(v, Date):
        return Date.of_days((v.days * DAY + ns) // DAY)
    return v.plus(ns)


def _add(m: Meter, a: Value, b: Value) -> Value:
    of_a, of_b = type(a), type(b)
    if of_a is Decimal and of_b is Decimal:
        return CONTEXT.add(a, b)
    if of_a is str and of_b is str:
        m.text(len(a) + len(b))
        return a + b
    if of_a is of_b and of_a in DURATIONS:
        return of_a(a.key() + b.key())
    if of_a in _MOMENTS and of_b in DURATIONS:
        return _shift(a, b, 1)
    if of_b in _MOMENTS and of_a in DURATIONS:
        return _shift(b, a, 1)
    return None


def _subtract(m: Meter, a: Value, b: Value) -> Value:
    of_a, of_b = type(a), type(b)
    if of_a is Decimal and of_b is Decimal:
        return CONTEXT.subtract(a, b)
    if of_a is of_b and of_a in DURATIONS:
        return of_a(a.key() - b.key())
    if of_a in _MOMENTS and of_b in DURATIONS:
        return _shift(a, b, -1)
    if of_a in _MOMENTS and of_b in _MOMENTS and (of_a is Time) is (of_b is Time):
        (zoned_a, at_a), (zoned_b, at_b) = _moment(a), _moment(b)
        if zoned_a == zoned_b:
            return DayTimeDuration(at_a - at_b)
    return None


def _multiply(m: Meter, a: Value, b: Value) -> Value:
    of_a, of_b = type(a), type(b)
    if of_a is Decimal and of_b is Decimal:
        return CONTEXT.multiply(a, b)
    if of_a is Decimal and of_b in DURATIONS:
        return _scaled(b, a)
    return _scaled(a, b) if of_a in DURATIONS and of_b is Decimal else None


def _divide(m: Meter, a: Value, b: Value) -> Value:
    of_a, of_b = type(a), type(b)
    if of_b is Decimal:
        if not b:
            return None
        if of_a is Decimal:
            return CONTEXT.divide(a, b)
        if of_a is MonthDuration:
            return MonthDuration(int(CONTEXT.divide(Decimal(a.months), b)))
        if of_a is DayTimeDuration:
            return DayTimeDuration(int(CONTEXT.divide(Decimal(a.ns), b).to_integral_value()))
    elif of_a is of_b and of_a in DURATIONS and b.key():
        return CONTEXT.divide(Decimal(a.key()), Decimal(b.key()))
    return None


def _power(m: Meter, a: Value, b: Value) -> Value:
    if type(a) is not Decimal or type(b) is not Decimal:
        return None
    v = CONTEXT.power(a, b) if b else Decimal(1)  # 0 ** 0 is 1 (IEEE 754-2008, 9.2.1)
    return v if v.is_finite() else None  # 0 ** -1 is infinite without being trapped


def _guarded(symbol: str, code: Operator) -> Operator:
    """The operator with its errors turned into a warning and null."""

    def operate(m: Meter, a: Value, b: Value) -> Value:
        if a is not None and b is not None:
            try:
                v = code(m, a, b)
            except (ArithmeticError, ValueError):
                v = None
            if v is not None:
                return v
        return m.warn("%s %s %s has no value", kind(a), symbol, kind(b))

    return operate


ARITHMETIC: Final[dict[str, Operator]] = {
    "+": _guarded("+", _add),
    "-": _guarded("-", _subtract),
    "*": _guarded("*", _multiply),
    "/": _guarded("/", _divide),
    "**": _guarded("**", _power),
}


PLAIN_ARITHMETIC: Final[dict[str, Callable[[Decimal, Decimal], Decimal]]] = {
    "+": CONTEXT.add,
    "-": CONTEXT.subtract,
    "*": CONTEXT.multiply,
    "/": CONTEXT.divide,
}
"""Operators that two numbers need nothing else for; they raise ArithmeticError where there is no value."""


def negate(m: Meter, v: Value) -> Value:
    """Unary minus."""
    if type(v) is Decimal:
        return CONTEXT.minus(v)
    if type(v) in DURATIONS:
        return type(v)(-v.key())
    return m.warn("- %s has no value", kind(v))
