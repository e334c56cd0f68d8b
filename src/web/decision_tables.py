"""Decision tables as pages show them: which rows, what fired, what went in and came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from laneway.engine.dmn import DecisionModel
from laneway.engine.dmn.trace import MatchedRule, SeenInput
from laneway.engine.dmn.views import Cell, Column, DecisionView, Logic, Row, TableView, text_at
from laneway.engine.feel import FeelWarning
from laneway.web.i18n import locale, pick, written
from laneway.words import Text

_LONG = 12
_AROUND = 1

Tell = Callable[[str, Any], str]
"""A variable's value in words, by the name of the variable."""


class Passed(Protocol):
    """What one evaluation of a decision went through: just done, or read from the record of it."""

    @property
    def inputs(self) -> Sequence[SeenInput]:
        """What the tables computed their input columns to."""
        ...

    @property
    def matched_rules(self) -> Sequence[MatchedRule]:
        """The rules that matched."""
        ...

    @property
    def output(self) -> Any:
        """The JSON value."""
        ...


@dataclass(frozen=True)
class Line:
    """A row of a table that is shown, or the number of rules left out in its place."""

    row: Row | None
    is_fired: bool = False
    left_out: int = 0


@dataclass(frozen=True)
class Sheet:
    """A table to show. `inputs` and `outputs` are values in words by column id."""

    table: TableView
    lines: tuple[Line, ...]
    tell: Tell | None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether all rules are shown."""
        return not any(line.left_out for line in self.lines)

    @property
    def has_notes(self) -> bool:
        """Whether any rule says why it is there."""
        return bool(self.table.annotations) or any(any(row.description) for row in self.table.rules)

    def cell(self, column: Column, cell: Cell) -> str:
        """The text of a cell: constants in words where the reader has words for them, else as written."""
        if cell.is_any:
            return "–"
        if self.tell is None or cell.values is None:
            return cell.text
        tell, name = self.tell, column.name or column.text
        return _separator().join(tell(name, content) for content in cell.values)


@dataclass(frozen=True)
class Warned:
    """A warning with the text that it is about, where that is known."""

    text: Text
    pos: int | None
    element_id: str | None
    source: str


def warned(model: DecisionModel, decision_id: str, warning: FeelWarning) -> Warned:
    """A warning of a decision, with the text of the cell or expression that it is about."""
    source = text_at(model, decision_id, warning.element_id) if warning.element_id else ""
    return Warned(warning.text, warning.pos, warning.element_id, source)


def sheets(
    view: DecisionView, passed: Passed | None = None, *, is_whole: bool = True, tell: Tell | None = None
) -> list[Sheet]:
    """The tables of a decision; with `passed`, what it did is marked in them.

    Long tables show only the rules that fit and their neighbours unless `is_whole`.
    """
    if passed is None:
        return unmarked(view.logic)
    return [_sheet(table, passed, is_whole, tell) for table in view.logic.tables()]


def unmarked(logic: Logic) -> list[Sheet]:
    """The tables of a logic as they are written."""
    return [Sheet(table, tuple(Line(row) for row in table.rules), None) for table in logic.tables()]


def output_labels(logic: Logic | None) -> dict[str, str]:
    """Labels of the outputs of a decision's tables by their names."""
    tables = logic.tables() if logic is not None else []
    return {column.name: pick(column.label) for table in tables for column in table.outputs}


def other_inputs(view: DecisionView, passed: Passed) -> list[SeenInput]:
    """Inputs that belong to no table of the decision itself (those of a knowledge model that it calls)."""
    shown = {column.id for table in view.logic.tables() for column in table.inputs}
    return [one for one in passed.inputs if one.input_id not in shown]


def _sheet(table: TableView, passed: Passed, is_whole: bool, tell: Tell | None) -> Sheet:
    matched = {(rule.rule_id, rule.number) for rule in passed.matched_rules}
    fired = {row.number for row in table.rules if (row.id, row.number) in matched}
    seen = {one.input_id: one.value for one in passed.inputs}
    inputs = {
        column.id: _told(tell, column.text, seen[column.id]) for column in table.inputs if column.id in seen
    }
    outputs = dict(_outputs(table, passed.output, tell)) if fired or table.defaults else {}
    return Sheet(table, tuple(_lines(table, fired, is_whole)), tell, inputs, outputs)


def _lines(table: TableView, fired: set[int], is_whole: bool) -> Iterator[Line]:
    rules = table.rules
    near = {number + step for number in fired for step in range(-_AROUND, _AROUND + 1)}
    everything = is_whole or len(rules) <= _LONG
    left_out = 0
    for row in rules:
        if everything or row.number in near:
            if left_out:
                yield Line(None, left_out=left_out)
            left_out = 0
            yield Line(row, is_fired=row.number in fired)
        else:
            left_out += 1
    if left_out:
        yield Line(None, left_out=left_out)


def _outputs(table: TableView, output: Any, tell: Tell | None) -> Iterator[tuple[str, str]]:
    """What came out, by column; a list of several results is told below the table instead."""
    if len(table.outputs) == 1:
        yield table.outputs[0].id, _told(tell, table.outputs[0].name, output)
    elif isinstance(output, dict):
        for column in table.outputs:
            if column.name in output:
                yield column.id, _told(tell, column.name, output[column.name])


def _told(tell: Tell | None, name: str, content: Any) -> str:
    return tell(name, content) if tell is not None else written(content)


def _separator() -> str:
    return "、" if locale() == "zh" else ", "
