"""Tests against constants, as most cells of tables and many conditions are: decided without a scope."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from laneway.engine.feel.arithmetic import number
from laneway.engine.feel.reader import Node
from laneway.engine.feel.scope import Code
from laneway.engine.feel.values import Value

PLAIN: Final[dict[str, Callable[[Value, Value], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""What a comparison is for two numbers or two texts."""

_Holds = Callable[[Value], bool]


class Quick(NamedTuple):
    """Tests that need only the value, and never warn, for values of one class.

    `marks` are the constants: between two neighbours of them `holds` is the same for every value.
    """

    of: type
    holds: _Holds
    marks: frozenset[Value]


def constant(node: Node | Code) -> Value:
    """The number, text or boolean that a node always is, else None."""
    if not isinstance(node, tuple):
        return None
    if node[0] == "num":
        return number(node[1])
    if node[0] == "group":
        return constant(node[1])
    return node[1] if node[0] == "const" else None


def is_comparable(symbol: str, v: Value) -> bool:
    """Whether comparing with this constant is `PLAIN` for values of its class."""
    return type(v) is Decimal or type(v) is str or (type(v) is bool and symbol in ("=", "!="))


def quick_tests(tests: Sequence[Node], *, is_negated: bool = False) -> Quick | None:
    """All tests of a cell, or of the right side of `in`, as one; None when one is not against constants."""
    exact: set[Value] = set()
    others: list[Quick] = []
    for test in tests:
        made = _compared(test) if test[0] == "compare" else _contained(test[1])
        if made is None:
            return None
        values, more = made
        exact |= values
        others += [more] if more is not None else []
    marks = frozenset(exact).union(*(one.marks for one in others))
    if len({type(v) for v in marks}) != 1:
        return None
    holds = _any(exact, [one.holds for one in others])
    return Quick(type(next(iter(marks))), (lambda v: not holds(v)) if is_negated else holds, marks)


def _any(exact: set[Value], others: list[_Holds]) -> _Holds:
    if not others:
        (only,) = exact if len(exact) == 1 else (None,)
        return exact.__contains__ if only is None else lambda v: v == only
    if not exact and len(others) == 1:
        return others[0]
    return lambda v: v in exact or any(holds(v) for holds in others)


_Made = tuple[set[Value], Quick | None]
"""Values that pass, and a test of more."""


def _compared(test: Node) -> _Made | None:
    symbol, c = test[1], constant(test[2])
    if not is_comparable(symbol, c):
        return None
    compare = PLAIN[symbol]
    return ({c}, None) if symbol == "=" else (set(), Quick(type(c), lambda v: compare(v, c), frozenset([c])))


def _contained(node: Node) -> _Made | None:
    """The value of a test: a constant, a list of constants of one class, or a range between constants."""
    if node[0] == "group":
        return _contained(node[1])
    if node[0] == "range":
        within = _range(*node[1:])
        return None if within is None else (set(), within)
    if node[0] == "const" and node[1] is None:
        return set(), None  # only null equals null
    values = [constant(n) for n in (node[1] if node[0] == "list" else [node])]
    if not values or any(v is None for v in values) or len({type(v) for v in values}) > 1:
        return None
    return set(values), None


def _range(start: Node, end: Node, start_included: bool, end_included: bool) -> Quick | None:
    low, high = constant(start), constant(end)
    if type(low) is not type(high) or not is_comparable("<", low) or low > high:
        return None
    holds: _Holds
    if start_included:
        holds = (lambda v: low <= v <= high) if end_included else (lambda v: low <= v < high)
    else:
        holds = (lambda v: low < v <= high) if end_included else (lambda v: low < v < high)
    return Quick(type(low), holds, frozenset([low, high]))
