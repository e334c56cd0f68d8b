"""User tasks for programs: search, assign, complete, change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from laneway.engine import database, definitions, search, user_task_changes, user_tasks
from laneway.engine.search import TENANT, Query
from laneway.web.api import shapes
from laneway.web.api.definitions import FORM, find_form
from laneway.web.api.instances import VARIABLE, variables_page
from laneway.web.api.operations import (
    Answer,
    Body,
    instant,
    key,
    operation,
    page,
    read_instant,
    read_query,
)
from laneway.web.api.shapes import FLAG, KEY, NUMBER, TEXT, list_of, nullable, page_of, record
from laneway.web.auth import current_person
from laneway.web.repetition import done_by

blueprint = Blueprint("api_user_tasks", __name__, url_prefix="/v2")

USER_TASK = record(
    userTaskKey=KEY,
    name=nullable(TEXT),
    state=TEXT,
    assignee=nullable(TEXT),
    candidateGroups=list_of(TEXT),
    candidateUsers=list_of(TEXT),
    priority=NUMBER,
    creationDate=shapes.INSTANT,
    dueDate=nullable(shapes.INSTANT),
    followUpDate=nullable(shapes.INSTANT),
    completionDate=nullable(shapes.INSTANT),
    elementId=TEXT,
    elementInstanceKey=KEY,
    formKey=nullable(KEY),
    externalFormReference=nullable(TEXT),
    customHeaders=shapes.HEADERS,
    processName=nullable(TEXT),
    processDefinitionId=TEXT,
    processDefinitionKey=KEY,
    processDefinitionVersion=NUMBER,
    processInstanceKey=KEY,
    rootProcessInstanceKey=KEY,
    businessId=nullable(TEXT),
    tags=list_of(TEXT),
    tenantId=TEXT,
)
_ACTION = {**nullable(TEXT), "description": "Taken and not kept: there are no user task listeners."}
_CHANGES = shapes.body(
    dueDate={**nullable(shapes.INSTANT), "description": "An empty text takes it away."},
    followUpDate={**nullable(shapes.INSTANT), "description": "An empty text takes it away."},
    candidateGroups=nullable(list_of(shapes.NAME)),
    candidateUsers=nullable(list_of(shapes.NAME)),
    priority=nullable({"type": "integer", "minimum": 0, "maximum": 100}),
)


@operation(
    blueprint,
    "POST",
    "/user-tasks/search",
    name="searchUserTasks",
    summary="Search the user tasks that this person may see",
    body=shapes.search_body("user_tasks"),
    is_body_required=False,
    answer=page_of(USER_TASK),
)
def search_user_tasks(body: Body) -> Answer:
    with database.reading() as session:
        found = search.user_tasks(session, read_query(body), by=current_person())
        return page(found, lambda row: _user_task(session, row))


@operation(
    blueprint,
    "GET",
    "/user-tasks/{userTaskKey}",
    name="getUserTask",
    summary="One user task",
    answer=USER_TASK,
)
def get_user_task(user_task_key: int) -> Answer:
    row = _find(user_task_key)
    with database.reading() as session:
        return _user_task(session, row)


@operation(
    blueprint,
    "GET",
    "/user-tasks/{userTaskKey}/form",
    name="getUserTaskForm",
    summary="The form of a user task; 204 when it has none",
    answer=FORM,
)
def get_user_task_form(user_task_key: int) -> Answer:
    row = _find(user_task_key)
    return find_form(row.form_key) if row.form_key is not None else None


@operation(
    blueprint,
    "POST",
    "/user-tasks/{userTaskKey}/assignment",
    name="assignUserTask",
    summary="Give a user task to a person; to oneself: claim it",
    body=shapes.body({"assignee": shapes.NAME}, allowOverride=nullable(FLAG), action=_ACTION),
)
def assign_user_task(user_task_key: int, body: Body) -> Answer:
    allow_override = body.get("allowOverride")
    with database.unit_of_work() as session:
        user_tasks.assign(
            session,
            user_task_key,
            assignee=body["assignee"],
            by=current_person(),
            allow_override=allow_override is not False,
        )
    return None


@operation(
    blueprint,
    "DELETE",
    "/user-tasks/{userTaskKey}/assignee",
    name="unassignUserTask",
    summary="Give a user task back to its candidates",
)
def unassign_user_task(user_task_key: int) -> Answer:
    with database.unit_of_work() as session:
        user_tasks.release(session, user_task_key, by=current_person())
    return None


@operation(
    blueprint,
    "POST",
    "/user-tasks/{userTaskKey}/completion",
    name="completeUserTask",
    summary="Complete a user task with any variables; a candidate may complete what nobody holds",
    body=shapes.body(variables=nullable(shapes.VARIABLES), action=_ACTION),
    is_body_required=False,
)
def complete_user_task(user_task_key: int, body: Body) -> Answer:
    person, variables = current_person(), body.get("variables") or {}
    database.transact(
        lambda session: user_tasks.complete_via_api(session, user_task_key, by=person, variables=variables),
        settle=done_by(person),
    )
    return None


@operation(
    blueprint,
    "PATCH",
    "/user-tasks/{userTaskKey}",
    name="updateUserTask",
    summary="Change due and follow-up time, candidates or priority; what is left out or null stays",
    body=shapes.body(changeset=nullable(_CHANGES), action=_ACTION),
    is_body_required=False,
)
def update_user_task(user_task_key: int, body: Body) -> Answer:
    asked = {name: value for name, value in (body.get("changeset") or {}).items() if value is not None}
    changes = user_task_changes.Changes(
        due_at=_read_time(asked, "dueDate"),
        follow_up_at=_read_time(asked, "followUpDate"),
        candidate_groups=asked.get("candidateGroups"),
        candidate_users=asked.get("candidateUsers"),
        priority=asked.get("priority"),
        cleared=frozenset(field for field, name in _TIMES.items() if asked.get(name) == ""),
    )
    with database.unit_of_work() as session:
        user_task_changes.change(session, user_task_key, changes, by=current_person())
    return None


_TIMES = {"due_at": "dueDate", "follow_up_at": "followUpDate"}


def _read_time(asked: Mapping[str, Any], name: str) -> Any:
    return read_instant(asked[name], f"changeset.{name}") if asked.get(name) else None


@operation(
    blueprint,
    "POST",
    "/user-tasks/{userTaskKey}/variables/search",
    name="searchUserTaskVariables",
    summary="The variables that the user task sees, inner scopes first",
    body=shapes.body(
        filter=shapes.body(name={"oneOf": [TEXT, shapes.body({"$in": list_of(TEXT)})]}),
        sort=list_of(shapes.body({"field": shapes.one_of("name")}, order=shapes.one_of("ASC", "DESC"))),
        page=shapes.body(None, **{"from": shapes.COUNT}, limit=shapes.COUNT),
    ),
    is_body_required=False,
    answer=page_of(VARIABLE),
)
def search_user_task_variables(user_task_key: int, body: Body) -> Answer:
    with database.reading() as session:
        opened = user_tasks.open_task(session, user_task_key, by=current_person())
    return variables_page(opened.variables, opened.task.instance_key, opened.task.root_key, body)


def _find(user_task_key: int) -> Any:
    query = Query(filters={"userTaskKey": str(user_task_key)})
    with database.reading() as session:
        found = search.user_tasks(session, query, by=current_person())
    return search.one(found, "user_task_not_found", key=user_task_key)


def _headers(session: Any, row: Any) -> Mapping[str, str]:
    """The headers that the diagram gives the element."""
    process = definitions.load(session, row.process_definition_key).process
    return next((node.headers for node in process.level.everything() if node.id == row.element_id), {})


def _user_task(session: Any, row: Any) -> Mapping[str, Any]:
    return {
        "userTaskKey": key(row.key),
        "name": row.name or None,
        "state": row.state,
        "assignee": row.assignee,
        "candidateGroups": row.candidate_groups,
        "candidateUsers": row.candidate_users,
        "priority": row.priority,
        "creationDate": instant(row.created_at),
        "dueDate": instant(row.due_at),
        "followUpDate": instant(row.follow_up_at),
        "completionDate": instant(row.completed_at),
        "elementId": row.element_id,
        "elementInstanceKey": key(row.key),
        "formKey": key(row.form_key),
        "externalFormReference": row.external_form,
        "customHeaders": _headers(session, row),
        "processName": row.process_name or None,
        "processDefinitionId": row.process_id,
        "processDefinitionKey": key(row.process_definition_key),
        "processDefinitionVersion": row.process_version,
        "processInstanceKey": key(row.instance_key),
        "rootProcessInstanceKey": key(row.root_key),
        "businessId": row.business_key,
        "tags": [],
        "tenantId": TENANT,
    }
