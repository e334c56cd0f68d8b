"""Searching: filters, order, pages, and only what a person may see."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from laneway.testing import drain

pytestmark = pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)


def start(http: httpx.Client, **variables: Any) -> str:
    body = {
        "processDefinitionId": "ship_order",
        "variables": variables,
        "businessId": variables.get("orderId"),
    }
    response = http.post("/v2/process-instances", json=body)
    assert response.status_code == 200, response.text
    return str(response.json()["processInstanceKey"])


def activate(http: httpx.Client, wait: int = -1) -> list[dict[str, Any]]:
    body = {"type": "pack-order", "timeout": 60_000, "maxJobsToActivate": 100, "requestTimeout": wait}
    response = http.post("/v2/jobs/activation", json=body)
    assert response.status_code == 200, response.text
    jobs: list[dict[str, Any]] = response.json()["jobs"]
    return jobs


def pack_all(http: httpx.Client) -> None:
    for job in activate(http):
        assert http.post(f"/v2/jobs/{job['jobKey']}/completion").status_code == 204


def search(http: httpx.Client, what: str, **body: Any) -> dict[str, Any]:
    response = http.post(f"/v2/{what}/search", json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.fixture
def orders(http: httpx.Client, deployed: Any) -> list[str]:
    """Three orders that wait for their approval."""
    keys = [start(http, orderId=name) for name in ("B-1", "B-2", "B-3")]
    pack_all(http)
    return keys


def test_a_filter_finds_by_value_and_by_operator(http: httpx.Client, orders: list[str]) -> None:
    def found(**filters: Any) -> list[str]:
        items = search(http, "process-instances", filter=filters)["items"]
        return [item["businessId"] for item in items]

    assert found(businessId="B-2") == ["B-2"]
    assert found(businessId={"$in": ["B-1", "B-3"]}) == ["B-1", "B-3"]
    assert found(businessId={"$neq": "B-1"}) == ["B-2", "B-3"]
    assert found(businessId={"$like": "b-*"}) == ["B-1", "B-2", "B-3"]
    assert found(businessId={"$like": "B_?"}) == []
    assert found(state="ACTIVE", startDate={"$gt": "2020-01-01T00:00:00Z"}) == ["B-1", "B-2", "B-3"]
    assert found(endDate={"$exists": True}) == []
    assert found(hasIncident=True) == []
    assert found(**{"$or": [{"businessId": "B-1"}, {"processInstanceKey": orders[2]}]}) == ["B-1", "B-3"]


def test_pages_follow_each_other_in_both_directions(http: httpx.Client, orders: list[str]) -> None:
    order = [{"field": "businessId", "order": "DESC"}]

    def page(**page: Any) -> dict[str, Any]:
        return search(http, "process-instances", sort=order, page=page)

    first = page(limit=2)
    assert [item["businessId"] for item in first["items"]] == ["B-3", "B-2"]
    assert (first["page"]["totalItems"], first["page"]["hasMoreTotalItems"]) == (3, False)
    second = page(limit=2, after=first["page"]["endCursor"])
    assert [item["businessId"] for item in second["items"]] == ["B-1"]
    back = page(limit=2, before=second["page"]["startCursor"])
    assert back["items"] == first["items"]
    assert [item["businessId"] for item in page(**{"from": 1, "limit": 1})["items"]] == ["B-2"]
    assert page(**{"from": 9})["page"]["endCursor"] is None


def test_user_tasks_show_only_to_those_who_may_see_them(
    http: httpx.Client, http_of: Callable[[str], httpx.Client], orders: list[str]
) -> None:
    assert search(http_of("desk"), "user-tasks")["page"]["totalItems"] == 3
    assert search(http_of("nobody"), "user-tasks")["page"]["totalItems"] == 0
    key = search(http, "user-tasks")["items"][0]["userTaskKey"]
    assert http_of("desk").get(f"/v2/user-tasks/{key}").status_code == 200
    assert http_of("nobody").get(f"/v2/user-tasks/{key}").status_code == 404


def test_who_claims_second_is_told(
    http: httpx.Client, http_of: Callable[[str], httpx.Client], orders: list[str]
) -> None:
    key = search(http, "user-tasks", filter={"businessId": "B-1"})["items"][0]["userTaskKey"]
    assert http.post(f"/v2/user-tasks/{key}/assignment", json={"assignee": "flora"}).status_code == 204
    taken = {"assignee": "desk", "allowOverride": False}
    response = http_of("desk").post(f"/v2/user-tasks/{key}/assignment", json=taken)
    assert (response.status_code, response.json()["title"]) == (409, "INVALID_STATE")
    assert "flora" in response.json()["detail"]
    assert http_of("desk").delete(f"/v2/user-tasks/{key}/assignee").status_code == 403
    assert http.delete(f"/v2/user-tasks/{key}/assignee").status_code == 204
    assert search(http, "user-tasks", filter={"assignee": {"$exists": True}})["items"] == []


def test_the_variables_of_a_user_task_can_be_read(http: httpx.Client, orders: list[str]) -> None:
    key = search(http, "user-tasks", filter={"businessId": "B-2"})["items"][0]["userTaskKey"]
    found = http.post(f"/v2/user-tasks/{key}/variables/search").json()
    assert [(one["name"], one["value"]) for one in found["items"]] == [("orderId", '"B-2"')]
    none = http.post(f"/v2/user-tasks/{key}/variables/search", json={"filter": {"name": "other"}}).json()
    assert none["page"]["totalItems"] == 0


def test_a_worker_that_waits_gets_the_job_as_soon_as_it_is_there(
    http: httpx.Client, http_of: Callable[[str], httpx.Client], deployed: Any
) -> None:
    waiting = http_of("worker")
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.extend(activate(waiting, wait=15_000)))
    thread.start()
    time.sleep(0.3)
    start(http, orderId="B-9")
    thread.join()
    assert [job["variables"] for job in found] == [{"orderId": "B-9"}]


def test_a_start_can_wait_for_the_end_of_the_instance(
    http: httpx.Client, http_of: Callable[[str], httpx.Client], deployed: Any
) -> None:
    body = {"processDefinitionId": "ship_order", "awaitCompletion": True, "requestTimeout": 200}
    late = http.post("/v2/process-instances", json=body)
    assert (late.status_code, late.json()["title"]) == (504, "DEADLINE_EXCEEDED")

    answers: list[httpx.Response] = []
    patient = http_of("flora")
    body |= {
        "requestTimeout": 20_000,
        "variables": {"orderId": "B-7", "secret": 1},
        "fetchVariables": ["orderId"],
    }
    thread = threading.Thread(target=lambda: answers.append(patient.post("/v2/process-instances", json=body)))
    thread.start()
    while len(search(http, "jobs", filter={"state": "CREATED"})["items"]) < 2:
        time.sleep(0.05)
    pack_all(http)
    for task in search(http, "user-tasks", filter={"state": "CREATED"})["items"]:
        assert http.post(f"/v2/user-tasks/{task['userTaskKey']}/completion").status_code == 204
    http.post("/v2/messages/publication", json={"name": "order-paid", "correlationKey": "B-7"})
    drain()
    thread.join()
    assert answers[0].json()["variables"] == {"orderId": "B-7"}


def test_an_instance_starts_by_version_tag_and_by_key(http: httpx.Client, deployed: Any) -> None:
    key = deployed["deployments"][0]["processDefinition"]["processDefinitionKey"]
    for named in (
        {"processDefinitionKey": key},
        {"processDefinitionId": "ship_order", "processDefinitionVersionTag": "spring"},
        {"processDefinitionId": "ship_order", "processDefinitionVersion": 1},
        {"processDefinitionId": "ship_order", "processDefinitionVersion": -1},
    ):
        response = http.post("/v2/process-instances", json=named)
        assert response.json()["processDefinitionKey"] == key


def test_the_same_file_keeps_its_version(http: httpx.Client, deployed: Any) -> None:
    from .conftest import PROCESS, deploy

    again = deploy(http, ("ship_order.bpmn", PROCESS)).json()
    assert again["deployments"][0]["processDefinition"]["processDefinitionVersion"] == 1
    changed = deploy(http, ("ship_order.bpmn", PROCESS.replace("Pack", "Wrap"))).json()
    assert changed["deployments"][0]["processDefinition"]["processDefinitionVersion"] == 2
    latest = search(http, "process-definitions", filter={"isLatestVersion": True})["items"]
    assert [item["version"] for item in latest] == [2]


def test_the_palette_finds_processes_and_pages(
    http: httpx.Client, http_of: Callable[[str], httpx.Client], deployed: Any
) -> None:
    def found(client: httpx.Client, wanted: str) -> list[tuple[str, str]]:
        answer = client.get("/api/v1/search", params={"q": wanted}).json()
        return [(one["kind"], one["url"]) for one in answer["results"]]

    assert found(http, "order") == [("process", "/processes/ship_order")]
    assert found(http, "看板") == [("screen", "/board")]
    assert found(http_of("desk"), "board") == []
    assert found(http_of("nobody"), "order") == []
    assert ("screen", "/inbox/mine") in found(http, "")
