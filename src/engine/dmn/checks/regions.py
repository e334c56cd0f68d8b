"""Which combinations of inputs rules cover, as boxes of bit sets.

A column has atoms: values that no cell of it tells apart, numbered from 0. A cell is the set of atoms for which
it holds, as an integer; a rule is one cell per column and so a box. A region is a box, too. The work is bounded:
finding an uncovered combination is hard in general, though seldom in tables that people write.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias

Box: TypeAlias = tuple[int, ...]
"""A set of atoms per column."""

_MORE_THAN_SHOWN: Final = 64
"""Regions kept at each step of the search: more only cost time, since a few are told."""


class TooLarge(Exception):
    """The search needs more steps than were allowed."""


class Work:
    """The steps that the checks of one table may take."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def charge(self, steps: int) -> None:
        """Use up some. Raises `TooLarge` when none are left."""
        self.steps -= steps
        if self.steps < 0:
            raise TooLarge


def bits(mask: int) -> Iterator[int]:
    """The members of a bit set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Grid:
    """Rules as boxes. Sets of rules are bit sets of their places, too."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self.boxes = boxes
        self.all = (1 << len(boxes)) - 1
        width = len(boxes[0]) if boxes else 0
        self._classes = [_classes([box[c] for box in boxes]) for c in range(width)]

    def touching(self, space: Box) -> int:
        """The rules that have a combination in common with a region."""
        found = self.all
        for classes, wanted in zip(self._classes, space, strict=True):
            here = 0
            for atoms, rules in classes:
                if atoms & wanted:
                    here |= rules
            found &= here
        return found

    def uncovered(self, space: Box, by: int, work: Work, limit: int = _MORE_THAN_SHOWN) -> list[Box]:
        """At most `limit` regions of the space, without overlaps, that none of the rules `by` covers.

        None means that all is covered. Raises `TooLarge`.
        """
        columns: list[list[tuple[int, int]]] = []
        free: list[int] = []
        for classes, wanted in zip(self._classes, space, strict=True):
            here = [(atoms & wanted, rules & by) for atoms, rules in classes if atoms & wanted]
            rest = wanted & ~_union(atoms for atoms, _ in here)
            columns.append([*here, (rest, 0)] if rest else here)
            work.charge(len(here))
            free.append(_common(rules for _, rules in columns[-1]))
        narrow_first = sorted(range(len(space)), key=lambda c: free[c].bit_count())
        search = _Search([columns[c] for c in narrow_first], [free[c] for c in narrow_first], work, limit)
        places = sorted(range(len(space)), key=narrow_first.__getitem__)
        return [tuple(region[p] for p in places) for region in search.regions(0, by)]


def _union(masks: Iterable[int]) -> int:
    return functools.reduce(operator.or_, masks, 0)


def _common(masks: Iterable[int]) -> int:
    return functools.reduce(operator.and_, masks)


def _classes(cells: Sequence[int]) -> list[tuple[int, int]]:
    """(atoms, rules that hold for them) of a column: atoms with the same rules together."""
    rules_of: dict[int, int] = {}
    for r, cell in enumerate(cells):
        for atom in bits(cell):
            rules_of[atom] = rules_of.get(atom, 0) | 1 << r
    found: dict[int, int] = {}
    for atom, rules in rules_of.items():
        found[rules] = found.get(rules, 0) | 1 << atom
    return [(atoms, rules) for rules, atoms in found.items()]


class _Search:
    """Goes column by column with the set of rules that are still alive; equal states are searched once.

    `columns` are (atoms, rules) of each column, `free` the rules that hold for all of a column.
    """

    def __init__(self, columns: list[list[tuple[int, int]]], free: list[int], work: Work, limit: int) -> None:
        self._columns, self._work, self._limit = columns, work, limit
        self._spaces = [_union(atoms for atoms, _ in column) for column in columns]
        self._rest_is_free = [-1]
        for rules in reversed(free):
            self._rest_is_free.insert(0, self._rest_is_free[0] & rules)
        self._known: dict[tuple[int, int], list[Box]] = {}

    def regions(self, column: int, alive: int) -> list[Box]:
        """The uncovered regions of the columns from this one on."""
        if not alive:
            return [tuple(self._spaces[column:])]
        if alive & self._rest_is_free[column]:
            return []
        state = (column, alive)
        if state not in self._known:
            self._known[state] = self._split(column, alive)
        return self._known[state]

    def _split(self, column: int, alive: int) -> list[Box]:
        by_survivors: dict[int, int] = {}
        self._work.charge(len(self._columns[column]))
        for atoms, rules in self._columns[column]:
            survivors = alive & rules
            by_survivors[survivors] = by_survivors.get(survivors, 0) | atoms
        by_tail: dict[Box, int] = {}
        for survivors, atoms in by_survivors.items():
            for tail in self.regions(column + 1, survivors):
                by_tail[tail] = by_tail.get(tail, 0) | atoms
            if len(by_tail) >= self._limit:
                break
        return [(atoms, *tail) for tail, atoms in by_tail.items()][: self._limit]
