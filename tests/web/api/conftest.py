"""The API on a real server at loopback, with the official Python client."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from camunda_orchestration_sdk import CamundaClient
from werkzeug.serving import make_server

from laneway.engine import accounts, database
from laneway.settings import Settings
from laneway.web import create_app
from laneway.words import Text

PASSWORD = "api in the tests"
GROUPS = {
    "worker": frozenset({"worker"}),
    "flora": frozenset({"process_owner", "complaint_lead", "complaint_desk", "worker"}),
    "desk": frozenset({"complaint_desk"}),
    "lan": frozenset({"complaint_desk"}),
    "nobody": frozenset[str](),
}

PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
  <bpmn:message id="m" name="order-paid">
    <bpmn:extensionElements><zeebe:subscription correlationKey="=orderId"/></bpmn:extensionElements>
  </bpmn:message>
  <bpmn:process id="ship_order" name="Ship an order" isExecutable="true">
    <bpmn:extensionElements><zeebe:versionTag value="spring"/></bpmn:extensionElements>
    <bpmn:startEvent id="ordered"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:serviceTask id="pack" name="Pack">
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="pack-order" retries="3"/>
        <zeebe:taskHeaders><zeebe:header key="box" value="small"/></zeebe:taskHeaders>
      </bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:userTask id="approve" name="Approve">
      <bpmn:extensionElements>
        <zeebe:userTask/>
        <zeebe:assignmentDefinition candidateGroups="=[&quot;complaint_desk&quot;]"/>
        <zeebe:formDefinition formId="approve_order"/>
        <zeebe:taskHeaders><zeebe:header key="hint" value="look twice"/></zeebe:taskHeaders>
      </bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:intermediateCatchEvent id="paid" name="Paid">
      <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing>
      <bpmn:messageEventDefinition messageRef="m"/>
    </bpmn:intermediateCatchEvent>
    <bpmn:endEvent id="done"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="ordered" targetRef="pack"/>
    <bpmn:sequenceFlow id="f2" sourceRef="pack" targetRef="approve"/>
    <bpmn:sequenceFlow id="f3" sourceRef="approve" targetRef="paid"/>
    <bpmn:sequenceFlow id="f4" sourceRef="paid" targetRef="done"/>
  </bpmn:process>
</bpmn:definitions>
"""
FORM = """{"id": "approve_order", "type": "default", "schemaVersion": 18, "components":
 [{"type": "checkbox", "key": "approved", "label": "Approved", "id": "c1"}]}"""
DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rates" name="Rates" namespace="t">
  <decision id="rate" name="Rate"><variable name="rate"/><literalExpression><text>1 + 1</text></literalExpression>
  </decision>
</definitions>
"""


@pytest.fixture(scope="session")
def api_password_hash() -> str:
    return accounts.hash_password(PASSWORD)


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database; tests about rows ask for both."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def server(request: pytest.FixtureRequest, kind: str, api_password_hash: str) -> Iterator[str]:
    """The address of the running product."""
    if kind == "sqlite":
        database.connect(request.getfixturevalue("sqlite_url"))
    else:
        database.connect(request.getfixturevalue("new_postgresql_database")())
    with database.unit_of_work() as session:
        accounts.add_group(session, "worker", name=Text("程序", "Programs"))
        for username, groups in GROUPS.items():
            accounts.add_person(
                session,
                username=username,
                name=Text(username, username),
                password_hash=api_password_hash,
                groups=groups,
                locale="zh" if username == "lan" else "en",
            )
    running = make_server("127.0.0.1", 0, create_app(Settings()), threaded=True)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()
    database.disconnect()


@pytest.fixture
def client_of(server: str) -> Iterator[Callable[[str], Any]]:
    """Makes the official client of a person."""
    opened: list[Any] = []

    def open_client(username: str) -> Any:
        client = CamundaClient(
            configuration={
                "CAMUNDA_REST_ADDRESS": server,
                "CAMUNDA_AUTH_STRATEGY": "BASIC",
                "CAMUNDA_BASIC_AUTH_USERNAME": username,
                "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
                "CAMUNDA_SDK_LOG_LEVEL": "silent",
            }
        )
        opened.append(client)
        return client

    yield open_client
    for client in opened:
        client.close()


@pytest.fixture
def flora(client_of: Callable[[str], Any]) -> Any:
    """The official client of someone who owns processes, leads the desk and works on jobs."""
    return client_of("flora")


@pytest.fixture
def http_of(server: str) -> Iterator[Callable[[str], httpx.Client]]:
    """Makes a plain HTTP client of a person."""
    opened: list[httpx.Client] = []

    def open_client(username: str) -> httpx.Client:
        client = httpx.Client(base_url=server, auth=(username, PASSWORD), timeout=20)
        opened.append(client)
        return client

    yield open_client
    for client in opened:
        client.close()


@pytest.fixture
def http(http_of: Callable[[str], httpx.Client]) -> httpx.Client:
    """Plain HTTP as flora."""
    return http_of("flora")


def deploy(http: httpx.Client, *files: tuple[str, str]) -> httpx.Response:
    """Deploy files given as (name, text)."""
    sent = [("resources", (name, text.encode())) for name, text in files]
    return http.post("/v2/deployments", files=sent)


@pytest.fixture
def deployed(http: httpx.Client) -> dict[str, Any]:
    """The order process with its form and a decision, deployed."""
    response = deploy(http, ("ship_order.bpmn", PROCESS), ("approve.form", FORM), ("rates.dmn", DECISION))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer
