"""Timers that count working time by the case's calendar (docs/dialect.md, `laneway:due`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import deployments, instances
from laneway.engine.database import reading, unit_of_work
from laneway.engine.tables import incident, process_instance, timer
from laneway.errors import Refused
from laneway.records.calendars import delivered
from laneway.tasks.draining import drain
from laneway.words import Resource, Severity

HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<process id="waits" name="Waits" isExecutable="true"><extensionElements><zeebe:properties>
<zeebe:property name="laneway:case:series" value="WT"/></zeebe:properties></extensionElements>
<startEvent id="s"/><endEvent id="e"/>"""
AFTER_THE_HOLIDAY = datetime(2026, 10, 13, 8, 30, tzinfo=UTC)
"""Five working days after Wednesday 2026-09-30 08:30 UTC: 1–7 October are holidays, Saturday the 10th is worked."""


def wait(due: str, time: str = "<timeDuration>P7D</timeDuration>") -> bytes:
    """A process that waits for one timer."""
    return f"""{HEAD}
<intermediateCatchEvent id="late"><extensionElements><zeebe:properties>
<zeebe:property name="laneway:due" value='{due}'/></zeebe:properties></extensionElements>
<timerEventDefinition>{time}</timerEventDefinition></intermediateCatchEvent>
<sequenceFlow id="a" sourceRef="s" targetRef="late"/><sequenceFlow id="b" sourceRef="late" targetRef="e"/>
</process></definitions>""".encode()


WATCHED = f"""{HEAD}
<userTask id="work" name="Work"><extensionElements><zeebe:userTask/></extensionElements></userTask>
<boundaryEvent id="late" attachedToRef="work"><extensionElements><zeebe:properties>
<zeebe:property name="laneway:due" value="5 wd"/></zeebe:properties></extensionElements>
<timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition></boundaryEvent>
<sequenceFlow id="a" sourceRef="s" targetRef="work"/><sequenceFlow id="b" sourceRef="work" targetRef="e"/>
<sequenceFlow id="c" sourceRef="late" targetRef="e"/></process></definitions>""".encode()


@pytest.fixture
def begin(database: Any, owner: Any, mei: Any, frozen_clock: Any) -> Any:
    """Deploys a diagram and starts it on the eve of the holidays; gives the case's variables to it."""
    frozen_clock.now = datetime(2026, 9, 30, 8, 30, tzinfo=UTC)
    with unit_of_work() as session:
        delivered.load(session)

    def start(diagram: bytes, **variables: Any) -> int:
        with unit_of_work() as session:
            deployments.deploy(session, [Resource("waits.bpmn", diagram)], by=owner)
        with unit_of_work() as session:
            key = instances.start(session, process_id="waits", variables=variables, by=mei).instance_key
        drain()
        return key

    return start


@pytest.mark.parametrize(
    "diagram",
    [
        wait("5 wd"),
        wait('=if tries = null then "5 wd" else "1 wd"'),
        wait("5 wd", "<timeDate>2026-10-05T00:00:00Z</timeDate>"),
        WATCHED,
    ],
    ids=["words", "feel", "instead of a date", "boundary"],
)
def test_a_timer_fires_after_working_days_and_not_before(
    begin: Any, diagram: bytes, frozen_clock: Any
) -> None:
    key = begin(diagram)
    with reading() as session:
        assert session.scalars(select(timer.c.due_at).where(timer.c.instance_key == key)).all() == [
            AFTER_THE_HOLIDAY
        ]
    frozen_clock.now = AFTER_THE_HOLIDAY.replace(minute=29)
    drain()
    state = select(process_instance.c.state).where(process_instance.c.key == key)
    with reading() as session:
        assert session.scalar(state) == "ACTIVE"
    frozen_clock.now = AFTER_THE_HOLIDAY
    drain()
    with reading() as session:
        assert session.scalar(state) == "COMPLETED"


def test_a_length_that_cannot_be_counted_is_an_incident(begin: Any) -> None:
    key = begin(wait("=length"), length="soon")
    with reading() as session:
        (found,) = session.execute(select(incident).where(incident.c.instance_key == key)).all()
    assert "soon" in found.message
    assert found.element_id == "late"


@pytest.mark.parametrize(
    "diagram",
    [
        wait("five days"),
        wait("clock:reply"),
        wait("5 wd", "<timeCycle>R3/P1D</timeCycle>"),
        wait("=if then"),
    ],
    ids=["words", "clock", "cycle", "feel"],
)
def test_what_cannot_be_a_length_is_refused_with_its_element(begin: Any, diagram: bytes) -> None:
    with pytest.raises(Refused) as refused:
        begin(diagram)
    assert {one.element_id for one in refused.value.findings if one.severity is Severity.ERROR} == {"late"}
