"""Evaluates what a diagram says: FEEL, decisions and timer texts, for the executor while it steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from laneway import metrics
from laneway.engine import clock, decisions, definitions, feel
from laneway.engine.bpmn.cron import is_cron, next_moment
from laneway.engine.bpmn.model import Called, Event
from laneway.engine.spiff.requests import Due, Evaluated, StepFailed
from laneway.errors import NotFound, Refused

_CYCLE = re.compile(r"R(\d*)/(P.+)")


class StepHost:
    """What the executor asks while one instance steps; see `spiff.requests.Host`."""

    def __init__(self, session: Session, definition: definitions.Definition) -> None:
        self._session = session
        self._definition = definition
        self._decided: list[tuple[decisions.Evaluation, str, int]] = []

    def evaluate(self, expression: str, variables: Mapping[str, Any]) -> Evaluated:
        """The JSON value of a FEEL text. A limit or a syntax error is a failed step, odd values give null."""
        return evaluate(expression, variables)

    def ask(self, condition: str, variables: Mapping[str, Any]) -> Evaluated:
        """Like `evaluate`, on the smaller budget of conditions."""
        return evaluate(condition, variables, budget=feel.GATEWAY)

    def decide(
        self, called: Called, variables: Mapping[str, Any], *, element_id: str, token: int
    ) -> tuple[Any, list[dict[str, Any]]]:
        """The value of a decision, and for each decision on the way what the history tells of it."""
        found = self._find(called)
        try:
            evaluation = decisions.evaluate(self._session, found, variables)
        except Refused as refused:  # deployed when less was checked
            why = "; ".join(finding.message.en for finding in refused.findings)
            words = f"The file of decision '{called.id}' is not accepted any more: {why}. Mend and deploy it, then retry."
            raise StepFailed("DECISION_EVALUATION_ERROR", words) from refused
        self._decided.append((evaluation, element_id, token))
        if evaluation.failure is not None:
            failed = evaluation.decisions[-1].decision_id
            words = f"Decision '{failed}' was stopped: {evaluation.failure.en}"
            raise StepFailed("DECISION_EVALUATION_ERROR", words)
        return evaluation.value, decisions.told(evaluation)

    def _find(self, called: Called) -> definitions.DecisionVersion:
        by_tag = called.binding == "versionTag"
        try:
            return definitions.find_decision(
                self._session,
                called.id,
                version_tag=called.version_tag or "" if by_tag else None,
                deployment_key=self._definition.deployment_key if called.binding == "deployment" else None,
            )
        except NotFound:
            which = f" with the version tag '{called.version_tag}'" if by_tag else ""
            words = f"The decision '{called.id}'{which} is not deployed. Deploy it, then retry."
            raise StepFailed("CALLED_DECISION_ERROR", words) from None

    def due(self, event: Event, variables: Mapping[str, Any]) -> Due:
        """When a timer event is due, from now."""
        return due(event, variables)

    def keep_decisions(self, instance_key: int, root_key: int) -> None:
        """Store what was decided in this step, failed evaluations too."""
        for evaluation, element_id, token in self._decided:
            at = decisions.At(instance_key, root_key, element_id, token)
            decisions.keep(self._session, evaluation, at)


def evaluate(
    expression: str, variables: Mapping[str, Any], *, budget: feel.Budget = feel.SCRIPT
) -> Evaluated:
    """The JSON value of a FEEL text over these variables, with its warnings; raises StepFailed."""
    try:
        value, warnings = feel.evaluate_json(expression, variables, now=clock.here(), budget=budget)
    except feel.FeelSyntaxError as error:
        words = f"'{expression}' is wrong at character {error.pos + 1}: {error}"
        raise StepFailed("EXTRACT_VALUE_ERROR", words, expression) from error
    except feel.FeelError as error:
        if isinstance(error, feel.FeelLimit):
            metrics.FEEL_LIMITS.inc()
        raise StepFailed("EXTRACT_VALUE_ERROR", f"'{expression}': {error}", expression) from error
    return Evaluated(value, warnings)


def due(event: Event, variables: Mapping[str, Any]) -> Due:
    """When a timer event is due, from now; raises StepFailed when its text makes no sense."""
    text = event.expression or ""
    found = evaluate(text, variables) if text.startswith("=") else Evaluated(text)
    value = found.value
    now = clock.now()
    try:
        if event.timer == "timeCycle":
            return replace(_cycle(str(value)), warnings=found.warnings)
        if event.timer == "timeDate":
            at = feel.as_datetime(value, now=now)
            if at is None:
                words = f"'{text}' gives {value!r}, not a date and time.{_because(found)}"
                raise StepFailed("EXTRACT_VALUE_ERROR", words, text)
            return Due(at, warnings=found.warnings)
        return Due(feel.add_duration(now, value), warnings=found.warnings)
    except feel.FeelError as error:
        words = f"Timer '{text}': {error}.{_because(found)}"
        raise StepFailed("EXTRACT_VALUE_ERROR", words, text) from error


def _because(found: Evaluated) -> str:
    warnings = "; ".join(map(str, found.warnings))
    return f" It warns: {warnings}." if warnings else ""


def _cycle(text: str) -> Due:
    if is_cron(text):
        return Due(next_due(text, clock.now()), text, -1)
    match = _CYCLE.fullmatch(text.strip())
    if match is None or match[1] == "0":
        raise StepFailed("EXTRACT_VALUE_ERROR", f"'{text}' is no cycle such as R3/PT10M or 0 0 9 * * *.")
    repetitions = int(match[1]) - 1 if match[1] else -1
    return Due(feel.add_duration(clock.now(), match[2]), match[2], repetitions)


def next_due(cycle: str, last: datetime) -> datetime:
    """When a repeating timer fires again: counted from when it was due, so that it does not drift.

    What fell into a standstill of more than a whole interval is not made up for. Cron texts count in the
    department's time zone.
    """
    if is_cron(cycle):
        return next_moment(cycle, max(clock.here(), last.astimezone(clock.here().tzinfo)))
    at = feel.add_duration(last, cycle)
    return at if at > clock.now() else feel.add_duration(clock.now(), cycle)
