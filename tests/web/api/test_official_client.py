"""A case from deployment to end, driven by Camunda's own Python client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from camunda_orchestration_sdk import errors as sdk_errors
from camunda_orchestration_sdk import models

from laneway.testing import drain

from .conftest import DECISION, FORM, PROCESS

pytestmark = pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)


def start(flora: Any, **variables: Any) -> Any:
    created = models.ProcessInstanceCreationInstructionBaseVariables.from_dict(variables)
    return flora.create_process_instance(
        data=models.ProcessCreationById(process_definition_id="ship_order", variables=created)
    )


def activate(client: Any, **options: Any) -> list[Any]:
    request = models.JobActivationRequest(
        type_="pack-order",
        timeout=60_000,
        max_jobs_to_activate=5,
        worker="packer",
        request_timeout=-1,
        **options,
    )
    return list(client.activate_jobs(data=request).jobs)


def test_a_client_takes_a_case_from_deployment_to_its_end(flora: Any, tmp_path: Path) -> None:
    files = {"ship_order.bpmn": PROCESS, "approve.form": FORM, "rates.dmn": DECISION}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    deployed = flora.deploy_resources_from_files([str(tmp_path / name) for name in files])
    assert [one.process_definition_id for one in deployed.processes] == ["ship_order"]
    assert [one.decision_definition_id for one in deployed.decisions] == ["rate"]
    assert [one.form_id for one in deployed.forms] == ["approve_order"]

    started = start(flora, orderId="A-1", weight=3)
    instance_key = started.process_instance_key
    assert flora.get_process_instance(instance_key).state.value == "ACTIVE"

    [job] = activate(flora)
    assert (job.element_id, job.retries) == ("pack", 3)
    assert job.variables.to_dict() == {"orderId": "A-1", "weight": 3}
    assert job.custom_headers.to_dict() == {"box": "small"}
    packed = models.JobCompletionRequestVariables.from_dict({"boxes": 2})
    flora.complete_job(job.job_key, data=models.JobCompletionRequest(variables=packed))

    query = models.UserTaskSearchQuery(
        filter_=models.UserTaskSearchQueryFilter(
            candidate_group="complaint_desk", state=models.UserTaskStateExactMatch.CREATED
        )
    )
    [task] = flora.search_user_tasks(data=query).items
    assert (task.name, task.process_instance_key) == ("Approve", instance_key)
    assert task.custom_headers.to_dict() == {"hint": "look twice"}
    assert flora.get_user_task_form(task.user_task_key).form_id == "approve_order"
    flora.assign_user_task(task.user_task_key, data=models.UserTaskAssignmentRequest(assignee="flora"))
    assert flora.get_user_task(task.user_task_key).assignee == "flora"
    approved = models.UserTaskCompletionRequestVariables.from_dict({"approved": True})
    flora.complete_user_task(task.user_task_key, data=models.UserTaskCompletionRequest(variables=approved))
    assert flora.get_user_task(task.user_task_key).state.value == "COMPLETED"

    flora.publish_message(
        data=models.MessagePublicationRequest(name="order-paid", correlation_key="A-1", time_to_live=60_000)
    )
    drain()
    ended = flora.get_process_instance(instance_key)
    assert (ended.state.value, ended.has_incident) == ("COMPLETED", False)

    wanted = models.VariableSearchQueryFilter(process_instance_key=instance_key)
    found = flora.search_variables(data=models.VariableSearchQuery(filter_=wanted))
    assert {one.name: one.value for one in found.items} == {
        "approved": "true",
        "boxes": "2",
        "orderId": '"A-1"',
        "weight": "3",
    }


def test_a_job_without_retries_becomes_an_incident_that_a_client_resolves(flora: Any, deployed: Any) -> None:
    instance_key = start(flora, orderId="A-2").process_instance_key
    [job] = activate(flora)
    flora.fail_job(job.job_key, data=models.JobFailRequest(retries=0, error_message="no boxes left"))

    by_instance = models.IncidentSearchQueryFilter(process_instance_key=instance_key)
    [incident] = flora.search_incidents(data=models.IncidentSearchQuery(filter_=by_instance)).items
    assert (incident.error_message, incident.job_key) == ("no boxes left", job.job_key)
    assert flora.get_incident(incident.incident_key).element_id == "pack"
    assert flora.get_process_instance(instance_key).has_incident

    flora.resolve_incident(incident.incident_key)
    assert flora.get_incident(incident.incident_key).state.value == "RESOLVED"
    [again] = activate(flora)
    assert (again.job_key, again.retries) == (job.job_key, 1)


def test_a_client_gives_a_failed_job_more_retries(flora: Any, deployed: Any) -> None:
    start(flora, orderId="A-3")
    [job] = activate(flora)
    flora.fail_job(job.job_key, data=models.JobFailRequest(retries=1, error_message="try again"))
    change = models.JobUpdateRequest(changeset=models.JobChangeset(retries=7))
    flora.update_job(job.job_key, data=change)
    [found] = flora.search_jobs(data=models.JobSearchQuery()).items
    assert (found.retries, found.state.value, found.error_message) == (7, "FAILED", "try again")


def test_a_job_that_is_made_important_is_given_out_first(flora: Any, deployed: Any) -> None:
    start(flora, orderId="A-4")
    start(flora, orderId="A-5")
    old, new = flora.search_jobs(data=models.JobSearchQuery()).items
    change = models.JobUpdateRequest(changeset=models.JobChangeset(priority=3))
    flora.update_job(new.job_key, data=change)
    first, second = activate(flora)
    assert [(first.job_key, first.priority), (second.job_key, second.priority)] == [
        (new.job_key, 3),
        (old.job_key, 0),
    ]


def test_an_error_that_no_diagram_catches_becomes_an_incident(flora: Any, deployed: Any) -> None:
    start(flora, orderId="A-4")
    [job] = activate(flora)
    flora.throw_job_error(job.job_key, data=models.JobErrorRequest(error_code="OUT_OF_STOCK"))
    [incident] = flora.search_incidents(data=models.IncidentSearchQuery()).items
    assert incident.error_type.value == "UNHANDLED_ERROR_EVENT"


def test_a_worker_gets_only_the_variables_it_asks_for(flora: Any, deployed: Any) -> None:
    start(flora, orderId="A-5", weight=1, colour="red")
    [job] = activate(flora, fetch_variable=["weight", "unknown"])
    assert job.variables.to_dict() == {"weight": 1}


def test_a_client_cancels_an_instance(flora: Any, deployed: Any) -> None:
    instance_key = start(flora, orderId="A-6").process_instance_key
    nothing = models.CancelProcessInstanceRequest()
    flora.cancel_process_instance(instance_key, data=nothing)
    assert flora.get_process_instance(instance_key).state.value == "TERMINATED"
    with pytest.raises(sdk_errors.ConflictError):
        flora.cancel_process_instance(instance_key, data=nothing)


def test_a_client_reads_what_is_deployed(flora: Any, deployed: Any) -> None:
    [definition] = flora.search_process_definitions(data=models.ProcessDefinitionSearchQuery()).items
    assert (definition.name, definition.version_tag) == ("Ship an order", "spring")
    assert flora.get_process_definition_xml(definition.process_definition_key) == PROCESS
    [decision] = flora.search_decision_definitions(data=models.DecisionDefinitionSearchQuery()).items
    assert (decision.decision_definition_id, decision.decision_requirements_id) == ("rate", "rates")
    assert flora.get_decision_definition_xml(decision.decision_definition_key) == DECISION


TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="freight" name="Freight" namespace="t">
  <decision id="freight_rate" name="Freight rate">
    <decisionTable hitPolicy="UNIQUE">
      <input id="in_weight" label="Weight"><inputExpression typeRef="number"><text>weight</text></inputExpression></input>
      <output id="out_rate" name="rate" typeRef="number"/>
      <rule id="light"><inputEntry><text>&lt;= 10</text></inputEntry><outputEntry><text>5</text></outputEntry></rule>
      <rule id="heavy"><inputEntry><text>&gt; 10</text></inputEntry><outputEntry><text>9</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="endless" name="Endless"><variable name="endless"/>
    <literalExpression><text>count(for i in 1..100000, j in 1..100000 return 1)</text></literalExpression>
  </decision>
</definitions>
"""


def evaluate(client: Any, decision_id: str, **variables: Any) -> Any:
    given = models.DecisionEvaluationByIdVariables.from_dict(variables)
    asked = models.DecisionEvaluationByID(decision_definition_id=decision_id, variables=given)
    return client.evaluate_decision(data=asked)


def test_a_client_evaluates_a_decision_and_finds_it_again(flora: Any, client_of: Any, tmp_path: Path) -> None:
    (tmp_path / "freight.dmn").write_text(TABLE)
    flora.deploy_resources_from_files([str(tmp_path / "freight.dmn")])

    done = evaluate(client_of("worker"), "freight_rate", weight=12)
    assert (done.output, done.failure_message, done.decision_requirements_id) == ("9", None, "freight")
    [one] = done.evaluated_decisions
    assert one.decision_definition_type == "DECISION_TABLE"
    [seen] = one.evaluated_inputs
    assert (seen.input_id, seen.input_name, seen.input_value) == ("in_weight", "Weight", "12")
    [rule] = one.matched_rules
    assert (rule.rule_id, rule.rule_index) == ("heavy", 2)
    assert [(o.output_id, o.output_name, o.output_value) for o in rule.evaluated_outputs] == [
        ("out_rate", "rate", "9")
    ]

    by_key = models.DecisionEvaluationByKey(decision_definition_key=done.decision_definition_key)
    assert flora.evaluate_decision(data=by_key).output == "null"

    kept = flora.get_decision_instance(one.decision_evaluation_instance_key)
    assert (kept.result, kept.state.value, kept.process_instance_key) == ("9", "EVALUATED", None)
    assert kept.evaluated_inputs == one.evaluated_inputs
    assert kept.matched_rules == one.matched_rules
    query = models.DecisionInstanceSearchQuery(
        filter_=models.DecisionInstanceSearchQueryFilter(decision_evaluation_key=done.decision_evaluation_key)
    )
    [found] = flora.search_decision_instances(data=query).items
    assert found.decision_evaluation_instance_key == kept.decision_evaluation_instance_key


def test_an_evaluation_that_fails_says_why_and_is_kept(flora: Any, tmp_path: Path) -> None:
    (tmp_path / "freight.dmn").write_text(TABLE)
    flora.deploy_resources_from_files([str(tmp_path / "freight.dmn")])
    done = evaluate(flora, "endless")
    assert (done.output, done.failed_decision_definition_id) == ("null", "endless")
    assert done.failure_message
    failed = models.DecisionInstanceSearchQuery(
        filter_=models.DecisionInstanceSearchQueryFilter(state=models.DecisionInstanceStateExactMatch.FAILED)
    )
    [kept] = flora.search_decision_instances(data=failed).items
    assert (kept.evaluation_failure, kept.result) == (done.failure_message, "null")


def test_a_client_asks_who_and_what_it_talks_to(flora: Any) -> None:
    assert flora.get_authentication().username == "flora"
    assert flora.get_topology().brokers[0].partitions[0].role.value == "leader"
    assert flora.get_license().valid_license
    assert flora.get_status() is None


def test_a_manager_changes_when_and_to_whom_a_task_is_due(flora: Any, deployed: Any) -> None:
    start(flora, orderId="A-7")
    flora.complete_job(activate(flora)[0].job_key)
    [task] = flora.search_user_tasks(data=models.UserTaskSearchQuery()).items
    changes = models.Changeset.from_dict(
        {"dueDate": "2027-01-02T03:04:05Z", "candidateGroups": ["quality"], "priority": 80}
    )
    flora.update_user_task(task.user_task_key, data=models.UserTaskUpdateRequest(changeset=changes))
    changed = flora.get_user_task(task.user_task_key)
    assert changed.due_date.isoformat() == "2027-01-02T03:04:05+00:00"
    assert (changed.candidate_groups, changed.priority) == (["quality"], 80)
    flora.update_user_task(
        task.user_task_key,
        data=models.UserTaskUpdateRequest(changeset=models.Changeset.from_dict({"priority": 10})),
    )
    assert flora.get_user_task(task.user_task_key).due_date is not None
