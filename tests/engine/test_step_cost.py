"""What a step costs must not depend on how much a case has been through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event, select

from laneway.engine import deployments, instances, user_tasks
from laneway.engine.tables import process_instance, user_task
from laneway.words import Resource

MOST_STATEMENTS = 15  # the look into the inbox is counted as well
DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="t">
  <process id="again" name="Again" isExecutable="true">
    <startEvent id="start"><outgoing>f1</outgoing></startEvent>
    <sequenceFlow id="f1" sourceRef="start" targetRef="merge"/>
    <exclusiveGateway id="merge">
      <incoming>f1</incoming><incoming>f4</incoming><outgoing>f2</outgoing>
    </exclusiveGateway>
    <sequenceFlow id="f2" sourceRef="merge" targetRef="work"/>
    <userTask id="work" name="Work">
      <extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="complaint_desk"/>
      </extensionElements>
      <incoming>f2</incoming><outgoing>f3</outgoing>
    </userTask>
    <sequenceFlow id="f3" sourceRef="work" targetRef="split"/>
    <exclusiveGateway id="split" default="f5">
      <incoming>f3</incoming><outgoing>f4</outgoing><outgoing>f5</outgoing>
    </exclusiveGateway>
    <sequenceFlow id="f4" sourceRef="split" targetRef="merge">
      <conditionExpression xsi:type="tFormalExpression">=again = true</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="f5" sourceRef="split" targetRef="end"/>
    <endEvent id="end"><incoming>f5</incoming></endEvent>
  </process>
</definitions>
"""


@contextmanager
def counted(database) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    event.listen(database.engine(), "before_cursor_execute", count)
    yield statements
    event.remove(database.engine(), "before_cursor_execute", count)


def complete_once(database, instance_key, person) -> None:
    with database.reading() as session:
        columns = user_task.c
        query = select(columns.key).where(columns.instance_key == instance_key, columns.state == "CREATED")
        key = session.scalar(query)
    with database.unit_of_work() as session:
        user_tasks.complete_via_api(session, key, by=person, variables={"again": True})


def stored_bytes(database, instance_key) -> int:
    with database.reading() as session:
        query = select(process_instance.c.live_state).where(process_instance.c.key == instance_key)
        return len(session.scalar(query))


def test_a_long_past_costs_no_statement_and_no_byte_more(database, mei):
    with database.unit_of_work() as session:
        deployments.deploy(session, [Resource("again.bpmn", DIAGRAM)], by=None)
        started = instances.start(session, process_id="again", variables={}, by=None)
    key, costs = started.instance_key, []
    for rounds in (3, 100):
        for _ in range(rounds):
            complete_once(database, key, mei)
        with counted(database) as statements:
            complete_once(database, key, mei)
        costs.append((len(statements), stored_bytes(database, key)))
    (early, early_bytes), (late, late_bytes) = costs
    assert early == late
    assert late <= MOST_STATEMENTS
    assert late_bytes - early_bytes <= 16  # counters have more digits
