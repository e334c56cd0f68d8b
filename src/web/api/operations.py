"""One way to declare an operation of the API: its path, its body and its answer, checked and documented alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from laneway.engine import search
from laneway.errors import Invalid
from laneway.web.api import shapes
from laneway.web.api.shapes import Shape

Body = dict[str, Any]
Answer = Mapping[str, Any] | Response | None
"""A JSON object, a finished response, or None for "done, nothing to say" (204)."""

_DEEPEST = 100
"""Levels of objects and lists that a body may have."""

_PATH_KEY = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Operation:
    """One operation as the document shows it. `path` is whole, with its parameters in braces."""

    method: str
    path: str
    name: str
    summary: str
    tag: str
    body: Shape | None
    is_body_required: bool
    media_type: str
    query: Mapping[str, Shape]
    answer: Shape | None
    answer_type: str
    texts: Mapping[str, Shape]

    @property
    def parameters(self) -> list[str]:
        """The names of the path's parameters."""
        return _PATH_KEY.findall(self.path)

    @property
    def has_json_body(self) -> bool:
        """Whether the body is read and checked before the view is called."""
        return self.body is not None and self.media_type == "application/json"


OPERATIONS: list[Operation] = []
"""Every operation there is, in the order of the modules."""


def operation(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    name: str,
    summary: str,
    body: Shape | None = None,
    is_body_required: bool = True,
    media_type: str = "application/json",
    query: Mapping[str, Shape] | None = None,
    answer: Shape | None = None,
    answer_type: str = "application/json",
    texts: Mapping[str, Shape] | None = None,
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Declare a view as an operation.

    The view gets the path's keys as integers (`{userTaskKey}` as `user_task_key`), or as checked texts where `texts`
    has a shape for them, and, where a JSON body is declared, the checked `body`; one that may be missing is then
    empty. What does not fit never reaches the view: the request ends with Invalid("body_invalid").
    """
    declared = Operation(
        method=method,
        path=f"{blueprint.url_prefix}{path}",
        name=name,
        summary=summary,
        tag=blueprint.name.removeprefix("api_"),
        body=body,
        is_body_required=is_body_required,
        media_type=media_type,
        query=query or {},
        answer=answer,
        answer_type=answer_type,
        texts=texts or {},
    )

    def declare(view: Callable[..., Answer]) -> Callable[..., Answer]:
        def run(**parameters: str) -> Response:
            values: dict[str, Any] = {
                _snake(key): _read_path(declared, key, text) for key, text in parameters.items()
            }
            if declared.has_json_body:
                values["body"] = _read_body(declared)
            return respond(view(**values))

        OPERATIONS.append(declared)
        url = _PATH_KEY.sub(r"<\1>", path)
        blueprint.add_url_rule(url, endpoint=view.__name__, view_func=run, methods=[method])
        return view

    return declare


def respond(answer: Answer, status: int = 200) -> Response:
    """The response that carries `answer`."""
    if isinstance(answer, Response):
        return answer
    if answer is None:
        return Response(status=204)
    return Response(orjson.dumps(answer), status=status, mimetype="application/json")


def instant(at: datetime | None) -> str | None:
    """A time as the API writes it: UTC with milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def key(value: int | None) -> str | None:
    """A key as the API writes it."""
    return None if value is None else str(value)


def read_instant(text: str, path: str) -> datetime:
    """A time in a body, in UTC; Invalid names the place when it is none."""
    at = search.instant_of(text)
    if at is None:
        raise Invalid("body_invalid", [(path, "not_an_instant", {})])
    return at


def read_key(text: str) -> int:
    """A key in a body; one that no row can have becomes -1."""
    number = int(text)
    return number if 0 < number < 2**63 else -1


def read_query(body: Body, **fixed: str) -> search.Query:
    """The search that a body asks for; `fixed` filters stand whatever the body says."""
    filters = dict(body.get("filter", {}))
    page = body.get("page", {})
    if "after" in page and "before" in page:
        raise Invalid("body_invalid", [("page.before", "not_with_after", {})])
    return search.Query(
        any_of=filters.pop("$or", ()),
        filters=filters | fixed,
        sort=[(one["field"], one.get("order") == "DESC") for one in body.get("sort", [])],
        limit=page.get("limit", search.DEFAULT_LIMIT),
        offset=page.get("from", 0),
        after=page.get("after"),
        before=page.get("before"),
    )


def page(found: search.Page, render: Callable[[Any], Mapping[str, Any]]) -> Answer:
    """A found page as the API answers it."""
    return {
        "items": [render(row) for row in found.items],
        "page": {
            "totalItems": found.total,
            "hasMoreTotalItems": found.has_more_total,
            "startCursor": found.start_cursor,
            "endCursor": found.end_cursor,
        },
    }


def _read_path(declared: Operation, name: str, text: str) -> int | str:
    shape = declared.texts.get(name, shapes.KEY)
    if shapes.check(shape, text):
        raise Invalid("body_invalid", [(name, "wrong_pattern", {"pattern": shape["pattern"]})])
    return text if name in declared.texts else read_key(text)


def _read_body(declared: Operation) -> Body:
    raw = request.get_data()
    if not raw and not declared.is_body_required:
        return {}
    if raw and request.mimetype not in ("application/json", ""):
        raise UnsupportedMediaType
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid("body_invalid", [("", "not_json", {"reason": str(error)})]) from error
    if value is None and not declared.is_body_required:
        return {}
    flaw = _flaw(value)
    if flaw is not None:
        raise Invalid("body_invalid", [("", flaw, {"max": _DEEPEST})])
    problems = shapes.check(declared.body or shapes.ANY, value)
    if problems:
        raise Invalid("body_invalid", problems)
    checked: Body = value
    return checked


def _flaw(value: Any) -> str | None:
    """The code of what keeps a value from being stored: nesting without end, or a NUL that no database takes."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            return "too_deep"
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                inner += one.keys()
                inner += one.values()
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, str) and "\0" in one:
                return "has_nul"
        level = inner
    return None


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
