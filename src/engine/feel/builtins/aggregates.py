"""Built-ins that make one value of a list, as f(list) or f(a, b, ...) (DMN 1.5, 10.3.4.4)."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from laneway.engine.feel.arithmetic import CONTEXT
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import aggregate
from laneway.engine.feel.values import DURATIONS, ORDERED, Value, order


def _are_numbers(items: list[Value]) -> bool:
    return all(type(x) is Decimal for x in items)


def _extreme(sign: int) -> Callable[[Meter, list[Value]], Value]:
    def code(m: Meter, items: list[Value]) -> Value:
        best = None
        for x in items:
            if type(x) not in ORDERED:
                return m.warn("no order between the items")
            c = sign if best is None else order(m, x, best)
            if c is None:
                return None
            if c == sign:
                best = x
        return best

    return code


aggregate("min")(_extreme(-1))
aggregate("max")(_extreme(1))


@aggregate("sum")
def total(m: Meter, items: list[Value]) -> Value:
    """The sum of numbers, or of durations of one kind; null for an empty list."""
    if items and _are_numbers(items):
        return functools.reduce(CONTEXT.add, items)
    if items and type(items[0]) in DURATIONS and len({type(x) for x in items}) == 1:
        return type(items[0])(sum(x.key() for x in items))
    return m.warn("not a list of numbers")


def _numeric(name: str, code: Callable[[list[Decimal]], Decimal | None]) -> None:
    @aggregate(name)
    def run(m: Meter, items: list[Value]) -> Value:
        if not items or not _are_numbers(items):
            return m.warn("%s needs a list of numbers", name)
        return code(items)


def _mean(items: list[Decimal]) -> Decimal:
    return CONTEXT.divide(functools.reduce(CONTEXT.add, items), Decimal(len(items)))


def _median(items: list[Decimal]) -> Decimal:
    ranked, half = sorted(items), len(items) // 2
    if len(ranked) % 2:
        return ranked[half]
    return CONTEXT.divide(CONTEXT.add(ranked[half - 1], ranked[half]), Decimal(2))


def _stddev(items: list[Decimal]) -> Decimal | None:
    if len(items) < 2:
        return None
    mean = _mean(items)
    squares = functools.reduce(CONTEXT.add, [CONTEXT.power(CONTEXT.subtract(x, mean), 2) for x in items])
    return CONTEXT.sqrt(CONTEXT.divide(squares, Decimal(len(items) - 1)))


_numeric("mean", _mean)
_numeric("product", lambda items: functools.reduce(CONTEXT.multiply, items))
_numeric("median", _median)
_numeric("stddev", _stddev)


@aggregate("mode")
def mode(m: Meter, items: list[Value]) -> Value:
    """The most frequent numbers, in order."""
    if not _are_numbers(items):
        return m.warn("mode needs numbers")
    counts = Counter(items)
    top = max(counts.values(), default=0)
    return sorted(x for x, n in counts.items() if n == top)


def _all_are(decides: bool) -> Callable[[Meter, list[Value]], Value]:
    """`all` (False decides) and `any` (True decides) in logic of three values."""

    def code(m: Meter, items: list[Value]) -> Value:
        if any(x is decides for x in items):
            return decides
        return not decides if all(type(x) is bool for x in items) else None

    return code


aggregate("all")(_all_are(False))
aggregate("any")(_all_are(True))
