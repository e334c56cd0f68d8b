"""Texts and files are compiled once, and many threads may use what is compiled at the same time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from laneway.engine.dmn import DecisionModel, read_decisions
from laneway.engine.feel import compile_expression, compile_unary_tests, evaluate_json, from_feel
from laneway.words import Resource

THREADS = 8
TURNS = 150
TEXT = (
    "{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(8) + sum(for i in 1..20 return i * x) + y.z}.r"
)
TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n" name="n" id="g">
<decision id="d" name="D"><decisionTable hitPolicy="COLLECT">
  <input id="i"><inputExpression><text>amount</text></inputExpression></input>
  <output id="o" name="o"/>
  <rule id="r1"><inputEntry id="c1"><text>&lt; 50</text></inputEntry>
    <outputEntry id="e1"><text>"low"</text></outputEntry></rule>
  <rule id="r2"><inputEntry id="c2"><text>[10..90)</text></inputEntry>
    <outputEntry id="e2"><text>amount + unknown</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.fixture
def _many_switches() -> Iterator[None]:
    """Threads take turns after a few steps instead of after five milliseconds."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(work: Any) -> list[Any]:
    """What work(number) gives in each of the threads, which all begin together."""
    ready = Barrier(THREADS)

    def run(number: int) -> Any:
        ready.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


@pytest.mark.usefixtures("_many_switches")
def test_threads_share_an_expression() -> None:
    expression = compile_expression(TEXT)

    def work(number: int) -> set[tuple[Any, int]]:
        variables = {"x": number, "y": {"z": number}} if number % 2 else {"x": number, "y": {}}
        outcomes = (expression.evaluate(variables) for _ in range(TURNS))
        return {(from_feel(result.value), len(result.warnings)) for result in outcomes}

    expected = [{(40320 + 211 * n, 0)} if n % 2 else {(None, 2)} for n in range(THREADS)]
    assert at_once(work) == expected


@pytest.mark.usefixtures("_many_switches")
def test_threads_that_warn_find_their_places_together() -> None:
    expression = compile_expression("missing + 1 + also missing")

    def work(number: int) -> list[Any]:
        return [(str(w), w.pos) for w in expression.evaluate({}).warnings]

    assert {tuple(one) for one in at_once(work)} == {
        (
            ("no variable 'missing'", 0),
            ("Null + number has no value", 8),
            ("no variable 'also missing'", 14),
            ("Null + Null has no value", 8),
        )
    }


@pytest.mark.usefixtures("_many_switches")
def test_threads_share_a_decision_and_fill_its_index_together() -> None:
    model: DecisionModel = read_decisions([Resource("t.dmn", TABLE.encode())])

    def work(number: int) -> set[str]:
        outcomes = [model.evaluate("d", {"amount": (number * 7 + turn) % 100}) for turn in range(TURNS)]
        for turn, result in enumerate(outcomes):
            amount = (number * 7 + turn) % 100
            rules = [rule.rule_id for one in result.decisions for rule in one.matched_rules]
            expected = ["r1"] * (amount < 50) + ["r2"] * (10 <= amount < 90)
            assert rules == expected, amount
            assert [(w.pos, w.element_id) for w in result.warnings] == (
                [(9, "e2"), (7, "e2")] if "r2" in expected else []
            )
        return {"done"}

    assert at_once(work) == [{"done"}] * THREADS


def test_a_text_is_compiled_once_however_many_ask() -> None:
    made = at_once(lambda number: [compile_expression("a.b + 4711"), compile_unary_tests("> 4711")])

    assert all(compile_expression("a.b + 4711") is compile_expression("a.b + 4711") for _ in made)
    assert compile_unary_tests("> 4711") is compile_unary_tests("> 4711")
    assert {from_feel(one[0].evaluate({"a": {"b": 1}}).value) for one in made} == {4712}


def test_the_cache_goes_by_content() -> None:
    assert compile_expression("=a + 1") is compile_expression("".join(["=a", " + 1"]))
    assert compile_expression("a-1", ("a-1",)) is not compile_expression("a-1")
    assert evaluate_json("a-1", {"a": 3, "a-1": 9})[0] == 2
    assert from_feel(compile_expression("a-1", ("a-1",)).evaluate({"a": 3, "a-1": 9}).value) == 9
