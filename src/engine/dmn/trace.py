"""What an evaluation went through: the decisions, what they saw, which rules matched."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from laneway.engine.feel import FeelError, FeelWarning, Meter, from_feel
from laneway.engine.feel.values import Value
from laneway.words import Text


class SeenInput(NamedTuple):
    """The value of an input column. The label is a Text where the table has it in both languages."""

    input_id: str
    label: str | Text
    value: Any


class RuleOutput(NamedTuple):
    """What a matched rule gave for one output column."""

    output_id: str
    label: str | Text
    value: Any


class MatchedRule(NamedTuple):
    """A rule that matched. Numbers count from 1, as in the table; no outputs where they were not asked for."""

    rule_id: str
    number: int
    outputs: list[RuleOutput]


class EvaluatedDecision(NamedTuple):
    """One decision of an evaluation. Values are JSON.

    `logic` is the tag of its expression, such as `decisionTable`; `duration_us` is wall time without that of the
    decisions it requires.
    """

    decision_id: str
    name: Text
    logic: str
    inputs: list[SeenInput]
    matched_rules: list[MatchedRule]
    output: Any
    duration_us: int
    warnings: list[FeelWarning]


class DecisionFailed(FeelError):
    """An evaluation was stopped by limits or an assertion: what was done before, and the decision that was stopped."""

    def __init__(self, text: Text, done: list[EvaluatedDecision], stopped: EvaluatedDecision) -> None:
        super().__init__(text.en, text.zh)
        self.done = done
        self.stopped = stopped


@dataclass
class _Open:
    """A decision that has begun."""

    decision_id: str
    name: Text
    logic: str
    began: int = field(default_factory=time.perf_counter_ns)
    inputs: list[SeenInput] = field(default_factory=list)
    rules: list[MatchedRule] = field(default_factory=list)


class Trace(Meter):
    """The meter of a DMN evaluation, which also notes the decisions in the order in which they were done."""

    __slots__ = ("_open", "_told", "decisions")

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(clock=clock)
        self.decisions: list[EvaluatedDecision] = []
        self._open: list[_Open] = []
        self._told = 0

    def begin(self, decision_id: str, name: Text, logic: str) -> None:
        """A decision begins; tables belong to it until `end`."""
        self._open.append(_Open(decision_id, name, logic))

    def saw(self, input_id: str, label: str | Text, value: Value) -> None:
        """A table has computed an input."""
        if self._open:
            self._open[-1].inputs.append(SeenInput(input_id, label, from_feel(value, self)))

    def matched(self, rule_id: str, number: int, outputs: list[tuple[str, str | Text, Value]]) -> None:
        """A rule of a table has matched and gave these outputs (id, label, value)."""
        if self._open:
            given = [RuleOutput(output_id, label, from_feel(v, self)) for output_id, label, v in outputs]
            self._open[-1].rules.append(MatchedRule(rule_id, number, given))

    def end(self, value: Value) -> None:
        """The decision that began last has its value."""
        output = from_feel(value, self)
        self.decisions.append(self._evaluated(self._open.pop(), output))

    def stopped(self, decision_id: str, name: Text, logic: str) -> EvaluatedDecision:
        """The innermost decision that has begun and not ended; the named one when it had not even begun."""
        return self._evaluated(self._open[-1] if self._open else _Open(decision_id, name, logic), None)

    def _evaluated(self, one: _Open, output: Any) -> EvaluatedDecision:
        """Warnings belong to the decision that ends next after them."""
        duration = (time.perf_counter_ns() - one.began) // 1000
        warnings, self._told = self.warnings[self._told :], len(self.warnings)
        return EvaluatedDecision(
            one.decision_id, one.name, one.logic, one.inputs, one.rules, output, duration, warnings
        )
