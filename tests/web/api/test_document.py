"""/openapi.json is a valid document, and real answers are as it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from laneway.web.api.document import document
from laneway.web.api.operations import OPERATIONS


def test_the_document_is_valid_openapi(server: str) -> None:
    served = httpx.get(f"{server}/openapi.json").json()
    OpenAPIV31SpecValidator(served).validate()
    assert (
        served["paths"]["/v2/user-tasks/{userTaskKey}/completion"]["post"]["operationId"]
        == "completeUserTask"
    )


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_the_manual_lists_every_operation_and_no_other() -> None:
    manual = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([A-Z]+ /\S+)` \|", manual, re.MULTILINE))
    assert listed == {f"{operation.method} {operation.path}" for operation in OPERATIONS}


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("/v2/process-definitions/search", {}),
        ("/v2/decision-definitions/search", {}),
        ("/v2/decision-requirements/search", {}),
        ("/v2/decision-definitions/evaluation", {"decisionDefinitionId": "rate"}),
        ("/v2/decision-instances/search", {}),
        ("/v2/process-instances/search", {}),
        ("/v2/jobs/search", {}),
        ("/v2/user-tasks/search", {}),
        ("/v2/incidents/search", {}),
        ("/v2/jobs/activation", {"type": "pack-order", "timeout": 1000, "maxJobsToActivate": 1}),
        ("/v2/process-instances", {"processDefinitionId": "ship_order"}),
        ("/v2/messages/publication", {"name": "m"}),
        ("/v2/signals/broadcast", {"signalName": "s"}),
    ],
)
def test_an_answer_is_as_the_document_says(
    http: httpx.Client, deployed: Any, path: str, what: dict[str, Any]
) -> None:
    http.post("/v2/process-instances", json={"processDefinitionId": "ship_order"})
    http.post("/v2/decision-definitions/evaluation", json={"decisionDefinitionId": "rate"})
    if "job" not in path and "process-instances" not in path:
        body = {"type": "pack-order", "timeout": 60_000, "maxJobsToActivate": 1}
        [job] = http.post("/v2/jobs/activation", json=body).json()["jobs"]
        if path.endswith("incidents/search"):
            http.post(f"/v2/jobs/{job['jobKey']}/failure", json={"errorMessage": "no"})
        else:
            http.post(f"/v2/jobs/{job['jobKey']}/completion")
    answer = http.post(path, json=what).json()
    if "items" in answer:
        assert answer["items"]
    described = document()["paths"][path]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator(described).validate(answer)


def test_a_deployment_is_answered_as_the_document_says(deployed: dict[str, Any]) -> None:
    described = document()["paths"]["/v2/deployments"]["post"]["responses"]["200"]["content"]
    jsonschema.Draft202012Validator(described["application/json"]["schema"]).validate(deployed)
