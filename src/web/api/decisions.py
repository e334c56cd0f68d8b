"""Decisions: what is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from laneway.engine import database, search
from laneway.engine.search import TENANT, Query
from laneway.web.api import shapes
from laneway.web.api.definitions import xml_response
from laneway.web.api.operations import Answer, Body, key, operation, page, read_query
from laneway.web.api.shapes import KEY, NUMBER, TEXT, page_of, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_decisions", __name__, url_prefix="/v2")

DECISION_DEFINITION = record(
    decisionDefinitionId=TEXT,
    decisionDefinitionKey=KEY,
    name=TEXT,
    version=NUMBER,
    decisionRequirementsId=TEXT,
    decisionRequirementsKey=KEY,
    decisionRequirementsName=TEXT,
    decisionRequirementsVersion=NUMBER,
    tenantId=TEXT,
)
DECISION_REQUIREMENTS = record(
    decisionRequirementsId=TEXT,
    decisionRequirementsKey=KEY,
    decisionRequirementsName=TEXT,
    version=NUMBER,
    resourceName=TEXT,
    tenantId=TEXT,
)


@operation(
    blueprint,
    "POST",
    "/decision-definitions/search",
    name="searchDecisionDefinitions",
    summary="Search decision definitions",
    body=shapes.search_body("decision_definitions"),
    is_body_required=False,
    answer=page_of(DECISION_DEFINITION),
)
def search_decision_definitions(body: Body) -> Answer:
    with database.reading() as session:
        found = search.decision_definitions(session, read_query(body), by=current_person())
    return page(found, _decision_definition)


@operation(
    blueprint,
    "GET",
    "/decision-definitions/{decisionDefinitionKey}",
    name="getDecisionDefinition",
    summary="One decision definition",
    answer=DECISION_DEFINITION,
)
def get_decision_definition(decision_definition_key: int) -> Answer:
    return _decision_definition(_find_decision(decision_definition_key))


@operation(
    blueprint,
    "GET",
    "/decision-definitions/{decisionDefinitionKey}/xml",
    name="getDecisionDefinitionXML",
    summary="The DMN file that holds the decision, byte for byte",
    answer=TEXT,
    answer_type="text/xml",
)
def get_decision_definition_xml(decision_definition_key: int) -> Answer:
    return xml_response(_find_requirements(_find_decision(decision_definition_key).requirements_key).xml)


@operation(
    blueprint,
    "POST",
    "/decision-requirements/search",
    name="searchDecisionRequirements",
    summary="Search DMN files",
    body=shapes.search_body("decision_requirements"),
    is_body_required=False,
    answer=page_of(DECISION_REQUIREMENTS),
)
def search_decision_requirements(body: Body) -> Answer:
    with database.reading() as session:
        found = search.decision_requirements(session, read_query(body), by=current_person())
    return page(found, decision_requirements)


@operation(
    blueprint,
    "GET",
    "/decision-requirements/{decisionRequirementsKey}",
    name="getDecisionRequirements",
    summary="One DMN file",
    answer=DECISION_REQUIREMENTS,
)
def get_decision_requirements(decision_requirements_key: int) -> Answer:
    return decision_requirements(_find_requirements(decision_requirements_key))


@operation(
    blueprint,
    "GET",
    "/decision-requirements/{decisionRequirementsKey}/xml",
    name="getDecisionRequirementsXML",
    summary="The DMN file, byte for byte",
    answer=TEXT,
    answer_type="text/xml",
)
def get_decision_requirements_xml(decision_requirements_key: int) -> Answer:
    return xml_response(_find_requirements(decision_requirements_key).xml)


def _find_decision(decision_definition_key: int) -> Any:
    query = Query(filters={"decisionDefinitionKey": str(decision_definition_key)})
    with database.reading() as session:
        found = search.decision_definitions(session, query, by=current_person())
    return search.one(found, "decision_not_found", key=decision_definition_key)


def _find_requirements(decision_requirements_key: int) -> Any:
    query = Query(filters={"decisionRequirementsKey": str(decision_requirements_key)})
    with database.reading() as session:
        found = search.decision_requirements(session, query, by=current_person())
    return search.one(found, "decision_not_found", key=decision_requirements_key)


def _decision_definition(row: Any) -> Mapping[str, Any]:
    return {
        "decisionDefinitionId": row.decision_id,
        "decisionDefinitionKey": key(row.key),
        "name": row.name,
        "version": row.version,
        "decisionRequirementsId": row.requirements_id,
        "decisionRequirementsKey": key(row.requirements_key),
        "decisionRequirementsName": row.requirements_name,
        "decisionRequirementsVersion": row.requirements_version,
        "tenantId": TENANT,
    }


def decision_requirements(row: Any) -> Mapping[str, Any]:
    """A DMN file as the API answers it."""
    return {
        "decisionRequirementsId": row.requirements_id,
        "decisionRequirementsKey": key(row.key),
        "decisionRequirementsName": row.name,
        "version": row.version,
        "resourceName": row.resource_name,
        "tenantId": TENANT,
    }
