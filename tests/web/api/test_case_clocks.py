"""The clocks of a case through the API."""

from __future__ import annotations

from typing import Any

import httpx
import jsonschema

from laneway.engine import database, deployments, instances
from laneway.web.api.document import document
from laneway.words import Resource

PATH = "/api/v1/cases/{caseNumber}/clocks"
DIAGRAM = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<process id="asked" name="Asked" isExecutable="true"><extensionElements><zeebe:properties>
<zeebe:property name="laneway:case:series" value="CP"/><zeebe:property name="laneway:case:clocks"
 value="=[{name: &quot;reply&quot;, target: &quot;2 d&quot;}, {name: &quot;contain&quot;, target: &quot;4 h&quot;}]"/>
</zeebe:properties></extensionElements><startEvent id="s"/><receiveTask id="r" name="Wait" messageRef="m">
<extensionElements><zeebe:properties><zeebe:property name="laneway:clock:pauses" value="customer"/>
</zeebe:properties></extensionElements></receiveTask>
<sequenceFlow id="f" sourceRef="s" targetRef="r"/></process>
<message id="m" name="M"><extensionElements><zeebe:subscription correlationKey="=case_number"/></extensionElements>
</message></definitions>"""


def test_the_clocks_of_a_case_are_told_as_the_document_says(http: httpx.Client, owner: Any) -> None:
    with database.unit_of_work() as session:
        deployments.deploy(session, [Resource("asked.bpmn", DIAGRAM)], by=owner)
        number = instances.start(session, process_id="asked", variables={}, by=owner).case_number
    answer = http.get(PATH.format(caseNumber=number)).json()
    shape = document()["paths"][PATH]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator(shape).validate(answer)
    assert [(one["name"], one["state"], one["target"]) for one in answer["items"]] == [
        ("contain", "wait", "4 h"),
        ("reply", "wait", "2 d"),
    ]
    assert answer["items"][0]["pauseReason"] == "customer"


def test_a_case_that_is_not_there_has_no_clocks(http: httpx.Client) -> None:
    assert http.get(PATH.format(caseNumber="CP-2026-999999")).status_code == 404
