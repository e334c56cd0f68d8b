"""Examples of the standard's text and of our own decisions: two FEEL texts that must have the same value."""

from __future__ import annotations

from pathlib import Path

import pytest

from laneway.engine.feel import Env, Meter, compile_expression, to_feel
from laneway.engine.feel.values import equal

VARIABLES = {
    "x": 3,
    "name": "Kim",
    "order": {"net-total": 5, "line items": [{"qty": 2}, {"qty": 5}]},
    "Monthly Salary": 10,
    "a": 1,
    "b": 2,
    "day of year offset": 9,
    "客户等级": "A",
    "金额（元）": 7,
    "rate 2": 4,
    "flags": [True, False],
}
NAMES = ("rate 2", "金额（元）", "客户等级")
MEMBERS = ("net-total", "line items")
LINES = (Path(__file__).parent / "same_values.txt").read_text(encoding="utf-8").splitlines()
PAIRS = [line.rpartition(" == ")[::2] for line in LINES if not line.startswith("#")]


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_both_texts_have_the_same_value(left: str, right: str) -> None:
    m = Meter()
    a, b = (
        compile_expression(text, NAMES, MEMBERS).run(Env(to_feel(VARIABLES), None, m))
        for text in (left, right)
    )

    assert type(a) is type(b), m.warnings
    assert equal(m, a, b) is True, m.warnings


def test_all_examples_are_there() -> None:
    assert len(PAIRS) == 1224
