"""Warnings of a decision tell the element that they are about, and the place in its text."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine.dmn import read_decisions
from laneway.engine.feel import SCRIPT
from laneway.engine.feel.meter import Meter
from laneway.words import Resource

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n" name="n" id="g">'
TABLE = """
<decision id="d" name="D"><variable name="d"/>
  <informationRequirement><requiredDecision href="#e"/></informationRequirement>
  <decisionTable id="t" hitPolicy="UNIQUE">
    <input id="i" label="Amount"><inputExpression id="ie" typeRef="number"><text>amount</text></inputExpression></input>
    <output id="o" name="o" typeRef="string"/>
    <rule id="r1"><inputEntry id="c1"><text>&lt; limit</text></inputEntry>
      <outputEntry id="c2"><text>"low"</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="c3"><text>[100..200]</text></inputEntry>
      <outputEntry id="c4"><text>5</text></outputEntry></rule>
  </decisionTable></decision>
<decision id="e" name="E"><variable name="e" typeRef="number"/>
  <literalExpression><text>=1 + missing</text></literalExpression></decision>
<decision id="f" name="F"><variable name="f"/>
  <context id="k"><contextEntry id="k1"><variable name="a"/><literalExpression id="l1"><text>date("x")</text>
  </literalExpression></contextEntry></context></decision>
<businessKnowledgeModel id="b" name="B"><variable name="B"/><encapsulatedLogic id="bf">
  <formalParameter name="n"/><literalExpression id="bl"><text>n + true</text></literalExpression>
  </encapsulatedLogic></businessKnowledgeModel>
<decision id="h" name="H"><variable name="h"/>
  <knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>
  <literalExpression id="hl"><text>[B(1), B("x"), 1 + "y"]</text></literalExpression></decision>
"""
MODEL = read_decisions([Resource("m.dmn", f"{HEAD}{TABLE}</definitions>".encode())])


def places(decision_id: str, **variables: Any) -> list[tuple[str, int | None, str | None]]:
    result = MODEL.evaluate(decision_id, variables)
    return [(str(w), w.pos, w.element_id) for w in result.warnings]


def test_cells_and_tables_are_named() -> None:
    assert places("d", amount=300, limit="a")[2:] == [
        ("no order between number and string", 0, "c1"),
        ("no rule matches", None, "t"),
    ]


def test_inputs_and_outputs_that_do_not_fit_their_type_are_named() -> None:
    assert ("Amount: string is not a valid number", None, "i") in places("d", amount="x", limit=0)
    assert ("output: number is not a valid string", None, "c4") in places("d", amount=150, limit=0)


def test_required_decisions_and_expressions_without_id_are_named() -> None:
    assert places("e") == [
        ("no variable 'missing'", 5, "e"),
        ("number + Null has no value", 3, "e"),
    ]


def test_the_innermost_element_is_named() -> None:
    assert places("f") == [("no date: 'x'", 0, "l1")]


def test_a_knowledge_model_tells_its_own_place_wherever_it_is_called() -> None:
    assert places("h") == [
        ("number + boolean has no value", 2, "bl"),
        ("string + boolean has no value", 2, "bl"),
        ("number + string has no value", 17, "hl"),
    ]


def test_each_warning_is_told_once_with_its_decision() -> None:
    result = MODEL.evaluate("d", {"amount": 300, "limit": "a"})

    told = {one.decision_id: [str(w) for w in one.warnings] for one in result.decisions}
    assert told["e"] == ["no variable 'missing'", "number + Null has no value"]
    assert told["d"] == ["no order between number and string", "no rule matches"]
    assert [w for one in result.decisions for w in one.warnings] == result.warnings


@pytest.mark.parametrize("is_short", [False, True])
def test_places_in_a_decision_need_budget_too(is_short: bool) -> None:
    m = Meter(SCRIPT._replace(steps=1_000 if is_short else 10_000))
    m.charge(990)

    assert m.again().budget.steps == (10 if is_short else 9_010)


def test_only_variables_that_the_decision_reads_are_converted() -> None:
    odd = {"limit": object(), "missing": 2}

    assert places("e", **odd) == []
    assert ("a variable of type object has no FEEL value", None, None) in places("d", amount=1, **odd)
