"""Texts are compiled once, evaluated with JSON variables, and give JSON values and warnings."""

from __future__ import annotations

import math
from collections import ChainMap
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laneway.engine.feel import (
    SCRIPT,
    FeelError,
    FeelLimit,
    FeelSyntaxError,
    compile_expression,
    compile_unary_tests,
    evaluate_json,
    from_feel,
    to_feel,
)

NOW = datetime(2026, 3, 5, 8, 30, tzinfo=UTC)


def value(text: str, **variables: Any) -> Any:
    return evaluate_json(text, variables, now=NOW)[0]


def test_a_leading_equals_sign_is_allowed() -> None:
    assert value('=amount > 1000 and status = "open"', amount=1500, status="open") is True


def test_variables_may_be_any_mapping() -> None:
    scopes = ChainMap({"inner": 1}, {"outer": 2})

    assert compile_expression("inner + outer").evaluate(scopes).value == Decimal(3)


def test_only_the_names_in_the_text_are_looked_at() -> None:
    expression = compile_expression("a + sum(for i in b return i + c.d)")

    assert {"a", "b", "c"} <= expression.free
    assert expression.evaluate({"a": 1, "b": [1], "c": {"d": 1}, "z": object()}).warnings == []


def test_chinese_names_and_texts_work() -> None:
    assert value('客户等级 = "金" and 金额 >= 1000', 客户等级="金", 金额=1000) is True


def test_an_unknown_name_is_null_and_a_warning() -> None:
    got, warnings = evaluate_json("=amuont > 1", {"amount": 2})

    assert got is None
    assert [str(w) for w in warnings] == ["no variable 'amuont'", "no order between number and Null"]


@pytest.mark.parametrize(
    "text", ["1 / 0", "1 + true", "null.x", 'date("x")', "[1][5]", "unknown(1)", "9 ** 99999"]
)
def test_an_error_is_null_and_a_warning(text: str) -> None:
    got, warnings = evaluate_json(text, {})

    assert got is None
    assert warnings


def test_a_variable_without_feel_value_is_null_and_a_warning() -> None:
    for odd in (object(), math.inf, math.nan, b"bytes", 1j):
        got, warnings = evaluate_json("x", {"x": odd})
        assert got is None
        assert warnings


def test_python_values_become_feel_values() -> None:
    variables = {
        "t": (1, 2),
        "d": date(2026, 1, 2),
        "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "lasts": timedelta(hours=36),
        "n": 0.1,
    }

    assert value("[t, d.month, at.hour, lasts, n + 0.2]", **variables) == [[1, 2], 1, 3, "P1DT12H", 0.3]


def test_values_become_json() -> None:
    got = value('{a: 1.50, b: 2.0, c: @"2026-01-02", d: [null, true], e: @"P1M", f: "x"}')

    assert got == {"a": 1.5, "b": 2, "c": "2026-01-02", "d": [None, True], "e": "P1M", "f": "x"}
    assert type(got["b"]) is int


def test_functions_and_giant_numbers_are_no_json() -> None:
    got, warnings = evaluate_json("[function(x) x, [1..2], 10 ** 400]", {})

    assert got == [None, None, None]
    assert len(warnings) == 3


def test_the_clock_is_the_callers() -> None:
    assert value("now()") == "2026-03-05T08:30:00Z"
    assert value('today() + @"P1M"') == "2026-04-05"


def test_steps_are_limited() -> None:
    with pytest.raises(FeelLimit):
        evaluate_json("for i in 1..1000 return i", {}, budget=SCRIPT._replace(steps=500))


def test_a_deep_variable_or_result_is_a_limit_and_no_crash() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(FeelLimit):
        evaluate_json("count(x)", {"x": deep})
    with pytest.raises(FeelLimit):
        evaluate_json("(for i in 1..500 return if i = 1 then [1] else [partial[-1]])[-1]", {})


@pytest.mark.parametrize(
    ("text", "pos"),
    [
        ("1 +", 3),
        ('a = "open', 4),
        ("if a then b", 11),
        ("for i in [1] retrun i", 13),
        ("1 2", 2),
        ("{a: 1, b}", 8),
        ("", 0),
        ("a = 1 and", 9),
        ('function(x) external {java: {class: "a"}}', 12),
    ],
)
def test_a_wrong_text_is_refused_with_its_position_in_both_languages(text: str, pos: int) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)

    error = caught.value
    assert error.pos == pos
    assert isinstance(error, FeelError)
    assert error.text.en
    assert error.text.zh != error.text.en


def test_unary_tests_ask_the_input() -> None:
    tests = compile_unary_tests('< 10, [20..30], "x"')

    assert [tests.evaluate({"?": v}).value for v in (5, 15, 25, "x", None)] == [
        True,
        False,
        True,
        True,
        False,
    ]
    assert compile_unary_tests("not(1, 2)").evaluate({"?": 3}).value is True
    assert compile_unary_tests("not((1..3], [5..7), ]8..9[, [0])").evaluate({"?": 4}).value is True
    assert compile_unary_tests("not((1..3], [5..7), ]8..9[)").evaluate({"?": 5}).value is False
    assert compile_unary_tests("not(? > 3) and not(? < 1)").evaluate({"?": 2}).value is True
    assert compile_unary_tests("-").evaluate({"?": None}).value is True
    assert compile_unary_tests('starts with(?, "C1")').evaluate({"?": "C110"}).value is True


def test_texts_are_compiled_once() -> None:
    assert compile_expression("a + 1") is compile_expression("a + 1")


def test_one_expression_serves_many_threads() -> None:
    expression = compile_expression("sum(for i in 1..20 return i * x)")
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda x: from_feel(expression.evaluate({"x": x}).value), range(200)))

    assert got == [210 * x for x in range(200)]


def test_json_survives_there_and_back() -> None:
    for json_value in (None, True, 0, -5, 0.25, "", "投诉", [], {}, {"a": [1, {"b": None}]}):
        assert from_feel(to_feel(json_value)) == json_value
