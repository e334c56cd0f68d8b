"""Built-ins on numbers (DMN 1.5, 10.3.4.5)."""

from __future__ import annotations

import decimal
import random
from decimal import Decimal

from laneway.engine.feel.arithmetic import CONTEXT
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import builtin
from laneway.engine.feel.values import Value


def _define_rounding(name: str, mode: str, scale_is_optional: bool = False) -> None:
    def code(m: Meter, n: Decimal, digits: Decimal) -> Value:
        scale = int(digits)
        if not -6111 <= scale <= 6176:
            return m.warn("%s: scale out of range", name)
        if int(n.as_tuple().exponent) >= -scale:
            return n
        if n.adjusted() < -scale - 1:  # quantize cannot: the number is far below the last digit kept
            return CONTEXT.scaleb(Decimal(1).copy_sign(n), -scale) if _goes_up(n, mode) else Decimal(0)
        return n.quantize(Decimal((0, (1,), -scale)), mode, CONTEXT)

    builtin(name, "n:n, scale:n")(code)
    if scale_is_optional:
        builtin(name, "n:n")(lambda m, n: code(m, n, Decimal(0)))


def _goes_up(n: Decimal, mode: str) -> bool:
    """Whether a number next to zero is rounded away from it."""
    if mode == decimal.ROUND_UP:
        return n != 0
    return (mode == decimal.ROUND_CEILING and n > 0) or (mode == decimal.ROUND_FLOOR and n < 0)


_define_rounding("decimal", decimal.ROUND_HALF_EVEN)
_define_rounding("round up", decimal.ROUND_UP)
_define_rounding("round down", decimal.ROUND_DOWN)
_define_rounding("round half up", decimal.ROUND_HALF_UP)
_define_rounding("round half down", decimal.ROUND_HALF_DOWN)
_define_rounding("floor", decimal.ROUND_FLOOR, scale_is_optional=True)
_define_rounding("ceiling", decimal.ROUND_CEILING, scale_is_optional=True)


@builtin("abs", "n:nu")
def absolute(m: Meter, v: Value) -> Value:
    """The size of a number or duration."""
    return CONTEXT.abs(v) if type(v) is Decimal else type(v)(abs(v.key()))


@builtin("modulo", "dividend:n, divisor:n")
def modulo(m: Meter, a: Decimal, b: Decimal) -> Decimal:
    """The remainder with the sign of the divisor."""
    rest = CONTEXT.remainder(a, b)
    return CONTEXT.add(rest, b) if rest and (rest < 0) != (b < 0) else rest


@builtin("sqrt", "number:n")
def square_root(m: Meter, n: Decimal) -> Decimal:
    """The square root; null below zero."""
    return CONTEXT.sqrt(n)


@builtin("log", "number:n")
def natural_logarithm(m: Meter, n: Decimal) -> Value:
    """The logarithm to base e."""
    return CONTEXT.ln(n) if n > 0 else m.warn("log of a number that is not positive")


@builtin("exp", "number:n")
def exponential(m: Meter, n: Decimal) -> Decimal:
    """e to the power of a number; null when that is out of range."""
    return CONTEXT.exp(n)


@builtin("odd", "number:n")
def odd(m: Meter, n: Decimal) -> bool | None:
    """Whether a whole number is odd; null for a fraction."""
    return CONTEXT.remainder(n, 2) in (1, -1) if n == n.to_integral_value() else None


@builtin("even", "number:n")
def even(m: Meter, n: Decimal) -> bool | None:
    """Whether a whole number is even; null for a fraction."""
    return not CONTEXT.remainder(n, 2) if n == n.to_integral_value() else None


# An addition of the Camunda dialect.


@builtin("random number")
def random_number(m: Meter) -> Decimal:
    """A number from 0 up to, but not including, 1; not for secrets."""
    return Decimal(repr(random.random()))
