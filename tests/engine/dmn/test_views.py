"""A decision as people look at it, and the variables that it asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from laneway.engine.dmn import DecisionModel, read_decisions
from laneway.engine.dmn.asked import asked_of
from laneway.engine.dmn.views import constants, table_of, text_at
from laneway.errors import NotFound
from laneway.words import Resource, Text

SHIPPED = Path(__file__).parents[3] / "processes" / "c110_grading" / "decisions"
LOAN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="loans" name="Loans" namespace="urn:loans"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
  <itemDefinition id="t1" name="Applicant">
    <itemComponent id="t2" name="income"><typeRef>number</typeRef></itemComponent>
    <itemComponent id="t3" name="country"><typeRef>string</typeRef></itemComponent>
  </itemDefinition>
  <itemDefinition id="t4" name="Class"><typeRef>string</typeRef>
    <allowedValues id="t5"><text>"good", "bad"</text></allowedValues></itemDefinition>
  <inputData id="applicant" name="applicant"><variable id="v1" name="applicant" typeRef="Applicant"/></inputData>
  <inputData id="class" name="class"><variable id="v2" name="class" typeRef="Class"/></inputData>
  <businessKnowledgeModel id="tax" name="tax">
    <encapsulatedLogic id="tax_logic"><formalParameter id="p1" name="amount"/>
      <literalExpression id="tax_text"><text>amount * rate</text></literalExpression></encapsulatedLogic>
  </businessKnowledgeModel>
  <decision id="net" name="净收入">
    <extensionElements><zeebe:versionTag value="spring"/><zeebe:properties>
      <zeebe:property name="laneway:name:en" value="Net income"/></zeebe:properties></extensionElements>
    <variable id="v3" name="net" typeRef="number"/>
    <informationRequirement id="r1"><requiredInput href="#applicant"/></informationRequirement>
    <knowledgeRequirement id="r2"><requiredKnowledge href="#tax"/></knowledgeRequirement>
    <context id="c1">
      <contextEntry id="e1"><variable id="v4" name="duty"/>
        <literalExpression id="duty"><text>tax(applicant.income)</text></literalExpression></contextEntry>
      <contextEntry id="e2"><literalExpression id="rest"><text>applicant.income - duty</text></literalExpression>
      </contextEntry>
    </context>
  </decision>
  <decision id="loan" name="Loan">
    <question>可以放款吗？ | May we lend?</question>
    <variable id="v5" name="loan" typeRef="string"/>
    <informationRequirement id="r3"><requiredDecision href="#net"/></informationRequirement>
    <informationRequirement id="r4"><requiredInput href="#class"/></informationRequirement>
    <decisionTable id="table" hitPolicy="COLLECT" aggregation="MAX">
      <input id="i1" label="Net"><inputExpression id="x1" typeRef="number"><text>net</text></inputExpression></input>
      <input id="i2" label="Class of the customer">
        <inputExpression id="x2"><text>class</text></inputExpression></input>
      <input id="i3" label="Urgent"><inputExpression id="x3" typeRef="boolean"><text>urgent = true</text>
        </inputExpression></input>
      <output id="o1" label="Limit" name="limit" typeRef="number"><defaultOutputEntry id="d1"><text>0</text>
        </defaultOutputEntry></output>
      <annotation name="Why"/>
      <rule id="rule1"><inputEntry id="c11"><text>&gt; 100</text></inputEntry>
        <inputEntry id="c12"><text>"good"</text></inputEntry><inputEntry id="c13"><text>-</text></inputEntry>
        <outputEntry id="c14"><text>net * factor</text></outputEntry>
        <annotationEntry><text>rich</text></annotationEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""


@pytest.fixture
def loans() -> DecisionModel:
    return read_decisions([Resource("loans.dmn", LOAN.encode())])


@pytest.fixture
def severity() -> DecisionModel:
    return read_decisions([Resource("d1.dmn", (SHIPPED / "d1_severity.dmn").read_bytes())])


def test_a_table_has_its_columns_rules_and_hit_policy_in_both_languages(severity: DecisionModel) -> None:
    view = table_of(severity, "c110_d1_severity")
    table = view.logic.table

    assert view.name == Text("投诉严重度", "Complaint severity")
    assert table is not None
    assert (table.policy.letter, table.policy.name) == ("F", Text("首条", "First"))
    assert table.inputs[0].label == Text("人员受伤", "Injury")
    assert table.inputs[0].allowed.values == ("none", "minor", "serious", "death")
    assert [column.name for column in table.outputs] == ["severity", "safety_flag", "recall_watch"]
    assert [row.number for row in table.rules] == list(range(1, 11))
    assert table.rules[0].inputs[0].values == ("serious", "death")
    assert table.rules[0].inputs[1].is_any
    assert table.rules[0].description == Text("重伤或死亡", "Serious injury or death")


def test_an_aggregation_default_outputs_annotations_and_the_question_are_told(loans: DecisionModel) -> None:
    view = table_of(loans, "loan")
    table = view.logic.table

    assert view.question == Text("可以放款吗？", "May we lend?")
    assert table is not None
    assert (table.policy.letter, table.policy.name.en) == ("C>", "Collect (largest)")
    assert [cell.values for cell in table.defaults] == [(0,)]
    assert (table.annotations, table.rules[0].annotations) == (("Why",), ("rich",))


def test_boxed_expressions_are_parts_with_their_names_and_a_version_tag_is_read(loans: DecisionModel) -> None:
    view = table_of(loans, "net")

    assert view.version_tag == "spring"
    assert view.logic.words == Text("上下文", "Context")
    assert [(name.en, part.text) for name, part in view.logic.parts] == [
        ("duty", "tax(applicant.income)"),
        ("result", "applicant.income - duty"),
    ]


def test_what_a_decision_requires_is_a_tree_in_which_knowledge_has_its_logic(loans: DecisionModel) -> None:
    needs = table_of(loans, "loan").needs

    assert [(one.kind, one.key) for one in needs] == [("decision", "net"), ("inputData", "class")]
    assert [one.key for one in needs[0].needs] == ["applicant", "tax"]
    (knowledge,) = [one for one in needs[0].all() if one.kind == "businessKnowledgeModel"]
    assert knowledge.logic is not None
    assert (knowledge.logic.text, knowledge.logic.parts[0][1].text) == ("amount", "amount * rate")


def test_a_decision_asks_for_input_data_of_all_it_requires_and_for_free_names(loans: DecisionModel) -> None:
    asked = {one.name: one for one in asked_of(loans, "loan")}

    assert list(asked) == ["applicant", "rate", "class", "urgent", "factor"]
    assert asked["applicant"].sample == {"income": None, "country": None}
    assert (asked["class"].allowed, asked["class"].columns) == (("good", "bad"), ("i2",))
    assert (asked["urgent"].type, asked["urgent"].label.pick("en")) == ("boolean", "Urgent")


def test_a_column_tells_type_label_and_values_of_its_variable(severity: DecisionModel) -> None:
    asked = {one.name: one for one in asked_of(severity, "c110_d1_severity")}

    assert asked["injury"].label == Text("人员受伤", "Injury")
    assert asked["injury"].allowed == ("none", "minor", "serious", "death")
    assert asked["lab"].seen == ("off_spec",)


def test_the_text_of_a_cell_is_found_by_its_id(loans: DecisionModel) -> None:
    assert text_at(loans, "loan", "c11") == "> 100"
    assert text_at(loans, "loan", "nothing") == ""


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('"a", "b"', ("a", "b")),
        ("true", (True,)),
        ("[1..2]", None),
        ("-", None),
        ("x", None),
        ('["a"]', (["a"],)),
    ],
)
def test_only_constants_have_values(text: str, values: object) -> None:
    assert constants(text) == values


def test_an_unknown_decision_is_not_found(loans: DecisionModel) -> None:
    with pytest.raises(NotFound):
        table_of(loans, "nothing")
    with pytest.raises(NotFound):
        asked_of(loans, "nothing")
