"""Reads cells without evaluating them: which constants they name, and for which atoms they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from laneway.engine.dmn.checks.universe import Universe, Verdict
from laneway.engine.feel import Env, FeelError, FeelSyntaxError, Meter, Names
from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.compiler import Compiler
from laneway.engine.feel.meter import GATEWAY
from laneway.engine.feel.parser import Parser
from laneway.engine.feel.reader import Node, node
from laneway.engine.feel.values import Range, Value, kind

_CHANGING: Final = frozenset(["now", "today", "random number", "uuid", "is defined", "get or else"])
_STEADY: Final = frozenset(BUILTINS) - _CHANGING
_ORDERS: Final = frozenset(["<", "<=", ">", ">="])
_BUILTIN_NAMES: Final = Names(BUILTINS)
_INPUT: Final = ("name", "?")
SCALARS: Final = frozenset(
    [
        "number",
        "string",
        "boolean",
        "date",
        "time",
        "date and time",
        "days and time duration",
        "years and months duration",
    ]
)


class Constant(NamedTuple):
    """The value of an expression that depends on nothing, and whether something went wrong with it."""

    value: Value
    is_broken: bool


class _NotDecidable(Exception):
    """A test that goes beyond comparisons with constants."""


def constant_of(tree: Node) -> Constant | None:
    """The value of a syntax tree that is constant, or None."""
    compiler = Compiler()
    code = compiler.compile(tree)
    if compiler.free - _STEADY:
        return None
    m = Meter(GATEWAY)
    try:
        v = code(Env({}, None, m))
    except (FeelError, RecursionError):
        return None
    return Constant(v, v is None and bool(m.warnings))


def parse(text: str, names: Names, members: Names, *, is_unary: bool) -> Node | None:
    """The syntax tree of a text, None for a text that is wrong."""
    parser = Parser(text, names, _BUILTIN_NAMES, members)
    try:
        return parser.unary_tests_only() if is_unary else parser.expression_only()
    except (FeelSyntaxError, RecursionError):
        return None


@dataclass(frozen=True)
class Test:
    """One of the tests that a cell lists. `constants` are the scalar values that it compares with.

    `constant` is set for a test such as `5`, `[1..3]` or `< 5`; `operator` is empty or the comparison.
    """

    node: Node
    operator: str = ""
    constant: Constant | None = None
    constants: Sequence[Value] = ()
    is_decidable: bool = True
    orders_texts: bool = False

    def verdict(self, universe: Universe) -> Verdict:
        """For which atoms the test holds. Only for decidable tests."""
        if self.constant is not None and self.constant.is_broken:
            return Verdict(0)
        found = None if self.constant is None else self._simple(universe, self.constant.value)
        return self._probe(universe) if found is None else found

    def _simple(self, universe: Universe, v: Value) -> Verdict | None:
        if self.operator:
            return universe.compare(self.operator, v)
        if type(v) is Range:
            return universe.within(v)
        if type(v) is list or (type(v) is bool and self.node[1][0] != "const"):
            return None
        return universe.compare("=", v)

    def _probe(self, universe: Universe) -> Verdict:
        compiler = Compiler()
        holds = compiler.unary_tests(node(0, "tests", [self.node]))
        fails = compiler.unary_tests(node(0, "not", [self.node]))

        def ask(v: Value) -> bool | None:
            env = Env({"?": v}, None, Meter(GATEWAY))
            return True if holds(env) else False if fails(env) else None

        return universe.probe(ask)


@dataclass(frozen=True)
class Cell:
    """A parsed cell. `is_any`: it holds for every input; `is_decidable`: all its tests are."""

    text: str
    tests: Sequence[Test] = ()
    is_any: bool = False
    is_negated: bool = False
    constants: Sequence[Value] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "constants", [v for test in self.tests for v in test.constants])

    @property
    def is_decidable(self) -> bool:
        return all(test.is_decidable for test in self.tests)

    @property
    def names_null(self) -> bool:
        """Whether the cell speaks of a missing input."""
        return any(
            test.constant is not None and test.constant == Constant(None, False) for test in self.tests
        )

    def bounds(self, universe: Universe) -> tuple[int, int]:
        """(atoms for which it holds for sure, atoms for which it may hold)."""
        if self.is_any:
            return universe.all, universe.all
        if universe.mixes_clocks:
            return 0, universe.all
        verdicts = [test.verdict(universe) for test in self.tests if test.is_decidable]
        holds = unknown = 0
        for verdict in verdicts:
            holds |= verdict.holds
            unknown |= verdict.unknown
        if self.is_negated:
            fits = universe.all & ~(holds | unknown)
            return (fits if self.is_decidable else 0), fits
        return holds, holds if self.is_decidable else universe.all


def read_cell(text: str, names: Names, members: Names) -> Cell:
    """The cell of a text; one that is wrong or beyond comparisons is not decidable."""
    if text in ("", "-"):
        return Cell(text, is_any=True)
    tree = parse(text, names, members, is_unary=True)
    if tree is None:
        return Cell(text, [Test(node(0, "wrong"), is_decidable=False)])
    if tree[0] == "any":
        return Cell(text, is_any=True)
    return Cell(text, [_read_test(test) for test in tree[1]], is_negated=tree[0] == "not")


def _read_test(test: Node) -> Test:
    operator, operand = (test[1], test[2]) if test[0] == "compare" else ("", test[1])
    constant = constant_of(operand)
    try:
        if constant is not None:
            scalars = list(_scalars(constant.value))
            orders = (operator in _ORDERS or type(constant.value) is Range) and any(
                type(v) is str for v in scalars
            )
            return Test(test, operator, constant, scalars, orders_texts=orders)
        constants = list(_asked(operand)) if not operator else None
    except _NotDecidable:
        constants = None
    if constants is None:
        return Test(test, operator, constant, is_decidable=False)
    return Test(test, operator, None, constants, orders_texts=any(type(v) is str for v in constants))


def _scalars(v: Value) -> Iterator[Value]:
    """The scalar values in a constant. Raises `_NotDecidable` when there is anything else in it."""
    if v is None or kind(v) in SCALARS:
        yield v
    elif type(v) is Range:
        yield from (end for end in (v.start, v.end) if end is not None)
    elif type(v) is list:
        for item in v:
            if type(item) is list:
                raise _NotDecidable
            yield from _scalars(item)
    else:
        raise _NotDecidable


def _asked(tree: Node) -> Iterator[Value]:
    """The constants with which a condition compares `?`. Raises `_NotDecidable` when it does more."""
    match tree[0]:
        case "group":
            yield from _asked(tree[1])
        case "and" | "or":
            for part in tree[1]:
                yield from _asked(part)
        case "call" if tree[1] == ("name", "not") and len(tree[2]) == 1:
            yield from _asked(tree[2][0])
        case "cmp":
            yield from _compared([part for part in tree[2:] if part != _INPUT], 1)
        case "between" if tree[1] == _INPUT:
            yield from _compared(tree[2:], 2)
        case "in" if tree[1] == _INPUT:
            yield from _compared([test[2] if test[0] == "compare" else test[1] for test in tree[2]])
        case _:
            raise _NotDecidable


def _compared(operands: Iterable[Node], count: int | None = None) -> Iterator[Value]:
    parts = list(operands)
    if count is not None and len(parts) != count:
        raise _NotDecidable
    for part in parts:
        constant = constant_of(part)
        if constant is None:
            raise _NotDecidable
        yield from _scalars(constant.value)
