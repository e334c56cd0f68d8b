"""The OpenAPI document: made from the operations themselves, so it cannot tell anything else than they do."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from flask import Blueprint, Response

from laneway.web.api.cluster import API_VERSION
from laneway.web.api.operations import OPERATIONS, Operation
from laneway.web.api.problems import PROBLEM
from laneway.web.api.shapes import KEY

blueprint = Blueprint("api_document", __name__)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The document of all operations."""
    return Response(orjson.dumps(document()), mimetype="application/json")


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document as a JSON object."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Laneway",
            "version": API_VERSION,
            "description": "The operations of Camunda 8's Orchestration Cluster API that Laneway serves, under /v2, "
            "and its own under /api/v1. Keys are numeric texts, times are UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"basic": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "session": {"type": "apiKey", "in": "cookie", "name": "laneway_session"},
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.is_body_required,
            "content": {operation.media_type: {"schema": operation.body}},
        }
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": operation.texts.get(name, KEY)}
        for name in operation.parameters
    ]
    in_query = [{"name": name, "in": "query", "schema": shape} for name, shape in operation.query.items()]
    return in_path + in_query


def _responses(operation: Operation) -> dict[str, Any]:
    refused = {
        "description": "Refused; the problem says why.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if operation.answer is None:
        return {"204": {"description": "Done."}, "default": refused}
    content = {operation.answer_type: {"schema": operation.answer}}
    return {"200": {"description": "The answer.", "content": content}, "default": refused}
