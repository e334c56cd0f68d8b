"""The pages of decisions: what is deployed, how it was evaluated, and trying a decision or an expression."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from laneway.engine import database as laneway_database
from laneway.engine import deployments, instances
from laneway.engine.model import Person
from laneway.engine.queries import decisions as found_decisions
from laneway.engine.runtime import Started
from laneway.testing import drain
from laneway.web import case_decisions
from laneway.words import Resource

from .conftest import SignIn

GRADE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="grades" name="Grades" namespace="urn:grades"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
  <decision id="risk" name="风险">
    <extensionElements><zeebe:properties><zeebe:property name="laneway:name:en" value="Risk"/></zeebe:properties>
    </extensionElements>
    <variable id="v0" name="risk" typeRef="string"/>
    <literalExpression id="risk_text"><text>if days &gt; 30 then "high" else "low"</text></literalExpression>
  </decision>
  <decision id="grade" name="等级">
    <extensionElements><zeebe:properties><zeebe:property name="laneway:name:en" value="Grade"/></zeebe:properties>
    </extensionElements>
    <variable id="v1" name="grade" typeRef="string"/>
    <informationRequirement id="r1"><requiredDecision href="#risk"/></informationRequirement>
    <decisionTable id="grade_table" hitPolicy="FIRST">
      <input id="g_amount" label="金额">
        <extensionElements><zeebe:properties><zeebe:property name="laneway:name:en" value="Amount"/>
          </zeebe:properties></extensionElements>
        <inputExpression id="g_x1" typeRef="number"><text>amount</text></inputExpression></input>
      <input id="g_risk" label="Risk"><inputExpression id="g_x2" typeRef="string"><text>risk</text>
        </inputExpression></input>
      <input id="g_vip" label="VIP"><inputExpression id="g_x3" typeRef="boolean"><text>vip</text>
        </inputExpression></input>
      <output id="g_grade" label="等级" name="grade" typeRef="string"/>
      %(rules)s
    </decisionTable>
  </decision>
</definitions>"""
RULE = """<rule id="rule%(n)s"><inputEntry id="i%(n)s"><text>%(test)s</text></inputEntry>
  <inputEntry id="j%(n)s"><text>-</text></inputEntry><inputEntry id="k%(n)s"><text>-</text></inputEntry>
  <outputEntry id="o%(n)s"><text>"G%(n)s"</text></outputEntry></rule>"""
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="gradings" targetNamespace="urn:test">
  <bpmn:process id="grading" name="评级" isExecutable="true">
    <bpmn:extensionElements><zeebe:properties>
      <zeebe:property name="laneway:name:en" value="Grading"/>
      <zeebe:property name="laneway:case:series" value="GR"/>
    </zeebe:properties></bpmn:extensionElements>
    <bpmn:startEvent id="begin"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:businessRuleTask id="decide" name="评定等级">
      <bpmn:extensionElements>
        <zeebe:calledDecision decisionId="grade" resultVariable="grade"/>
        <zeebe:properties><zeebe:property name="laneway:name:en" value="Grade it"/></zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:businessRuleTask>
    <bpmn:userTask id="look" name="查看">
      <bpmn:extensionElements><zeebe:userTask/>
        <zeebe:assignmentDefinition candidateGroups="complaint_desk"/>
        <zeebe:ioMapping><zeebe:input source="=amount + missing" target="sum"/></zeebe:ioMapping>
        <zeebe:properties><zeebe:property name="laneway:name:en" value="Look at it"/></zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="end"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="begin" targetRef="decide"/>
    <bpmn:sequenceFlow id="f2" sourceRef="decide" targetRef="look"/>
    <bpmn:sequenceFlow id="f3" sourceRef="look" targetRef="end"/>
  </bpmn:process>
</bpmn:definitions>"""
RULES = 20


def _grade(rules: int = RULES) -> bytes:
    cells = [RULE % {"n": n, "test": f"&lt; {n * 100}"} for n in range(1, rules + 1)]
    return (GRADE % {"rules": "".join(cells)}).encode()


@pytest.fixture
def graded(app: Flask, mei: Person) -> Started:
    """A case whose process has graded an amount of 950 by rule 10 of 20."""
    with laneway_database.unit_of_work() as session:
        files = [Resource("grade.dmn", _grade()), Resource("grading.bpmn", PROCESS.encode())]
        deployments.deploy(session, files, by=None)
        started = instances.start(
            session, process_id="grading", variables={"amount": 950, "days": 40}, by=mei
        )
    drain()
    return started


def _decided_id(started: Started, decision_id: str = "grade") -> str:
    with laneway_database.reading() as session:
        made = found_decisions.of_case(session, started.instance_key)
    found = next(one for one in made if one.decision_id == decision_id)
    return f"{found.evaluation_key}-{found.position}"


def _rule_numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-rule="(\d+)"', page)]


def _fired(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<tr class="fired" data-rule="(\d+)"', page)]


# -- what is deployed


def test_the_list_tells_versions_users_and_how_often_a_decision_was_evaluated(
    sign_in: SignIn, graded: Started, mei: Person
) -> None:
    page = sign_in(mei).get("/decisions").text

    assert "等级" in page
    assert '<a class="m" href="/processes/grading">评级</a>' in page
    assert re.search(r'href="/decisions/grade">等级</a>.*?<td class="n">1</td>', page, re.DOTALL)


def test_without_decisions_the_list_says_what_to_do(sign_in: SignIn, mei: Person) -> None:
    assert "还没有决策" in sign_in(mei).get("/decisions").text


def test_a_decision_shows_its_table_hit_policy_and_requirements_in_both_languages(
    sign_in: SignIn, graded: Started, mei: Person, bob: Person
) -> None:
    chinese, english = sign_in(mei).get("/decisions/grade").text, sign_in(bob).get("/decisions/grade").text

    assert _rule_numbers(chinese) == list(range(1, RULES + 1))
    assert "首条：自上而下" in chinese
    assert "First: from the top" in english
    assert "Amount" in english
    assert '<a class="m" href="/decisions/risk">Risk</a>' in english


def test_every_tab_opens_and_an_unknown_decision_is_not_found(
    sign_in: SignIn, graded: Started, owner: Person
) -> None:
    browser = sign_in(owner)
    for tab in ("", "/try", "/evaluations", "/versions", "/findings"):
        assert browser.get(f"/decisions/grade{tab}").status_code == 200
        assert browser.get(f"/decisions/risk{tab}").status_code == 200
        assert browser.get(f"/decisions/nothing{tab}").status_code == 404
    assert browser.get("/decisions/grade/nothing").status_code == 404


def test_an_older_version_is_shown_as_it_was(sign_in: SignIn, graded: Started, mei: Person) -> None:
    with laneway_database.unit_of_work() as session:
        deployments.deploy(session, [Resource("grade.dmn", _grade(3))], by=None)
    browser = sign_in(mei)

    assert _rule_numbers(browser.get("/decisions/grade").text) == [1, 2, 3]
    assert len(_rule_numbers(browser.get("/decisions/grade?version=1").text)) == RULES
    assert "v1" in browser.get("/decisions/grade/versions").text


def test_the_file_of_a_version_comes_byte_for_byte_and_can_never_run_as_a_page(
    sign_in: SignIn, graded: Started, mei: Person
) -> None:
    with laneway_database.reading() as session:
        key = found_decisions.versions(session, "grade")[0].key

    answer = sign_in(mei).get(f"/decisions/files/{key}.dmn")

    assert answer.data == _grade()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


# -- what was decided


def test_a_case_shows_its_decisions_with_the_fired_rule_between_its_neighbours(
    sign_in: SignIn, graded: Started, mei: Person
) -> None:
    browser = sign_in(mei)
    page = browser.get(f"/cases/{graded.case_number}/decisions").text

    assert _fired(page) == [10]
    assert _rule_numbers(page) == [9, 10, 11]
    assert "8 条未成立的规则" in page
    assert '<td data-label="金额">950</td>' in page
    assert "评定等级" in page
    whole = browser.get(f"/cases/{graded.case_number}/decisions?rules={_decided_id(graded)}").text
    assert _rule_numbers(whole) == list(range(1, RULES + 1))
    assert _fired(whole) == [10]


def test_a_required_decision_without_a_table_shows_its_result(
    sign_in: SignIn, graded: Started, bob: Person
) -> None:
    page = sign_in(bob).get(f"/cases/{graded.case_number}/decisions").text

    assert re.search(r"Risk</span>.*?<dt>Result</dt><dd>high</dd>", page, re.DOTALL)


def test_timeline_and_diagram_lead_to_what_was_decided(sign_in: SignIn, graded: Started, mei: Person) -> None:
    browser, id_ = sign_in(mei), _decided_id(graded)
    address = f"/cases/{graded.case_number}/decisions?open={id_}#decision-{id_}"

    assert f'href="{address}"' in browser.get(f"/cases/{graded.case_number}/timeline").text
    state = browser.get(f"/cases/{graded.case_number}/state/{graded.instance_key}.json").get_json()
    assert state["links"] == {"decide": address}
    assert f'id="decision-{id_}"' in browser.get(address).text


def test_warnings_of_expressions_are_for_those_who_can_mend_the_process(
    sign_in: SignIn, graded: Started, mei: Person, owner: Person
) -> None:
    for_owner = sign_in(owner).get(f"/cases/{graded.case_number}/decisions").text

    assert "For debugging: warnings of expressions" in for_owner
    assert "missing" in for_owner
    assert "missing" not in sign_in(mei).get(f"/cases/{graded.case_number}/decisions").text


def test_evaluations_of_a_decision_lead_to_their_cases(sign_in: SignIn, graded: Started, mei: Person) -> None:
    page = sign_in(mei).get("/decisions/grade/evaluations").text

    assert str(graded.case_number) in page
    assert "G10" in page


def test_who_may_not_see_cases_sees_no_evaluation(sign_in: SignIn, graded: Started, admin: Person) -> None:
    browser = sign_in(admin)

    assert browser.get("/decisions/grade").status_code == 200
    assert "/decisions/grade/evaluations" not in browser.get("/decisions/grade").text
    assert browser.get("/decisions/grade/evaluations").status_code == 403


# -- trying


def test_an_owner_tries_a_decision_and_sees_the_fired_row_and_what_it_requires(
    sign_in: SignIn, graded: Started, owner: Person
) -> None:
    browser = sign_in(owner)
    form = browser.get("/decisions/grade/try").text
    page = browser.post("/decisions/grade/try", {"v.amount": "450", "v.days": "3", "v.vip": "true"}).text

    assert 'name="v.amount" value="950"' in form
    assert _fired(page) == [5]
    assert "G5" in page
    assert "low" in page
    assert 'name="v.amount" value="450"' in page
    assert _rule_numbers(page) == list(range(1, RULES + 1))


def test_pasted_json_wins_over_the_fields(sign_in: SignIn, graded: Started, owner: Person) -> None:
    page = sign_in(owner).post("/decisions/grade/try", {"v.amount": "450", "json": '{"amount": 150}'}).text

    assert _fired(page) == [2]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"v.amount": "much"}, "This is not a number"),
        ({"json": '{"amount": }'}, "This is not JSON: look at line 1, character 12."),
        ({"json": "[1]"}, "Variables are a JSON object"),
        ({"json": '{"amount": ' + "[" * 9000 + "]" * 9000 + "}"}, "nested too deeply"),
        ({"json": '{"amount": 1' + "0" * 5000 + "}"}, "a number is too large"),
    ],
)
def test_what_cannot_be_read_is_told_and_nothing_typed_is_lost(
    sign_in: SignIn, graded: Started, owner: Person, typed: dict[str, str], told: str
) -> None:
    answer = sign_in(owner).post("/decisions/grade/try", {"v.days": "17", **typed})

    assert answer.status_code == 200
    assert told in answer.text
    assert 'name="v.days" value="17"' in answer.text
    assert _fired(answer.text) == []


def test_a_number_that_came_out_is_shown_again(sign_in: SignIn, graded: Started, owner: Person) -> None:
    with laneway_database.unit_of_work() as session:
        numbers = (
            _grade().replace(b'"G5"', b"5 + 0.5").replace(b'name="grade" typeRef="string"', b'name="grade"')
        )
        numbers = numbers.replace(b'<variable id="v1" name="grade" typeRef="string"/>', b"")
        deployments.deploy(session, [Resource("grade.dmn", numbers)], by=None)
    browser = sign_in(owner)
    browser.post("/decisions/grade/try", {"v.amount": "450"})

    assert "5.5" in browser.get("/decisions/grade/evaluations").text
    assert 'name="v.amount" value="450"' in browser.get("/decisions/grade/try").text


def test_only_owners_try(sign_in: SignIn, graded: Started, mei: Person, admin: Person) -> None:
    for person in (mei, admin):
        browser = sign_in(person)
        assert "/decisions/grade/try" not in browser.get("/decisions/grade").text
        assert browser.get("/decisions/grade/try").status_code == 403
        assert browser.post("/decisions/grade/try", {"v.amount": "1"}).status_code == 403
        assert browser.get("/decisions/try").status_code == 403
        assert browser.post("/decisions/try", {"text": "1"}).status_code == 403


def test_a_failure_of_a_tried_decision_is_told(sign_in: SignIn, graded: Started, owner: Person) -> None:
    bomb = _grade().replace(
        b'if days &gt; 30 then "high" else "low"',
        b"string(for a in 1..1000, b in 1..1000, c in 1..1000 return a)",
    )
    with laneway_database.unit_of_work() as session:
        deployments.deploy(session, [Resource("grade.dmn", bomb)], by=None)

    answer = sign_in(owner).post("/decisions/grade/try", {"v.amount": "1"})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


def test_an_expression_is_tried_with_variables(sign_in: SignIn, owner: Person) -> None:
    typed = {"kind": "expression", "text": "=amount * 2", "variables": '{"amount": 21}'}

    page = sign_in(owner).post("/decisions/try", typed).text

    assert re.search(r"data-result>\s*<span class=\"m\">42</span>", page)
    assert "=amount * 2</textarea>" in page


def test_tests_of_a_cell_are_tried_with_a_value(sign_in: SignIn, owner: Person) -> None:
    typed = {"kind": "tests", "text": "< 10, > limit", "input": "25", "variables": '{"limit": 20}'}

    page = sign_in(owner).post("/decisions/try", typed).text

    assert re.search(r"data-result>\s*<span class=\"m\">true</span>", page)


@pytest.mark.parametrize(
    ("typed", "place"),
    [({"text": "=1 + * 2"}, "*"), ({"text": "1 + amuont", "variables": '{"amount": 1}'}, "a")],
)
def test_the_place_of_a_mistake_is_marked_in_the_text(
    sign_in: SignIn, owner: Person, typed: dict[str, str], place: str
) -> None:
    page = sign_in(owner).post("/decisions/try", typed).text

    assert f"{place}</mark>" in page


@pytest.mark.parametrize(
    "text",
    [
        "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
        "{f: function(n) f(n + 1), r: f(1)}.r",
        'string join(for i in 1..100000 return "aaaaaaaaaa")',
        "((((((((((" * 50,
        "9" * 20_000,
    ],
)
def test_a_hostile_expression_ends_in_words(sign_in: SignIn, owner: Person, text: str) -> None:
    answer = sign_in(owner).post("/decisions/try", {"text": text})

    assert answer.status_code == 200
    assert "Try an expression" in answer.text


def test_trying_leaves_a_decision_instance_outside_any_case(
    sign_in: SignIn, graded: Started, owner: Person
) -> None:
    browser = sign_in(owner)
    browser.post("/decisions/grade/try", {"v.amount": "450"})

    page = browser.get("/decisions/grade/evaluations").text

    assert "tried by Owner" in page


def test_of_very_many_decisions_the_latest_are_shown_and_any_other_is_reached(
    sign_in: SignIn, graded: Started, mei: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_decisions, "_SHOWN", 1)
    browser, older = sign_in(mei), _decided_id(graded)
    page = browser.get(f"/cases/{graded.case_number}/decisions").text

    assert "共 2 次求值" in page
    assert f'id="decision-{older}"' not in page
    assert f'id="decision-{older}"' in browser.get(f"/cases/{graded.case_number}/decisions?open={older}").text
