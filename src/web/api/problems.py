"""Errors as RFC 9457 problem documents, with the statuses and titles that Camunda 8 clients look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response
from werkzeug.exceptions import HTTPException

from laneway.engine import forms
from laneway.errors import Invalid, LanewayError, Refused
from laneway.web import errors, refusals
from laneway.web.api.shapes import NUMBER, TEXT, Shape, list_of, nullable, record
from laneway.web.i18n import _, locale
from laneway.web.operation_texts import VARIABLE_PROBLEMS
from laneway.words import Finding

PROBLEM: Shape = {
    **record(type=TEXT, title=TEXT, status=NUMBER, detail=TEXT, instance=TEXT),
    "description": "RFC 9457. `findings` come with a refused deployment, `errors` with a body that does not fit.",
}
PROBLEM["properties"] |= {
    "code": {**TEXT, "description": "A stable name of the error."},
    "findings": list_of(
        record(
            code=TEXT,
            severity=TEXT,
            file=TEXT,
            elementId=nullable(TEXT),
            elementName=TEXT,
            message=record(zh=TEXT, en=TEXT),
        )
    ),
    "errors": list_of(record(field=TEXT, code=TEXT, message=TEXT)),
}

_TITLES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "INVALID_STATE",
    500: "INTERNAL_ERROR",
    503: "RESOURCE_EXHAUSTED",
    504: "DEADLINE_EXCEEDED",
}
"""The titles of Camunda's gateway; clients slow down and try again on the last."""


def register(blueprint: Blueprint) -> None:
    """Answer every refusal inside this blueprint with a problem document."""
    blueprint.register_error_handler(LanewayError, of_error)
    blueprint.register_error_handler(HTTPException, of_http_error)


def of_error(error: LanewayError) -> Response:
    """The problem document of one of our errors."""
    refusals.keep(error)
    status = errors.status_of(error)
    if status == 422:
        status = 400  # as Camunda answers values that do not fit
    if error.code == "login_failed":
        status = 401  # a program has sent a wrong password, and may ask for another
    if error.code == "database_busy":
        status = 503  # nothing is wrong with the request
    title = _TITLES[status]
    if isinstance(error, Refused):
        findings = [_finding(one) for one in error.findings]
        return errors.problem_document(
            status, title, _refusal(error.findings), code=error.code, findings=findings
        )
    if isinstance(error, Invalid) and error.problems:
        problems = [
            {"field": field, "code": code, "message": _problem_text(field, code, params)}
            for field, code, params in error.problems
        ]
        detail = " ".join(one["message"] for one in problems)
        return errors.problem_document(status, title, detail, code=error.code, errors=problems)
    return errors.problem_document(status, title, errors.message(error), code=error.code)


def of_http_error(error: HTTPException) -> Response:
    """The problem document of an error that the web layer itself found (no such path, wrong method, too large)."""
    status = error.code or 500
    return errors.problem_document(status, error.name, error.description or error.name)


def _finding(found: Finding) -> Mapping[str, Any]:
    return {
        "code": found.code,
        "severity": found.severity.value,
        "file": found.file,
        "elementId": found.element_id,
        "elementName": found.element_name,
        "message": {"zh": found.message.zh, "en": found.message.en},
    }


def _refusal(findings: list[Finding]) -> str:
    """One line for each finding: file, element id, reason."""
    places = ((": ".join(part for part in (f.file, f.element_id) if part), f.message) for f in findings)
    return "\n".join(f"{place}: {message.pick(locale())}" for place, message in places)


def _problem_text(field: str, code: str, params: Mapping[str, Any]) -> str:
    if code in VARIABLE_PROBLEMS:
        return _(VARIABLE_PROBLEMS[code], field=field, **params)
    wording = _WORDING.get(code)
    if wording is None:
        return f"{field}: {forms.problem_text(code, dict(params)).pick(locale())}"
    return wording(field or _("The body"), params)


def _at_most(field: str, params: Mapping[str, Any]) -> str:
    if params["max"] == 0:
        return _("%(field)s: this is not offered here, leave it empty.", field=field)
    return _("%(field)s: at most %(max)s entries.", field=field, max=params["max"])


_Wording = Callable[[str, Mapping[str, Any]], str]
_WORDING: dict[str, _Wording] = {
    "missing": lambda field, p: _("%(field)s is missing.", field=field),
    "unknown_field": lambda field, p: _(
        "%(field)s: there is no such field; known are %(allowed)s.", field=field, allowed=p.get("allowed", "")
    ),
    "wrong_type": lambda field, p: _("%(field)s must be: %(expected)s.", field=field, expected=p["expected"]),
    "not_one_of": lambda field, p: _(
        "%(field)s must be one of: %(allowed)s.", field=field, allowed=p["allowed"]
    ),
    "wrong_pattern": lambda field, p: _(
        "%(field)s does not have the form %(pattern)s.", field=field, pattern=p["pattern"]
    ),
    "wrong_length": lambda field, p: _(
        "%(field)s must have %(min)s to %(max)s characters.", field=field, min=p["min"], max=p["max"]
    ),
    "out_of_range": lambda field, p: _(
        "%(field)s must be between %(min)s and %(max)s.", field=field, min=p["min"], max=p["max"]
    ),
    "too_many": _at_most,
    "not_json": lambda field, p: _("The body is not JSON: %(reason)s.", reason=p["reason"]),
    "has_nul": lambda field, p: _("The body has a text with the character NUL, which cannot be stored."),
    "too_deep": lambda field, p: _("The body is nested deeper than %(max)s levels.", max=p["max"]),
    "not_an_instant": lambda field, p: _(
        "%(field)s is not a time such as 2026-11-23T08:00:00Z.", field=field
    ),
    "not_a_text": lambda field, p: _("%(field)s must be a text.", field=field),
    "not_a_flag": lambda field, p: _("%(field)s must be true or false.", field=field),
    "not_a_number": lambda field, p: _("%(field)s must be a whole number.", field=field),
    "not_a_key": lambda field, p: _("%(field)s must be a key: digits, as text.", field=field),
    "not_a_list": lambda field, p: _("%(field)s must be a list.", field=field),
    "unknown_operator": lambda field, p: _("%(field)s: there is no such operator here.", field=field),
    "unknown_cursor": lambda field, p: _("page: this cursor does not belong to this search."),
    "not_with_after": lambda field, p: _("page: give either after or before, not both."),
    "give_one_of": lambda field, p: _("Give exactly one of: %(allowed)s.", allowed=p["allowed"]),
    "not_offered": lambda field, p: _("%(field)s: this is not offered here, leave it empty.", field=field),
    "no_files": lambda field, p: _("resources: send at least one file."),
}
