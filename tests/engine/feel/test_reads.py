"""Only those parts of the variables that a text can read are converted, and no value changes by that."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from laneway.engine.feel import Env, FeelError, Meter, Names, from_feel, parse_and_compile, to_feel
from laneway.engine.feel.parser import Parser
from laneway.engine.feel.reads import reads_of, select

VARIABLES: dict[str, Any] = {
    "x": {"a": {"b": 1, "c": [2]}, "d": None, "name": "n", "path": {"a": 3}},
    "orders": [{"total": 5, "lines": [{"qty": 1}, {"qty": 2}]}, {"total": 7, "lines": []}, 4, None],
    "a": {"b": {"c": True}},
    "due": "2026-01-31",
}


def reads(text: str) -> Any:
    return reads_of(Parser(text, Names(), Names(["sum", "count"])).expression_only())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x", {"x": None}),
        ("x.a.b + x.d", {"x": {"a": {"b": None}, "d": None}}),
        ("x.a.b + x.a", {"x": {"a": None}}),
        ("x.a + x.a.b", {"x": {"a": None}}),
        ("x + x.a", {"x": None}),
        ("x.a[b > 1].c", {"x": {"a": None}, "b": None}),
        ("{name: x.a, path: x.d}.name", {"x": {"a": None, "d": None}}),
        ("for name in x.a return name.b", {"x": {"a": None}, "name": {"b": None}}),
        ("sum(orders.total)", {"sum": None, "orders": {"total": None}}),
        ("function(name, path) x.a", {"x": {"a": None}}),
    ],
)
def test_a_text_tells_what_it_reads(text: str, wanted: Any) -> None:
    assert reads(text) == wanted


def test_the_rest_is_not_converted() -> None:
    untouched = object()
    variables = {"x": {"a": {"b": 1, "big": untouched}, "big": untouched}, "big": untouched}

    assert parse_and_compile("x.a.b = 1").evaluate(variables) == (True, [])
    assert select([{"a": 1, "b": untouched}], {"a": None}, Meter()) == [{"a": to_feel(1)}]


TEXTS = [
    "x.a.b",
    "x.a.c[1]",
    "x.a[b = 1].c",
    "x.no.b",
    "x.d.e",
    "x",
    "x = x",
    "orders.total",
    "orders.lines.qty",
    "orders[total > 5].total",
    "orders[1].lines[qty > 1].qty",
    "count(orders.lines)",
    "for o in orders return o.total",
    "some o in orders satisfies o.total = 7",
    "a.b.c",
    "{a: {b: 2}, r: a.b}.r",
    "x[a.b = 1].a.b",
    "due.year",
    "date(due).month",
    "{name: x.name, path: x.path.a}",
    'get value(x, "d")',
    "if a.b.c then x.a else x.d",
]


def test_values_stay_the_same() -> None:
    r = random.Random(3)
    everything = to_feel(VARIABLES)
    for _ in range(500):
        text = f" {r.choice(['+', '=', 'and', '<', 'in'])} ".join(r.choices(TEXTS, k=r.randint(1, 3)))
        expression, whole = parse_and_compile(text), Meter()
        expected = expression.run(Env(everything, None, whole))
        got = expression.evaluate(VARIABLES)
        assert from_feel(got.value) == from_feel(expected), text
        assert got.warnings == whole.warnings, text


def test_examples_of_the_standard_read_what_they_need() -> None:
    lines = (Path(__file__).parent / "same_values.txt").read_text(encoding="utf-8").splitlines()
    variables = {"x": 3, "a": 1, "b": 2, "order": {"line items": [{"qty": 2}, {"qty": 5}], "more": {}}}
    everything = to_feel(variables)
    for line in (line for line in lines if not line.startswith("#")):
        expression = parse_and_compile(line.rpartition(" == ")[0], ["rate 2"], ["line items"])
        try:
            expected = from_feel(expression.run(Env(everything, None, Meter())))
        except FeelError:
            continue
        assert from_feel(expression.evaluate(variables).value) == expected, line
