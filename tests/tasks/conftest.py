"""A process of one automatic step, and a look at how it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import deployments, instances
from laneway.engine.tables import process_instance
from laneway.words import Resource

DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t"><error id="E" errorCode="E"/>
 <process id="P" name="P" isExecutable="true"><startEvent id="start"/>
 <serviceTask id="j"><extensionElements><zeebe:taskDefinition type="{type}" retries="2"/></extensionElements>
 </serviceTask><boundaryEvent id="b" attachedToRef="j"><errorEventDefinition errorRef="E"/></boundaryEvent>
 <userTask id="caught"><extensionElements><zeebe:userTask/></extensionElements></userTask><endEvent id="end"/>
 <sequenceFlow id="f1" sourceRef="start" targetRef="j"/><sequenceFlow id="f2" sourceRef="j" targetRef="end"/>
 <sequenceFlow id="f3" sourceRef="b" targetRef="caught"/></process></definitions>"""


@pytest.fixture
def start(database: Any) -> Callable[..., int]:
    """Starts the process with its job of a type."""

    def starting(type: str, **variables: Any) -> int:
        with database.unit_of_work() as session:
            deployments.deploy(session, [Resource("p.bpmn", DIAGRAM.format(type=type).encode())], by=None)
            return instances.start(session, process_id="P", variables=variables, by=None).instance_key

    return starting


@pytest.fixture
def instance(database: Any) -> Callable[[int], Any]:
    """The row of an instance as it is now."""

    def row(key: int) -> Any:
        with database.reading() as session:
            return session.execute(select(process_instance).where(process_instance.c.key == key)).one()

    return row
