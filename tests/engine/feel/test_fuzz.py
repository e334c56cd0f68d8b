"""Texts that nobody would write: whatever they are, only a value or an error of ours may come out."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laneway.engine.feel import Budget, FeelError, evaluate_json, from_feel, parse_and_compile
from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.lexer import tokenize
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.values import Value

LINES = (Path(__file__).parent / "same_values.txt").read_text(encoding="utf-8").splitlines()
TEXTS = [part for line in LINES if not line.startswith("#") for part in line.rpartition(" == ")[::2]]
WORDS = sorted({token.text for text in TEXTS for token in tokenize(text)[:-1]})
VARIABLES = {"?": 5, "a": 1, "x": [3, None], "客户": {"b": "A"}, "f": "2026-01-31"}
BUDGET = Budget(steps=5_000, seconds=5, depth=30, max_text=10_000, max_list=2_000)
deterministic = settings(
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def outcome(text: str, *, is_unary: bool = False) -> str:
    """What comes of a text: "value" or the name of an error of ours. Anything else is raised."""
    try:
        result = parse_and_compile(text, is_unary=is_unary).evaluate(VARIABLES, BUDGET)
        from_feel(result.value)
    except FeelError as error:
        return type(error).__name__
    return "value"


# Expressions by the grammar

LITERALS = """
null true false 0 1 -1 2 0.5 1e400 1e-6000 "" "a" "Kim" "[" "a|b" "\\u00e9" "\\U01F40E" [] {} [1..3] (1..3] (>5)
@"2026-01-31" @"999999999-12-31" @"-999999999-01-01" @"10:00:00" @"23:59:59.999999999@Asia/Shanghai"
@"10:00:00-18:00" @"2026-03-29T02:30:00@Europe/Paris" @"-999999999-01-01T00:00:00Z" @"P1Y" @"-P11M" @"P400D"
@"-PT0.1S" @"no" (<=@"2026-01-01") [null..5]
"""
_NAMES = st.sampled_from(["a", "x", "客户", "f", "partial", "item", "?", "no such", "`odd name`", *BUILTINS])
_LITERALS = st.one_of(
    st.sampled_from(LITERALS.split()),
    st.integers(-(10**40), 10**40).map(str),
    st.decimals(allow_nan=False, allow_infinity=False).map(str),
    st.text(max_size=6).map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'),
)
_TYPES = st.sampled_from(
    [
        "number",
        "string",
        "list<number>",
        "context<a: number>",
        "range<date>",
        "function<Any>->Any",
        "Any",
        "Null",
    ]
)


def _joined(pattern: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda values: pattern.format(*values))


def _larger(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of smaller ones, each form of the grammar once."""
    operator = st.sampled_from(["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in"])
    arguments = st.lists(part, max_size=4).map(", ".join)
    return st.one_of(
        _joined("{} {} {}", part, operator, part),
        _joined("({})", part),
        _joined("-{}", part),
        _joined("{}[{}]", part, part),
        _joined("{}.{}", part, st.sampled_from(["a", "b", "year", "hours", "time offset", "start included"])),
        _joined("[{}]", arguments),
        _joined('{{a: {}, "b c": {}, d: {}}}', part, part, part),
        _joined("{}{}..{}{}", st.sampled_from("[(]"), part, part, st.sampled_from("])[")),
        _joined("if {} then {} else {}", part, part, part),
        _joined("for a in {}, b in {} return {}", part, part, part),
        _joined("for i in {}..{} return {}", part, part, part),
        _joined("{} x in {} satisfies {}", st.sampled_from(["some", "every"]), part, part),
        _joined("{} between {} and {}", part, part, part),
        _joined("{} instance of {}", part, _TYPES),
        _joined("{} in ({}, < {}, not({}))", part, part, part, part),
        _joined("{}({})", st.sampled_from(sorted(BUILTINS)), arguments),
        _joined(
            "{}({}: {})", st.sampled_from(sorted(BUILTINS)), st.sampled_from(["list", "from", "n"]), part
        ),
        _joined("(function(a, b: number) {})({})", part, arguments),
        _joined("{{r: function(n) if n > 3 then n else r(n + {}), v: r({})}}.v", part, part),
    )


EXPRESSIONS = st.recursive(_LITERALS | _NAMES, _larger, max_leaves=12)


@given(text=EXPRESSIONS, is_unary=st.booleans())
@settings(deterministic, max_examples=6_000)
def test_expressions_of_the_grammar_never_crash(text: str, is_unary: bool) -> None:
    outcome(text, is_unary=is_unary)


# Damaged texts

_TOKENS = st.sampled_from(WORDS)
_CHANGES: dict[str, Callable[[list[str], int, str], None]] = {
    "insert": lambda tokens, i, word: tokens.insert(i, word),
    "replace": lambda tokens, i, word: tokens.__setitem__(slice(i, i + 1), [word]),
    "delete": lambda tokens, i, word: tokens.__delitem__(slice(i, i + 2)),
    "graft": lambda tokens, i, word: tokens.extend([word, *tokens[i:]]),
}


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A good text with some tokens changed."""
    tokens = [token.text for token in tokenize(draw(st.sampled_from(TEXTS)))[:-1]]
    for _ in range(draw(st.integers(1, 4))):
        change = draw(st.sampled_from(sorted(_CHANGES)))
        _CHANGES[change](tokens, draw(st.integers(0, len(tokens))), draw(_TOKENS))
    return draw(st.sampled_from([" ", "", "\n"])).join(tokens)


@given(text=damaged(), is_unary=st.booleans())
@settings(deterministic, max_examples=3_000)
def test_damaged_texts_never_crash(text: str, is_unary: bool) -> None:
    outcome(text, is_unary=is_unary)


@given(text=st.text(max_size=40))
@settings(deterministic, max_examples=1_000)
def test_any_characters_never_crash(text: str) -> None:
    outcome(text)


def test_the_fuzz_meets_values_and_errors() -> None:
    """The generators are worth something: they give values as well as each kind of error."""
    met: set[str] = set()

    @given(text=EXPRESSIONS | damaged())
    @settings(deterministic, max_examples=400)
    def run(text: str) -> None:
        met.add(outcome(text))

    run()
    assert {"value", "FeelSyntaxError"} <= met
    assert outcome("for i in 1..100000 return i") == "FeelLimit"
    with pytest.raises(FeelError):
        evaluate_json("assert(1, false)", {})


def test_built_ins_never_crash_whatever_their_arguments() -> None:
    r = random.Random(5)
    samples = ['"a"', "1", "-0.5", "1e6000", "null", "true", "[]", "[1, null]", "{}", "[1..3]", "(> 5)"]
    samples += ['@"2026-01-31"', '@"10:00:00Z"', '@"2026-01-31T10:00:00@Asia/Shanghai"', '@"P1M"', '@"-PT1H"']
    samples += ['"["', "function(x) x", "function(a, b) null", "abs", '@"-999999999-01-01"', '{a: "b"}']
    values: list[Value] = [parse_and_compile(text).evaluate({}).value for text in samples]
    for builtin in BUILTINS.values():
        for _ in range(60):
            m = Meter()
            try:
                from_feel(builtin.call(m, r.choices(values, k=r.randint(0, 4))), m)
            except FeelError:
                continue

    assert len(BUILTINS) > 80
