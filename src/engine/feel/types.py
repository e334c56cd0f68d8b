"""Types of FEEL: their names, `instance of`, and the implicit conversions (DMN 1.5, 10.3.2.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from laneway.engine.feel.meter import Meter
from laneway.engine.feel.sentences import Word
from laneway.engine.feel.temporal import Date, DateTime
from laneway.engine.feel.values import Function, Range, Value, kind


@dataclass(frozen=True, eq=False)
class Type:
    """A type: `base` is a kind or None (Any); lists, ranges, functions have `item`, contexts have `fields`.

    `allowed` is a test of allowed values; `params` are the parameter types of a function, `item` its result.
    """

    base: str | None = None
    item: Type | None = None
    fields: Mapping[str, Type] | None = None
    allowed: Callable[[Meter, Value], bool] | None = None
    params: Sequence[Type] | None = None
    label: str | None = None

    @property
    def name(self) -> str:
        """The name that warnings show."""
        return self.label or Word(self.base or "Any")


ANY: Final = Type()
_VALUE: Final = Word("value")
_SPELLINGS: Final[dict[str, str | None]] = {
    "number": "number",
    "string": "string",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "date and time": "date and time",
    "dateTime": "date and time",
    "days and time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "years and months duration": "years and months duration",
    "yearMonthDuration": "years and months duration",
    "Null": "Null",
    "Any": None,
    "any": None,
    "list": "list",
    "context": "context",
    "function": "function",
    "range": "range",
}
NAMED: Final[dict[str, Type]] = {name: Type(base) for name, base in _SPELLINGS.items()}


def conforms(m: Meter, v: Value, ty: Type | None) -> bool:
    """Whether a value is of a type; null conforms to every type."""
    if ty is None or v is None:
        return True
    m.charge(1)
    return _has_base(m, v, ty) and (ty.allowed is None or ty.allowed(m, v))


def _has_base(m: Meter, v: Value, ty: Type) -> bool:
    base, item = ty.base, ty.item
    if base is None:
        return True
    if base == "list":
        return type(v) is list and (item is None or all(conforms(m, x, item) for x in v))
    if base == "context":
        fields = (ty.fields or {}).items()
        return type(v) is dict and all(k in v and conforms(m, v[k], f) for k, f in fields)
    if base == "range":
        fits = item is None or (type(v) is Range and conforms(m, v.start, item) and conforms(m, v.end, item))
        return type(v) is Range and fits
    if base == "function":
        return kind(v) == "function" and (ty.params is None or _function_fits(v, ty, ty.params))
    return kind(v) == base


def _function_fits(f: Value, ty: Type, params: Sequence[Type]) -> bool:
    if not isinstance(f, Function):  # a built-in: only the number of its parameters is known
        return any(len(signature.params) == len(params) for signature in f.signatures)
    return (
        len(f.params) == len(params)
        and subtype(f.result, ty.item)
        and all(a is None or subtype(b, a) for a, b in zip(f.types, params, strict=True))
    )


def subtype(a: Type | None, b: Type | None) -> bool:
    """Whether type a conforms to type b (10.3.2.9.2)."""
    if b is None or b.base is None:
        return True
    if a is None or a.base != b.base:
        return a is not None and a.base == "Null"
    if b.fields:
        return all(k in (a.fields or {}) and subtype((a.fields or {})[k], f) for k, f in b.fields.items())
    return b.item is None or subtype(a.item, b.item)


def instance_of(m: Meter, v: Value, ty: Type) -> bool:
    """`v instance of ty`; null is only an instance of Null (table 61)."""
    if v is None:
        return ty.base == "Null"
    return conforms(m, v, ty)


def coerce(m: Meter, v: Value, ty: Type | None, where: str = _VALUE) -> Value:
    """v as ty after the implicit conversions, or None with a warning that names the place.

    Conversions: a list of one item to the item, an item to a list of one, a date to its midnight in UTC.
    """
    if ty is None or v is None or conforms(m, v, ty):
        return v
    if ty.base != "list" and type(v) is list and len(v) == 1 and conforms(m, v[0], ty):
        return v[0]
    if ty.base == "list" and type(v) is not list and conforms(m, [v], ty):
        return [v]
    if ty.base == "date and time" and type(v) is Date:
        return DateTime(v, 0, 0)
    return m.warn("%s: %s is not a valid %s", where, kind(v), ty.name)
