"""Built-ins that relate points and ranges (DMN 1.5, 10.3.4.9 and table 77)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import builtin
from laneway.engine.feel.values import Range, Value, order

_Relation: TypeAlias = Callable[[Meter, Range, Range], bool]


def _order(m: Meter, a: Value, b: Value) -> int:
    c = order(m, a, b)
    if c is None:
        raise ValueError("no order between the values")
    return c


def _start(m: Meter, a: Range, b: Range) -> int:
    """Which range starts first: below 0 when a does; an open start comes after a closed one."""
    if a.start is None or b.start is None:
        return (b.start is None) - (a.start is None)
    return _order(m, a.start, b.start) or b.start_included - a.start_included


def _end(m: Meter, a: Range, b: Range) -> int:
    """Which range ends first: below 0 when a does."""
    if a.end is None or b.end is None:
        return (a.end is None) - (b.end is None)
    return _order(m, a.end, b.end) or a.end_included - b.end_included


def _gap(m: Meter, a: Range, b: Range) -> int:
    """Below 0: a ends before b starts; 0: they touch in one common point; above 0: they share more."""
    if a.end is None or b.start is None:
        return 1
    return _order(m, a.end, b.start) or (0 if a.end_included and b.start_included else -1)


def _as_range(v: Value) -> Range:
    return v if type(v) is Range else Range(v, v, True, True)


def _signatures(pairs: Iterable[str]) -> Iterator[str]:
    """Parameter texts for pairs of the letters p (point) and r (range), with the standard's names."""
    words = {"p": "point", "r": "range"}
    for x, y in map(tuple, pairs):
        if x == y:
            yield f"{words[x]}1:{x}, {words[y]}2:{y}"
        else:
            yield f"{words[x]}:{x}, {words[y]}:{y}"


def _define(name: str, pairs: tuple[str, ...], code: _Relation, inverse: str | None = None) -> None:
    """Register a relation for pairs of kinds, and its inverse under another name."""

    def run(m: Meter, a: Value, b: Value) -> bool:
        return code(m, _as_range(a), _as_range(b))

    builtin(name, *_signatures(pairs))(run)
    if inverse:
        builtin(inverse, *_signatures(pair[::-1] for pair in pairs))(lambda m, a, b: run(m, b, a))


def _meets(m: Meter, a: Range, b: Range) -> bool:
    return a.end is not None and b.start is not None and _gap(m, a, b) == 0


def _overlaps_before(m: Meter, a: Range, b: Range) -> bool:
    return _start(m, a, b) < 0 and _gap(m, a, b) >= 0 and _end(m, a, b) <= 0


def _overlaps_after(m: Meter, a: Range, b: Range) -> bool:
    return _start(m, b, a) < 0 and _gap(m, b, a) >= 0 and _end(m, b, a) <= 0


_ANY_PAIR: Final = ("pp", "pr", "rp", "rr")
_define("before", _ANY_PAIR, lambda m, a, b: _gap(m, a, b) < 0, "after")
_define("meets", ("rr",), _meets, "met by")
_define("overlaps", ("rr",), lambda m, a, b: _gap(m, a, b) >= 0 and _gap(m, b, a) >= 0)
_define("overlaps before", ("rr",), _overlaps_before)
_define("overlaps after", ("rr",), _overlaps_after)
_define("finishes", ("pr", "rr"), lambda m, a, b: _end(m, a, b) == 0 and _start(m, a, b) >= 0, "finished by")
_define("includes", ("rp", "rr"), lambda m, a, b: _start(m, a, b) <= 0 and _end(m, a, b) >= 0, "during")
_define("starts", ("pr", "rr"), lambda m, a, b: _start(m, a, b) == 0 and _end(m, a, b) <= 0, "started by")
_define("coincides", ("pp", "rr"), lambda m, a, b: _start(m, a, b) == 0 == _end(m, a, b))
