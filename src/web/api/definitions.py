"""What is deployed: process definitions and forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from laneway.engine import database, deployments, search
from laneway.engine.search import TENANT, Query
from laneway.web.api import shapes
from laneway.web.api.operations import Answer, Body, key, operation, page, read_query
from laneway.web.api.shapes import FLAG, KEY, NUMBER, TEXT, nullable, page_of, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_definitions", __name__, url_prefix="/v2")

PROCESS_DEFINITION = record(
    processDefinitionId=TEXT,
    processDefinitionKey=KEY,
    name=nullable(TEXT),
    version=NUMBER,
    versionTag=nullable(TEXT),
    resourceName=TEXT,
    hasStartForm=FLAG,
    state=TEXT,
    tenantId=TEXT,
)
FORM = record(
    formId=TEXT,
    formKey=KEY,
    version=NUMBER,
    tenantId=TEXT,
    schema={**TEXT, "description": "The form's JSON, as text."},
)


@operation(
    blueprint,
    "POST",
    "/process-definitions/search",
    name="searchProcessDefinitions",
    summary="Search process definitions",
    body=shapes.search_body("process_definitions"),
    is_body_required=False,
    answer=page_of(PROCESS_DEFINITION),
)
def search_process_definitions(body: Body) -> Answer:
    with database.reading() as session:
        found = search.process_definitions(session, read_query(body), by=current_person())
    return page(found, _process_definition)


@operation(
    blueprint,
    "GET",
    "/process-definitions/{processDefinitionKey}",
    name="getProcessDefinition",
    summary="One process definition",
    answer=PROCESS_DEFINITION,
)
def get_process_definition(process_definition_key: int) -> Answer:
    return _process_definition(_find_process_definition(process_definition_key))


@operation(
    blueprint,
    "GET",
    "/process-definitions/{processDefinitionKey}/xml",
    name="getProcessDefinitionXML",
    summary="The diagram as it was deployed, byte for byte",
    answer=TEXT,
    answer_type="text/xml",
)
def get_process_definition_xml(process_definition_key: int) -> Answer:
    _find_process_definition(process_definition_key)
    with database.reading() as session:
        return xml_response(deployments.definition(session, process_definition_key).xml)


@operation(
    blueprint,
    "GET",
    "/process-definitions/{processDefinitionKey}/form",
    name="getStartProcessForm",
    summary="The form that starts the process; 204 when it has none",
    answer=FORM,
)
def get_start_process_form(process_definition_key: int) -> Answer:
    form_id = _find_process_definition(process_definition_key).start_form_id
    if form_id is None:
        return None
    query = Query(filters={"formId": form_id, "isLatestVersion": True})
    with database.reading() as session:
        return _form(
            search.one(search.forms(session, query, by=current_person()), "form_not_found", form_id=form_id)
        )


def _find_process_definition(process_definition_key: int) -> Any:
    query = Query(filters={"processDefinitionKey": str(process_definition_key)})
    with database.reading() as session:
        found = search.process_definitions(session, query, by=current_person())
    return search.one(found, "process_definition_not_found", key=process_definition_key)


def _process_definition(row: Any) -> Mapping[str, Any]:
    return {
        "processDefinitionId": row.process_id,
        "processDefinitionKey": key(row.key),
        "name": row.name or None,
        "version": row.version,
        "versionTag": row.version_tag,
        "resourceName": row.resource_name,
        "hasStartForm": row.start_form_id is not None,
        "state": "ACTIVE",
        "tenantId": TENANT,
    }


@operation(
    blueprint,
    "GET",
    "/forms/{formKey}",
    name="getFormByKey",
    summary="One version of a form",
    answer=FORM,
)
def get_form(form_key: int) -> Answer:
    return find_form(form_key)


def find_form(form_key: int) -> Answer:
    """A version of a form as the API answers it. Raises NotFound."""
    query = Query(filters={"formKey": str(form_key)})
    with database.reading() as session:
        found = search.forms(session, query, by=current_person())
    return _form(search.one(found, "form_not_found", form_id=form_key))


def _form(row: Any) -> Mapping[str, Any]:
    return {
        "formId": row.form_id,
        "formKey": key(row.key),
        "version": row.version,
        "tenantId": TENANT,
        "schema": row.schema.decode(),
    }


def xml_response(content: bytes) -> Response:
    """A deployed file, byte for byte; never run as a page of ours."""
    response = Response(content, mimetype="text/xml")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
