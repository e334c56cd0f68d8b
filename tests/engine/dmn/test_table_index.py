"""A table of constants finds its rows by an index: the same rows as when every cell is asked."""

from __future__ import annotations

import random
from html import escape
from typing import Any

import pytest

from laneway.engine.dmn import read_decisions
from laneway.engine.feel import compile_unary_tests
from laneway.words import Resource

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n" name="n" id="g">'
NUMBER_CELLS = [
    "-",
    "1",
    "1, 2",
    "< 3",
    ">= 2.5",
    "[1..3)",
    "(1..3]",
    "not(2)",
    "not([2..4])",
    "!= 3",
    "5, > 8",
]
TEXT_CELLS = ["-", '"a"', '"a", "b"', 'not("a")', '> "a"', '["a".."b"]', '["a", "c"]', '"ab", null']
ODD_CELLS = ["limit", "? = limit", "null", '"a", 1', "[5..1]"]
NUMBERS = [None, -1, 1, 1.5, 2, 2.5, 2.7, 3, 4, 5, 8, 9, "a", True]
TEXTS = [None, "", "a", "aa", "ab", "b", "c", 1, False]


def table(rows: list[tuple[str, str]], policy: str) -> bytes:
    inputs = "".join(f"<input><inputExpression><text>{n}</text></inputExpression></input>" for n in "xy")
    rules = "".join(
        f'<rule id="r{i}"><inputEntry><text>{escape(a)}</text></inputEntry>'
        f"<inputEntry><text>{escape(b)}</text></inputEntry><outputEntry><text>{i}</text></outputEntry></rule>"
        for i, (a, b) in enumerate(rows)
    )
    return (
        f'{HEAD}<decision id="d" name="d"><decisionTable hitPolicy="{policy}">{inputs}<output name="o"/>'
        f"{rules}</decisionTable></decision></definitions>"
    ).encode()


def holds(cell: str, v: Any) -> bool:
    return cell == "-" or compile_unary_tests(cell).evaluate({"?": v, "limit": 2}).value is True


@pytest.mark.parametrize("seed", range(40))
def test_the_index_finds_the_rows_that_the_cells_name(seed: int) -> None:
    r = random.Random(seed)
    odd = ODD_CELLS if seed % 3 == 0 else []
    rows = [(r.choice([*NUMBER_CELLS, *odd]), r.choice(TEXT_CELLS)) for _ in range(r.randint(1, 12))]
    first, every = (
        read_decisions([Resource("t.dmn", table(rows, policy))]) for policy in ("FIRST", "RULE ORDER")
    )
    for x in NUMBERS:
        for y in TEXTS:
            expected = [i for i, (a, b) in enumerate(rows) if holds(a, x) and holds(b, y)]
            given = {"x": x, "y": y, "limit": 2}
            assert every.evaluate("d", given).value == expected, (x, y)
            assert first.evaluate("d", given).value == (expected[0] if expected else None), (x, y)
