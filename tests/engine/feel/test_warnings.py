"""What went wrong on the way to a value is told in both languages."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from laneway.engine import dmn, feel
from laneway.engine.feel import (
    SCRIPT,
    FeelWarning,
    Meter,
    compile_expression,
    compile_unary_tests,
    evaluate_json,
    parse_and_compile,
)
from laneway.engine.feel.sentences import SENTENCES, WORDS
from laneway.engine.feel.types import NAMED
from laneway.words import Text

SOURCES = [
    path
    for package in (feel, dmn)
    for path in sorted(Path(str(package.__file__)).parent.rglob("*.py"))
    if path.parent.name != "checks"  # they warn of texts, in their own words
]
PLACE = re.compile(r"%[srd]")


def first_texts(*functions: str) -> set[str]:
    """The literal first arguments of calls of these functions or methods anywhere in FEEL and DMN."""
    found = set()
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
                name = (
                    call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                )
                if name in functions:
                    found.add(str(call.args[0].value))
    return found


def said(text: str, **variables: object) -> list[Text]:
    return [warning.text for warning in evaluate_json(text, variables)[1]]


def test_every_warning_has_a_chinese_sentence() -> None:
    warned = first_texts("warn", "null_with")

    assert len(warned) > 50
    assert warned - SENTENCES.keys() == set()


def test_no_sentence_is_left_that_nothing_says() -> None:
    assert SENTENCES.keys() - first_texts("warn", "null_with") == set()


@pytest.mark.parametrize("sentence", SENTENCES)
def test_both_languages_have_the_same_places(sentence: str) -> None:
    assert PLACE.findall(sentence) == PLACE.findall(SENTENCES[sentence])


def test_kinds_and_reasons_have_chinese_words() -> None:
    kinds = {ty.base or "Any" for ty in NAMED.values()}
    reasons = first_texts("ValueError", "PatternError")

    assert kinds - WORDS.keys() == set()
    assert reasons - WORDS.keys() == set()


def test_a_warning_reads_as_english() -> None:
    assert str(FeelWarning(Text("没有值", "no value"))) == "no value"


def test_kinds_in_a_warning_are_told_in_its_language() -> None:
    assert said("1 + true") == [Text("数字 + 布尔值 没有值", "number + boolean has no value")]
    assert said('sum("a", 1)') == [Text("不是数字列表", "not a list of numbers")]
    assert said('substring(1, "a")') == [
        Text(
            "substring(数字、字符串)：参数个数或类型不符",
            "substring(number, string): wrong number or type of arguments",
        )
    ]


def test_data_in_a_warning_is_not_translated() -> None:
    assert said("boolean") == [Text("没有变量 'boolean'", "no variable 'boolean'")]
    assert said("x.boolean", x={}) == [Text("没有条目 'boolean'", "no entry 'boolean'")]


def test_lists_contexts_and_functions_in_a_warning_are_not_written_out() -> None:
    assert said("get value({a: 1}, [[1, 2]])") == [Text("没有条目 '列表'", "no entry 'list'")]
    assert said("get value({a: 1}, [{b: 1}])") == [Text("没有条目 '上下文'", "no entry 'context'")]
    assert said("get value({a: 1}, [sum])") == [Text("没有条目 '函数'", "no entry 'function'")]


def test_reasons_of_built_ins_are_told_in_both_languages() -> None:
    assert said('matches("a", "[")') == [
        Text("matches：正则表达式有误：字符类没有结束", "matches: bad pattern: class not closed")
    ]
    assert said("exp(1E6000)") == [Text("exp：没有值", "exp: no value")]


def test_a_warning_shows_only_the_beginning_of_a_long_text() -> None:
    (text,) = said("date(x)", x="x" * 10_000)

    assert len(text.en) < 200


def places(text: str, **variables: object) -> list[tuple[str, int | None]]:
    return [(str(warning), warning.pos) for warning in evaluate_json(text, variables)[1]]


def test_a_warning_tells_the_innermost_place_that_it_is_about() -> None:
    assert places("1 + amuont") == [("no variable 'amuont'", 4), ("number + Null has no value", 2)]
    assert places('if x.b > 1 then "a" else date("y")', x={}) == [
        ("no entry 'b'", 5),
        ("no order between number and Null", 7),
        ("no date: 'y'", 25),
    ]
    assert places("x in (> 1, [5..1])", x="a") == [
        ("no order between number and string", 6),
        ("a range must go from the lower to the higher end", 11),
    ]


def test_each_turn_of_a_loop_tells_its_place() -> None:
    assert places("for i in [1, 2] return i.a") == [("number has no 'a'", 25)] * 2


def test_a_cell_tells_its_places() -> None:
    result = compile_unary_tests('< 5, "a", > b').evaluate({"?": "x"})

    assert [(str(warning), warning.pos) for warning in result.warnings] == [
        ("no order between string and number", 0),
        ("no variable 'b'", 12),
        ("no order between Null and string", 10),
    ]


def test_places_are_found_in_texts_with_names_and_types_of_a_file() -> None:
    expression = parse_and_compile("rate-1 + rate", ["rate-1"])

    assert [w.pos for w in expression.evaluate({"rate-1": 1}).warnings] == [9, 7]


def test_without_budget_for_a_second_look_places_stay_unknown() -> None:
    text = "count(for i in 1..1000 return i) + x"

    assert [w.pos for w in evaluate_json(text, {})[1]] == [35, 33]
    assert [w.pos for w in evaluate_json(text, {}, budget=SCRIPT._replace(steps=6_000))[1]] == [None, None]


def test_a_second_look_costs_no_steps_and_is_the_same_moment() -> None:
    expression, ticks = compile_expression("now() + 1"), iter(range(10))
    m = Meter(clock=lambda: datetime(2026, 3, 5, 8, next(ticks), tzinfo=UTC))

    result = expression.evaluate_metered({}, m)

    assert [str(w) for w in result.warnings] == ["date and time + number has no value"]
    assert next(ticks) == 1
    assert SCRIPT.steps - 10 < m.again().budget.steps < SCRIPT.steps


def test_variables_warn_without_a_place() -> None:
    assert places("x", x=float("inf")) == [("a variable of type float has no FEEL value", None)]


@pytest.mark.parametrize(
    "text",
    [
        "missing = null",
        "null != missing",
        "person.age = null",
        "numbers[5] = null",
        "is defined(person.age)",
        "not(is defined(missing))",
        "get or else(missing.part, 1)",
        "if missing != null then missing > 1 else false",
    ],
)
def test_who_asks_whether_something_is_null_is_not_warned(text: str) -> None:
    assert evaluate_json(text, {"person": {}, "numbers": [1]})[1] == []


def test_what_goes_wrong_beside_such_a_question_is_told() -> None:
    _value, warnings = evaluate_json("missing = null and other > 1", {})
    assert str(warnings[0]) == "no variable 'other'"
