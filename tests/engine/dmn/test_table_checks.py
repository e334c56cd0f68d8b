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
from laneway.words import Finding, Resource, Severity, Text

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


AMOUNT, GRADE, KIND, URGENT = (
    In("amount", "number"),
    In("severity", "string", '"S1","S2","S3"'),
    In("kind", "string"),
    In("urgent", "boolean"),
)


def words(logic: str, code: str, before: str = "", requires: str = "") -> list[str]:
    """The English words of the findings of one code."""
    return [f.message.en for f in found(logic, before, requires) if f.code == code]


# -- combinations


def test_a_table_that_covers_everything_once_is_silent() -> None:
    assert (
        told(table([URGENT, AMOUNT], [["true", "-", "1"], ["false", "< 5", "2"], ["false", ">= 5", "3"]]))
        == []
    )


def test_a_gap_is_named_by_its_cells() -> None:
    rules = [["<= 500000", "-", "1"], ["> 500000", '"S1","S2"', "2"]]
    assert told(table([AMOUNT, GRADE], rules)) == [
        ("rules_gap", "t", 'no rule holds for: amount > 500000, severity = "S3"')
    ]
    assert (
        found(table([AMOUNT, GRADE], rules))[0].message.zh
        == '没有规则适用于：amount > 500000，severity = "S3"'
    )


@pytest.mark.parametrize(
    ("column", "rules", "gap"),
    [
        (AMOUNT, ["< 5", "> 5"], "amount = 5"),
        (AMOUNT, ["[1..3)"], "amount in (< 1, >= 3)"),
        (AMOUNT, ["null", ">= 0"], "amount < 0"),
        (AMOUNT, ["not(null)"], "amount = null"),
        (AMOUNT, ["? > 3 and ? <= 9", "<= 3"], "amount > 9"),
        (KIND, ['"a"', '"b","c"'], "kind = any other text"),
        (KIND, ['< "m"', '> "m"'], 'kind = "m"'),
        (URGENT, ["true"], "urgent = false"),
        (GRADE, ['not("S1")'], 'severity = "S1"'),
        (In("day", "date"), ['< @"2025-01-01"', '> date("2025-01-01")'], 'day = @"2025-01-01"'),
        (In("wait", "days and time duration"), ['< duration("P1D")', '> @"P1D"'], 'wait = @"P1D"'),
        (In("term", "years and months duration"), ['<= @"P1Y"', '>= @"P1Y2M"'], 'term in (@"P1Y"..@"P1Y2M")'),
        (In("at", "time"), ['< @"12:00:00"', '> @"12:00:00"'], 'at = @"12:00:00"'),
        (
            In("due", "dateTime"),
            ['< @"2025-01-01T00:00:00Z"', '> @"2025-01-01T01:00:00+01:00"'],
            'due = @"2025-01-01T00:00:00Z"',
        ),
        (In("size", "", '"small","large"'), ['"small"'], 'size = "large"'),
    ],
)
def test_gaps_are_found_on_every_kind_of_input(column: In, rules: list[str], gap: str) -> None:
    logic = table([column], [[rule, str(n)] for n, rule in enumerate(rules)])
    assert told(logic) == [("rules_gap", "t", f"no rule holds for: {gap}")]


def test_dates_and_whole_numbers_leave_no_gap_between_neighbours() -> None:
    assert told(table([In("d", "date")], [['<= @"2025-01-31"', "1"], ['>= @"2025-02-01"', "2"]])) == []
    assert told(table([In("n", "integer")], [["<= 5", "1"], [">= 6", "2"]])) == []
    assert told(table([In("count(items)", "number")], [["0", "1"], ["1", "2"], ["> 1", "3"]])) == []
    assert words(table([AMOUNT], [["<= 5", "1"], [">= 6", "2"]]), "rules_gap") == [
        "no rule holds for: amount in (5..6); if there are only whole numbers, give the column the type integer"
    ]


def test_no_gap_is_told_where_a_default_output_or_the_hit_policy_fills_it() -> None:
    assert told(table([AMOUNT], [["1", "1"]], outputs=[Out("o", default="0")])) == []
    assert told(table([AMOUNT], [["1", "1"]], policy="COLLECT")) == []


def test_nothing_is_told_of_combinations_that_cannot_be_decided() -> None:
    assert told(table([AMOUNT], [["< limit", "1"], [">= limit", "2"]])) == []
    assert told(table([AMOUNT], [["< limit", "1"], ["< limit + 1", "2"], ["-", "3"]], policy="FIRST")) == []
    assert told(table([AMOUNT], [["? * 2 > 5", "1"], ["? * 2 <= 5", "2"]])) == []
    assert told(table([In("upper case(kind)")], [['"A"', "1"], ['"B"', "2"]])) == []
    assert told(table([AMOUNT, In("amount > 5")], [["<= 5", "false", "1"], ["> 5", "true", "2"]])) == []


def test_overlapping_rules_of_a_unique_table_are_told_with_an_example() -> None:
    rules = [["<= 5", "-", "1"], [">= 5", '"S1"', "2"], ["> 5", '"S2","S3"', "3"], ["5", '"S2","S3"', "4"]]
    assert told(table([AMOUNT, GRADE], rules)) == [
        (
            "rules_overlap",
            "r2",
            'rules 1 and 2 both hold, for example for amount = 5, severity = "S1"; UNIQUE allows only one',
        ),
        (
            "rules_overlap",
            "r4",
            'rules 1 and 4 both hold, for example for amount = 5, severity = "S2"; UNIQUE allows only one',
        ),
    ]


def test_many_overlaps_are_counted_rather_than_listed() -> None:
    logic = table([AMOUNT], [["-", str(n)] for n in range(6)])
    assert len(words(logic, "rules_overlap")) == 8
    assert words(logic, "more_rules_overlap") == ["7 more pairs of rules overlap"]


def test_rules_of_an_any_table_may_overlap_if_they_agree() -> None:
    rules = [["<= 5", "1"], [">= 5", "1"], [">= 9", "2"], ["[8..9]", "amount"]]
    assert words(table([AMOUNT], rules, policy="ANY"), "rules_overlap") == [
        "rules 2 and 3 both hold, for example for amount = 9; their outputs differ"
    ]


def test_rules_that_say_the_same_are_told() -> None:
    rules = [
        ["< 5", '"S1","S2"', "1"],
        ["< 5.0", '"S2", "S1"', "1.0"],
        [">= 5", "-", "2"],
        ["< 5", '"S3"', "3"],
    ]
    assert told(table([AMOUNT, GRADE], rules)) == [
        ("duplicate_rule", "r2", "rule 2 says the same as rule 1: one of them can go")
    ]
    undecidable = [["< limit", "1"], ["< limit", "1"], ["< limit", "2"]]
    assert [code for code, _, _ in told(table([AMOUNT], undecidable, policy="COLLECT"))] == ["duplicate_rule"]


def test_rules_behind_others_that_cover_them_never_decide() -> None:
    rules = [
        ["true", "-", "1"],
        ["-", "< 5", "2"],
        ["true", "< 9", "3"],
        ["-", ">= 5", "4"],
        ["false", "> 0", "5"],
    ]
    assert told(table([URGENT, AMOUNT], rules, policy="FIRST")) == [
        (
            "rule_never_decides",
            "r3",
            "rule 3 never decides: rule 1, which comes first, holds in all its cases",
        ),
        (
            "rule_never_decides",
            "r5",
            "rule 5 never decides: the rules 2, 4 that come first together hold in all its cases",
        ),
    ]


def test_a_last_rule_for_a_missing_input_is_alive() -> None:
    assert told(table([URGENT], [["true", "1"], ["false", "2"], ["-", "3"]], policy="FIRST")) == []


def test_with_priority_the_stronger_output_wins_wherever_its_rule_stands() -> None:
    rules = [["<= 5", '"low"'], ["-", '"high"'], ["> 5", '"mid"']]
    ranked = [Out("o", listed='"high","mid","low"')]
    assert words(table([AMOUNT], rules, policy="PRIORITY", outputs=ranked), "rule_never_decides") == [
        "rule 1 never decides: rule 2, which has priority, holds in all its cases",
        "rule 3 never decides: rule 2, which has priority, holds in all its cases",
    ]
    turned = [Out("o", listed='"low","mid","high"')]
    assert words(table([AMOUNT], rules, policy="PRIORITY", outputs=turned), "rule_never_decides") == []


def test_a_table_without_rules_is_told() -> None:
    assert told(table([AMOUNT], [])) == [("no_rules", "t", "the table has no rules")]


def test_a_table_that_would_take_too_long_says_so() -> None:
    dice = random.Random(7)
    columns = [In(f"n{n}", "number") for n in range(8)]
    rules = []
    for n in range(300):
        row = ["-"] * 8 + [str(n)]
        for place in dice.sample(range(8), 4):
            row[place] = f"not([{(low := dice.randint(0, 990))}..{low + 9}])"
        rules.append(row)
    assert "table_too_large" in {code for code, _, _ in told(table(columns, rules, policy="FIRST"))}


# -- cells


@pytest.mark.parametrize(
    ("column", "text", "code", "says"),
    [
        (AMOUNT, "[5..1]", "cell_never_holds", "[5..1] holds for no value"),
        (AMOUNT, "? > 5 and ? < 3", "cell_never_holds", "holds for no value"),
        (In("count(items)"), "< 0", "cell_never_holds", "holds for no value"),
        (GRADE, '"S1","S7"', "value_not_allowed", '"S7" is not among the allowed values: "S1","S2","S3"'),
        (GRADE, "S1", "text_without_quotes", 'did you mean "S1"?'),
        (KIND, "very high", "text_without_quotes", 'did you mean "very high"?'),
        (KIND, "A-1", "text_without_quotes", 'did you mean "A-1"?'),
        (AMOUNT, '"x"', "kinds", "comparing a number with a string"),
        (In("day", "date"), '"2025-01-01"', "kinds", "date(…)"),
        (AMOUNT, "＞5", "full_width", "full-width"),
        (AMOUNT, "> maximum(3, 4)", "unknown_function", "maximum"),
        (AMOUNT, "> amonut", "unknown_variable", "did you mean “amount”?"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_told_with_its_row_and_column(
    column: In, text: str, code: str, says: str
) -> None:
    finding = found(table([AMOUNT, column], [["-", "-", "1"], ["-", text, "2"]], policy="COLLECT"))[0]
    assert (finding.code, finding.element_id, finding.element_name) == (code, "r2c2", "Dee")
    assert finding.message.en.startswith(f"rule 2, column ‘{column.text}’: ")
    assert finding.message.zh.startswith(f"规则 2，“{column.text}”列：")
    assert says in finding.message.en
    assert finding.severity is Severity.WARNING
    assert finding.file == "a.dmn"


def test_names_of_process_variables_may_stand_in_cells_of_texts() -> None:
    requires = '<informationRequirement id="q"><requiredInput href="#wanted"/></informationRequirement>'
    declared = '<inputData id="wanted" name="wanted"><variable name="wanted" typeRef="string"/></inputData>'
    kind = '<inputData id="kind" name="kind"><variable name="kind" typeRef="string"/></inputData>'
    logic = table([KIND], [["wanted", "1"], ["not(wanted)", "2"]])
    assert told(logic, declared + kind, requires) == []


def test_a_file_that_declares_its_inputs_knows_all_names() -> None:
    declared = '<inputData id="amount" name="amount"><variable name="amount" typeRef="number"/></inputData>'
    logic = table([AMOUNT], [["> limit", "1"]])
    assert words(logic, "unknown_variable", declared) == [
        "rule 1, column ‘amount’: there is no variable “limit” (> ▸limit)"
    ]
    assert words(logic, "unknown_variable") == []


def test_one_cell_of_another_kind_is_told_where_no_type_is_declared() -> None:
    rules = [["1", "1"], ["2", "1"], ['"3"', "1"]]
    assert words(table([In("x")], rules, policy="COLLECT"), "mixed_kinds") == [
        "rule 3, column ‘x’: a string, while other cells of the column hold a number"
    ]


def test_an_input_expression_of_another_kind_than_its_type_is_told() -> None:
    logic = table([In("amount > 5", "string")], [["-", "1"]])
    assert told(logic) == [
        ("input_type", "i1", "column ‘amount > 5’: the type is string, but the expression gives a boolean")
    ]


# -- outputs and hit policies


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ('"z"', "output_not_listed", '"z" is not among the output values: "x","y"'),
        ("7", "output_type", "7 is not of the type string"),
        ("if amount > 5 then 3 else 4", "output_type", "the result is a number, not a string"),
        ("x", "text_without_quotes", 'did you mean "x"?'),
    ],
)
def test_an_output_that_does_not_fit_is_told(text: str, code: str, says: str) -> None:
    outputs = [Out("o", "string", '"x","y"')]
    finding = found(
        table([AMOUNT], [["1", '"x"'], ["2", "null"], ["3", text]], policy="COLLECT", outputs=outputs)
    )
    assert [(f.code, f.element_id) for f in finding] == [(code, "r3c2")]
    assert says in finding[0].message.en


def test_a_default_output_that_does_not_fit_is_told() -> None:
    outputs = [Out("o", "number", default='"none"')]
    assert told(table([AMOUNT], [["1", "1"]], outputs=outputs)) == [
        ("output_type", "od1", 'the default output of column ‘o’: "none" is not of the type number')
    ]


def test_a_type_with_allowed_values_holds_for_outputs_too() -> None:
    item = (
        '<itemDefinition name="Grade"><typeRef>string</typeRef>'
        '<allowedValues><text>"A","B"</text></allowedValues></itemDefinition>'
    )
    logic = table([In("g", "Grade")], [['"A"', '"B"'], ['"B"', '"C"']], outputs=[Out("o", "Grade")])
    assert told(logic, item) == [
        ("output_type", "r2c2", 'rule 2, column ‘o’: "C" is not a value of the type Grade')
    ]


@pytest.mark.parametrize(
    ("policy", "aggregation", "outputs", "code"),
    [
        ("COLLECT", "SUM", [Out("a", "string")], "aggregation_type"),
        ("COLLECT", "MAX", [Out("a", "boolean")], "aggregation_type"),
        ("COLLECT", "MIN", [Out("a"), Out("b")], "aggregation_outputs"),
        ("FIRST", "SUM", [Out("a")], "aggregation_unused"),
        ("PRIORITY", "", [Out("a")], "no_output_values"),
        ("OUTPUT ORDER", "", [Out("a", listed="> 5")], "no_output_values"),
    ],
)
def test_a_hit_policy_that_cannot_work_is_told(
    policy: str, aggregation: str, outputs: list[Out], code: str
) -> None:
    entries = {"string": '"a"', "boolean": "true"}
    row = ["-", *(entries.get(output.type, "9") for output in outputs)]
    logic = table([AMOUNT], [row], policy=policy, aggregation=aggregation, outputs=outputs)
    assert [c for c, _, _ in told(logic)] == [code]


@pytest.mark.parametrize(
    ("aggregation", "value"), [("SUM", "1"), ("COUNT", '"a"'), ("MAX", '@"P1D"'), ("MIN", '"a"')]
)
def test_aggregations_that_work_are_silent(aggregation: str, value: str) -> None:
    assert told(table([AMOUNT], [["-", value]], policy="COLLECT", aggregation=aggregation)) == []


def test_expressions_outside_of_tables_are_judged_too() -> None:
    logic = "<literalExpression id='L'><text>lower(customer)</text></literalExpression>"
    finding = found(logic)[0]
    assert (finding.code, finding.element_id) == ("unknown_function", "L")
    assert finding.message.en.endswith("(▸lower(customer))")


def test_an_expression_of_another_type_than_its_decision_is_told() -> None:
    logic = "<variable name='d' typeRef='number'/><literalExpression id='L'><text>string(5)</text></literalExpression>"
    assert told(logic) == [
        ("result_type", "L", "the decision is of the type number, but the expression gives a string")
    ]


def test_a_column_without_expression_is_told() -> None:
    logic = table([In("")], [["-", "1"]])
    assert words(logic, "no_input_expression") == [
        "column ‘1’ has no expression, so its value is always null"
    ]


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


@pytest.mark.parametrize("seed", range(60))
def test_with_priority_idle_rules_are_those_that_never_win(seed: int) -> None:
    dice = random.Random(1000 + seed)
    columns = dice.sample(list(CELLS), dice.randint(1, 3))
    rules = [
        [*(dice.choice(CELLS[column]) for column in columns), str(dice.randint(1, 3))]
        for _ in range(dice.randint(1, 7))
    ]
    outputs = [Out("o", listed="3, 1, 2")]
    decisions = model(table(columns, rules, policy="PRIORITY", outputs=outputs))
    winners = {
        min(matched, key=lambda number: ("312".index(rules[number - 1][-1]), number))
        for _, matched in Drawn(columns, rules, decisions).met()
        if matched
    }
    told_idle = {"rule_never_decides", "duplicate_rule"}
    idle = {int(str(f.element_id)[1:]) for f in decisions.warnings if f.code in told_idle}
    assert idle == set(range(1, len(rules) + 1)) - winners


@pytest.mark.parametrize("seed", range(40))
def test_an_any_table_is_told_of_rules_that_disagree(seed: int) -> None:
    dice = random.Random(2000 + seed)
    columns = dice.sample(list(CELLS), dice.randint(1, 2))
    rules = [
        [*(dice.choice(CELLS[column]) for column in columns), dice.choice(["1", "1.0", "2"])]
        for _ in range(5)
    ]
    decisions = model(table(columns, rules, policy="ANY"))
    disagree = any(
        len({float(rules[number - 1][-1]) for number in matched}) > 1
        for _, matched in Drawn(columns, rules, decisions).met()
    )
    assert ("rules_overlap" in {f.code for f in decisions.warnings}) == disagree


def test_of_very_many_findings_the_first_are_told() -> None:
    findings = found(table([AMOUNT], [["1", "1"]] * 300, policy="COLLECT"))
    assert len(findings) == 201
    assert findings[-1].message == Text("另有 99 项意见", "there are 99 more findings")


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST"])
@pytest.mark.parametrize("seed", range(40))
def test_what_is_told_beside_undecidable_cells_is_true_whatever_they_hold_for(seed: int, policy: str) -> None:
    dice = random.Random(3000 + seed)
    columns = [AMOUNT, *dice.sample([TEXT, FLAG], 1)]
    cells = {AMOUNT: ["-", "< limit", "not(limit)", ">= limit, 1", "[1..2]", "> 2"], **CELLS}
    rules = [[dice.choice(cells[column]) for column in columns] for _ in range(6)]
    decisions = model(table(columns, [[*rule, str(n)] for n, rule in enumerate(rules)], policy=policy))
    findings = decisions.warnings
    overlaps, idle = (
        [f for f in findings if f.code == code] for code in ("rules_overlap", "rule_never_decides")
    )
    is_gap = any(f.code == "rules_gap" for f in findings)
    for limit in (None, 0, 1, 2.5, 9):
        seen: list[list[int]] = []
        gaps = 0
        for values in product(INPUTS[NUMBER], INPUTS[columns[1]]):
            given = {column.text: v for column, v in zip(columns, values, strict=True)} | {"limit": limit}
            matched = decisions.evaluate("d", given).decisions[0].matched_rules
            seen.append([rule.number for rule in matched])
            gaps += not matched and None not in values
        for finding in overlaps:
            a, b = (int(n) for n in re.findall(r"\d+", finding.message.en)[:2])
            assert any(a in numbers and b in numbers for numbers in seen)
        assert all(
            int(str(finding.element_id)[1:]) not in numbers[:1] for finding in idle for numbers in seen
        )
        assert gaps or not is_gap


def test_a_cell_whose_assertion_fails_is_checked_without_stopping_the_check() -> None:
    for cell, output in (
        ("assert(1, false)", "1"),
        ("assert(?, ? &gt; 3) = 4", "1"),
        ("&gt; assert(1, false)", "1"),
        ("1", "assert(1, false)"),
    ):
        content = (
            '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
            '<decision id="x" name="x"><decisionTable hitPolicy="UNIQUE"><input id="i"><inputExpression>'
            '<text>a</text></inputExpression></input><output id="o"/><rule id="r"><inputEntry>'
            f"<text>{cell}</text></inputEntry><outputEntry><text>{output}</text></outputEntry></rule>"
            "</decisionTable></decision></definitions>"
        )
        model = read_decisions([Resource("d.dmn", content.encode())])
        assert isinstance(model.warnings, list)
