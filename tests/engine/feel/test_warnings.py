"""What went wrong on the way to a value is told in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from laneway.engine import dmn, feel
from laneway.engine.feel import FeelWarning, evaluate_json
from laneway.engine.feel.sentences import SENTENCES, WORDS
from laneway.engine.feel.types import NAMED
from laneway.words import Text

SOURCES = [
    path for package in (feel, dmn) for path in sorted(Path(str(package.__file__)).parent.rglob("*.py"))
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


def test_reasons_of_built_ins_are_told_in_both_languages() -> None:
    assert said('matches("a", "[")') == [
        Text("matches：正则表达式有误：字符类没有结束", "matches: bad pattern: class not closed")
    ]
    assert said("exp(1E6000)") == [Text("exp：没有值", "exp: no value")]


def test_a_warning_shows_only_the_beginning_of_a_long_text() -> None:
    (text,) = said("date(x)", x="x" * 10_000)

    assert len(text.en) < 200
