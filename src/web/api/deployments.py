"""Deploying files: all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request

from laneway.engine import database, deployments, search
from laneway.engine.deployments.decision_files import DeployedDecision
from laneway.engine.search import TENANT, Query
from laneway.errors import Invalid
from laneway.web.api import shapes
from laneway.web.api.decisions import DECISION_REQUIREMENTS, decision_requirements
from laneway.web.api.operations import Answer, key, operation
from laneway.web.api.shapes import KEY, NUMBER, TEXT, Shape, list_of, nullable, record
from laneway.web.auth import current_person
from laneway.words import Resource

blueprint = Blueprint("api_deployments", __name__, url_prefix="/v2")

_DEPLOYED_PROCESS = record(
    processDefinitionId=TEXT,
    processDefinitionKey=KEY,
    processDefinitionVersion=NUMBER,
    resourceName=TEXT,
    tenantId=TEXT,
)
_DEPLOYED_DECISION = record(
    decisionDefinitionId=TEXT,
    decisionDefinitionKey=KEY,
    name=TEXT,
    version=NUMBER,
    decisionRequirementsId=TEXT,
    decisionRequirementsKey=KEY,
    tenantId=TEXT,
)
_DEPLOYED_FORM = record(formId=TEXT, formKey=KEY, version=NUMBER, resourceName=TEXT, tenantId=TEXT)
_DEPLOYMENT_ITEM = record(
    processDefinition=nullable(_DEPLOYED_PROCESS),
    decisionDefinition=nullable(_DEPLOYED_DECISION),
    decisionRequirements=nullable(DECISION_REQUIREMENTS),
    form=nullable(_DEPLOYED_FORM),
    resource={"type": "null"},
)
_FILES: Shape = {
    "type": "object",
    "properties": {
        "resources": list_of({"type": "string", "format": "binary"}),
        "tenantId": shapes.TENANT,
    },
    "required": ["resources"],
}


@operation(
    blueprint,
    "POST",
    "/deployments",
    name="createDeployment",
    summary="Deploy diagrams (.bpmn), decisions (.dmn) and forms (.form): all of them, or none",
    body=_FILES,
    media_type="multipart/form-data",
    answer=record(deploymentKey=KEY, tenantId=TEXT, deployments=list_of(_DEPLOYMENT_ITEM)),
)
def create_deployment() -> Answer:
    if request.form.get("tenantId", TENANT) != TENANT:
        raise Invalid("body_invalid", [("tenantId", "not_one_of", {"allowed": TENANT})])
    files = request.files.getlist("resources")
    if not files:
        raise Invalid("body_invalid", [("resources", "no_files", {})])
    resources = [Resource((file.filename or "").replace("\0", ""), file.stream.read()) for file in files]
    by = current_person()
    with database.unit_of_work() as session:
        deployed = deployments.deploy(session, resources, by=by)
        keys = [str(requirements) for requirements in {file.key for file in deployed.requirements}]
        query = Query(filters={"decisionRequirementsKey": {"$in": keys}}, limit=search.PAGE_LIMIT)
        requirements = search.decision_requirements(session, query, by=by).items if keys else []
    items = [
        *({"processDefinition": _deployed_process(one)} for one in deployed.processes),
        *({"decisionDefinition": _deployed_decision(one)} for one in deployed.decisions),
        *({"decisionRequirements": decision_requirements(one)} for one in requirements),
        *({"form": _deployed_form(one)} for one in deployed.forms),
    ]
    empty = dict.fromkeys(_DEPLOYMENT_ITEM["properties"])
    return {
        "deploymentKey": key(deployed.key),
        "tenantId": TENANT,
        "deployments": [empty | item for item in items],
    }


def _deployed_process(one: deployments.DeployedProcess) -> Mapping[str, Any]:
    return {
        "processDefinitionId": one.process_id,
        "processDefinitionKey": key(one.key),
        "processDefinitionVersion": one.version,
        "resourceName": one.resource_name,
        "tenantId": TENANT,
    }


def _deployed_decision(one: DeployedDecision) -> Mapping[str, Any]:
    return {
        "decisionDefinitionId": one.decision_id,
        "decisionDefinitionKey": key(one.key),
        "name": one.name.en,
        "version": one.version,
        "decisionRequirementsId": one.requirements_id,
        "decisionRequirementsKey": key(one.requirements_key),
        "tenantId": TENANT,
    }


def _deployed_form(one: deployments.DeployedForm) -> Mapping[str, Any]:
    return {
        "formId": one.form_id,
        "formKey": key(one.key),
        "version": one.version,
        "resourceName": one.resource_name,
        "tenantId": TENANT,
    }
