"""Evaluating deployed decisions. Every evaluation leaves decision instances, in a case or for its own sake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from laneway import metrics
from laneway.engine import access, clock, definitions
from laneway.engine.access import Action
from laneway.engine.database import new_key
from laneway.engine.definitions import DecisionVersion, LinkedDecisions
from laneway.engine.dmn import DecisionFailed, EvaluatedDecision
from laneway.engine.feel import FeelLimit, FeelWarning
from laneway.engine.model import Person
from laneway.engine.tables import decision_instance
from laneway.words import Text

_TYPES = {"decisionTable": "DECISION_TABLE", "literalExpression": "LITERAL_EXPRESSION"}
"""The API's words for the logic of a decision; for other boxed expressions it has none."""


_LONGEST_FAILURE = 400


class DecisionState(StrEnum):
    """States of a decision instance, as in the Camunda 8 API."""

    EVALUATED = "EVALUATED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of a decision.

    `decisions` are those that were evaluated, required ones first; with a `failure` there is no value, and the
    last of them is the one that failed.
    """

    key: int
    asked: DecisionVersion
    linked: LinkedDecisions
    decisions: list[EvaluatedDecision]
    value: Any = None
    failure: Text | None = None

    def version_of(self, one: EvaluatedDecision) -> DecisionVersion:
        """Which deployed version one of the decisions is."""
        return self.linked.versions[one.decision_id]


@dataclass(frozen=True)
class At:
    """Where in a process a decision was evaluated."""

    instance_key: int
    root_key: int
    element_id: str
    token: int


def instance_id(evaluation_key: int, position: int) -> str:
    """How a decision instance is named: its evaluation, and its place in it from 1 (as in the Camunda 8 API)."""
    return f"{evaluation_key}-{position}"


def evaluate(session: Session, asked: DecisionVersion, variables: Mapping[str, Any]) -> Evaluation:
    """Evaluate a version of a decision with JSON variables; `keep` stores what came of it."""
    linked = definitions.linked_decisions(session, asked.requirements_key)
    try:
        result = linked.model.evaluate(asked.decision_id, variables, now=clock.here())
    except DecisionFailed as failed:
        if isinstance(failed.__cause__, FeelLimit):
            metrics.FEEL_LIMITS.inc()
        done = [*failed.done, failed.stopped]
        return Evaluation(new_key(), asked, linked, done, failure=failed.text)
    return Evaluation(new_key(), asked, linked, result.decisions, result.value)


def keep(session: Session, evaluation: Evaluation, at: At | None, *, by: Person | None = None) -> None:
    """Store the decision instances of an evaluation: of a step of a process, or asked for by a person."""
    last = len(evaluation.decisions)
    rows = [
        _row(evaluation, position, one, at, evaluation.failure if position == last else None)
        | {"evaluated_by": by.username if by is not None else None}
        for position, one in enumerate(evaluation.decisions, start=1)
    ]
    session.execute(insert(decision_instance), rows)


def told(evaluation: Evaluation) -> list[dict[str, Any]]:
    """What the history tells of each decision of an evaluation; the rest is in its decision instance, `id`."""
    return [
        {
            "id": instance_id(evaluation.key, position),
            "decision_id": one.decision_id,
            "name": list(one.name),
            "rules": [[rule.rule_id, rule.number] for rule in one.matched_rules],
            "output": one.output,
        }
        for position, one in enumerate(evaluation.decisions, start=1)
    ]


def evaluate_alone(
    session: Session,
    *,
    by: Person,
    variables: Mapping[str, Any],
    decision_id: str | None = None,
    decision_key: int | None = None,
) -> Evaluation:
    """Evaluate the newest version of a decision, or the one of a key, outside any process, and keep it.

    Raises NotAllowed and NotFound. A failure is no error: the evaluation tells it.
    """
    access.require(by, Action.EVALUATE_DECISION)
    if decision_key is not None:
        asked = definitions.decision(session, decision_key)
    else:
        asked = definitions.find_decision(session, decision_id or "")
    evaluation = evaluate(session, asked, variables)
    keep(session, evaluation, None, by=by)
    return evaluation


def decision_type(one: EvaluatedDecision) -> str:
    """What kind of logic a decision has, in the API's words."""
    return _TYPES.get(one.logic, "UNKNOWN")


def warnings_as_json(warnings: list[FeelWarning]) -> list[dict[str, Any]]:
    """Warnings as they are stored; `warnings_from_json` reads them."""
    return [
        {"zh": one.text.zh, "en": one.text.en, "pos": one.pos, "element_id": one.element_id}
        for one in warnings
    ]


def warnings_from_json(stored: list[dict[str, Any]]) -> list[FeelWarning]:
    """The warnings that `warnings_as_json` gave."""
    return [
        FeelWarning(Text(one["zh"], one["en"]), one["pos"], element_id=one["element_id"]) for one in stored
    ]


def _row(
    evaluation: Evaluation, position: int, one: EvaluatedDecision, at: At | None, failure: Text | None
) -> dict[str, Any]:
    return {
        "key": new_key(),
        "evaluation_key": evaluation.key,
        "position": position,
        "instance_key": at.instance_key if at is not None else 0,
        "root_key": at.root_key if at is not None else None,
        "element_id": at.element_id if at is not None else None,
        "token": at.token if at is not None else None,
        "decision_key": evaluation.version_of(one).key,
        "root_decision_key": evaluation.asked.key,
        "decision_type": decision_type(one),
        "state": DecisionState.FAILED if failure is not None else DecisionState.EVALUATED,
        "failure_zh": _storable(failure.zh) if failure is not None else None,
        "failure_en": _storable(failure.en) if failure is not None else None,
        "evaluated_at": clock.now(),
        "duration_us": one.duration_us,
        "inputs": [_cell(*cell) for cell in one.inputs],
        "rules": [
            {"id": rule.rule_id, "number": rule.number, "outputs": [_cell(*cell) for cell in rule.outputs]}
            for rule in one.matched_rules
        ],
        "output": one.output,
        "warnings": warnings_as_json(one.warnings),
    }


def _storable(text: str) -> str:
    """An author's own words (of an assertion) may be long, and hold a NUL, which PostgreSQL does not take."""
    return text.replace("\0", "\\0")[:_LONGEST_FAILURE]


def _cell(id_: str, label: str | Text, value: Any) -> dict[str, Any]:
    return {"id": id_, "label": [label, label] if isinstance(label, str) else list(label), "value": value}
