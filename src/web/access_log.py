"""Each request as operators see it: an id, a log line, its time, a span. Never what was sent or asked for."""

from __future__ import annotations

import logging
import re
import secrets
import time
from contextlib import ExitStack, nullcontext
from typing import Any

from flask import Flask, Response, g, request

from laneway import logs, metrics, traces

log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-Id"
_SENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_QUIET = frozenset({"static", "health"})
"""Blueprints and endpoints that are asked all the time; told at DEBUG only."""
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_IDS = {
    "number": "case_number",
    "instance_key": "instance_key",
    "processInstanceKey": "instance_key",
    "userTaskKey": "user_task_key",
    "user_task_key": "user_task_key",
    "jobKey": "job_key",
    "incident_key": "incident_key",
    "incidentKey": "incident_key",
    "process_id": "process_id",
    "outgoingKey": "outgoing_key",
}
"""Names of ids in the log by their names in addresses."""


def register(app: Flask) -> None:
    """Observe every request of this application; to be called before anything else wants to see requests."""
    app.before_request(_begin)
    app.after_request(_tell)
    app.teardown_request(_end)


def name_person() -> None:
    """From here on the lines of this request name who is logged in."""
    person = g.get("person")
    if person is not None:
        logs.also(person=person.username)


def _begin() -> None:
    sent = request.headers.get(REQUEST_ID, "")
    g.request_id = sent if _SENT_ID.fullmatch(sent) else secrets.token_hex(8)
    g.began = time.perf_counter()
    given = request.view_args or {}
    names = _IDS | {"key": "user_task_key"} if request.blueprint == "inbox" else _IDS
    ids: dict[str, Any] = {names[name]: value for name, value in given.items() if name in names}
    g.observation = ExitStack()
    g.observation.enter_context(logs.bound(request_id=g.request_id, **ids))
    g.span = g.observation.enter_context(
        traces.request(
            f"{_method()} {_route()}",
            {name.lower(): value for name, value in request.headers.items()},
            **{"http.request.method": _method(), "http.route": _route(), "request_id": g.request_id, **ids},
        )
        if traces.is_on()
        else nullcontext()
    )


def _tell(response: Response) -> Response:
    response.headers[REQUEST_ID] = g.request_id
    name_person()
    seconds = time.perf_counter() - g.began
    status = response.status_code
    metrics.REQUEST_SECONDS.labels(_method(), _route(), str(status)).observe(seconds)
    if g.span is not None:
        g.span.set_attribute("http.response.status_code", status)
    level = logging.DEBUG if {request.endpoint, request.blueprint} & _QUIET else logging.INFO
    told = {"method": request.method, "path": request.path, "status": status, "seconds": round(seconds, 4)}
    log.log(level, "request", extra=told)
    return response


def _end(_error: BaseException | None) -> None:
    observation: ExitStack | None = g.pop("observation", None)
    if observation is not None:
        observation.close()


def _method() -> str:
    return request.method if request.method in _METHODS else "other"


def _route() -> str:
    # An address that nobody serves could be anything, and there is no end to those.
    return request.url_rule.rule if request.url_rule is not None else "none"
