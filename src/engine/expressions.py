"""Evaluates what a diagram says: FEEL, decisions and timer texts, for the executor while it steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from laneway.engine import clock, definitions, feel
from laneway.engine.bpmn.model import Called, Event
from laneway.engine.spiff.effects import Due, StepFailed
from laneway.errors import NotFound
from laneway.words import Text

_CYCLE = re.compile(r"R(\d*)/(P.+)")


class StepHost:
    """What the executor asks while one instance steps; see `spiff.effects.Host`."""

    def __init__(self, session: Session, definition: definitions.Definition) -> None:
        self._session = session
        self._definition = definition

    def evaluate(self, expression: str, variables: Mapping[str, Any]) -> Any:
        """The JSON value of a FEEL text. A limit or a syntax error is a failed step, odd values give null."""
        return evaluate(expression, variables)

    def ask(self, condition: str, variables: Mapping[str, Any]) -> Any:
        """Like `evaluate`, on the smaller budget of conditions."""
        return evaluate(condition, variables, budget=feel.GATEWAY)

    def decide(self, called: Called, variables: Mapping[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
        """The value of a decision, and which rules of which tables gave it."""
        bound = self._definition.deployment_key if called.binding == "deployment" else None
        try:
            model, version = definitions.find_decisions(self._session, called.id, deployment_key=bound)
        except NotFound:
            raise StepFailed(
                "CALLED_DECISION_ERROR", f"The decision '{called.id}' is not deployed. Deploy it, then retry."
            ) from None
        try:
            result = model.evaluate(called.id, variables, now=clock.now())
        except feel.FeelError as error:
            raise StepFailed("DECISION_EVALUATION_ERROR", f"Decision '{called.id}': {error}") from error
        records = [
            {
                "decision_id": decision.decision_id,
                "version": version,
                "name": [decision.name.zh, decision.name.en],
                "inputs": [[_in_json(one.label), one.value] for one in decision.inputs],
                "rules": [[rule.rule_id, rule.number] for rule in decision.matched_rules],
                "output": decision.output,
            }
            for decision in result.decisions
        ]
        return result.value, records

    def due(self, event: Event, variables: Mapping[str, Any]) -> Due:
        """When a timer event is due, from now."""
        return due(event, variables)


def _in_json(label: str | Text) -> str | list[str]:
    return label if isinstance(label, str) else list(label)


def evaluate(expression: str, variables: Mapping[str, Any], *, budget: feel.Budget = feel.SCRIPT) -> Any:
    """The JSON value of a FEEL text over these variables; raises StepFailed."""
    try:
        value, _warnings = feel.evaluate_json(expression, variables, now=clock.now(), budget=budget)
    except feel.FeelError as error:
        raise StepFailed("EXTRACT_VALUE_ERROR", f"'{expression}': {error}") from error
    return value


def due(event: Event, variables: Mapping[str, Any]) -> Due:
    """When a timer event is due, from now; raises StepFailed when its text makes no sense."""
    text = event.expression or ""
    value = evaluate(text, variables) if text.startswith("=") else text
    now = clock.now()
    try:
        if event.timer == "timeCycle":
            return _cycle(str(value))
        if event.timer == "timeDate":
            at = feel.as_datetime(value, now=now)
            if at is None:
                raise StepFailed("EXTRACT_VALUE_ERROR", f"'{text}' gives {value!r}, not a date and time.")
            return Due(at)
        return Due(feel.add_duration(now, value))
    except feel.FeelError as error:
        raise StepFailed("EXTRACT_VALUE_ERROR", f"Timer '{text}': {error}") from error


def _cycle(text: str) -> Due:
    match = _CYCLE.fullmatch(text.strip())
    if match is None or match[1] == "0":
        raise StepFailed("EXTRACT_VALUE_ERROR", f"'{text}' is no cycle such as R3/PT10M.")
    repetitions = int(match[1]) - 1 if match[1] else -1
    return Due(feel.add_duration(clock.now(), match[2]), match[2], repetitions)


def next_due(cycle: str, last: datetime) -> datetime:
    """When a repeating timer fires again: counted from when it was due, so that it does not drift.

    What fell into a standstill of more than a whole interval is not made up for.
    """
    at = feel.add_duration(last, cycle)
    return at if at > clock.now() else feel.add_duration(clock.now(), cycle)
