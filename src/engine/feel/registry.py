"""How built-in functions are declared, and how their arguments are checked and converted.

A signature is a text such as `string:s, start position:n, length:n?`. Codes: n number, s string, b boolean,
l list, c context, f function, r range, d date, t time, D date and time, u duration, p any value with an order
(a point), a anything, also null; ? optional or null; * any number of them.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias, TypeVar

from laneway.engine.feel import regexes
from laneway.engine.feel.errors import FeelLimit
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.sentences import WORDS, Word
from laneway.engine.feel.temporal import Date, DateTime, DayTimeDuration, MonthDuration, Time
from laneway.engine.feel.values import ORDERED, Function, Range, Value, kind

BuiltinCode: TypeAlias = Callable[..., Value]
"""Takes the meter and the converted arguments. May raise ArithmeticError or ValueError, which give null."""

_Aggregate: TypeAlias = Callable[[Meter, list[Value]], Value]
_CLASSES: Final[dict[str, tuple[type, ...]]] = {
    "n": (Decimal,),
    "s": (str,),
    "b": (bool,),
    "l": (list,),
    "c": (dict,),
    "r": (Range,),
    "d": (Date,),
    "t": (Time,),
    "D": (DateTime,),
    "u": (DayTimeDuration, MonthDuration),
    "p": ORDERED,
}
_BAD: Final = object()
_DIGITS: Final = 40
"""Numbers with more digits take time to be cut."""


class Param:
    """One parameter of a signature."""

    __slots__ = ("_takes_function", "_takes_list", "classes", "is_any", "is_many", "is_optional", "name")

    def __init__(self, text: str) -> None:
        self.name, _, codes = text.strip().partition(":")
        self.is_optional, self.is_many = codes.endswith("?"), codes.endswith("*")
        codes = codes.rstrip("?*")
        self.is_any, self._takes_list, self._takes_function = "a" in codes, "l" in codes, "f" in codes
        self.classes = tuple(c for code in codes for c in _CLASSES.get(code, ()))

    def take(self, v: Value) -> Value:
        """The converted argument, or `_BAD`."""
        if self.is_any or type(v) in self.classes:
            return v
        if v is None:
            return None if self.is_optional else _BAD
        if self._takes_function and isinstance(v, Function | Builtin):
            return v
        if self._takes_list:
            return [v]
        if type(v) is list and len(v) == 1 and type(v[0]) in self.classes:
            return v[0]
        return _BAD


class Signature:
    """Parameters, the least number of arguments, and the code."""

    __slots__ = ("_classes", "_count", "code", "params", "required")

    def __init__(self, params: list[Param], required: int, code: BuiltinCode) -> None:
        self.params, self.required, self.code = params, required, code
        self._count = len(params)
        # By parameter the classes that need no conversion; none means all.
        self._classes = [() if p.is_any else p.classes or (Function,) for p in params]

    def by_position(self, args: list[Value]) -> list[Value] | None:
        """The converted arguments, one per parameter, or None when they do not fit."""
        params, given = self.params, len(args)
        if given == self._count:
            for arg, classes in zip(args, self._classes, strict=False):
                if classes and type(arg) not in classes:
                    break
            else:
                return args  # nothing to convert, as mostly
        is_many = bool(params) and params[-1].is_many
        if given < self.required or (given > len(params) and not is_many):
            return None
        out = []
        for i, arg in enumerate(args):
            v = params[i if i < len(params) else -1].take(arg)
            if v is _BAD:
                return None
            out.append(v)
        return out + [None] * (len(params) - given - is_many)

    def by_name(self, named: dict[str, Value]) -> list[Value] | None:
        """The converted arguments, one per parameter, or None when they do not fit."""
        if not set(named) <= {p.name for p in self.params}:
            return None
        out = []
        for p in self.params:
            if p.name not in named and not p.is_optional:
                return None
            v = p.take(named.get(p.name))
            if v is _BAD:
                return None
            out.append([v] if p.is_many and p.name == "list" and type(v) is not list else v)
        return out


class Builtin:
    """A built-in function with one or more signatures; the first that fits is used."""

    __slots__ = ("name", "signatures")

    def __init__(self, name: str) -> None:
        self.name = name
        self.signatures: list[Signature] = []

    def call(self, m: Meter, args: list[Value]) -> Value:
        """The value for arguments by position, or None with a warning."""
        m.steps -= 2
        if m.steps < 0:  # only then the meter needs to be called
            m.charge(0)
        for signature in self.signatures:
            taken = signature.by_position(args)
            if taken is not None:
                return self._run(m, signature.code, taken)
        return m.warn("%s(%s): wrong number or type of arguments", self.name, [*map(kind, args)] or "")

    def call_named(self, m: Meter, named: dict[str, Value]) -> Value:
        """The value for arguments by name, or None with a warning."""
        m.charge(2)
        for signature in self.signatures:
            taken = signature.by_name(named)
            if taken is not None:
                return self._run(m, signature.code, taken)
        return m.warn("%s: wrong names or types of arguments", self.name)

    def _run(self, m: Meter, code: BuiltinCode, args: list[Value]) -> Value:
        # At least a look at each part of long arguments, whatever the function does.
        for arg in args:
            of = type(arg)
            if of is str or of is list:
                if len(arg) >= 32:
                    m.charge(len(arg) >> 5)
            elif of is Decimal and not -_DIGITS < arg.adjusted() < _DIGITS:
                m.charge(abs(arg.adjusted()) >> 2)
        try:
            out = code(m, *args)
            if type(out) is str and len(out) >= 16:
                m.charge(len(out) >> 4)
            return out
        except (ArithmeticError, ValueError) as error:
            return m.warn("%s: %s", self.name, Word(str(error) if str(error) in WORDS else "no value"))
        except regexes.PatternError as error:
            return m.warn("%s: bad pattern: %s", self.name, Word(error))
        except TimeoutError:
            raise FeelLimit(
                f"{self.name}: the pattern takes too long", f"{self.name}：正则表达式耗时过长"
            ) from None


BUILTINS: Final[dict[str, Builtin]] = {}


_C = TypeVar("_C", bound=Callable[..., Any])


def builtin(name: str, *signatures: str, required: int | None = None) -> Callable[[_C], _C]:
    """Register the decorated code under a name; `required` overrules the number of parameters without ?."""

    def register(code: _C) -> _C:
        entry = BUILTINS.setdefault(name, Builtin(name))
        for text in signatures or ("",):
            params = [Param(p) for p in text.split(",") if p.strip()]
            least = sum(not p.is_optional for p in params) if required is None else required
            entry.signatures.append(Signature(params, least, code))
        return code

    return register


def aggregate(name: str) -> Callable[[_Aggregate], _Aggregate]:
    """Register code (meter, items) as f(list) and f(a, b, ...)."""

    def register(code: _Aggregate) -> _Aggregate:
        def run(m: Meter, *values: Value) -> Value:
            if values == (None,):
                return m.warn("%s needs a list", name)
            items = values[0] if len(values) == 1 and type(values[0]) is list else list(values)
            m.charge(len(items))
            return code(m, items)

        builtin(name, "list:a*")(run)
        return code

    return register
