"""The values of FEEL: their kinds, equality, order and text.

None, bool, str, Decimal, list and dict stand for null, boolean, string, number, list and context; the rest
are the classes of `temporal`, `Range` and `Function`. Functions that can meet an error take the meter first,
warn there and return None (the standard: "errors yield null").
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from laneway.engine.feel.meter import Meter
from laneway.engine.feel.sentences import Word
from laneway.engine.feel.temporal import (
    Date,
    DateTime,
    DayTimeDuration,
    MonthDuration,
    Temporal,
    Time,
)

if TYPE_CHECKING:
    from laneway.engine.feel.types import Type

Value: TypeAlias = Any
"""A FEEL value; its class is known at run time only."""


class Range:
    """[start..end] and its open forms; a side without limit has the value None."""

    __slots__ = ("end", "end_included", "start", "start_included")

    def __init__(self, start: Value, end: Value, start_included: bool, end_included: bool) -> None:
        self.start, self.end = start, end
        self.start_included, self.end_included = start_included, end_included

    def key(self) -> tuple[Value, Value, bool, bool]:
        """What makes two ranges the same."""
        return (self.start, self.end, self.start_included, self.end_included)


class Function:
    """A function of the text: parameters, their types, and code that takes the meter and the arguments."""

    __slots__ = ("code", "name", "params", "result", "types")

    def __init__(
        self,
        params: Sequence[str],
        code: Callable[..., Value],
        types: Sequence[Type | None] | None = None,
        name: str = "function",
        result: Type | None = None,
    ) -> None:
        self.params, self.code, self.name, self.result = params, code, name, result
        self.types = types or [None] * len(params)


_KINDS: Final[dict[type, Word]] = {
    bool: Word("boolean"),
    Decimal: Word("number"),
    str: Word("string"),
    list: Word("list"),
    dict: Word("context"),
    Date: Word("date"),
    Time: Word("time"),
    DateTime: Word("date and time"),
    DayTimeDuration: Word("days and time duration"),
    MonthDuration: Word("years and months duration"),
    Range: Word("range"),
}
_NULL: Final = Word("Null")
_FUNCTION: Final = Word("function")
DURATIONS: Final = (DayTimeDuration, MonthDuration)
ORDERED: Final = (Decimal, str, Date, Time, DateTime, DayTimeDuration, MonthDuration)


def kind(v: Value) -> Word:
    """The name of a value's type."""
    return _NULL if v is None else _KINDS.get(type(v), _FUNCTION)


def equal(m: Meter, a: Value, b: Value) -> Value:
    """FEEL `=` (10.3.2.13): a boolean, or None for different types."""
    if a is None or b is None:
        return a is b
    of_a = type(a)
    if of_a is not type(b):
        return m.warn("cannot compare %s with %s", kind(a), kind(b))
    if of_a is list:
        m.charge(len(a))
        return len(a) == len(b) and all(equal(m, x, y) is True for x, y in zip(a, b, strict=True))
    if of_a is dict:
        m.charge(len(a))
        return a.keys() == b.keys() and all(equal(m, v, b[k]) is True for k, v in a.items())
    if of_a is Range:
        return (
            (a.start_included, a.end_included) == (b.start_included, b.end_included)
            and equal(m, a.start, b.start) is True
            and equal(m, a.end, b.end) is True
        )
    if of_a is str:
        m.charge(len(a) >> 6)
    return a == b if of_a in _KINDS else m.warn("functions cannot be compared")


def order(m: Meter, a: Value, b: Value) -> int | None:
    """-1, 0 or 1, or None when the values have no common order."""
    of_a = type(a)
    if of_a is not type(b) or of_a not in ORDERED:
        if a is not None or b is not None:
            m.warn("no order between %s and %s", kind(a), kind(b))
        return None
    if of_a is not Decimal and of_a is not str:
        a, b = a.key_beside(b), b.key_beside(a)
    return -1 if a < b else 1 if a > b else 0


def less(m: Meter, a: Value, b: Value) -> bool | None:
    """FEEL `<`."""
    c = order(m, a, b)
    return None if c is None else c < 0


def less_equal(m: Meter, a: Value, b: Value) -> bool | None:
    """FEEL `<=`."""
    c = order(m, a, b)
    return None if c is None else c <= 0


def in_range(m: Meter, v: Value, r: Range) -> bool | None:
    """Whether v lies in range r; None when it cannot be compared."""
    if v is None:
        return None
    if r.start is not None:
        c = order(m, v, r.start)
        if c is None:
            return None
        if c < 0 or (c == 0 and not r.start_included):
            return False
    if r.end is not None:
        c = order(m, v, r.end)
        if c is None:
            return None
        return c < 0 or (c == 0 and r.end_included)
    return True


def make_range(m: Meter, start: Value, end: Value, start_included: bool, end_included: bool) -> Value:
    """A Range, or None when the ends do not fit; one end may be null, which means "no limit"."""
    if start is None and end is None:
        return m.warn("a range needs an end")
    if start is None or end is None:
        return Range(start, end, start_included and start is not None, end_included and end is not None)
    c = order(m, start, end)
    if c is None or c > 0:
        return m.warn("a range must go from the lower to the higher end")
    return Range(start, end, start_included, end_included)


def number_text(v: Decimal) -> str:
    """Plain decimal notation."""
    text = format(v, "f")
    return "0" if text in ("-0", "-0.0") else text


def text_of(m: Meter, v: Value, nested: bool = False) -> str:
    """The string() of a value; texts inside lists and contexts (`nested`) are quoted."""
    k = type(v)
    if k is str:
        m.text(len(v))
        return _quoted(v) if nested else str(v)
    m.charge(1)
    if v is None:
        return "null"
    if k is bool:
        return "true" if v else "false"
    if k is Decimal:
        return number_text(v)
    if k is list:
        return _joined(m, "[", [text_of(m, x, True) for x in v], "]")
    if k is dict:
        return _joined(m, "{", [f"{_key_text(key)}: {text_of(m, x, True)}" for key, x in v.items()], "}")
    if k is Range:
        return _range_text(m, v)
    return str(v) if isinstance(v, Temporal) else f"[function {v.name}]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _key_text(key: str) -> str:
    return key if key.replace(" ", "").isalnum() else _quoted(key)


def _joined(m: Meter, opening: str, parts: list[str], closing: str) -> str:
    m.text(sum(map(len, parts)))
    return opening + ", ".join(parts) + closing


def _range_text(m: Meter, r: Range) -> str:
    if r.start is None:
        return f"<{'=' * r.end_included}{text_of(m, r.end, True)}"
    if r.end is None:
        return f">{'=' * r.start_included}{text_of(m, r.start, True)}"
    opening, closing = "[" if r.start_included else "(", "]" if r.end_included else ")"
    return f"{opening}{text_of(m, r.start, True)}..{text_of(m, r.end, True)}{closing}"


def hashable(m: Meter, v: Value) -> Hashable:
    """A key with the same equality as `equal`, for distinct values and the like."""
    m.charge(3)
    if type(v) is list:
        return ("list", *[hashable(m, x) for x in v])
    if type(v) is dict:
        return ("context", frozenset((k, hashable(m, x)) for k, x in v.items()))
    if type(v) is Range:
        return ("range", *[hashable(m, x) for x in v.key()])
    return (type(v), v)
