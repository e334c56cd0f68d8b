"""Decisions that try to use up time or memory end soon with a value or a clean error."""

from __future__ import annotations

from html import escape

import pytest

from laneway.engine.dmn import DecisionFailed, DecisionResult, read_decisions
from laneway.words import Resource

HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="n" name="n" id="g">'


def literal(text: str) -> str:
    return f"<literalExpression><text>{escape(text)}</text></literalExpression>"


def decision(body: str, requires: str = "") -> str:
    return f'<decision id="d" name="d">{requires}{body}</decision>'


def knowledge_model(body: str) -> str:
    own = '<knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement>'
    return (
        f'<businessKnowledgeModel id="f" name="f">{own}<encapsulatedLogic><formalParameter name="n"/>'
        f"{literal(body)}</encapsulatedLogic></businessKnowledgeModel>"
    )


def table(cells: int, cell: str, output: str, policy: str = "COLLECT") -> str:
    rule = (
        f"<rule><inputEntry><text>{escape(cell)}</text></inputEntry>"
        f"<outputEntry><text>{escape(output)}</text></outputEntry></rule>"
    )
    column = "<input><inputExpression><text>x</text></inputExpression></input>"
    return f'<decisionTable hitPolicy="{policy}">{column}<output name="o"/>{rule * cells}</decisionTable>'


def nested(levels: int) -> str:
    opened, closed = "<contextEntry><variable name='a'/><context>", "</context></contextEntry>"
    return f"<context>{opened * levels}{closed * levels}</context>"


KNOWS = '<knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement>'
ITERATOR = (
    f'<for iteratorVariable="i"><in>{literal("1..90000")}</in><return>'
    f'<for iteratorVariable="j"><in>{literal("1..90000")}</in><return>{literal("i * j")}</return></for>'
    "</return></for>"
)
ATTACKS = {
    "a model that calls itself": decision(literal("f(1)"), KNOWS) + knowledge_model("f(n)"),
    "a model that calls itself twice": decision(literal("f(1)"), KNOWS)
    + knowledge_model("f(n + 1) + f(n + 2)"),
    "loops in loops": decision(ITERATOR),
    "cells that loop": decision(table(400, "count(for i in 1..9000 return i) = ?", "1")),
    "outputs that loop": decision(table(400, "-", "for i in 1..90000 return i")),
    "texts that grow": decision(table(400, "-", 'string join(for i in 1..20000 return "0123456789")')),
    "patterns that take long": decision(table(400, f'matches("{"a" * 40}!", "^(a+)+$")', "1")),
    "many cells that warn": decision(table(900, "> y", "1")),
    "deep contexts": decision(nested(60)),
}


def outcome(body: str) -> DecisionResult | DecisionFailed:
    """How a decision without answer ends; nothing else is caught."""
    model = read_decisions([Resource("a.dmn", f"{HEAD}{body}</definitions>".encode())])
    try:
        return model.evaluate("d", {"x": 1})
    except DecisionFailed as failed:
        return failed


@pytest.mark.parametrize("body", ATTACKS.values(), ids=ATTACKS.keys())
def test_a_decision_ends_with_a_value_or_a_clean_error(body: str) -> None:
    ended = outcome(body)

    if isinstance(ended, DecisionFailed):
        assert ended.text.zh != ended.text.en
        assert ended.stopped.decision_id == "d"
