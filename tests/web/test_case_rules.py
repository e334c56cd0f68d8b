"""Reopening, linking and merging on the page of a case, and refusals that stay in its history."""

from __future__ import annotations

from laneway.engine import deployments, instances, user_tasks
from laneway.engine.database import unit_of_work
from laneway.engine.model import Person
from laneway.testing import drain
from laneway.words import Resource

from ..records.test_case_rules import DIAGRAM, close, do  # noqa: TID252  # the same small process
from .conftest import SignIn


def opened(by: Person) -> str:
    with unit_of_work() as session:
        started = instances.start(session, process_id="asked", variables={"subject": "鼓桶"}, by=by)
    assert started.case_number is not None
    return started.case_number


def deploy(owner: Person) -> None:
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("asked.bpmn", DIAGRAM)], by=owner)


def test_a_closed_case_is_reopened_with_a_reason_and_tells_how_often(
    sign_in: SignIn, mei: Person, bob: Person, owner: Person
) -> None:
    deploy(owner)
    number = opened(mei)
    close(number, mei)
    desk, page = sign_in(mei), f"/cases/{number}"
    assert "结案不足 30 天" in desk.get(page).text
    assert 'data-dialog-open="#reopen"' not in sign_in(bob).get(page).text
    assert sign_in(bob).post(f"{page}/reopen", {"reason": "x"}).status_code == 403
    assert desk.post(f"{page}/reopen", {"reason": "又鼓了"}).status_code == 303
    again = desk.get(page).text
    assert "重新处理 1 次" in again
    assert "又鼓了" in desk.get(f"{page}/timeline").text
    assert "Reopened 1 time" in sign_in(bob).get(page).text


def test_cases_are_linked_and_the_link_is_seen_on_both(
    sign_in: SignIn, mei: Person, bob: Person, auditor: Person, owner: Person
) -> None:
    deploy(owner)
    first, second = opened(mei), opened(mei)
    english = sign_in(bob)
    said = {"kind": "cause_of", "other": second, "reason": "Same pallet"}
    assert english.post(f"/cases/{first}/links", said).status_code == 303
    assert "Cause of" in english.get(f"/cases/{first}").text
    assert "Caused by" in english.get(f"/cases/{second}").text
    assert "said of the two cases already" in english.post(f"/cases/{first}/links", said).text
    assert "itself" in english.post(f"/cases/{first}/links", {"kind": "follows", "other": first}).text
    assert english.post(f"/cases/{first}/links", {"kind": "merged", "other": second}).status_code == 422
    assert sign_in(auditor).post(f"/cases/{first}/links", said).status_code == 403


def test_a_duplicate_is_merged_and_the_merge_undone(
    sign_in: SignIn, mei: Person, bob: Person, owner: Person
) -> None:
    deploy(owner)
    kept, gone = opened(mei), opened(mei)
    desk = sign_in(mei)
    answer = desk.post(f"/cases/{gone}/merge", {"into": kept, "reason": "同一桶"})
    assert answer.location == f"/cases/{kept}"
    drain()
    assert "并入了" in desk.get(f"/cases/{kept}").text
    assert "#unmerge" in desk.get(f"/cases/{gone}").text
    assert "#reopen" not in desk.get(f"/cases/{gone}").text
    assert sign_in(bob).post(f"/cases/{gone}/unmerge", {"reason": "no"}).status_code == 403
    assert desk.post(f"/cases/{gone}/unmerge", {"reason": "两桶"}).status_code == 303
    assert "撤销了合并" in desk.get(f"/cases/{gone}/timeline").text


APART = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 id="d" targetNamespace="t"><bpmn:process id="apart" name="Apart" isExecutable="true">
<bpmn:extensionElements><zeebe:properties><zeebe:property name="laneway:case:series" value="CP"/></zeebe:properties>
</bpmn:extensionElements><bpmn:startEvent id="s"/><bpmn:userTask id="decide" name="Decide"/>
<bpmn:userTask id="approve" name="Approve"><bpmn:extensionElements><zeebe:properties>
<zeebe:property name="laneway:separateFrom" value="decide"/></zeebe:properties></bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="a" sourceRef="s" targetRef="decide"/>
<bpmn:sequenceFlow id="b" sourceRef="decide" targetRef="approve"/>
<bpmn:sequenceFlow id="c" sourceRef="approve" targetRef="e"/></bpmn:process></bpmn:definitions>"""


def test_who_decided_and_tries_to_approve_is_refused_and_the_try_stays_in_the_history(
    sign_in: SignIn, mei: Person, bob: Person, owner: Person
) -> None:
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("apart.bpmn", APART)], by=owner)
        started = instances.start(session, process_id="apart", variables={}, by=mei)
    assert started.case_number is not None
    do(started.case_number, "decide", mei)
    with unit_of_work() as session:
        (task,) = user_tasks.open_under(session, started.instance_key)
    for _attempt in range(2):
        assert sign_in(mei).post(f"/tasks/{task.key}/claim").status_code == 403
    told = sign_in(bob).get(f"/cases/{started.case_number}/timeline").text
    assert told.count("was refused at “Approve”") == 2
    assert sign_in(bob).post(f"/tasks/{task.key}/claim").status_code in (302, 303)
