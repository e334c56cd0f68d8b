"""Decision tables are checked as they are read: combinations, kinds, names, hit policies."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from html import escape
from itertools import product
from typing import Any, NamedTuple

import pytest

from laneway.engine.dmn import DecisionModel, read_decisions
from laneway.words import Finding, Resource

HEAD = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="m" name="m" namespace="n">'
)


class In(NamedTuple):
    """An input: expression, type, allowed values."""

    text: str
    type: str = ""
    allowed: str = ""


class Out(NamedTuple):
    """An output: name, type, output values, default."""

    name: str
    type: str = ""
    listed: str = ""
    default: str = ""


def cell(tag: str, key: str, text: str) -> str:
    return f'<{tag} id="{key}"><text>{escape(text)}</text></{tag}>'


def table(
    inputs: Sequence[In],
    rules: Sequence[Sequence[str]],
    *,
    policy: str = "UNIQUE",
    outputs: Sequence[Out] = (Out("o"),),
    aggregation: str = "",
) -> str:
    """The XML of a decision table; a rule is its input cells and then its output cells."""
    columns = ""
    for n, i in enumerate(inputs, 1):
        typed = f' typeRef="{i.type}"' if i.type else ""
        columns += f'<input id="i{n}"><inputExpression{typed}><text>{escape(i.text)}</text></inputExpression>'
        columns += cell("inputValues", f"v{n}", i.allowed) if i.allowed else ""
        columns += "</input>"
    for n, o in enumerate(outputs, 1):
        typed = f' typeRef="{o.type}"' if o.type else ""
        columns += f'<output id="o{n}" name="{o.name}"{typed}>'
        columns += cell("outputValues", f"ov{n}", o.listed) if o.listed else ""
        columns += cell("defaultOutputEntry", f"od{n}", o.default) if o.default else ""
        columns += "</output>"
    rows = ""
    for n, rule in enumerate(rules, 1):
        cells = [
            cell("inputEntry" if m <= len(inputs) else "outputEntry", f"r{n}c{m}", text)
            for m, text in enumerate(rule, 1)
        ]
        rows += f'<rule id="r{n}">{"".join(cells)}</rule>'
    aggregated = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable id="t" hitPolicy="{policy}"{aggregated}>{columns}{rows}</decisionTable>'


def model(logic: str, before: str = "", requires: str = "") -> DecisionModel:
    """The model of a decision `d` with some logic, the elements `before` it, and its requirements."""
    decision = f'<decision id="d" name="Dee">{requires}{logic}</decision>'
    return read_decisions([Resource("a.dmn", f"{HEAD}{before}{decision}</definitions>".encode())])


def found(logic: str, before: str = "", requires: str = "") -> list[Finding]:
    return model(logic, before, requires).warnings


def told(logic: str, before: str = "", requires: str = "") -> list[tuple[str, str | None, str]]:
    """(code, element id, English words) of the findings."""
    return [(f.code, f.element_id, f.message.en) for f in found(logic, before, requires)]


# -- against evaluation

NUMBER, TEXT, FLAG, DAY = (
    In("amount", "number"),
    In("grade", "string", '"A","B","C"'),
    In("urgent", "boolean"),
    In("day", "date"),
)
# For each kind of column: cells that are drawn, and inputs of which one lies in every part that cells tell apart.
CELLS = {
    NUMBER: [
        "-",
        "-",
        "1",
        "< 1",
        ">= 2",
        "[1..2]",
        "(1..3)",
        "not(2)",
        "1, 3",
        "> 3, < 1",
        "? != 2",
        "not(< 1)",
    ],
    TEXT: ["-", "-", '"A"', '"A","B"', 'not("A")', 'not("B","C")', '"C"', '? in ("A", "C")', "null"],
    FLAG: ["-", "true", "false", "not(true)"],
    DAY: [
        "-",
        '< @"2026-01-02"',
        '>= date("2026-01-02")',
        '[@"2026-01-01"..@"2026-01-03")',
        'not(@"2026-01-01")',
    ],
}
INPUTS: dict[In, list[Any]] = {
    NUMBER: [None, 0, 1, 1.5, 2, 2.5, 3, 4],
    TEXT: [None, "A", "B", "C"],
    FLAG: [None, True, False],
    DAY: [None, "2025-12-31", "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"],
}


class Drawn(NamedTuple):
    """A table of one to three columns and up to seven rules: its columns, cells and model."""

    columns: list[In]
    rules: list[list[str]]
    decisions: DecisionModel

    def met(self) -> list[tuple[tuple[Any, ...], list[int]]]:
        """(input, numbers of the rules that matched) for every combination of inputs."""
        found = []
        for values in product(*(INPUTS[column] for column in self.columns)):
            given = {column.text: v for column, v in zip(self.columns, values, strict=True)}
            matched = self.decisions.evaluate("d", given).decisions[0].matched_rules
            found.append((values, [rule.number for rule in matched]))
        return found


def drawn(seed: int, policy: str) -> Drawn:
    dice = random.Random(seed)
    columns = dice.sample(list(CELLS), dice.randint(1, 3))
    rules = [[dice.choice(CELLS[column]) for column in columns] for _ in range(dice.randint(1, 7))]
    numbered = [[*rule, str(n)] for n, rule in enumerate(rules)]
    return Drawn(columns, rules, model(table(columns, numbered, policy=policy)))


@pytest.mark.parametrize("seed", range(100))
def test_overlaps_and_gaps_are_told_exactly_where_evaluation_finds_them(seed: int) -> None:
    columns, rules, decisions = table_drawn = drawn(seed, "UNIQUE")
    asks_null = [any(rule[n] == "null" for rule in rules) for n in range(len(columns))]
    pairs: set[tuple[int, ...]] = set()
    is_gap = False
    for values, matched in table_drawn.met():
        pairs |= {(a, b) for a in matched for b in matched if a < b}
        counts = all(v is not None or asked for v, asked in zip(values, asks_null, strict=True))
        is_gap = is_gap or (counts and not matched)
    findings = decisions.warnings
    overlaps = [f.message.en for f in findings if f.code == "rules_overlap"]
    shown = {tuple(int(n) for n in re.findall(r"\d+", words)[:2]) for words in overlaps}
    assert shown <= pairs
    assert len(shown) == min(len(pairs), 8)
    assert ("rules_gap" in {f.code for f in findings}) == is_gap


@pytest.mark.parametrize("seed", range(100))
def test_rules_that_never_decide_are_told_exactly_where_evaluation_finds_them(seed: int) -> None:
    table_drawn = drawn(seed, "FIRST")
    deciding = {matched[0] for _, matched in table_drawn.met() if matched}
    idle = set(range(1, len(table_drawn.rules) + 1)) - deciding
    findings = [f for f in table_drawn.decisions.warnings if f.code == "rule_never_decides"]
    assert {int(str(f.element_id)[1:]) for f in findings} == idle
