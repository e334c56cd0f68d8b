"""Legal holds through the API: kept once, released once, closed to whoever may not."""

from __future__ import annotations

from typing import Any

import httpx
import pytest


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)
def test_a_case_is_held_and_released_with_a_reason(http: httpx.Client, deployed: Any) -> None:
    started = http.post("/v2/process-instances", json={"processDefinitionId": "ship_order"}).json()
    address = f"/api/v1/process-instances/{started['processInstanceKey']}"
    assert http.post(f"{address}/hold", json={}).status_code == 400
    assert http.post(f"{address}/hold", json={"reason": " "}).status_code == 400
    assert http.post(f"{address}/hold", json={"reason": "lawsuit"}).status_code == 204
    again = http.post(f"{address}/hold", json={"reason": "lawsuit"})
    assert (again.status_code, again.json()["code"]) == (409, "case_already_held")
    assert http.post(f"{address}/release", json={"reason": "settled"}).status_code == 204
    assert http.post(f"{address}/release", json={"reason": "settled"}).status_code == 409
    assert http.post("/api/v1/process-instances/1/hold", json={"reason": "lawsuit"}).status_code == 404


def test_whoever_may_not_operate_cases_may_not_hold_them(http_of: Any, deployed: Any) -> None:
    for username in ("worker", "desk", "nobody"):
        for verb in ("hold", "release"):
            answer = http_of(username).post(f"/api/v1/process-instances/1/{verb}", json={"reason": "x"})
            assert answer.status_code == 403
