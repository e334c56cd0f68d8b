"""Whatever a client sends, the answer is never a fault of ours."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from laneway.web.api.operations import OPERATIONS, Operation

pytestmark = pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)

HOSTILE: list[Any] = [
    "0001-01-01T00:00:00+14:00",
    None,
    2**63,
    True,
    "9" * 25,
    1.5,
    "'; drop table person; --",
    "",
    {"$like": "\\"},
    "x" * 10_000,
    {"$in": [None]},
    [],
    "a\0b",
]


def bodies(operation: Operation) -> list[Any]:
    """The least body that could be right, with one field at a time made hostile; then bodies that are none."""
    shape = operation.body or {}
    least = {name: "1" if name != "changeset" else {} for name in shape.get("required", ())}
    found: list[Any] = [*HOSTILE]
    for name, inner in shape.get("properties", {}).items():
        found += [least | {name: value} for value in HOSTILE]
        for member in inner.get("properties", {}):
            found += [least | {name: {member: value}} for value in HOSTILE[::3]]
    return found


def test_no_body_and_no_key_is_a_fault_of_ours(http: httpx.Client, deployed: Any) -> None:
    http.post("/v2/process-instances", json={"processDefinitionId": "ship_order"})
    faults = []
    for operation in OPERATIONS:
        for key in ("0", "9" * 25, "-1", "x"):
            url = operation.path
            for parameter in operation.parameters:
                url = url.replace(f"{{{parameter}}}", key)
            sent = bodies(operation) if operation.has_json_body and key == "0" else [{}]
            for body in sent:
                response = http.request(operation.method, url, json=body)
                if response.status_code >= 500:
                    faults.append((operation.name, body, response.status_code))
    assert faults == []
