"""Whoever opens cases says of each user task who does it, by when, with which form, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from laneway.engine.bpmn.checks import Known
from laneway.words import Finding, Severity

Judge = Callable[..., list[Finding]]

SERIES = '<zeebe:property name="laneway:case:series" value="CP"/>'
ENGLISH = '<zeebe:property name="laneway:name:en" value="Check"/>'
OWNER = '<zeebe:assignmentDefinition candidateGroups="desk"/>'
DUE = '<zeebe:taskSchedule dueDate="=now()"/>'
RULE = '<zeebe:property name="laneway:due" value="2 wd"/>'
FORM = '<zeebe:formDefinition formId="check"/>'
KNOWN = Known(groups=frozenset({"desk"}), forms=frozenset({"check"}))


def process(task: str, *, series: str = SERIES, name: str = "核对", lanes: str = "") -> str:
    return (
        f"<extensionElements><zeebe:properties>{series}</zeebe:properties></extensionElements>{lanes}"
        f'<startEvent id="s"/><userTask id="x" name="{name}"><extensionElements><zeebe:userTask/>{task}'
        '</extensionElements></userTask><endEvent id="e"/>'
        '<sequenceFlow id="f1" sourceRef="s" targetRef="x"/><sequenceFlow id="f2" sourceRef="x" targetRef="e"/>'
    )


def task(*parts: str, properties: str = ENGLISH) -> str:
    return "".join(parts) + f"<zeebe:properties>{properties}</zeebe:properties>"


def codes(found: list[Finding]) -> list[str]:
    for finding in found:
        assert finding.message.zh
        assert finding.message.en
        assert finding.element_id == "x"
        assert finding.severity is Severity.WARNING
    return [finding.code for finding in found]


def lane(group: str) -> str:
    words = f'<zeebe:property name="laneway:group" value="{group}"/>'
    extended = f"<extensionElements><zeebe:properties>{words}</zeebe:properties></extensionElements>"
    return f'<laneSet><lane id="l">{extended}<flowNodeRef>x</flowNodeRef></lane></laneSet>'


@pytest.mark.parametrize(
    ("code", "inside"),
    [
        ("task_without_owner", process(task(DUE, FORM))),
        ("task_without_due", process(task(OWNER, FORM))),
        ("task_without_form", process(task(OWNER, DUE))),
        ("task_name_in_one_language", process(task(OWNER, DUE, FORM, properties=""))),
        ("group_unknown", process(task(DUE, FORM, '<zeebe:assignmentDefinition candidateGroups="nobody"/>'))),
        ("group_unknown", process(task(DUE, FORM), lanes=lane("nobody"))),
        ("form_unknown", process(task(OWNER, DUE, '<zeebe:formDefinition formId="gone"/>'))),
    ],
)
def test_what_a_user_task_of_a_case_lacks_is_told(judge: Judge, code: str, inside: str) -> None:
    assert codes(judge(inside, known=KNOWN)) == [code]


@pytest.mark.parametrize(
    "inside",
    [
        process(task(OWNER, DUE, FORM)),
        process(task(OWNER, FORM, properties=ENGLISH + RULE)),
        process(task(DUE, FORM, '<zeebe:assignmentDefinition assignee="=who"/>')),
        process(task(DUE, FORM), lanes=lane("desk")),
    ],
    ids=["groups and date", "due rule", "assignee", "lane"],
)
def test_a_complete_user_task_is_left_alone(judge: Judge, inside: str) -> None:
    assert judge(inside, known=KNOWN) == []


def test_a_nameless_task_lacks_both_languages(judge: Judge) -> None:
    found = judge(process(task(OWNER, DUE, FORM, properties=""), name=""), known=KNOWN)
    assert codes(found) == ["task_name_in_one_language"] * 2


def test_a_process_that_opens_no_case_is_left_alone(judge: Judge) -> None:
    assert judge(process(task(properties=""), series=""), known=KNOWN) == []
