"""Jobs for workers in any language: activate, complete, fail, throw an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from laneway.engine import access, database, jobs, search
from laneway.engine.access import Action
from laneway.engine.bpmn.job_settings import MAX_JOB_PRIORITY
from laneway.engine.search import TENANT
from laneway.web.api import shapes, waiting
from laneway.web.api.operations import Answer, Body, instant, key, operation, page, read_query
from laneway.web.api.shapes import FLAG, KEY, NUMBER, TEXT, list_of, nothing, nullable, page_of, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_jobs", __name__, url_prefix="/v2")

_SHARED = {
    "jobKey": KEY,
    "type": TEXT,
    "kind": TEXT,
    "listenerEventType": TEXT,
    "worker": TEXT,
    "retries": NUMBER,
    "priority": NUMBER,
    "customHeaders": shapes.HEADERS,
    "elementId": TEXT,
    "elementInstanceKey": KEY,
    "processDefinitionId": TEXT,
    "processDefinitionKey": KEY,
    "processInstanceKey": KEY,
    "rootProcessInstanceKey": nullable(KEY),
    "businessId": nullable(TEXT),
    "tenantId": TEXT,
}
ACTIVATED_JOB = record(
    **_SHARED,
    processDefinitionVersion=NUMBER,
    deadline={**NUMBER, "description": "Milliseconds since 1970."},
    variables=shapes.VARIABLES,
    userTask={"type": "null"},
    tags=list_of(TEXT),
    jobLeaseToken={"type": "null"},
    physicalTenantId=TEXT,
)
JOB = record(
    **_SHARED,
    state=TEXT,
    deadline=nullable(shapes.INSTANT),
    errorCode=nullable(TEXT),
    errorMessage=nullable(TEXT),
    hasFailedWithRetriesLeft=FLAG,
    isDenied=nullable(FLAG),
    deniedReason=nullable(TEXT),
    creationTime=shapes.INSTANT,
    endTime=nullable(shapes.INSTANT),
    lastUpdateTime=nullable(shapes.INSTANT),
)
_NO_LEASE_TOKEN = nothing({"type": "string"}, "Leases have no token here: the job's key is enough.")
_PRIORITY: shapes.Shape = {"type": "integer", "minimum": -MAX_JOB_PRIORITY, "maximum": MAX_JOB_PRIORITY}
_RETRIES: shapes.Shape = {"type": "integer", "minimum": 0, "maximum": 1_000_000}


@operation(
    blueprint,
    "POST",
    "/jobs/activation",
    name="activateJobs",
    summary="Lease jobs of a type to a worker; waits for jobs as long as requestTimeout says",
    body=shapes.body(
        {
            "type": shapes.NAME,
            "timeout": {**shapes.MILLISECONDS, "minimum": 1, "description": "Length of the lease in ms."},
            "maxJobsToActivate": {"type": "integer", "minimum": 1, "maximum": 1000},
        },
        worker=nullable({**TEXT, "maxLength": 200}),
        fetchVariable=nullable(list_of(TEXT)),
        requestTimeout=nullable(NUMBER),
        tenantIds=nullable(list_of(shapes.TENANT)),
        tenantFilter=shapes.one_of("PROVIDED", "ASSIGNED"),
        withLease=nothing({"type": "boolean"}, "Leases have no token here."),
    ),
    answer=record(jobs=list_of(ACTIVATED_JOB)),
)
def activate_jobs(body: Body) -> Answer:
    access.require(current_person(), Action.WORK_JOBS)
    seconds = waiting.seconds(body.get("requestTimeout"))
    found = waiting.wait(lambda: _activate(body), seconds=seconds)
    return {"jobs": found or []}


def _activate(body: Body) -> list[Mapping[str, Any]] | None:
    """The jobs that are there now, leased; None when there is none."""
    by = current_person()
    # Looking writes nothing, so a worker that waits never keeps others from writing.
    with database.reading() as session:
        if not jobs.is_any_waiting(session, [body["type"]]):
            return None
    with database.unit_of_work() as session:
        leased = jobs.activate(
            session,
            types=[body["type"]],
            worker=body.get("worker") or by.username,
            lease_seconds=body["timeout"] / 1000,
            limit=body["maxJobsToActivate"],
        )
    return [_activated(job, body.get("fetchVariable")) for job in leased] or None


def _activated(job: jobs.ActivatedJob, names: list[str] | None) -> Mapping[str, Any]:
    variables = (
        {name: job.variables[name] for name in names if name in job.variables} if names else job.variables
    )
    return {
        "jobKey": key(job.key),
        "type": job.type,
        "kind": "BPMN_ELEMENT",
        "listenerEventType": "UNSPECIFIED",
        "worker": job.worker,
        "retries": job.retries,
        "priority": job.priority,
        "customHeaders": job.headers,
        "elementId": job.element_id,
        "elementInstanceKey": key(job.key),
        "processDefinitionId": job.process_id,
        "processDefinitionKey": key(job.process_definition_key),
        "processDefinitionVersion": job.version,
        "processInstanceKey": key(job.instance_key),
        "rootProcessInstanceKey": key(job.root_key),
        "businessId": job.business_key,
        "deadline": int(job.deadline.timestamp() * 1000),
        "variables": variables,
        "userTask": None,
        "tags": [],
        "jobLeaseToken": None,
        "physicalTenantId": "default",
        "tenantId": TENANT,
    }


@operation(
    blueprint,
    "POST",
    "/jobs/{jobKey}/completion",
    name="completeJob",
    summary="The work is done; its variables go to the process instance",
    body=shapes.body(
        variables=nullable(shapes.VARIABLES),
        result=nothing({"type": "object"}, "There are no listener jobs."),
        jobLeaseToken=_NO_LEASE_TOKEN,
        businessId=nothing({"type": "string"}, "The business id is set when the instance starts."),
    ),
    is_body_required=False,
)
def complete_job(job_key: int, body: Body) -> Answer:
    access.require(current_person(), Action.WORK_JOBS)
    with database.unit_of_work() as session:
        jobs.complete(session, job_key, variables=body.get("variables") or {})
    return None


@operation(
    blueprint,
    "POST",
    "/jobs/{jobKey}/failure",
    name="failJob",
    summary="The work could not be done; without retries left it becomes an incident",
    body=shapes.body(
        retries=_RETRIES,
        errorMessage=nullable({**TEXT, "maxLength": 10_000}),
        retryBackOff=shapes.MILLISECONDS,
        variables=nothing({"type": "object"}, "A failed job changes no variables."),
        jobLeaseToken=_NO_LEASE_TOKEN,
    ),
    is_body_required=False,
)
def fail_job(job_key: int, body: Body) -> Answer:
    access.require(current_person(), Action.WORK_JOBS)
    with database.unit_of_work() as session:
        jobs.fail(
            session,
            job_key,
            retries=body.get("retries", 0),
            message=body.get("errorMessage") or "",
            backoff_seconds=body.get("retryBackOff", 0) / 1000,
        )
    return None


@operation(
    blueprint,
    "POST",
    "/jobs/{jobKey}/error",
    name="throwJobError",
    summary="Take the error path that the diagram draws for this code",
    body=shapes.body(
        {"errorCode": shapes.NAME},
        errorMessage=nullable({**TEXT, "maxLength": 10_000}),
        variables=nullable(shapes.VARIABLES),
        jobLeaseToken=_NO_LEASE_TOKEN,
    ),
)
def throw_job_error(job_key: int, body: Body) -> Answer:
    access.require(current_person(), Action.WORK_JOBS)
    with database.unit_of_work() as session:
        jobs.throw_error(
            session,
            job_key,
            code=body["errorCode"],
            message=body.get("errorMessage") or "",
            variables=body.get("variables") or {},
        )
    return None


@operation(
    blueprint,
    "PATCH",
    "/jobs/{jobKey}",
    name="updateJob",
    summary="Give a job more retries, or another priority",
    body=shapes.body(
        {
            "changeset": shapes.body(
                retries=nullable({**_RETRIES, "minimum": 1}),
                priority=nullable(_PRIORITY),
                timeout=nothing({"type": "integer"}, "A lease keeps its length."),
            )
        },
        operationReference=NUMBER,
        jobLeaseToken=_NO_LEASE_TOKEN,
    ),
)
def update_job(job_key: int, body: Body) -> Answer:
    access.require(current_person(), Action.WORK_JOBS)
    asked, by = body["changeset"], current_person()
    with database.unit_of_work() as session:
        if asked.get("retries") is not None:
            jobs.update_retries(session, job_key, retries=asked["retries"], by=by)
        if asked.get("priority") is not None:
            jobs.update_priority(session, job_key, priority=asked["priority"], by=by)
    return None


@operation(
    blueprint,
    "POST",
    "/jobs/search",
    name="searchJobs",
    summary="Search jobs",
    body=shapes.search_body("jobs"),
    is_body_required=False,
    answer=page_of(JOB),
)
def search_jobs(body: Body) -> Answer:
    with database.reading() as session:
        found = search.jobs(session, read_query(body), by=current_person())
    return page(found, _job)


def _job(row: Any) -> Mapping[str, Any]:
    return {
        "jobKey": key(row.key),
        "type": row.type,
        "kind": "BPMN_ELEMENT",
        "listenerEventType": "UNSPECIFIED",
        "worker": row.worker or "",
        "retries": row.retries,
        "priority": row.priority,
        "customHeaders": row.custom_headers,
        "elementId": row.element_id,
        "elementInstanceKey": key(row.key),
        "processDefinitionId": row.process_id,
        "processDefinitionKey": key(row.process_definition_key),
        "processInstanceKey": key(row.instance_key),
        "rootProcessInstanceKey": key(row.root_key),
        "businessId": row.business_key,
        "state": row.shown_state,
        "deadline": instant(row.leased_until),
        "errorCode": None,
        "errorMessage": row.error_message,
        "hasFailedWithRetriesLeft": row.has_retries_left,
        "isDenied": None,
        "deniedReason": None,
        "creationTime": instant(row.created_at),
        "endTime": instant(row.ended_at),
        "lastUpdateTime": None,
        "tenantId": TENANT,
    }
