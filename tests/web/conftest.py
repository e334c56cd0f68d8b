"""Pages on a real database: a small process, and a browser for each person that keeps cookies and the forgery token."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from laneway.engine import accounts, deployments, instances
from laneway.engine import database as laneway_database
from laneway.engine.model import Person
from laneway.engine.runtime import Started
from laneway.engine.tables import user_task
from laneway.settings import Settings
from laneway.testing import drain
from laneway.web import create_app
from laneway.web.auth import COOKIE
from laneway.words import Resource

REFUND = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="refunds" targetNamespace="urn:test">
  <bpmn:message id="answer" name="refund.answer">
    <bpmn:extensionElements><zeebe:subscription correlationKey="=case_number"/></bpmn:extensionElements>
  </bpmn:message>
  <bpmn:process id="refund" name="退款" isExecutable="true">
    <bpmn:extensionElements><zeebe:properties>
      <zeebe:property name="laneway:name:en" value="Refund"/>
      <zeebe:property name="laneway:case:series" value="RF"/>
      <zeebe:property name="laneway:case:title" value="=subject"/>
      <zeebe:property name="laneway:case:customer" value="=customer"/>
      <zeebe:property name="laneway:case:severity" value="S2"/>
      <zeebe:property name="laneway:case:owner" value="complaint_desk"/>
    </zeebe:properties></bpmn:extensionElements>
    <bpmn:startEvent id="asked" name="客户要求退款">
      <bpmn:extensionElements>
        <zeebe:formDefinition formId="refund_log"/>
        <zeebe:properties><zeebe:property name="laneway:name:en" value="Refund asked for"/></zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:outgoing>f1</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="check" name="核对">
      <bpmn:extensionElements>
        <zeebe:userTask/><zeebe:formDefinition formId="refund_check"/>
        <zeebe:assignmentDefinition candidateGroups="complaint_desk"/>
        <zeebe:taskSchedule dueDate="=now() + duration(&quot;PT4H&quot;)"/>
        <zeebe:properties><zeebe:property name="laneway:name:en" value="Check the claim"/></zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:userTask id="approve" name="审批">
      <bpmn:extensionElements>
        <zeebe:userTask/>
        <zeebe:assignmentDefinition candidateGroups="complaint_desk, complaint_lead"/>
        <zeebe:properties>
          <zeebe:property name="laneway:name:en" value="Approve"/>
          <zeebe:property name="laneway:separateFrom" value="check"/>
        </zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:intermediateCatchEvent id="answered" name="客户答复">
      <bpmn:extensionElements><zeebe:properties>
        <zeebe:property name="laneway:name:en" value="Customer’s answer"/>
        <zeebe:property name="laneway:note" value="answer_words"/>
      </zeebe:properties></bpmn:extensionElements>
      <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing>
      <bpmn:messageEventDefinition messageRef="answer"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:serviceTask id="pay" name="付款">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="refund.pay"/>
        <zeebe:properties><zeebe:property name="laneway:name:en" value="Pay"/></zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f5</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:endEvent id="done" name="已退款">
      <bpmn:extensionElements><zeebe:properties>
        <zeebe:property name="laneway:name:en" value="Refunded"/>
      </zeebe:properties></bpmn:extensionElements>
      <bpmn:incoming>f5</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="asked" targetRef="check"/>
    <bpmn:sequenceFlow id="f2" sourceRef="check" targetRef="approve"/>
    <bpmn:sequenceFlow id="f3" sourceRef="approve" targetRef="answered"/>
    <bpmn:sequenceFlow id="f4" sourceRef="answered" targetRef="pay"/>
    <bpmn:sequenceFlow id="f5" sourceRef="pay" targetRef="done"/>
  </bpmn:process>
</bpmn:definitions>
"""


def _form(form_id: str, *components: dict[str, Any]) -> bytes:
    schema = {"type": "default", "id": form_id, "schemaVersion": 16, "components": list(components)}
    return json.dumps(schema, ensure_ascii=False).encode()


def _field(key: str, zh: str, en: str, kind: str = "textfield") -> dict[str, Any]:
    return {
        "type": kind,
        "id": f"field_{key}",
        "key": key,
        "label": zh,
        "properties": {"laneway:label:en": en},
        "validate": {"required": True},
    }


FILES = [
    Resource("refund.bpmn", REFUND.encode()),
    Resource(
        "refund_log.form",
        _form(
            "refund_log",
            _field("customer", "客户", "Customer"),
            _field("subject", "主题", "Subject"),
            _field("amount", "金额", "Amount", "number"),
        ),
    ),
    Resource("refund_check.form", _form("refund_check", _field("finding", "结论", "Finding"))),
]
CLAIM = {"customer": "Gulf Panel", "subject": "Two torn bags", "amount": 80}


class Browser:
    """One person's browser, logged in."""

    def __init__(self, client: FlaskClient, csrf: str) -> None:
        self.client = client
        self.csrf = csrf

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """As a form of the page posts, with its hidden token."""
        return self.client.post(path, data={"csrf": self.csrf, **(data or {})}, **options)

    def send(self, method: str, path: str, body: Any) -> TestResponse:
        """As a script of the page sends JSON."""
        headers = {"X-CSRF-Token": self.csrf, "Accept": "application/json"}
        return self.client.open(path, method=method, json=body, headers=headers)


SignIn = Callable[[Person], Browser]


@pytest.fixture
def app(sqlite_database: ModuleType) -> Flask:
    """The application on a database with people and the refund process."""
    with sqlite_database.unit_of_work() as session:
        deployments.deploy(session, FILES, by=None)
    app = create_app(Settings(secret_key="for tests only"))
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def sign_in(app: Flask) -> SignIn:
    """Opens a session for a person and returns their browser."""

    def sign_in(person: Person) -> Browser:
        client = app.test_client()
        with laneway_database.unit_of_work() as session:
            opened = accounts.open_session(session, person.username)
        client.set_cookie(COOKIE, opened.token)
        return Browser(client, opened.csrf)

    return sign_in


@pytest.fixture
def refund(app: Flask, mei: Person) -> Started:
    """A refund case that waits at its first step."""
    return start_refund(mei)


def start_refund(by: Person, **values: Any) -> Started:
    """Start one more refund case."""
    with laneway_database.unit_of_work() as session:
        started = instances.start_from_form(session, "refund", values={**CLAIM, **values}, by=by)
    drain()
    return started


def open_task(started: Started) -> int:
    """The key of the case's open user task."""
    with laneway_database.reading() as session:
        key = session.scalar(
            select(user_task.c.key).where(
                user_task.c.root_key == started.instance_key, user_task.c.state == "CREATED"
            )
        )
    assert key is not None
    return key
