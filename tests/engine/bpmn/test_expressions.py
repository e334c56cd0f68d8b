"""Every expression of a diagram is judged by the names and kinds that its forms and mappings tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from laneway.engine.bpmn.checks import Known
from laneway.engine.bpmn.known_variables import variables_of
from laneway.engine.bpmn.model import Diagram
from laneway.engine.feel.types import NAMED, Type
from laneway.words import Finding, Severity

Judge = Callable[..., list[Finding]]
Read = Callable[..., Diagram]

FORM = {
    "amount": NAMED["number"],
    "reason": NAMED["string"],
    "received_on": NAMED["string"],
    "urgent": NAMED["boolean"],
    "approvers": Type("list", item=NAMED["string"]),
    "counts": Type("list", item=NAMED["number"]),
}
FORMS = {"ask": FORM}
START = (
    '<startEvent id="start"><extensionElements><zeebe:formDefinition formId="ask"/></extensionElements>'
    "</startEvent>"
)
SERVICE = '<serviceTask id="j"><extensionElements><zeebe:taskDefinition type="mail"/></extensionElements></serviceTask>'
TOP = (
    '<message id="m" name="came"><extensionElements><zeebe:subscription correlationKey="{}"/>'
    '</extensionElements></message><error id="e" errorCode="E"/>'
)


def extended(tag: str, inside: str, attributes: str = 'id="x"') -> str:
    return f"<{tag} {attributes}><extensionElements>{inside}</extensionElements></{tag}>"


def user_task(inside: str) -> str:
    return extended("userTask", inside)


def due(feel: str) -> str:
    return user_task(f"<zeebe:taskSchedule dueDate='{feel}'/>")


def assigned(attribute: str, feel: str) -> str:
    return user_task(f"<zeebe:assignmentDefinition {attribute}='{feel}'/>")


def condition(feel: str) -> str:
    flow = '<sequenceFlow id="x" sourceRef="g" targetRef="a"><conditionExpression>'
    return f'<exclusiveGateway id="g"/><task id="a"/>{flow}{feel}</conditionExpression></sequenceFlow>'


def mapped(source: str, target: str = "t", kind: str = "output") -> str:
    mapping = f"<zeebe:ioMapping><zeebe:{kind} source='{source}' target='{target}'/></zeebe:ioMapping>"
    return extended("task", mapping)


def repeated(attributes: str, inside: str = "") -> str:
    return (
        '<task id="x"><multiInstanceLoopCharacteristics><extensionElements>'
        f"<zeebe:loopCharacteristics {attributes}/></extensionElements>{inside}"
        "</multiInstanceLoopCharacteristics></task>"
    )


def timer(kind: str, feel: str) -> str:
    definition = f"<timerEventDefinition><{kind}>{feel}</{kind}></timerEventDefinition>"
    return f'<intermediateCatchEvent id="x">{definition}</intermediateCatchEvent>'


def about_feel(found: Iterable[Finding]) -> list[Finding]:
    return [f for f in found if f.code.startswith("feel_")]


PLACES = [
    ("the condition", condition("=amuont")),
    ("the script", extended("scriptTask", '<zeebe:script expression="=amuont" resultVariable="r"/>')),
    ("the input mapping of t", mapped("=amuont", kind="input")),
    ("the output mapping of t", mapped("=amuont")),
    ("the job type", extended("serviceTask", '<zeebe:taskDefinition type="=amuont"/>')),
    ("the number of retries", extended("serviceTask", '<zeebe:taskDefinition type="a" retries="=amuont"/>')),
    ("the called process", extended("callActivity", '<zeebe:calledElement processId="=amuont"/>')),
    (
        "the called decision",
        extended("businessRuleTask", '<zeebe:calledDecision decisionId="=amuont" resultVariable="r"/>'),
    ),
    ("the assignee", assigned("assignee", "=amuont")),
    ("the candidate groups", assigned("candidateGroups", "=amuont")),
    ("the candidate users", assigned("candidateUsers", "=amuont")),
    ("the due date", due("=amuont")),
    ("the follow-up date", user_task('<zeebe:taskSchedule followUpDate="=amuont"/>')),
    ("the priority", user_task('<zeebe:priorityDefinition priority="=amuont"/>')),
    ("the form", user_task('<zeebe:formDefinition formId="=amuont"/>')),
    ("the timer", timer("timeDuration", "=amuont")),
    ("the input collection", repeated('inputCollection="=amuont"')),
    (
        "the output element",
        repeated('inputCollection="=approvers" outputCollection="r" outputElement="=amuont"'),
    ),
    (
        "the completion condition",
        repeated('inputCollection="=approvers"', "<completionCondition>=amuont &gt; 1</completionCondition>"),
    ),
    (
        "the correlation key",
        '<receiveTask id="x" messageRef="m"/>',
    ),
]


@pytest.mark.parametrize(("name", "inside"), PLACES, ids=[name for name, _ in PLACES])
def test_a_misspelt_variable_is_told_at_every_place_with_its_name_and_mark(
    judge: Judge, name: str, inside: str
) -> None:
    key = "=amuont" if name == "the correlation key" else "=reason"
    found = about_feel(judge(START + SERVICE + inside, TOP.format(key), Known(form_fields=FORMS)))

    [finding] = [f for f in found if f.element_id == "x"]
    assert finding.code == "feel_unknown_variable"
    assert finding.severity is Severity.WARNING
    assert finding.file == "a.bpmn"
    assert finding.message.en.startswith(f"{name} “=▸amuont")
    assert finding.message.en.endswith("did you mean “amount”?")
    assert "第 2 个字符处" in finding.message.zh


def test_a_case_property_is_judged_at_the_process(read: Read, judge: Judge) -> None:
    titled = (
        '<extensionElements><zeebe:properties><zeebe:property name="laneway:case:title" value="=upperCase(1)"/>'
        "</zeebe:properties></extensionElements>"
    )

    [finding] = about_feel(judge(titled))

    assert (finding.code, finding.element_id) == ("feel_unknown_function", "p")
    assert finding.severity is Severity.ERROR


KINDS = [
    ("feel_kinds", "warning", condition('=amount = "5"')),
    ("feel_kinds", "warning", condition("=received_on > today()")),
    ("feel_result", "warning", condition("=reason")),
    ("feel_result", "error", condition("=1 + 2")),
    ("feel_result", "error", condition('="yes"')),
    ("feel_result", "warning", repeated('inputCollection="=reason"')),
    ("feel_result", "error", repeated('inputCollection="=5"')),
    ("feel_result", "error", due('=duration("P1D")')),
    ("feel_result", "warning", due("=amount")),
    ("feel_result", "warning", assigned("candidateGroups", "=amount")),
    ("feel_result", "warning", assigned("candidateGroups", "=counts")),
    ("feel_result", "warning", assigned("assignee", "=approvers")),
    ("feel_result", "error", timer("timeDuration", "=now()")),
    ("feel_result", "error", timer("timeDate", "=5")),
    ("feel_result", "warning", timer("timeCycle", "=amount")),
    ("feel_arguments", "error", mapped("=substring(reason)")),
    ("feel_full_width", "warning", mapped("=reason，amount")),
    ("feel_syntax", "error", condition("=urgent &amp;&amp; urgent")),
]


@pytest.mark.parametrize(("code", "severity", "inside"), KINDS)
def test_a_value_that_its_place_does_not_take_is_told(
    judge: Judge, code: str, severity: str, inside: str
) -> None:
    found = about_feel(judge(START + inside, known=Known(form_fields=FORMS)))

    assert [(f.code, f.severity, f.element_id) for f in found] == [(code, severity, "x")]


GOOD = [
    condition("=urgent"),
    condition("=urgent and amount > 5 or reason = null"),
    condition("=unknown_result.ok"),
    repeated('inputCollection="=approvers" inputElement="approver" outputCollection="r" outputElement="=approver"'),
    repeated('inputCollection="=unknown"', "<completionCondition>=numberOfCompletedInstances > 1</completionCondition>"),
    due("=received_on"),
    due('=now() + duration("P1D")'),
    due('=date(received_on) + duration("P1D")'),
    assigned("candidateGroups", "=approvers"),
    assigned("candidateGroups", '="desk, lab"'),
    assigned("candidateGroups", '=["desk", reason]'),
    assigned("assignee", "=reason"),
    timer("timeDuration", '=duration("PT1H")'),
    timer("timeDuration", '="PT1H"'),
    timer("timeDate", "=received_on"),
    timer("timeCycle", '="R3/PT1H"'),
]  # fmt: skip


@pytest.mark.parametrize("inside", GOOD)
def test_what_fits_or_cannot_be_told_is_left_alone(judge: Judge, inside: str) -> None:
    assert about_feel(judge(START + SERVICE + inside, known=Known(form_fields=FORMS))) == []


def test_a_name_that_nothing_supplies_is_told_when_the_diagram_tells_all(judge: Judge) -> None:
    closed = about_feel(judge(START + condition("=colour"), known=Known(form_fields=FORMS)))
    with_a_job = about_feel(judge(START + SERVICE + condition("=colour"), known=Known(form_fields=FORMS)))
    without_form = about_feel(judge('<startEvent id="start"/>' + condition("=colour")))

    assert [f.code for f in closed] == ["feel_unknown_variable"]
    assert with_a_job == []
    assert without_form == []


def test_the_variables_of_a_process_are_those_of_forms_mappings_results_and_loops(read: Read) -> None:
    inside = (
        START
        + mapped('={at: now(), who: "a"}', "entry")
        + mapped("=amount * 2", "double").replace('id="x"', 'id="y"')
        + mapped("=double", "again").replace('id="x"', 'id="z"')
        + mapped("=amount", "order.total").replace('id="x"', 'id="o"')
        + extended("scriptTask", '<zeebe:script expression="=now()" resultVariable="at"/>', 'id="s"')
        + repeated(
            'inputCollection="=approvers" inputElement="approver" outputCollection="all" outputElement="=1"'
        ).replace('id="x"', 'id="r"')
    )
    [process] = read(inside).processes

    found = variables_of(process, FORMS)

    assert not found.is_open
    kinds = {name: ty.base for name, ty in found.types.items()}
    assert kinds == {
        **{name: ty.base for name, ty in FORM.items()},
        "entry": "context",
        "double": "number",
        "again": "number",
        "order": None,
        "at": "string",
        "approver": "string",
        "all": "list",
        "loopCounter": "number",
        "numberOfInstances": "number",
        "numberOfActiveInstances": "number",
        "numberOfCompletedInstances": "number",
    }


def test_a_variable_with_sources_of_several_kinds_may_be_anything(read: Read) -> None:
    inside = START + mapped('="much"', "amount") + mapped("=null", "later").replace('id="x"', 'id="y"')
    [process] = read(inside).processes

    types = variables_of(process, FORMS).types

    assert types["amount"].base is None
    assert types["later"].base is None


def test_expressions_of_another_engine_are_told_how_to_begin(judge: Judge) -> None:
    [finding] = [f for f in judge(condition("${approved}")) if f.code == "not_feel"]

    assert "leave out ${ and }, and start it with =" in finding.message.en
    assert "去掉 ${ 和 }" in finding.message.zh


def test_a_huge_diagram_is_judged_in_one_go(judge: Judge) -> None:
    scripts = "".join(
        extended("scriptTask", f'<zeebe:script expression="=v{i} + w{i}x" resultVariable="v{i + 1}"/>', f'id="s{i}"')
        for i in range(1000)
    )  # fmt: skip

    assert about_feel(judge(scripts)) == []
