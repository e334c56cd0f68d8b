"""Process instances: start, look, cancel; and their variables."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson
from flask import Blueprint, Response

from laneway.engine import database, instances, search
from laneway.engine.model import OPEN_STATES
from laneway.engine.search import TENANT, Query
from laneway.errors import Invalid
from laneway.web.api import shapes, waiting
from laneway.web.api.incidents import INCIDENT, render_incident
from laneway.web.api.operations import Answer, Body, instant, key, operation, page, read_key, read_query
from laneway.web.api.shapes import FLAG, KEY, NUMBER, TEXT, list_of, nothing, nullable, page_of, record
from laneway.web.auth import current_person
from laneway.web.errors import problem_document
from laneway.web.i18n import _

blueprint = Blueprint("api_instances", __name__, url_prefix="/v2")

PROCESS_INSTANCE = record(
    processInstanceKey=KEY,
    processDefinitionId=TEXT,
    processDefinitionKey=KEY,
    processDefinitionName=nullable(TEXT),
    processDefinitionVersion=NUMBER,
    processDefinitionVersionTag=nullable(TEXT),
    state=TEXT,
    hasIncident=FLAG,
    startDate=shapes.INSTANT,
    endDate=nullable(shapes.INSTANT),
    suspendedDate=nullable(shapes.INSTANT),
    parentProcessInstanceKey=nullable(KEY),
    parentElementInstanceKey=nullable(KEY),
    rootProcessInstanceKey=KEY,
    businessId=nullable(TEXT),
    tags=list_of(TEXT),
    tenantId=TEXT,
)
_CREATION = shapes.body(
    processDefinitionId=shapes.NAME,
    processDefinitionKey=KEY,
    processDefinitionVersion={**shapes.COUNT, "minimum": -1, "description": "-1: the latest"},
    processDefinitionVersionTag=shapes.NAME,
    variables=nullable(shapes.VARIABLES),
    businessId=nullable(shapes.NAME),
    awaitCompletion={**FLAG, "description": "Answer when the instance has ended, with its variables."},
    fetchVariables=list_of(TEXT),
    requestTimeout={**NUMBER, "description": "Milliseconds to wait for the end."},
    tenantId=shapes.TENANT,
    operationReference={**NUMBER, "description": "Taken and not kept: there are no exported records."},
    startInstructions=nothing({"type": "array"}, "An instance starts at its start event."),
    runtimeInstructions=nothing({"type": "array"}, "An instance ends where its diagram ends."),
    tags=nothing({"type": "array"}, "There are no tags."),
)
_CREATED = record(
    processInstanceKey=KEY,
    processDefinitionId=TEXT,
    processDefinitionKey=KEY,
    processDefinitionVersion=NUMBER,
    variables=shapes.VARIABLES,
    businessId=nullable(TEXT),
    tags=list_of(TEXT),
    tenantId=TEXT,
)
VARIABLE = record(
    name=TEXT,
    value={**TEXT, "description": "The value as JSON."},
    isTruncated=FLAG,
    variableKey=KEY,
    scopeKey=KEY,
    processInstanceKey=KEY,
    rootProcessInstanceKey=KEY,
    tenantId=TEXT,
)


@operation(
    blueprint,
    "POST",
    "/process-instances",
    name="createProcessInstance",
    summary="Start a process: by id (and version or version tag), or by key",
    body=_CREATION,
    answer=_CREATED,
)
def create_process_instance(body: Body) -> Answer:
    definition_key = _definition_asked_for(body)
    version = body.get("processDefinitionVersion", -1)
    started = database.transact(
        lambda session: instances.start(
            session,
            process_id=body.get("processDefinitionId", ""),
            definition_key=definition_key,
            version=None if version == -1 else version,
            variables=body.get("variables") or {},
            business_key=body.get("businessId"),
            by=current_person(),
        )
    )
    variables: Mapping[str, Any] | None = {}
    if body.get("awaitCompletion"):
        variables = waiting.wait(
            lambda: _variables_at_end(started.instance_key),
            seconds=waiting.seconds(body.get("requestTimeout")),
        )
        if variables is None:
            return _still_running(started.instance_key)
    return {
        "processInstanceKey": key(started.instance_key),
        "processDefinitionId": started.process_id,
        "processDefinitionKey": key(started.process_definition_key),
        "processDefinitionVersion": started.version,
        "variables": _only(variables or {}, body.get("fetchVariables")),
        "businessId": body.get("businessId"),
        "tags": [],
        "tenantId": TENANT,
    }


def _definition_asked_for(body: Body) -> int | None:
    """The key of the definition, where the body names one by key or by version tag."""
    if ("processDefinitionId" in body) == ("processDefinitionKey" in body):
        allowed = "processDefinitionId, processDefinitionKey"
        raise Invalid("body_invalid", [("", "give_one_of", {"allowed": allowed})])
    if "processDefinitionKey" in body:
        return read_key(body["processDefinitionKey"])
    if "processDefinitionVersionTag" not in body:
        return None
    tag = body["processDefinitionVersionTag"]
    filters = {"processDefinitionId": body["processDefinitionId"], "versionTag": tag}
    with database.reading() as session:
        query = Query(filters=filters, sort=[("version", True)])
        found = search.process_definitions(session, query, by=current_person())
    definition_key: int = search.one(found, "process_definition_not_found", tag=tag).key
    return definition_key


def _variables_at_end(instance_key: int) -> Mapping[str, Any] | None:
    """The instance's variables once it has ended, else None."""
    with database.reading() as session:
        query = Query(filters={"processInstanceKey": str(instance_key)})
        found = search.process_instances(session, query, by=current_person())
        if search.one(found, "process_instance_not_found", key=instance_key).state in OPEN_STATES:
            return None
        return instances.variables(session, instance_key)


def _still_running(instance_key: int) -> Response:
    detail = _("Process instance %(key)s has started, but has not ended in time.", key=instance_key)
    return problem_document(504, "DEADLINE_EXCEEDED", detail, code="instance_still_running")


def _only(variables: Mapping[str, Any], names: list[str] | None) -> Mapping[str, Any]:
    """These variables, or all when none are named."""
    return {name: variables[name] for name in names if name in variables} if names else variables


@operation(
    blueprint,
    "POST",
    "/process-instances/search",
    name="searchProcessInstances",
    summary="Search process instances",
    body=shapes.search_body("process_instances"),
    is_body_required=False,
    answer=page_of(PROCESS_INSTANCE),
)
def search_process_instances(body: Body) -> Answer:
    with database.reading() as session:
        found = search.process_instances(session, read_query(body), by=current_person())
    return page(found, _process_instance)


@operation(
    blueprint,
    "GET",
    "/process-instances/{processInstanceKey}",
    name="getProcessInstance",
    summary="One process instance",
    answer=PROCESS_INSTANCE,
)
def get_process_instance(process_instance_key: int) -> Answer:
    return _process_instance(_find(process_instance_key))


@operation(
    blueprint,
    "POST",
    "/process-instances/{processInstanceKey}/cancellation",
    name="cancelProcessInstance",
    summary="End a process instance, its open work and its children",
    body=shapes.body(operationReference=NUMBER),
    is_body_required=False,
)
def cancel_process_instance(process_instance_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        # The API of Camunda carries no reason; the history then says by which way it came.
        instances.cancel(
            session, process_instance_key, by=current_person(), reason=_("Cancelled through the API")
        )
    return None


@operation(
    blueprint,
    "POST",
    "/process-instances/{processInstanceKey}/incidents/search",
    name="searchProcessInstanceIncidents",
    summary="Search the incidents of one process instance",
    body=shapes.search_body("incidents"),
    is_body_required=False,
    answer=page_of(INCIDENT),
)
def search_process_instance_incidents(process_instance_key: int, body: Body) -> Answer:
    query = read_query(body, processInstanceKey=str(process_instance_key))
    with database.reading() as session:
        found = search.incidents(session, query, by=current_person())
    return page(found, render_incident)


@operation(
    blueprint,
    "POST",
    "/variables/search",
    name="searchVariables",
    summary="The variables of one process instance (filter processInstanceKey, required)",
    body=shapes.body(
        {
            "filter": shapes.body(
                {"processInstanceKey": KEY},
                name={"oneOf": [TEXT, shapes.body({"$in": list_of(TEXT)})]},
                scopeKey=KEY,
                tenantId=shapes.TENANT,
            )
        },
        sort=list_of(shapes.body({"field": shapes.one_of("name")}, order=shapes.one_of("ASC", "DESC"))),
        page=shapes.body(None, **{"from": shapes.COUNT}, limit=shapes.COUNT),
    ),
    answer=page_of(VARIABLE),
)
def search_variables(body: Body) -> Answer:
    wanted = body["filter"]
    instance = _find(read_key(wanted["processInstanceKey"]))
    with database.reading() as session:
        variables = instances.variables(session, instance.key)
    if wanted.get("scopeKey", str(instance.key)) != str(instance.key):
        variables = {}
    return variables_page(variables, instance.key, instance.root_key, body)


def variables_page(
    variables: Mapping[str, Any], instance_key: int, root_key: int, body: Body
) -> Mapping[str, Any]:
    """The named variables of a body's filter (all without one), sorted by name, as the API answers a search."""
    name = body.get("filter", {}).get("name")
    wanted = [name] if isinstance(name, str) else (name or {}).get("$in")
    names = sorted(_only(variables, wanted))
    if any(one.get("order") == "DESC" for one in body.get("sort", [])):
        names.reverse()
    cut = body.get("page", {})
    first = cut.get("from", 0)
    shown = names[first : first + cut.get("limit", search.DEFAULT_LIMIT)]
    items = [
        {
            "name": one,
            "value": orjson.dumps(variables[one]).decode(),
            "isTruncated": False,
            "variableKey": key(_variable_key(instance_key, one)),
            "scopeKey": key(instance_key),
            "processInstanceKey": key(instance_key),
            "rootProcessInstanceKey": key(root_key),
            "tenantId": TENANT,
        }
        for one in shown
    ]
    totals = {"totalItems": len(names), "hasMoreTotalItems": False, "startCursor": None, "endCursor": None}
    return {"items": items, "page": totals}


def _variable_key(instance_key: int, name: str) -> int:
    """Variables are values in their instance and have no rows: their key is made from instance and name."""
    digest = blake2b(f"{instance_key}/{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


def _find(process_instance_key: int) -> Any:
    query = Query(filters={"processInstanceKey": str(process_instance_key)})
    with database.reading() as session:
        found = search.process_instances(session, query, by=current_person())
    return search.one(found, "process_instance_not_found", key=process_instance_key)


def _process_instance(row: Any) -> Mapping[str, Any]:
    return {
        "processInstanceKey": key(row.key),
        "processDefinitionId": row.process_id,
        "processDefinitionKey": key(row.process_definition_key),
        "processDefinitionName": row.process_name or None,
        "processDefinitionVersion": row.version,
        "processDefinitionVersionTag": row.version_tag,
        "state": row.state,
        "hasIncident": row.has_incident,
        "startDate": instant(row.started_at),
        "endDate": instant(row.ended_at),
        "suspendedDate": instant(row.suspended_at),
        "parentProcessInstanceKey": key(row.parent_key),
        "parentElementInstanceKey": None,
        "rootProcessInstanceKey": key(row.root_key),
        "businessId": row.business_key,
        "tags": [],
        "tenantId": TENANT,
    }
