"""The shapes of what the API takes and gives, as JSON Schema: they check the bodies and make the document.

`check` understands the part of JSON Schema that is used here. Objects are closed: a field nobody knows is an
error, so that nothing a client asks for is ignored without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from laneway.engine import search

Shape = dict[str, Any]
Problem = tuple[str, str, dict[str, Any]]
"""Where in the body (a.b[0]), a code, and the parameters of its text."""

TEXT: Shape = {"type": "string"}
NAME: Shape = {"type": "string", "minLength": 1, "maxLength": 200}
NUMBER: Shape = {"type": "integer", "minimum": -(2**53), "maximum": 2**53}
COUNT: Shape = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
MILLISECONDS: Shape = {"type": "integer", "minimum": 0, "maximum": 10 * 365 * 24 * 3_600_000}
FLAG: Shape = {"type": "boolean"}
INSTANT: Shape = {"type": "string", "format": "date-time"}
KEY: Shape = {"type": "string", "pattern": "^-?[0-9]{1,25}$", "description": "A numeric key, as text."}
TENANT: Shape = {"type": "string", "enum": [search.TENANT], "description": "There is one tenant."}
VARIABLES: Shape = {"type": "object", "description": "JSON values by variable name."}
HEADERS: Shape = {"type": "object", "additionalProperties": TEXT}
ANY: Shape = {}


def record(**fields: Shape) -> Shape:
    """An object that always has all of these fields; what the API answers."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def body(required: Mapping[str, Shape] | None = None, **optional: Shape) -> Shape:
    """An object with these fields and no other; what the API takes."""
    shape: Shape = {
        "type": "object",
        "properties": {**(required or {}), **optional},
        "additionalProperties": False,
    }
    if required:
        shape["required"] = list(required)
    return shape


def nullable(shape: Shape) -> Shape:
    """The same shape, or null."""
    kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
    wide = {**shape, "type": [*kinds, "null"]}
    if "enum" in shape:
        wide["enum"] = [*shape["enum"], None]
    return wide


def list_of(shape: Shape) -> Shape:
    """A list of such values."""
    return {"type": "array", "items": shape}


def one_of(*values: Any) -> Shape:
    """One of these texts."""
    return {"type": "string", "enum": [str(value) for value in values]}


def nothing(shape: Shape, why: str) -> Shape:
    """A field of Camunda's body that may be sent empty: what it asks for is not offered, and `why` says so."""
    if shape["type"] == "array":
        return {**shape, "maxItems": 0, "description": why}
    if shape["type"] == "object":
        return {"type": ["object", "null"], "additionalProperties": False, "description": why}
    empty = [False, None] if shape["type"] == "boolean" else [None]
    return {"type": [shape["type"], "null"], "enum": empty, "description": why}


# -- searching

PAGE = record(totalItems=COUNT, hasMoreTotalItems=FLAG, startCursor=nullable(TEXT), endCursor=nullable(TEXT))


def page_of(item: Shape) -> Shape:
    """The answer to a search."""
    return record(items=list_of(item), page=PAGE)


def search_body(name: str) -> Shape:
    """The body of a search over the source of that name (`laneway.engine.search.SOURCES`)."""
    fields = search.source(name).fields
    filters = {field_name: _filter(field) for field_name, field in fields.items()}
    sortable = [field_name for field_name, field in fields.items() if field.is_sortable]
    return body_of_search(filters, sortable)


def body_of_search(filters: Mapping[str, Shape], sortable: list[str]) -> Shape:
    """The body of a search with these filters, sorted by these fields."""
    limit: Shape = {"type": "integer", "minimum": 0, "maximum": search.PAGE_LIMIT}
    paging = {"from": COUNT, "limit": limit, "after": TEXT, "before": TEXT}
    return body(
        filter=body(None, **filters, **{"$or": list_of(body(None, **filters))}),
        sort=list_of(body({"field": one_of(*sortable)}, order=one_of("ASC", "DESC"))),
        page=body(None, **paging),
    )


def _filter(field: search.Field) -> Shape:
    """A plain value, or an object of operators."""
    if field.kind is search.Kind.FLAG:
        return FLAG
    value = {
        search.Kind.TEXT: one_of(*field.values) if field.values else TEXT,
        search.Kind.KEY: KEY,
        search.Kind.NUMBER: NUMBER,
        search.Kind.INSTANT: INSTANT,
    }[field.kind]
    operators: dict[str, Shape] = {
        "$eq": value,
        "$neq": value,
        "$exists": FLAG,
        "$in": list_of(value),
        "$notIn": list_of(value),
    }
    if field.kind is search.Kind.TEXT:
        operators["$like"] = TEXT
    if field.kind in (search.Kind.NUMBER, search.Kind.INSTANT):
        operators |= dict.fromkeys(("$gt", "$gte", "$lt", "$lte"), value)
    return {"oneOf": [value, body(None, **operators)]}


# -- checking

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def check(shape: Shape, value: Any, path: str = "") -> list[Problem]:
    """What is wrong with `value`, place by place; empty when it fits."""
    if "oneOf" in shape:
        # The alternatives differ in type, so the one of the same type says best what is wrong.
        fitting = [one for one in shape["oneOf"] if _has_type(one, value)]
        return check(fitting[0] if fitting else shape["oneOf"][0], value, path)
    if not _has_type(shape, value):
        kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
        return [(path, "wrong_type", {"expected": " | ".join(kinds)})]
    if "enum" in shape and value not in shape["enum"]:
        return [(path, "not_one_of", {"allowed": ", ".join(map(str, shape["enum"]))})]
    if isinstance(value, str):
        return _check_text(shape, value, path)
    if isinstance(value, dict):
        return _check_object(shape, value, path)
    if isinstance(value, list):
        return _check_list(shape, value, path)
    if value is not None and not shape.get("minimum", value) <= value <= shape.get("maximum", value):
        return [(path, "out_of_range", {"min": shape.get("minimum"), "max": shape.get("maximum")})]
    return []


def _has_type(shape: Shape, value: Any) -> bool:
    if "type" not in shape:
        return True
    kinds = shape["type"] if isinstance(shape["type"], list) else [shape["type"]]
    if isinstance(value, bool):
        return "boolean" in kinds
    return any(isinstance(value, _TYPES[kind]) for kind in kinds)


def _check_text(shape: Shape, value: str, path: str) -> list[Problem]:
    if not shape.get("minLength", 0) <= len(value) <= shape.get("maxLength", len(value)):
        limits = {"min": shape.get("minLength", 0), "max": shape.get("maxLength")}
        return [(path, "wrong_length", limits)]
    if "pattern" in shape and not re.search(shape["pattern"], value):
        return [(path, "wrong_pattern", {"pattern": shape["pattern"]})]
    return []


def _check_object(shape: Shape, value: dict[str, Any], path: str) -> list[Problem]:
    known = shape.get("properties", {})
    others = shape.get("additionalProperties", ANY)
    problems: list[Problem] = [
        (_join(path, name), "missing", {}) for name in shape.get("required", ()) if name not in value
    ]
    for name, member in value.items():
        inner = known.get(name, others)
        if inner is False:
            problems.append((_join(path, name), "unknown_field", {"allowed": ", ".join(known)}))
        elif inner:
            problems += check(inner, member, _join(path, name))
    return problems


def _check_list(shape: Shape, value: list[Any], path: str) -> list[Problem]:
    if len(value) > shape.get("maxItems", len(value)):
        return [(path, "too_many", {"max": shape["maxItems"]})]
    items = shape.get("items")
    if not items:
        return []
    return [found for number, one in enumerate(value) for found in check(items, one, f"{path}[{number}]")]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
