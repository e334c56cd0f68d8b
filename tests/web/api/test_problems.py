"""Every refusal is a problem document that says what, where and why."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from .conftest import FORM, PROCESS, deploy

KEYS = {"processDefinitionId": "ship_order"}


def assert_problem(response: httpx.Response, status: int, title: str) -> dict[str, Any]:
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["status"], problem["title"]) == (status, status, title), (
        response.text
    )
    assert response.headers["Content-Type"] == "application/problem+json"
    assert problem["instance"] == response.request.url.path
    assert problem["detail"]
    return problem


def test_a_refused_deployment_names_file_element_and_reason(http: httpx.Client) -> None:
    broken = PROCESS.replace('<zeebe:taskDefinition type="pack-order" retries="3"/>', "")
    problem = assert_problem(
        deploy(http, ("orders/ship.bpmn", broken), ("a.form", FORM)), 400, "INVALID_ARGUMENT"
    )
    [finding] = [one for one in problem["findings"] if one["severity"] == "error"]
    assert (finding["file"], finding["elementId"]) == ("orders/ship.bpmn", "pack")
    assert finding["message"]["zh"]
    assert finding["message"]["en"]
    assert f"orders/ship.bpmn: pack: {finding['message']['en']}" in problem["detail"]
    assert http.post("/v2/process-definitions/search").json()["items"] == []


def test_a_deployment_without_files_is_refused(http: httpx.Client) -> None:
    problem = assert_problem(
        http.post("/v2/deployments", data={"tenantId": "<default>"}), 400, "INVALID_ARGUMENT"
    )
    assert problem["errors"][0]["field"] == "resources"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("process-instances", {}, ""),
        ("process-instances", KEYS | {"processDefinitionKey": "1"}, ""),
        ("process-instances", KEYS | {"variables": []}, "variables"),
        ("process-instances", KEYS | {"processDefinitionVersion": "1"}, "processDefinitionVersion"),
        ("process-instances", KEYS | {"tags": ["urgent"]}, "tags"),
        ("process-instances", KEYS | {"tenantId": "other"}, "tenantId"),
        ("process-instances", KEYS | {"varaibles": {}}, "varaibles"),
        ("process-instances", KEYS | {"variables": {"text": "a\0b"}}, ""),
        ("jobs/activation", {"type": "t", "timeout": 1000}, "maxJobsToActivate"),
        ("jobs/activation", {"type": "t", "timeout": 0, "maxJobsToActivate": 1}, "timeout"),
        ("jobs/activation", {"type": "t", "timeout": True, "maxJobsToActivate": 1}, "timeout"),
        ("user-tasks/search", {"filter": {"colour": "red"}}, "filter.colour"),
        ("user-tasks/search", {"filter": {"state": "OPEN"}}, "filter.state"),
        ("user-tasks/search", {"filter": {"priority": {"$like": "1"}}}, "filter.priority.$like"),
        ("user-tasks/search", {"filter": {"dueDate": {"$gt": "soon"}}}, "filter.dueDate"),
        ("user-tasks/search", {"filter": {"$or": [{"colour": "red"}]}}, "filter.$or[0].colour"),
        ("user-tasks/search", {"sort": [{"field": "colour"}]}, "sort[0].field"),
        ("user-tasks/search", {"page": {"limit": -1}}, "page.limit"),
        ("user-tasks/search", {"page": {"after": "WzFd", "before": "WzFd"}}, "page.before"),
        ("user-tasks/search", {"page": {"after": "bm90aGluZw=="}}, "page"),
        ("user-tasks/search", {"page": {"after": "WyJhIl0="}}, "page"),
        ("user-tasks/search", [], ""),
        ("user-tasks/search", {"filter": {"priority": 2**63}}, "filter.priority"),
        ("user-tasks/search", {"page": {"after": b64encode(b"[18446744073709551615]").decode()}}, "page"),
        ("variables/search", {"filter": {}}, "filter.processInstanceKey"),
        ("messages/publication", {"name": ""}, "name"),
        ("jobs/1/failure", {"retries": -1}, "retries"),
        ("jobs/1/completion", {"jobLeaseToken": "t"}, "jobLeaseToken"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_field(
    http: httpx.Client, path: str, body: Any, field: str
) -> None:
    problem = assert_problem(http.post(f"/v2/{path}", json=body), 400, "INVALID_ARGUMENT")
    assert [one["field"] for one in problem["errors"]] == [field]
    assert problem["errors"][0]["message"] in problem["detail"]


def test_a_body_that_is_nested_too_deep_is_refused(http: httpx.Client) -> None:
    nested: Any = 1
    for _level in range(200):
        nested = [nested]
    problem = assert_problem(
        http.post("/v2/process-instances", json=KEYS | {"variables": {"deep": nested}}),
        400,
        "INVALID_ARGUMENT",
    )
    assert problem["errors"][0]["code"] == "too_deep"
    endless = b"[" * 100_000
    assert http.post("/v2/process-instances", content=endless).status_code == 400


def test_a_body_that_is_not_json_is_refused(http: httpx.Client) -> None:
    response = http.post("/v2/jobs/activation", content=b"{", headers={"Content-Type": "application/json"})
    assert_problem(response, 400, "INVALID_ARGUMENT")
    response = http.post("/v2/jobs/activation", content=b"{}", headers={"Content-Type": "text/plain"})
    assert response.status_code == 415


def test_problems_speak_the_language_of_the_person(http_of: Callable[[str], httpx.Client]) -> None:
    details = [
        http_of(username).post("/v2/process-instances", json=KEYS | {"variables": []}).json()["detail"]
        for username in ("lan", "desk")
    ]
    assert details == ["variables 的类型必须是：object | null。", "variables must be: object | null."]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "process-definitions/1"),
        ("GET", "process-definitions/99999999999999999999"),
        ("GET", "process-instances/1"),
        ("GET", "user-tasks/1"),
        ("GET", "incidents/1"),
        ("GET", "forms/1"),
        ("GET", "decision-definitions/1/xml"),
        ("GET", "decision-instances/1-1"),
        ("POST", "decision-definitions/evaluation"),
        ("POST", "user-tasks/1/completion"),
        ("POST", "jobs/1/completion"),
        ("POST", "incidents/1/resolution"),
        ("GET", "colours"),
        ("POST", "authorizations/search"),
    ],
)
def test_what_is_not_there_is_404(http: httpx.Client, method: str, path: str) -> None:
    body = {"decisionDefinitionId": "nothing"} if path.endswith("evaluation") else None
    assert_problem(http.request(method, f"/v2/{path}", json=body), 404, "NOT_FOUND")


def test_a_process_that_is_not_deployed_cannot_be_started(http: httpx.Client) -> None:
    assert_problem(http.post("/v2/process-instances", json=KEYS), 404, "NOT_FOUND")


def test_a_key_that_is_no_key_is_refused(http: httpx.Client) -> None:
    problem = assert_problem(http.get("/v2/user-tasks/first"), 400, "INVALID_ARGUMENT")
    assert problem["errors"][0]["field"] == "userTaskKey"


def test_a_known_path_with_a_wrong_method_is_405(http: httpx.Client) -> None:
    response = http.delete("/v2/process-instances/1")
    assert response.status_code == 405
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "element-instances/search",
        "messages/correlation",
        "decision-instances/deletion",
        "decision-instances/1-1/deletion",
    ],
)
def test_what_is_left_out_on_purpose_says_so(http: httpx.Client, path: str) -> None:
    assert_problem(http.post(f"/v2/{path}", json={}), 501, "NOT_IMPLEMENTED")


def test_nobody_comes_in_without_a_password(server: str) -> None:
    for auth in (None, ("flora", "wrong"), ("unknown", "wrong")):
        response = httpx.post(f"{server}/v2/user-tasks/search", auth=auth)
        assert response.status_code == 401
        assert response.headers["Content-Type"] == "application/problem+json"


def test_a_browser_session_needs_its_token_for_changes(server: str) -> None:
    with httpx.Client(base_url=server) as browser:
        browser.post("/login", data={"username": "flora", "password": "api in the tests"})
        assert browser.get("/v2/authentication/me").json()["username"] == "flora"
        assert browser.post("/v2/messages/publication", json={"name": "m"}).status_code == 403


@pytest.mark.parametrize(
    ("username", "method", "path", "body"),
    [
        ("desk", "POST", "jobs/activation", {"type": "t", "timeout": 1, "maxJobsToActivate": 1}),
        ("desk", "POST", "jobs/1/completion", {}),
        ("desk", "POST", "jobs/1/failure", {}),
        ("desk", "POST", "jobs/1/error", {"errorCode": "E"}),
        ("desk", "PATCH", "jobs/1", {"changeset": {"retries": 1}}),
        ("desk", "POST", "process-instances/1/cancellation", {}),
        ("desk", "POST", "incidents/1/resolution", {}),
        ("worker", "POST", "process-instances/search", {}),
        ("worker", "POST", "variables/search", {"filter": {"processInstanceKey": "1"}}),
        ("worker", "POST", "incidents/search", {}),
        ("nobody", "POST", "process-definitions/search", {}),
        ("nobody", "POST", "decision-definitions/search", {}),
        ("desk", "POST", "decision-definitions/evaluation", {"decisionDefinitionId": "rate"}),
        ("nobody", "POST", "decision-definitions/evaluation", {"decisionDefinitionId": "rate"}),
        ("worker", "POST", "decision-instances/search", {}),
        ("nobody", "GET", "decision-instances/1-1", {}),
        ("nobody", "POST", "jobs/search", {}),
        ("nobody", "POST", "messages/publication", {"name": "m"}),
        ("nobody", "POST", "signals/broadcast", {"signalName": "s"}),
    ],
)
def test_what_a_person_may_not_do_is_403(
    http_of: Callable[[str], httpx.Client], username: str, method: str, path: str, body: Any
) -> None:
    assert_problem(http_of(username).request(method, f"/v2/{path}", json=body), 403, "FORBIDDEN")


def test_only_process_owners_deploy(http_of: Callable[[str], httpx.Client]) -> None:
    assert_problem(deploy(http_of("desk"), ("ship_order.bpmn", PROCESS)), 403, "FORBIDDEN")
