"""Running cases changed by Camunda's own Python client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from camunda_orchestration_sdk import errors as sdk_errors
from camunda_orchestration_sdk import models
from sqlalchemy import select

from laneway.engine import database, tables
from laneway.testing import drain

from .conftest import PROCESS

pytestmark = pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def case(flora: Any, deployed: Any) -> str:
    """A case whose first step waits for a worker."""
    variables = models.ProcessInstanceCreationInstructionBaseVariables.from_dict({"orderId": "A-1"})
    started = flora.create_process_instance(
        data=models.ProcessCreationById(process_definition_id="ship_order", variables=variables)
    )
    return str(started.process_instance_key)


def standing(case: str) -> list[str]:
    with database.reading() as session:
        columns = tables.process_instance.c
        found = session.scalar(select(columns.waiting_at).where(columns.key == int(case)))
    return list(found or [])


def activate(flora: Any) -> list[Any]:
    request = models.JobActivationRequest(
        type_="pack-order", timeout=60_000, max_jobs_to_activate=5, worker="packer", request_timeout=-1
    )
    return list(flora.activate_jobs(data=request).jobs)


def test_a_case_is_suspended_and_resumed(flora: Any, case: str) -> None:
    flora.suspend_process_instance(case, data=models.SuspendProcessInstanceRequest())
    found = flora.get_process_instance(case)
    assert found.state.value == "SUSPENDED"
    assert found.suspended_date is not None
    assert activate(flora) == []
    with pytest.raises(sdk_errors.ApiError) as caught:
        flora.suspend_process_instance(case, data=models.SuspendProcessInstanceRequest())
    assert caught.value.status_code == 409
    flora.resume_process_instance(case, data=models.ResumeProcessInstanceRequest())
    assert flora.get_process_instance(case).state.value == "ACTIVE"
    assert len(activate(flora)) == 1


def test_elements_are_moved_activated_and_terminated(flora: Any, case: str) -> None:
    values = models.ModifyProcessInstanceVariableInstructionVariables.from_dict({"boxes": 3})
    flora.modify_process_instance(
        case,
        data=models.ProcessInstanceModificationInstruction(
            move_instructions=[
                models.ProcessInstanceModificationMoveInstruction(
                    source_element_instruction=models.SourceElementIdInstruction(
                        source_type="byId", source_element_id="pack"
                    ),
                    target_element_id="approve",
                    ancestor_scope_instruction=models.InferredAncestorKeyInstruction(
                        ancestor_scope_type="inferred"
                    ),
                )
            ],
            activate_instructions=[
                models.ProcessInstanceModificationActivateInstruction(
                    element_id="paid",
                    ancestor_element_instance_key="-1",
                    variable_instructions=[
                        models.ModifyProcessInstanceVariableInstruction(variables=values, scope_id="")
                    ],
                )
            ],
        ),
    )
    assert sorted(standing(case)) == ["approve", "paid"]
    wanted = models.VariableSearchQueryFilter(process_instance_key=case)
    found = flora.search_variables(data=models.VariableSearchQuery(filter_=wanted))
    assert {one.name: one.value for one in found.items}["boxes"] == "3"
    [task] = flora.search_user_tasks(data=models.UserTaskSearchQuery()).items
    flora.modify_process_instance(
        case,
        data=models.ProcessInstanceModificationInstruction(
            terminate_instructions=[
                models.ProcessInstanceModificationTerminateByKeyInstruction(
                    element_instance_key=task.element_instance_key
                ),
                models.ProcessInstanceModificationTerminateByIdInstruction(element_id="paid"),
            ]
        ),
    )
    assert flora.get_process_instance(case).state.value == "TERMINATED"


def test_a_senseless_modification_is_refused_as_a_whole(flora: Any, case: str, http: httpx.Client) -> None:
    for body, code in (
        ({}, "modification_empty"),
        ({"activateInstructions": [{"elementId": "ordered"}]}, "modification_start_event"),
        (
            {
                "terminateInstructions": [{"elementId": "pack"}],
                "activateInstructions": [{"elementId": "nothing"}],
            },
            "modification_unknown_element",
        ),
        ({"terminateInstructions": [{}]}, "body_invalid"),
        (
            {
                "moveInstructions": [
                    {"sourceElementInstruction": {"sourceType": "byKey"}, "targetElementId": "approve"}
                ]
            },
            "body_invalid",
        ),
    ):
        answer = http.post(f"/v2/process-instances/{case}/modification", json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert standing(case) == ["pack"]


def test_a_case_goes_over_to_another_version(flora: Any, case: str, http: httpx.Client) -> None:
    def deploy(text: str) -> str:
        files = {"resources": ("ship_order.bpmn", text.encode(), "application/xml")}
        answer = http.post("/v2/deployments", files=files).json()
        return str(answer["deployments"][0]["processDefinition"]["processDefinitionKey"])

    target = deploy(PROCESS.replace('"pack"', '"wrap"'))
    plan = models.ProcessInstanceMigrationInstruction(
        target_process_definition_key=target, mapping_instructions=[]
    )
    with pytest.raises(sdk_errors.ApiError) as caught:
        flora.migrate_process_instance(case, data=plan)
    assert caught.value.status_code == 400
    [job] = activate(flora)
    plan = models.ProcessInstanceMigrationInstruction(
        target_process_definition_key=target,
        mapping_instructions=[
            models.MigrateProcessInstanceMappingInstruction(
                source_element_id="pack", target_element_id="wrap"
            )
        ],
    )
    flora.migrate_process_instance(case, data=plan)
    found = flora.get_process_instance(case)
    assert (found.process_definition_version, found.process_definition_key) == (2, target)
    assert standing(case) == ["wrap"]
    flora.complete_job(job.job_key, data=models.JobCompletionRequest())
    drain()
    assert standing(case) == ["approve"]


def test_variables_are_set_whole_and_local(flora: Any, case: str) -> None:
    def put(key: str, *, local: bool = False, **values: Any) -> None:
        variables = models.SetVariableRequestVariables.from_dict(values)
        flora.create_element_instance_variables(
            key, data=models.SetVariableRequest(variables=variables, local=local)
        )

    put(case, weight=2)
    [job] = activate(flora)
    assert job.variables.to_dict() == {"orderId": "A-1", "weight": 2}
    put(job.job_key, local=True, weight=5)
    put(job.job_key, orderId="A-2")
    wanted = models.VariableSearchQueryFilter(process_instance_key=case)
    found = flora.search_variables(data=models.VariableSearchQuery(filter_=wanted))
    assert {one.name: one.value for one in found.items} == {"orderId": '"A-2"', "weight": "2"}
    with pytest.raises(sdk_errors.ApiError) as caught:
        put(case, loopCounter=1)
    assert caught.value.status_code == 400
    with pytest.raises(sdk_errors.ApiError) as caught:
        put("99", weight=1)
    assert caught.value.status_code == 404


def test_only_those_who_own_processes_may(client_of: Callable[[str], Any], case: str) -> None:
    desk = client_of("desk")
    for call in (
        lambda: desk.suspend_process_instance(case, data=models.SuspendProcessInstanceRequest()),
        lambda: desk.modify_process_instance(
            case,
            data=models.ProcessInstanceModificationInstruction(
                terminate_instructions=[
                    models.ProcessInstanceModificationTerminateByIdInstruction(element_id="pack")
                ]
            ),
        ),
        lambda: desk.create_element_instance_variables(
            case,
            data=models.SetVariableRequest(variables=models.SetVariableRequestVariables.from_dict({"n": 1})),
        ),
    ):
        with pytest.raises(sdk_errors.ApiError) as caught:
            call()
        assert caught.value.status_code == 403
    assert standing(case) == ["pack"]
