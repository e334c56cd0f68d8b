"""Files are read as they are deployed: checked whole, evaluated with process variables, traced."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from laneway.engine.dmn import UNSUPPORTED, DecisionFailed, DecisionModel, read_decisions
from laneway.errors import NotFound, Refused
from laneway.words import Resource, Text

NOW = datetime(2026, 3, 5, tzinfo=UTC)
HEAD = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="complaints" name="投诉决策" namespace="n">'
)


def read(*bodies: str) -> DecisionModel:
    return read_decisions([Resource("a.dmn", f"{HEAD}{''.join(bodies)}</definitions>".encode())])


def literal(text: str, more: str = "") -> str:
    logic = f'<literalExpression id="L" {more}><text>{escape(text)}</text></literalExpression>'
    return f'<decision id="D" name="Dee">{logic}</decision>'


def requiring(key: str) -> str:
    """A decision D that requires another."""
    needs = (
        f'<informationRequirement id="q"><requiredDecision href="#{key}"/></informationRequirement><literal'
    )
    return literal("1").replace("<literal", needs, 1)


def rule(key: str, injury: str, pieces: str, output: str) -> str:
    return (
        f'<rule id="r{key}"><inputEntry id="c{key}1"><text>{escape(injury)}</text></inputEntry>'
        f'<inputEntry id="c{key}2"><text>{escape(pieces)}</text></inputEntry>'
        f'<outputEntry id="c{key}3"><text>{output}</text></outputEntry></rule>'
    )


SEVERITY = (
    """
  <decision id="severity" name="严重程度">
    <extensionElements><zeebe:properties>
      <zeebe:property name="laneway:name:en" value="Severity"/>
    </zeebe:properties></extensionElements>
    <decisionTable id="t1" hitPolicy="FIRST">
      <input id="i1" label="伤害 Injury">
        <inputExpression id="e1" typeRef="boolean"><text>injury</text></inputExpression></input>
      <input id="i2"><inputExpression id="e2" typeRef="number"><text>pieces</text></inputExpression></input>
      <output id="o1" name="severity" typeRef="string"/>"""
    + rule("1", "true", "-", '"critical"')
    + rule("2", "", ">= 100", '"major"')
    + rule("3", "false", "< 100", '"minor"')
    + "</decisionTable></decision>"
)
DEADLINE = """
  <decision id="deadline" name="Deadline">
    <variable name="Deadline" typeRef="date"/>
    <informationRequirement id="q1"><requiredDecision href="#severity"/></informationRequirement>
    <literalExpression id="l1">
      <text>received + (if severity = "critical" then @"P1D" else @"P5D")</text></literalExpression>
  </decision>"""


def refusal(*bodies: str) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as caught:
        read(*bodies)
    for finding in caught.value.findings:
        assert finding.file == "a.dmn"
        assert finding.message.zh
        assert finding.message.en
        assert finding.message.zh != finding.message.en
    return [(finding.code, finding.element_id) for finding in caught.value.findings]


def test_decisions_are_listed_with_both_names_and_their_requirements() -> None:
    severity, deadline = read(SEVERITY, DEADLINE).decisions

    assert severity.decision_id == "severity"
    assert severity.name == Text("严重程度", "Severity")
    assert severity.requirements_id == "complaints"
    assert severity.requirements_name == "投诉决策"
    assert deadline.name.pick("zh") == "Deadline"


def test_process_variables_are_seen_by_name_and_the_trace_tells_the_way() -> None:
    model = read(SEVERITY, DEADLINE)

    result = model.evaluate("severity", {"injury": False, "pieces": 120, "unused": object()})

    assert result.value == "major"
    assert result.warnings == []
    [evaluated] = result.decisions
    assert evaluated.decision_id == "severity"
    assert evaluated.name.en == "Severity"
    assert [one[1:] for one in evaluated.inputs] == [("伤害 Injury", False), ("pieces", 120)]
    assert [rule[:2] for rule in evaluated.matched_rules] == [("r2", 2)]
    assert evaluated.output == "major"


def test_required_decisions_come_first_and_are_seen_by_their_id() -> None:
    received = '<inputData id="in" name="received"><variable name="received" typeRef="date"/></inputData>'
    requires = '<informationRequirement id="q2"><requiredInput href="#in"/></informationRequirement><literal'
    model = read(SEVERITY, received, DEADLINE.replace("<literal", requires, 1))

    result = model.evaluate("deadline", {"injury": True, "pieces": 1, "received": "2026-03-01"})

    assert result.value == "2026-03-02"
    assert [d.decision_id for d in result.decisions] == ["severity", "deadline"]
    assert result.decisions[1].matched_rules == []


def test_iso_texts_are_read_where_a_table_asks_for_dates() -> None:
    table = (
        '<decision id="D" name="D"><decisionTable id="t"><input id="i"><inputExpression id="e" typeRef="date">'
        "<text>due</text></inputExpression></input>"
        '<output id="o"/><rule id="r"><inputEntry id="c"><text>&lt; today()</text></inputEntry>'
        '<outputEntry id="x"><text>true</text></outputEntry></rule></decisionTable></decision>'
    )

    assert read(table).evaluate("D", {"due": "2026-03-01"}, now=NOW).value is True
    assert read(table).evaluate("D", {"due": "2026-03-09"}, now=NOW).value is None
    assert read(table).evaluate("D", {"due": "tomorrow"}, now=NOW).value is None


@pytest.mark.parametrize("odd", [None, "many", [], {}, object(), float("nan"), [1, 2], {"a": 1}])
def test_odd_data_gives_null_and_warnings(odd: Any) -> None:
    result = read(SEVERITY).evaluate("severity", {"injury": odd, "pieces": odd})

    assert result.value is None
    assert result.warnings


def test_unknown_names_give_null_and_warnings() -> None:
    result = read(SEVERITY).evaluate("severity", {})

    assert result.value is None
    assert "no variable 'injury'" in map(str, result.warnings)


def test_an_unknown_decision_is_told() -> None:
    with pytest.raises(NotFound):
        read(SEVERITY).evaluate("nothing", {})


def test_limits_stop_an_evaluation() -> None:
    with pytest.raises(DecisionFailed):
        read(literal("count(for i in 1..100000, j in 1..100000 return 1)")).evaluate("D", {})


def test_a_leading_equals_sign_is_allowed() -> None:
    assert read(literal("= 1 + 1")).evaluate("D", {}).value == 2


@pytest.mark.parametrize(
    ("body", "code", "element_id"),
    [
        (literal("1 +"), "bad_expression", "L"),
        (literal("amount > > 1"), "bad_expression", "L"),
        (literal('function(x) external {java: {class: "a"}}'), "bad_expression", "L"),
        (literal("${a}", 'expressionLanguage="juel"'), "expression_language", "L"),
        ('<decision id="D" name="D"/>', "no_logic", "D"),
        (
            '<decision name="D"><literalExpression id="L"><text>1</text></literalExpression></decision>',
            "no_id",
            "complaints",
        ),
        (requiring("no"), "unknown_reference", "q"),
        (requiring("D"), "circular_requirement", "D"),
        (literal("1") + literal("2"), "duplicate_decision", "D"),
        (
            '<import id="m" name="x" namespace="nowhere" importType="dmn"/>' + literal("1"),
            "unknown_import",
            "m",
        ),
        (SEVERITY.replace('"FIRST"', '"BEST"'), "unknown_hit_policy", "t1"),
        (SEVERITY.replace('<inputEntry id="c12"><text>-</text></inputEntry>', ""), "uneven_rule", "r1"),
        (SEVERITY.replace("&gt;= 100", "&gt;= "), "bad_expression", "c22"),
        (SEVERITY.replace('"minor"', '"minor'), "bad_expression", "c33"),
        (
            '<itemDefinition name="t"><allowedValues id="av"><text>&gt;</text></allowedValues></itemDefinition>',
            "bad_expression",
            "av",
        ),
        (
            '<businessKnowledgeModel id="b" name="b"><encapsulatedLogic id="l" kind="Java"/></businessKnowledgeModel>',
            "external_function",
            "l",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_its_element(body: str, code: str, element_id: str) -> None:
    assert refusal(body) == [(code, element_id)]


def test_all_problems_are_told_at_once() -> None:
    broken = SEVERITY.replace("&gt;= 100", "&gt;= ").replace('"minor"', '"minor')

    assert refusal(broken, literal("1 +")) == [
        ("bad_expression", "c22"),
        ("bad_expression", "c33"),
        ("bad_expression", "L"),
    ]


def test_a_wrong_text_is_shown_with_its_place() -> None:
    with pytest.raises(Refused) as caught:
        read(literal("1 2"))
    [finding] = caught.value.findings

    assert finding.message.en == "the expression '1 2' is wrong at character 3: unexpected '2'"
    assert finding.message.zh == "表达式 '1 2' 第 3 个字符处有错：此处不应出现 '2'"
    assert finding.element_name == "Dee"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<a", "not_xml"),
        (b"<definitions/>", "not_dmn"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "doctype"),
    ],
)
def test_a_file_that_is_no_dmn_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        read_decisions([Resource("good.dmn", f"{HEAD}</definitions>".encode()), Resource("bad.dmn", content)])

    assert [(f.code, f.file) for f in caught.value.findings] == [(code, "bad.dmn")]


def test_the_list_of_unsupported_constructs_is_in_both_languages() -> None:
    assert set(UNSUPPORTED) == {"expression_language", "external_function"}
    assert all(sentence.zh and sentence.en for sentence in UNSUPPORTED.values())
