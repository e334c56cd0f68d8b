"""Incidents: what a person must look at, and trying again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from laneway.engine import database, incidents, search
from laneway.engine.search import TENANT, Query
from laneway.web.api import shapes
from laneway.web.api.operations import Answer, Body, instant, key, operation, page, read_query
from laneway.web.api.shapes import KEY, NUMBER, TEXT, nullable, page_of, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_incidents", __name__, url_prefix="/v2")

INCIDENT = record(
    incidentKey=KEY,
    errorType=TEXT,
    errorMessage=TEXT,
    elementId=TEXT,
    elementInstanceKey=KEY,
    jobKey=nullable(KEY),
    state=TEXT,
    creationTime=shapes.INSTANT,
    processDefinitionId=TEXT,
    processDefinitionKey=KEY,
    processInstanceKey=KEY,
    rootProcessInstanceKey=KEY,
    tenantId=TEXT,
)


@operation(
    blueprint,
    "POST",
    "/incidents/search",
    name="searchIncidents",
    summary="Search incidents",
    body=shapes.search_body("incidents"),
    is_body_required=False,
    answer=page_of(INCIDENT),
)
def search_incidents(body: Body) -> Answer:
    with database.reading() as session:
        found = search.incidents(session, read_query(body), by=current_person())
    return page(found, render_incident)


@operation(
    blueprint,
    "GET",
    "/incidents/{incidentKey}",
    name="getIncident",
    summary="One incident",
    answer=INCIDENT,
)
def get_incident(incident_key: int) -> Answer:
    query = Query(filters={"incidentKey": str(incident_key)})
    with database.reading() as session:
        found = search.incidents(session, query, by=current_person())
    return render_incident(search.one(found, "incident_not_found", key=incident_key))


@operation(
    blueprint,
    "POST",
    "/incidents/{incidentKey}/resolution",
    name="resolveIncident",
    summary="Try the failed step again",
    body=shapes.body(operationReference=NUMBER),
    is_body_required=False,
)
def resolve_incident(incident_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        incidents.resolve(session, incident_key, by=current_person())
    return None


def render_incident(row: Any) -> Mapping[str, Any]:
    """An incident as the API answers it."""
    return {
        "incidentKey": key(row.key),
        "errorType": row.type,
        "errorMessage": row.message,
        "elementId": row.element_id or row.process_id,
        # What waits carries the key of its element instance: the job, else the incident itself.
        "elementInstanceKey": key(row.job_key or row.key),
        "jobKey": key(row.job_key),
        "state": row.state,
        "creationTime": instant(row.created_at),
        "processDefinitionId": row.process_id,
        "processDefinitionKey": key(row.process_definition_key),
        "processInstanceKey": key(row.instance_key),
        "rootProcessInstanceKey": key(row.root_key),
        "tenantId": TENANT,
    }
