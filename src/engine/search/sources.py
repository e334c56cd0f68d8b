"""What the API can search, field by field, in the API's own names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, String, Table, and_, case, cast, exists, func, literal, select

from laneway.engine import tables
from laneway.engine.model import IncidentState, InstanceState, OutgoingKind, OutgoingState, UserTaskState
from laneway.engine.search.paging import Field, Kind, Source

TENANT = "<default>"
"""The one tenant there is, as the API names it."""

_USER_TASK_STATES = (*UserTaskState, "CREATING", "ASSIGNING", "UPDATING", "COMPLETING", "CANCELING", "FAILED")
_JOB_STATES = (
    "CREATED",
    "COMPLETED",
    "FAILED",
    "ERROR_THROWN",
    "CANCELED",
    "TIMED_OUT",
    "RETRIES_UPDATED",
    "TIMEOUT_UPDATED",
    "PRIORITY_UPDATED",
    "MIGRATED",
)

_DECISION_TYPES = ("DECISION_TABLE", "LITERAL_EXPRESSION", "UNSPECIFIED", "UNKNOWN")

_definition = tables.process_definition.c
_instance = tables.process_instance.c
_user_task = tables.user_task.c
_job = tables.job.c
_incident = tables.incident.c


@cache
def source(name: str, locale: str = "en") -> Source:
    """The source of that name (a key of SOURCES); things are named in the language of `locale` (zh or en)."""
    return SOURCES[name](locale)


def _name(table: Table, locale: str) -> ColumnElement[Any]:
    """The name in one language; where it is missing the other stands in."""
    first, second = (table.c.name_zh, table.c.name_en)
    if locale != "zh":
        first, second = second, first
    return func.coalesce(func.nullif(first, ""), second)


def _tenant() -> Field:
    return Field(literal(TENANT), is_sortable=False)


def _is_latest(table: Table, *identity: str) -> ColumnElement[bool]:
    """Whether no later version of the same thing is deployed."""
    other = table.alias()
    same = [other.c[name] == table.c[name] for name in identity]
    return ~exists(select(other.c.key).where(*same, other.c.version > table.c.version))


def _process_definitions(locale: str) -> Source:
    table = tables.process_definition
    name, latest = _name(table, locale), _is_latest(table, "process_id")
    has_form = _definition.start_form_id.is_not(None)
    return Source(
        rows=select(*_without(table, "xml"), name.label("name"), latest.label("is_latest")),
        key=_definition.key,
        fields={
            "name": Field(name),
            "resourceName": Field(_definition.resource_name),
            "version": Field(_definition.version, Kind.NUMBER),
            "versionTag": Field(_definition.version_tag),
            "processDefinitionId": Field(_definition.process_id),
            "processDefinitionKey": Field(_definition.key, Kind.KEY),
            "isLatestVersion": Field(latest, Kind.FLAG, is_sortable=False),
            "hasStartForm": Field(has_form, Kind.FLAG, is_sortable=False),
            "state": Field(literal("ACTIVE"), values=("ACTIVE", "DELETED", "DRAINING"), is_sortable=False),
            "tenantId": _tenant(),
        },
    )


def _decision_definitions(locale: str) -> Source:
    decision, requirements = tables.decision_definition, tables.decision_requirements
    name, latest = _name(decision, locale), _is_latest(decision, "decision_id")
    return Source(
        rows=select(
            decision,
            name.label("name"),
            requirements.c.requirements_id,
            requirements.c.name.label("requirements_name"),
            requirements.c.version.label("requirements_version"),
        ).join_from(decision, requirements),
        key=decision.c.key,
        fields={
            "decisionDefinitionId": Field(decision.c.decision_id),
            "decisionDefinitionKey": Field(decision.c.key, Kind.KEY),
            "name": Field(name),
            "version": Field(decision.c.version, Kind.NUMBER),
            "isLatestVersion": Field(latest, Kind.FLAG, is_sortable=False),
            "decisionRequirementsId": Field(requirements.c.requirements_id),
            "decisionRequirementsKey": Field(requirements.c.key, Kind.KEY),
            "decisionRequirementsName": Field(requirements.c.name),
            "decisionRequirementsVersion": Field(requirements.c.version, Kind.NUMBER),
            "tenantId": _tenant(),
        },
    )


def _decision_instances(locale: str) -> Source:
    made, decision = tables.decision_instance, tables.decision_definition
    failure = made.c.failure_zh if locale == "zh" else made.c.failure_en
    id_ = cast(made.c.evaluation_key, String) + "-" + cast(made.c.position, String)
    name = _name(decision, locale)
    return Source(
        rows=select(
            made,
            id_.label("id"),
            failure.label("failure"),
            name.label("name"),
            decision.c.decision_id,
            decision.c.version,
            _instance.process_definition_key,
            _instance.business_key,
        )
        .join_from(made, decision, decision.c.key == made.c.decision_key)
        .outerjoin(tables.process_instance, _instance.key == made.c.instance_key),
        key=made.c.key,
        fields={
            "decisionEvaluationInstanceKey": Field(id_),
            "decisionEvaluationKey": Field(made.c.evaluation_key, Kind.KEY),
            "state": Field(made.c.state, values=("EVALUATED", "FAILED", "UNSPECIFIED", "UNKNOWN")),
            "evaluationDate": Field(made.c.evaluated_at, Kind.INSTANT),
            "evaluationFailure": Field(failure),
            "decisionDefinitionId": Field(decision.c.decision_id),
            "decisionDefinitionKey": Field(made.c.decision_key, Kind.KEY),
            "decisionDefinitionName": Field(name),
            "decisionDefinitionVersion": Field(decision.c.version, Kind.NUMBER),
            "decisionDefinitionType": Field(made.c.decision_type, values=_DECISION_TYPES),
            "rootDecisionDefinitionKey": Field(made.c.root_decision_key, Kind.KEY),
            "decisionRequirementsKey": Field(decision.c.requirements_key, Kind.KEY),
            "processDefinitionKey": Field(_instance.process_definition_key, Kind.KEY),
            "processInstanceKey": Field(made.c.instance_key, Kind.KEY),
            "businessId": Field(_instance.business_key),
            "tenantId": _tenant(),
        },
    )


def _decision_requirements(_locale: str) -> Source:
    table = tables.decision_requirements
    return Source(
        rows=select(table),
        key=table.c.key,
        fields={
            "decisionRequirementsId": Field(table.c.requirements_id),
            "decisionRequirementsKey": Field(table.c.key, Kind.KEY),
            "decisionRequirementsName": Field(table.c.name),
            "version": Field(table.c.version, Kind.NUMBER),
            "resourceName": Field(table.c.resource_name),
            "tenantId": _tenant(),
        },
    )


def _forms(_locale: str) -> Source:
    table = tables.form_definition
    return Source(
        rows=select(table),
        key=table.c.key,
        fields={
            "formId": Field(table.c.form_id),
            "formKey": Field(table.c.key, Kind.KEY),
            "version": Field(table.c.version, Kind.NUMBER),
            "isLatestVersion": Field(_is_latest(table, "form_id"), Kind.FLAG, is_sortable=False),
        },
    )


def _process_instances(locale: str) -> Source:
    definition = tables.process_definition
    name = _name(definition, locale)
    return Source(
        rows=select(
            *_without(tables.process_instance, "live_state"),
            name.label("process_name"),
            _definition.version_tag,
        ).join_from(tables.process_instance, definition),
        key=_instance.key,
        fields={
            "processInstanceKey": Field(_instance.key, Kind.KEY),
            "processDefinitionId": Field(_instance.process_id),
            "processDefinitionKey": Field(_instance.process_definition_key, Kind.KEY),
            "processDefinitionName": Field(name),
            "processDefinitionVersion": Field(_instance.version, Kind.NUMBER),
            "processDefinitionVersionTag": Field(_definition.version_tag),
            "parentProcessInstanceKey": Field(_instance.parent_key, Kind.KEY),
            "rootProcessInstanceKey": Field(_instance.root_key, Kind.KEY),
            "startDate": Field(_instance.started_at, Kind.INSTANT),
            "endDate": Field(_instance.ended_at, Kind.INSTANT),
            "state": Field(_instance.state, values=tuple(InstanceState)),
            "hasIncident": Field(_instance.has_incident, Kind.FLAG),
            "businessId": Field(_instance.business_key),
            "tenantId": _tenant(),
        },
    )


def _user_tasks(locale: str) -> Source:
    table, definition = tables.user_task, tables.process_definition
    name = _name(table, locale)
    return Source(
        rows=select(
            table,
            name.label("name"),
            _name(definition, locale).label("process_name"),
            _definition.version.label("process_version"),
            _instance.business_key,
        )
        .join_from(table, tables.process_instance, _instance.key == _user_task.instance_key)
        .join(definition, _definition.key == _user_task.process_definition_key),
        key=_user_task.key,
        fields={
            "userTaskKey": Field(_user_task.key, Kind.KEY),
            "state": Field(_user_task.state, values=_USER_TASK_STATES),
            "assignee": Field(_user_task.assignee),
            "priority": Field(_user_task.priority, Kind.NUMBER),
            "elementId": Field(_user_task.element_id),
            "name": Field(name),
            "candidateGroup": _candidate("group"),
            "candidateUser": _candidate("user"),
            "processDefinitionId": Field(_user_task.process_id),
            "processDefinitionKey": Field(_user_task.process_definition_key, Kind.KEY),
            "processInstanceKey": Field(_user_task.instance_key, Kind.KEY),
            "creationDate": Field(_user_task.created_at, Kind.INSTANT),
            "completionDate": Field(_user_task.completed_at, Kind.INSTANT),
            "dueDate": Field(_user_task.due_at, Kind.INSTANT),
            "followUpDate": Field(_user_task.follow_up_at, Kind.INSTANT),
            "businessId": Field(_instance.business_key),
            "tenantId": _tenant(),
        },
    )


def _candidate(kind: str) -> Field:
    detail = tables.user_task_candidate.c
    return Field(
        detail.candidate,
        is_sortable=False,
        within=lambda condition: exists().where(
            detail.instance_key == _user_task.instance_key,
            detail.user_task_key == _user_task.key,
            detail.kind == kind,
            condition,
        ),
    )


def _jobs(_locale: str) -> Source:
    # The API has no word for a job that a worker holds: it is "created", with a worker and a deadline.
    state = case((_job.state == "ACTIVATED", "CREATED"), else_=_job.state)
    retries_left = and_(_job.state == "FAILED", _job.retries > 0)
    return Source(
        rows=select(
            tables.job,
            state.label("shown_state"),
            retries_left.label("has_retries_left"),
            _instance.root_key,
            _instance.business_key,
        ).join_from(tables.job, tables.process_instance, _instance.key == _job.instance_key),
        key=_job.key,
        fields={
            "jobKey": Field(_job.key, Kind.KEY),
            "type": Field(_job.type),
            "worker": Field(_job.worker),
            "state": Field(state, values=_JOB_STATES),
            "kind": Field(literal("BPMN_ELEMENT"), is_sortable=False),
            "retries": Field(_job.retries, Kind.NUMBER),
            "priority": Field(_job.priority, Kind.NUMBER),
            "deadline": Field(_job.leased_until, Kind.INSTANT),
            "errorMessage": Field(_job.error_message),
            "hasFailedWithRetriesLeft": Field(retries_left, Kind.FLAG, is_sortable=False),
            "elementId": Field(_job.element_id),
            "processDefinitionId": Field(_job.process_id),
            "processDefinitionKey": Field(_job.process_definition_key, Kind.KEY),
            "processInstanceKey": Field(_job.instance_key, Kind.KEY),
            "creationTime": Field(_job.created_at, Kind.INSTANT),
            "endTime": Field(_job.ended_at, Kind.INSTANT),
            "tenantId": _tenant(),
        },
    )


def _incidents(_locale: str) -> Source:
    return Source(
        rows=select(tables.incident, _instance.root_key).join_from(
            tables.incident, tables.process_instance, _instance.key == _incident.instance_key
        ),
        key=_incident.key,
        fields={
            "incidentKey": Field(_incident.key, Kind.KEY),
            "errorType": Field(_incident.type),
            "errorMessage": Field(_incident.message),
            "elementId": Field(_incident.element_id),
            "state": Field(_incident.state, values=(*IncidentState, "MIGRATED", "PENDING", "UNKNOWN")),
            "creationTime": Field(_incident.created_at, Kind.INSTANT),
            "processDefinitionId": Field(_incident.process_id),
            "processDefinitionKey": Field(_incident.process_definition_key, Kind.KEY),
            "processInstanceKey": Field(_incident.instance_key, Kind.KEY),
            "jobKey": Field(_incident.job_key, Kind.KEY),
            "tenantId": _tenant(),
        },
    )


def _outgoing(_locale: str) -> Source:
    table, columns, case_file = tables.outgoing, tables.outgoing.c, tables.case_file
    return Source(
        rows=select(
            *_without(table, "body"),
            case_file.c.number.label("case_number"),
            _instance.root_key,
            _instance.process_id,
        )
        .join_from(table, tables.process_instance, _instance.key == columns.instance_key)
        .outerjoin(case_file, case_file.c.instance_key == _instance.root_key),
        key=columns.key,
        fields={
            "outgoingKey": Field(columns.key, Kind.KEY),
            "kind": Field(columns.kind, values=tuple(OutgoingKind)),
            "state": Field(columns.state, values=tuple(OutgoingState)),
            "messageId": Field(columns.dedupe_key),
            "recipient": Field(columns.recipient),
            "subject": Field(columns.subject),
            "attempts": Field(columns.attempts, Kind.NUMBER),
            "failure": Field(columns.failure),
            "responseStatus": Field(columns.response_status, Kind.NUMBER),
            "creationTime": Field(columns.created_at, Kind.INSTANT),
            "sentTime": Field(columns.sent_at, Kind.INSTANT),
            "elementId": Field(columns.element_id),
            "caseNumber": Field(case_file.c.number),
            "processDefinitionId": Field(_instance.process_id),
            "processInstanceKey": Field(columns.instance_key, Kind.KEY),
            "rootProcessInstanceKey": Field(_instance.root_key, Kind.KEY),
        },
    )


def _without(table: Table, large: str) -> list[ColumnElement[Any]]:
    """All columns but the one whose bytes a list never shows."""
    return [column for column in table.c if column.name != large]


SOURCES: dict[str, Callable[[str], Source]] = {
    "process_definitions": _process_definitions,
    "decision_definitions": _decision_definitions,
    "decision_instances": _decision_instances,
    "decision_requirements": _decision_requirements,
    "forms": _forms,
    "process_instances": _process_instances,
    "user_tasks": _user_tasks,
    "jobs": _jobs,
    "incidents": _incidents,
    "outgoing": _outgoing,
}
"""What can be searched, by name."""
