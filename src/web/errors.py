"""From the error tree to answers: pages for people, problem+json for programs. Only this file knows statuses."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from flask import Flask, Response, make_response, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import clock, forms
from laneway.engine.database import reading
from laneway.engine.queries import names
from laneway.errors import Conflict, Invalid, LanewayError, NotAllowed, NotFound, Refused, Unavailable
from laneway.web import record_texts, refusals
from laneway.web.error_texts import OF_KIND, RIGHTS, TEXTS, TITLES
from laneway.web.frame import page
from laneway.web.i18n import _, local, locale, moment, pick
from laneway.words import Finding, Text

log = logging.getLogger(__name__)

_STATUS: list[tuple[type[LanewayError], int]] = [
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (Invalid, 422),
    (Unavailable, 503),
]
_RETRY_SECONDS = 3
_PEOPLE = ("holder", "person", "saved_by")


def register(app: Flask) -> None:
    """Answer every error of this application."""
    app.register_error_handler(LanewayError, _answer_known)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def wants_json() -> bool:
    """Whether a script or a program asks, and not a page load."""
    if request.headers.get("HX-Request") or request.path.startswith(("/v2/", "/api/")) or request.is_json:
        return True
    best = request.accept_mimetypes.best_match(("text/html", "application/json"), default="text/html")
    return best == "application/json"


def status_of(error: LanewayError) -> int:
    """The HTTP status of one of our errors; nobody being logged in is 401."""
    if error.code == "login_needed":
        return 401
    if error.code == "commit_outcome_unknown":
        return 504  # unlike 503, this is no invitation to repeat it
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def message(error: LanewayError) -> str:
    """What happened, in the reader's language."""
    text = TEXTS.get(error.code) or RIGHTS.get(error.code)
    if text is None:
        text = next((text for kind, text in OF_KIND if isinstance(error, kind)), OF_KIND[-1][1])
    return _(text, **_for_people(error.params)) if "%(" in text else _(text)


def problem(error: LanewayError) -> Response:
    """One of our errors as a problem document (RFC 9457)."""
    status = status_of(error)
    more: dict[str, Any] = {"code": error.code}
    if isinstance(error, Refused):
        more["findings"] = findings(error.findings)
    elif isinstance(error, Invalid) and error.problems:
        more["errors"] = [
            {"field": field, "code": code, "message": _problem_text(error, code, params)}
            for field, code, params in error.problems
        ]
    if isinstance(error, Conflict):
        shown = _for_people(error.params)
        more |= {
            name: content.isoformat() if isinstance(content, datetime) else shown[name]
            for name, content in error.params.items()
            if name != "key"
        }
    return problem_document(status, _(TITLES[status]), message(error), **more)


def _problem_text(error: Invalid, code: str, params: Mapping[str, Any]) -> str:
    if error.code == "record_invalid":
        return record_texts.problem(code, params)
    return pick(forms.problem_text(code, params))


def findings(found: list[Finding]) -> list[dict[str, Any]]:
    """Findings of a check as the diagram editor shows them, in the reader's language."""
    return [
        {
            "severity": finding.severity.value,
            "code": finding.code,
            "message": pick(finding.message),
            "element_id": finding.element_id,
            "element_name": finding.element_name,
            "file": finding.file,
        }
        for finding in found
    ]


def _answer_known(error: LanewayError) -> BaseResponse:
    refusals.keep(error)
    status = status_of(error)
    if wants_json():
        return problem(error)
    listed = error.findings if isinstance(error, Refused) else []
    return _page(status, message(error), findings=listed)


def _answer_http(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status in (301, 302, 303, 304, 307, 308):
        return make_response(error.get_response())
    title = _(TITLES.get(status, TITLES[500] if status >= 500 else TITLES[400]))
    if wants_json():
        return problem_document(status, title, title)
    return _page(status, title)


def _answer_unexpected(error: Exception) -> BaseResponse:
    """A mistake of ours: the log has the whole story, the reader a reference to it."""
    reference = f"E-{secrets.token_hex(2).upper()}-{local(clock.now()):%H%M}"
    log.exception("request_failed", extra={"reference": reference, "path": request.path}, exc_info=error)
    detail = _(
        "Nothing was changed. Try again; if it fails again, tell support %(reference)s.", reference=reference
    )
    if wants_json():
        return problem_document(500, _(TITLES[500]), detail, reference=reference)
    return _page(500, detail, reference=reference)


def _page(status: int, text: str, **more: Any) -> BaseResponse:
    title = _(TITLES.get(status, TITLES[500] if status >= 500 else TITLES[400]))
    answer = make_response(
        page("error.html", nav="", counts={}, status=status, title=title, text=text, **more), status
    )
    if status == 503:
        answer.headers["Retry-After"] = str(_RETRY_SECONDS)
        if request.method == "GET":
            answer.headers["Refresh"] = str(_RETRY_SECONDS)  # the page comes by itself when all is well again
    return answer


def problem_document(status: int, title: str, detail: str, **more: Any) -> Response:
    """A problem document (RFC 9457); `more` are further members."""
    document = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        **more,
    }
    answer = Response(orjson.dumps(document), status=status, mimetype="application/problem+json")
    if status == 503:
        answer.headers["Retry-After"] = str(_RETRY_SECONDS)
    return answer


def _for_people(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as people read them: names for usernames, moments for instants."""
    usernames = [str(params[name]) for name in _PEOPLE if params.get(name)]
    known = {}
    if usernames:
        with reading() as session:
            known = names.people(session, usernames)
    shown: dict[str, Any] = {}
    for name, content in params.items():
        if name in _PEOPLE:
            shown[name] = known[content].pick(locale()) if content in known else content or _("Someone")
        elif isinstance(content, datetime):
            shown[name] = moment(content)
        elif isinstance(content, Text):
            shown[name] = pick(content)
        else:
            shown[name] = "–" if content is None else content
    return shown
