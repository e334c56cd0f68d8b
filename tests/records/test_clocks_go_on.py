"""Clocks of cases that are reopened or merged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from laneway.engine import deployments, instances, user_tasks
from laneway.engine.database import reading, unit_of_work
from laneway.engine.queries import case_clocks, cases
from laneway.records.calendars import delivered
from laneway.records.cases import figures, merging, reopening
from laneway.tasks.draining import drain
from laneway.words import Resource

CLOCKS = (
    "=[{name: &quot;acknowledge&quot;, target: &quot;8 h&quot;, calendar: &quot;24x7&quot;},"
    " {name: &quot;reply&quot;, target: &quot;48 h&quot;, calendar: &quot;24x7&quot;}]"
)
DIAGRAM = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<process id="asked" name="Asked" isExecutable="true"><extensionElements><zeebe:properties>
<zeebe:property name="laneway:case:series" value="CP"/><zeebe:property name="laneway:case:clocks" value="{CLOCKS}"/>
<zeebe:property name="laneway:case:reopenAt" value="answer"/></zeebe:properties></extensionElements>
<startEvent id="s"/>
<userTask id="look" name="Look"><extensionElements><zeebe:userTask/><zeebe:properties>
<zeebe:property name="laneway:clock:meets" value="acknowledge"/></zeebe:properties></extensionElements></userTask>
<userTask id="answer" name="Answer"><extensionElements><zeebe:userTask/><zeebe:properties>
<zeebe:property name="laneway:clock:meets" value="reply"/><zeebe:property name="laneway:due" value="clock:reply"/>
</zeebe:properties></extensionElements></userTask><endEvent id="e"/>
<sequenceFlow id="a" sourceRef="s" targetRef="look"/><sequenceFlow id="b" sourceRef="look" targetRef="answer"/>
<sequenceFlow id="c" sourceRef="answer" targetRef="e"/>
<subProcess id="merged" triggeredByEvent="true"><startEvent id="ms"><messageEventDefinition messageRef="m"/>
</startEvent><endEvent id="me"/><sequenceFlow id="mf" sourceRef="ms" targetRef="me"/></subProcess></process>
<message id="m" name="complaint.merged"><extensionElements><zeebe:subscription correlationKey="=case_number"/>
</extensionElements></message></definitions>"""


@pytest.fixture
def process(database: Any, owner: Any, frozen_clock: Any) -> None:
    frozen_clock.now = datetime(2026, 9, 28, 2, 0, tzinfo=UTC)
    with unit_of_work() as session:
        delivered.load(session)
        figures.load(session)
        deployments.deploy(session, [Resource("asked.bpmn", DIAGRAM.encode())], by=owner)
    drain()


def opened(mei: Any) -> str:
    with unit_of_work() as session:
        number = instances.start(session, process_id="asked", variables={}, by=mei).case_number
    assert number is not None
    return number


def do(number: str, element_id: str, mei: Any) -> None:
    with unit_of_work() as session:
        row = cases.find(session, mei, number)
        (task,) = user_tasks.open_under(session, row.instance_key)
        assert task.element_id == element_id
        user_tasks.claim(session, task.key, by=mei)
        user_tasks.complete(session, task.key, by=mei, values={})
    drain()


def clocks(number: str, mei: Any) -> dict[str, case_clocks.ClockRow]:
    with reading() as session:
        return {one.name: one for one in cases.find(session, mei, number).clocks}


def test_a_reopened_case_begins_its_reply_anew(process: None, frozen_clock: Any, mei: Any) -> None:
    number = opened(mei)
    do(number, "look", mei)
    do(number, "answer", mei)
    frozen_clock.advance(days=29)
    with unit_of_work() as session:
        reopening.reopen(session, number, by=mei, reason="Not content")
    found = clocks(number, mei)
    assert (found["reply"].round, found["reply"].started_at) == (1, frozen_clock.now)
    assert found["reply"].met_at is None
    assert (found["reply"].due_at - frozen_clock.now).total_seconds() == 48 * 3600
    assert found["acknowledge"].round == 0
    assert found["acknowledge"].met_at is not None
    with reading() as session:
        (task,) = user_tasks.open_under(session, cases.find(session, mei, number).instance_key)
    assert task.due_at == found["reply"].due_at
    do(number, "answer", mei)
    assert clocks(number, mei)["reply"].met_at == frozen_clock.now


def test_of_two_merged_cases_the_earlier_clock_counts(process: None, frozen_clock: Any, mei: Any) -> None:
    """Acceptance scenario 10."""
    earlier = opened(mei)
    began = frozen_clock.now
    frozen_clock.advance(hours=2)
    later = opened(mei)
    with unit_of_work() as session:
        merging.merge(session, earlier, later, by=mei, reason="The same drum")
    drain()
    assert {one.started_at for one in clocks(later, mei).values()} == {began}
    assert clocks(earlier, mei) == {}
    with unit_of_work() as session:
        merging.undo(session, earlier, by=mei, reason="Another drum")
    assert {one.started_at for one in clocks(earlier, mei).values()} == {began}
    assert all(one.met_at is None for one in clocks(earlier, mei).values())
