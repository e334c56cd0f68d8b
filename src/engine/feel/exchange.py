"""FEEL values from and to the values of JSON, which is what variables are stored as."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from laneway.engine.feel.civil import NS
from laneway.engine.feel.errors import FeelLimit
from laneway.engine.feel.iso import parse_date, parse_date_time
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import Builtin
from laneway.engine.feel.temporal import DayTimeDuration, Temporal
from laneway.engine.feel.values import Function, Range, Value

MAX_EXPONENT: Final = 300
"""Larger numbers become null: JSON readers could not hold them."""

MAX_WHOLE: Final = 2**63 - 1
"""Larger whole numbers become floats: JSON writers keep no more than 64 bits exactly."""

_DIGITS_OF_WHOLE: Final = 19

MAX_NESTING: Final = 200
"""Deeper lists and contexts are refused: JSON readers stop near there."""


def to_feel(v: Any, m: Meter | None = None) -> Value:
    """A JSON or Python value as a FEEL value; floats go through their shortest text.

    What has no FEEL value (infinity, foreign objects) becomes null, with a warning if there is a meter.
    Raises RecursionError for a value that is nested beyond Python's stack.
    """
    k = type(v)
    if v is None or k is str or k is bool:
        return v
    if k is int:
        return Decimal(v)
    if k is dict:
        return {str(key): to_feel(x, m) for key, x in v.items()}
    if k is list or isinstance(v, tuple | set | frozenset):
        return [to_feel(x, m) for x in v]
    if isinstance(v, float | Decimal):
        n = Decimal(repr(v)) if isinstance(v, float) else v
        return n if n.is_finite() else _none(m, v)
    if isinstance(v, Temporal | Range | Function | Builtin):
        return v
    return _from_python(v, m)


def _from_python(v: Any, m: Meter | None) -> Value:
    """Values that are not JSON but that Python code may well put among the variables."""
    if isinstance(v, str):
        return str(v)
    if isinstance(v, int):
        return Decimal(v)
    if isinstance(v, Mapping):
        return {str(key): to_feel(x, m) for key, x in v.items()}
    if isinstance(v, list):
        return [to_feel(x, m) for x in v]
    if isinstance(v, datetime.datetime):
        return parse_date_time(v.isoformat())
    if isinstance(v, datetime.date):
        return parse_date(v.isoformat())
    if isinstance(v, datetime.timedelta):
        return DayTimeDuration((v.days * 86400 + v.seconds) * NS + v.microseconds * 1000)
    return _none(m, v)


def _none(m: Meter | None, v: Any) -> None:
    if m is not None:
        m.warn("a variable of type %s has no FEEL value", type(v).__name__)


def from_feel(v: Value, m: Meter | None = None) -> Any:
    """A FEEL value as a JSON value: numbers as int or float, temporal values as ISO text, functions as null.

    Metered, because shared parts (`[partial[-1], partial[-1]]`) explode when they are written out.
    Raises `FeelLimit` for a result that is too large or nested too deeply.
    """
    return _out(v, m or Meter(), MAX_NESTING)


def _out(v: Value, m: Meter, levels: int) -> Any:
    m.charge(4)
    k = type(v)
    if v is None or k is bool or k is str:
        return v
    if k is Decimal:
        digits = v.adjusted()
        if digits > MAX_EXPONENT:
            return m.warn("a number is too large for a variable")
        n = int(v) if digits < _DIGITS_OF_WHOLE else MAX_WHOLE + 1
        return n if n == v and n <= MAX_WHOLE and n >= -MAX_WHOLE else float(v)
    if levels == 0:
        raise FeelLimit("the result is nested too deeply", "结果嵌套过深")
    if k is list:
        return [_out(x, m, levels - 1) for x in v]
    if k is dict:
        return {key: _out(x, m, levels - 1) for key, x in v.items()}
    return str(v) if isinstance(v, Temporal) else m.warn("a range or function cannot be a variable")
