"""What an evaluation went through: the decisions, what they saw, which rules matched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from laneway.engine.feel import Meter, from_feel
from laneway.engine.feel.values import Value
from laneway.words import Text


@dataclass(frozen=True)
class EvaluatedDecision:
    """One decision of an evaluation. Values are JSON; rule indexes count from 1, as in the table."""

    decision_id: str
    name: Text
    inputs: list[tuple[str | Text, Any]]
    matched_rules: list[tuple[str, int]]
    output: Any


class Trace(Meter):
    """The meter of a DMN evaluation, which also notes the decisions in the order in which they were done."""

    __slots__ = ("_open", "decisions")

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(clock=clock)
        self.decisions: list[EvaluatedDecision] = []
        self._open: list[tuple[list[tuple[str | Text, Any]], list[tuple[str, int]]]] = []

    def begin(self) -> None:
        """A decision begins; tables belong to it until `end`."""
        self._open.append(([], []))

    def saw(self, label: str | Text, value: Value) -> None:
        """A table has computed an input; its label is a Text where the table has it in both languages."""
        if self._open:
            self._open[-1][0].append((label, from_feel(value, self)))

    def matched(self, rule_id: str, index: int) -> None:
        """A rule of a table has matched."""
        if self._open:
            self._open[-1][1].append((rule_id, index))

    def end(self, decision_id: str, name: Text, value: Value) -> None:
        """The decision that began last has its value."""
        inputs, rules = self._open.pop()
        output = from_feel(value, self)
        self.decisions.append(EvaluatedDecision(decision_id, name, inputs, rules, output))
