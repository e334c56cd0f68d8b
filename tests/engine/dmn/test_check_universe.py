"""A column is cut into atoms so that its tests can be answered for all values by looking at one of each."""

from __future__ import annotations

import operator
from typing import Any, Final

import pytest

from laneway.engine.dmn.checks.cells import read_cell
from laneway.engine.dmn.checks.universe import Universe, Verdict
from laneway.engine.feel import Meter, Names, compile_expression
from laneway.engine.feel.values import equal, order

COLUMNS: Final = {
    "numbers": ["1", "2", "-3", "2.5", "1e6000", "-1e6000", "0.1", "0.10000000000000000000000000000000001"],
    "texts": ['""', '"a"', '"b"', '"aa"', '"中"', '"a "'],
    "flags": ["true", "false"],
    "dates": ['@"2026-01-01"', '@"2026-01-02"', '@"2024-02-29"', 'date("-0001-12-31")'],
    "times": ['@"00:00:00"', '@"23:59:59.999999999"', '@"12:00:00"'],
    "zoned times": ['@"00:30:00+01:00"', '@"23:30:00-02:00"', '@"12:00:00Z"', '@"12:00:00@Asia/Shanghai"'],
    "moments": ['@"2026-01-01T00:00:00"', '@"2026-01-01T00:00:01"', '@"2026-01-01T00:00:00.000000001"'],
    "zoned moments": [
        '@"2026-01-01T00:00:00Z"',
        '@"2026-01-01T01:00:00+01:00"',
        '@"2026-07-01T00:00:00@Europe/Paris"',
    ],
    "mixed moments": ['@"2026-01-01T00:00:00Z"', '@"2026-01-01T00:00:00"'],
    "days": ['@"P1D"', '@"PT24H"', '@"PT0.000000001S"', '@"-P1D"'],
    "months": ['@"P1Y"', '@"P12M"', '@"P13M"', '@"-P1M"'],
    "mixed": ["1", '"a"', "true", '@"P1D"'],
}
COMPARED: Final = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def asked(symbol: str, value: Any, constant: Any) -> bool | None:
    """What FEEL says of `value symbol constant`."""
    if symbol in ("=", "!="):
        same = equal(Meter(), value, constant)
        return None if same is None else bool(same) == (symbol == "=")
    found = order(Meter(), value, constant)
    return None if found is None else COMPARED[symbol](found, 0)


def constants_of(column: str) -> list[Any]:
    return [compile_expression(text).evaluate({}).value for text in COLUMNS[column]]


@pytest.mark.parametrize("orders_texts", [True, False])
@pytest.mark.parametrize("column", COLUMNS)
def test_comparisons_are_answered_as_evaluation_would(column: str, orders_texts: bool) -> None:
    constants = constants_of(column)
    universe = Universe(constants, orders_texts=orders_texts)
    symbols = (
        ["=", "!="] if column in ("texts", "mixed", "flags") and not orders_texts else ["=", "!=", *COMPARED]
    )
    for constant in constants:
        for symbol in symbols:
            answer = universe.compare(symbol, constant)
            if answer is not None:
                assert answer == universe.probe(lambda v, s=symbol, c=constant: asked(s, v, c)), (
                    symbol,
                    constant,
                )


@pytest.mark.parametrize("column", COLUMNS)
def test_every_constant_is_an_atom_and_no_value_stands_for_two(column: str) -> None:
    constants = constants_of(column)
    universe = Universe(constants, orders_texts=True)
    samples = [atom.sample for atom in universe.atoms]
    for constant in constants:
        assert sum(equal(Meter(), constant, v) is True for v in samples) == 1
    for i, a in enumerate(samples):
        assert not any(equal(Meter(), a, b) is True for b in samples[i + 1 :]), a


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("numbers", "[1..2.5)"),
        ("numbers", "]1..2["),
        ("numbers", "1, > 2"),
        ("numbers", "not(1, 2)"),
        ("numbers", "[1, 2, [2.5..1e6000]]"),
        ("numbers", "null"),
        ("numbers", "not(null)"),
        ("numbers", "!= 1"),
        ("dates", '(@"2024-02-29"..@"2026-01-02"]'),
        ("zoned times", '>= @"00:30:00+01:00"'),
        ("flags", "not(true)"),
        ("mixed", '"a", 1'),
        ("mixed", "not(true)"),
    ],
)
def test_a_cell_holds_for_the_atoms_whose_samples_pass_it(column: str, cell: str) -> None:
    parsed = read_cell(cell, Names(["?"]), Names())
    universe = Universe([*constants_of(column), *parsed.constants])
    sure, may = parsed.bounds(universe)
    tests = compile_unary(cell)
    assert sure == may
    assert sure == universe.probe(tests).holds


def compile_unary(cell: str) -> Any:
    from laneway.engine.feel import compile_unary_tests

    tests = compile_unary_tests(cell)
    return lambda v: tests.evaluate({"?": v}).value


def test_what_goes_beyond_comparisons_may_hold_anywhere() -> None:
    for text in ("limit", "> limit", "? * 2 > 3", 'contains(?, "a")', "now()", "not(limit)"):
        cell = read_cell(text, Names(["?"]), Names())
        universe = Universe(cell.constants, "number")
        assert not cell.is_decidable
        assert cell.bounds(universe) == (0, universe.all)


def test_local_and_zoned_times_in_one_column_are_not_judged() -> None:
    cell = read_cell('< @"12:00:00"', Names(["?"]), Names())
    universe = Universe([*cell.constants, *read_cell('> @"12:00:00Z"', Names(["?"]), Names()).constants])
    assert cell.bounds(universe) == (0, universe.all)


def test_a_range_that_goes_backwards_holds_for_nothing() -> None:
    cell = read_cell("[5..1]", Names(["?"]), Names())
    assert cell.bounds(Universe(cell.constants, "number")) == (0, 0)
    assert cell.tests[0].verdict(Universe([], "number")) == Verdict(0)
