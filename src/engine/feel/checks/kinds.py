"""Types that can be told without evaluating: which there are, how they join, what operators make of them.

A type says what a value is unless it is null: null belongs to every type. What cannot be told is Any.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from laneway.engine.feel.sentences import WORDS
from laneway.engine.feel.types import ANY, Type
from laneway.words import Text

NUMBER: Final = Type("number")
STRING: Final = Type("string")
BOOLEAN: Final = Type("boolean")
DATE: Final = Type("date")
TIME: Final = Type("time")
MOMENT: Final = Type("date and time")
DAYS: Final = Type("days and time duration")
MONTHS: Final = Type("years and months duration")
LIST: Final = Type("list")
CONTEXT: Final = Type("context")
RANGE: Final = Type("range")
FUNCTION: Final = Type("function")
NULL: Final = Type("Null")

DURATIONS: Final = frozenset({"days and time duration", "years and months duration"})
_INSTANTS: Final = frozenset({"date", "date and time"})
MOMENTS: Final = _INSTANTS | {"time"}
TEMPORAL: Final = DURATIONS | MOMENTS
ORDERED: Final = TEMPORAL | {"number", "string"}
_BASES: Final = ORDERED | {"boolean", "list", "context", "range", "function", "Null"}

_DAY_PARTS: Final = dict.fromkeys(("year", "month", "day", "weekday"), NUMBER)
_CLOCK_PARTS: Final = {
    **dict.fromkeys(("hour", "minute", "second"), NUMBER),
    "time offset": DAYS,
    "timezone": STRING,
}
PROPERTIES: Final[dict[str, dict[str, Type]]] = {
    "date": _DAY_PARTS,
    "time": _CLOCK_PARTS,
    "date and time": {**_DAY_PARTS, **_CLOCK_PARTS},
    "days and time duration": dict.fromkeys(("days", "hours", "minutes", "seconds"), NUMBER),
    "years and months duration": dict.fromkeys(("years", "months"), NUMBER),
    "range": {"start": ANY, "end": ANY, "start included": BOOLEAN, "end included": BOOLEAN},
}
"""What may follow a dot behind a value that is no context; as in `laneway.engine.feel.properties`."""


def is_known(ty: Type) -> bool:
    """Whether the kind of value is told: neither Any, nor null, nor a type that only others know."""
    return ty.base in _BASES and ty.base != "Null"


def word(ty: Type) -> Text:
    """The name of a type in both languages."""
    if ty.base == "list" and ty.item is not None and is_known(ty.item):
        item = word(ty.item)
        return Text(f"{item.zh}列表", f"list of {item.en}")
    name = ty.base or "Any"
    return Text(WORDS.get(name, name), "null" if name == "Null" else name)


def list_of(item: Type) -> Type:
    """The type of lists of an item type."""
    return Type("list", item=item)


def join(types: Iterable[Type]) -> Type:
    """The type of a value that is of one of these types; Any when they differ."""
    joined: Type | None = None
    done: dict[tuple[int, int], Type] = {}
    for ty in types:
        joined = ty if joined is None else _join(joined, ty, done)
    return joined or ANY


def _join(a: Type, b: Type, done: dict[tuple[int, int], Type]) -> Type:
    """`done` holds the pairs that were joined: contexts share their parts, and would be joined again and again."""
    if a is b or b.base == "Null":
        return a
    if a.base == "Null":
        return b
    if a.base != b.base or not is_known(a):
        return ANY
    pair = (id(a), id(b))
    if pair not in done:
        done[pair] = _join_parts(a, b, done)
    return done[pair]


def _join_parts(a: Type, b: Type, done: dict[tuple[int, int], Type]) -> Type:
    if a.base in ("list", "range"):
        return Type(a.base, item=_join(a.item or ANY, b.item or ANY, done))
    if a.base == "context":
        of_a, of_b = a.fields or {}, b.fields or {}
        return Type("context", fields={k: _join(ty, of_b[k], done) for k, ty in of_a.items() if k in of_b})
    return Type(a.base)


def stored(ty: Type) -> Type:
    """The type of a value once it is a variable, which is JSON: dates, times and durations are texts."""
    return _stored(ty, {})


def _stored(ty: Type, done: dict[int, Type]) -> Type:
    if ty.base in TEMPORAL:
        return STRING
    if ty.base in ("range", "function"):
        return ANY
    if ty.base not in ("list", "context"):
        return ty
    if id(ty) not in done:
        if ty.base == "list":
            done[id(ty)] = list_of(_stored(ty.item or ANY, done))
        else:
            fields = (ty.fields or {}).items()
            done[id(ty)] = Type("context", fields={k: _stored(field, done) for k, field in fields})
    return done[id(ty)]


def arithmetic(symbol: str, a: Type, b: Type) -> Type | None:
    """The type of `a symbol b`, where it has one; None when it is always null."""
    if a.base == "Null" or b.base == "Null":
        return None
    if is_known(a) and is_known(b):
        return _of_known(symbol, a, b)
    known = a if is_known(a) else b
    if not is_known(known):
        return NUMBER if symbol == "**" else ANY
    if known.base in ("boolean", "list", "context", "range", "function"):
        return None
    return _of_half_known(symbol, known, is_left=known is a)


def _of_known(symbol: str, a: Type, b: Type) -> Type | None:
    left, right = str(a.base), str(b.base)
    if left == right == "number":
        return NUMBER
    if left == right and left in DURATIONS:
        return {"+": a, "-": a, "/": NUMBER}.get(symbol)
    if symbol == "+" and left == right == "string":
        return STRING
    if symbol in "+-" and right in DURATIONS and _moves(left, right):
        return a
    if symbol == "+" and left in DURATIONS and _moves(right, left):
        return b
    if symbol == "-" and (left == right == "time" or (left in _INSTANTS and right in _INSTANTS)):
        return DAYS
    if symbol in "*/" and left in DURATIONS and right == "number":
        return a
    return b if symbol == "*" and left == "number" and right in DURATIONS else None


def _moves(moment: str, duration: str) -> bool:
    """Whether a duration can be added to this kind of value."""
    return moment in _INSTANTS or (moment == "time" and duration == "days and time duration")


def _of_half_known(symbol: str, known: Type, *, is_left: bool) -> Type | None:
    """The type when one side is Any; None when no other side would do."""
    base = str(known.base)
    if base == "number":
        return ANY if symbol == "*" or (symbol == "/" and not is_left) else NUMBER
    if base == "string":
        return STRING if symbol == "+" else None
    if base in DURATIONS:
        other = NUMBER if symbol == "/" and not is_left else ANY
        return None if symbol == "**" else known if symbol == "*" or (symbol == "-" and is_left) else other
    if symbol == "-":
        return ANY if is_left else DAYS
    return known if symbol == "+" else None
