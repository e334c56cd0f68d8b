"""Built-ins on lists (DMN 1.5, 10.3.4.4); `aggregates` has those that reduce a list to one value."""

from __future__ import annotations

import functools
from collections import Counter
from decimal import Decimal

from laneway.engine.feel.builtins.conversion import whole_number
from laneway.engine.feel.calls import invoke
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import builtin
from laneway.engine.feel.values import Function, Value, equal, hashable, order


@builtin("list contains", "list:l, element:a")
def list_contains(m: Meter, items: list[Value], element: Value) -> bool:
    """Whether an item equals the element; null is an element like others."""
    m.charge(len(items))
    return any(equal(m, x, element) is True for x in items)


@builtin("count", "list:l")
def count(m: Meter, items: list[Value]) -> Decimal:
    """The number of items."""
    return Decimal(len(items))


@builtin("sublist", "list:l, start position:n, length:n?")
def sublist(m: Meter, items: list[Value], position: Decimal, length: Decimal | None) -> Value:
    """From a position (1 is the first item, -1 the last); null outside of the list."""
    start = int(position)
    if start == 0 or abs(start) > len(items) or (length is not None and length < 1):
        return m.warn("sublist: position out of range")
    at = start - 1 if start > 0 else len(items) + start
    end = len(items) if length is None else at + int(min(length, Decimal(len(items) + 1)))
    if end > len(items):
        return m.warn("sublist: position out of range")
    m.list(end - at)
    return items[at:end]


@builtin("append", "list:l, item:a*")
def append(m: Meter, items: list[Value], *more: Value) -> list[Value]:
    """The list with more items at its end."""
    m.list(len(items) + len(more))
    return items + list(more)


@builtin("concatenate", "list:l*")
def concatenate(m: Meter, *lists: list[Value]) -> list[Value]:
    """The items of all lists in one."""
    m.list(sum(map(len, lists)))
    return [x for one in lists for x in one]


def _index(m: Meter, items: list[Value], position: Decimal) -> int | None:
    """The index from 0 of a position from 1 or from the end; None with a warning outside of the list."""
    i = int(position) if abs(position) <= len(items) else 0
    if not i:
        m.warn("position out of range")
        return None
    return i - 1 if i > 0 else len(items) + i


@builtin("insert before", "list:l, position:n, newItem:a")
def insert_before(m: Meter, items: list[Value], position: Decimal, new: Value) -> Value:
    """The list with an item more at a position."""
    i = _index(m, items, position)
    m.list(len(items) + 1)
    return None if i is None else [*items[:i], new, *items[i:]]


@builtin("remove", "list:l, position:n")
def remove(m: Meter, items: list[Value], position: Decimal) -> Value:
    """The list without the item at a position."""
    i = _index(m, items, position)
    m.list(len(items))
    return None if i is None else items[:i] + items[i + 1 :]


def _takes_two(f: Value) -> bool:
    """Whether a function can be called with two arguments; of a built-in this shows when it is called."""
    return not isinstance(f, Function) or len(f.params) == 2


@builtin("list replace", "list:l, position:n, newItem:a")
def list_replace(m: Meter, items: list[Value], position: Decimal, new: Value) -> Value:
    """The list with another item at a position."""
    i = _index(m, items, position)
    m.list(len(items))
    return None if i is None else [*items[:i], new, *items[i + 1 :]]


@builtin("list replace", "list:l, match:f, newItem:a")
def list_replace_matches(m: Meter, items: list[Value], match: Value, new: Value) -> Value:
    """The list with another item wherever the function (item, new item) is true."""
    m.list(len(items))
    if not _takes_two(match):
        return m.warn("%s needs a function of two arguments", "list replace")
    out = []
    for x in items:
        hit = invoke(m, match, [x, new])
        if type(hit) is not bool:
            return m.warn("list replace: the match function must give a boolean")
        out.append(new if hit else x)
    return out


@builtin("reverse", "list:l")
def reverse(m: Meter, items: list[Value]) -> list[Value]:
    """The list from its end."""
    m.list(len(items))
    return items[::-1]


@builtin("index of", "list:l, match:a")
def index_of(m: Meter, items: list[Value], match: Value) -> list[Decimal]:
    """The positions, from 1, of the items that equal the match."""
    m.charge(len(items))
    return [Decimal(i) for i, x in enumerate(items, 1) if equal(m, x, match) is True]


@builtin("distinct values", "list:l")
def distinct_values(m: Meter, items: list[Value]) -> list[Value]:
    """The items without repetitions, in the order of their first places."""
    seen, out = set(), []
    for x in items:
        key = hashable(m, x)
        if key not in seen:
            seen.add(key)
            out.append(x)
    return out


@builtin("union", "list:l*")
def union(m: Meter, *lists: list[Value]) -> list[Value]:
    """The distinct items of all lists."""
    return distinct_values(m, [x for one in lists for x in one])


@builtin("duplicate values", "list:l")
def duplicate_values(m: Meter, items: list[Value]) -> list[Value]:
    """The items that are there more than once, each once."""
    keys = [hashable(m, x) for x in items]
    counts = Counter(keys)
    return distinct_values(m, [x for x, key in zip(items, keys, strict=True) if counts[key] > 1])


@builtin("flatten", "list:l")
def flatten(m: Meter, items: list[Value]) -> list[Value]:
    """The items of all lists inside lists."""
    out: list[Value] = []

    def walk(part: list[Value]) -> None:
        m.list(len(out) + len(part))
        for x in part:
            if type(x) is list:
                walk(x)
            else:
                out.append(x)

    walk(items)
    return out


@builtin("sort", "list:l, precedes:f?")
def sort(m: Meter, items: list[Value], precedes: Value) -> Value:
    """Sorted by a function, or (beyond the standard) by the natural order of the items."""
    m.list(len(items))
    if precedes is not None and not _takes_two(precedes):
        return m.warn("%s needs a function of two arguments", "sort")

    def compare(a: Value, b: Value) -> int:
        if precedes is None:
            return order(m, a, b) or 0
        return -1 if invoke(m, precedes, [a, b]) is True else 0

    return sorted(items, key=functools.cmp_to_key(compare))


# Additions of the Camunda dialect.


@builtin("is empty", "list:l")
def is_empty(m: Meter, items: list[Value]) -> bool:
    """Whether there are no items."""
    return not items


@builtin("partition", "list:l, size:n")
def partition(m: Meter, items: list[Value], size: Decimal) -> Value:
    """Lists of so many items each; the last may have fewer."""
    n = whole_number(size)
    if n < 1:
        return m.warn("partition: the size must be positive")
    m.list(len(items))
    return [items[i : i + n] for i in range(0, len(items), n)]
