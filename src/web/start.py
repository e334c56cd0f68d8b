"""Starting a case: what may be started, the start form, and on to the new case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, deployments, instances
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, transact
from laneway.engine.model import Person
from laneway.engine.queries import names, processes
from laneway.engine.queries.processes import ProcessRow
from laneway.engine.runtime import Started
from laneway.errors import Conflict, Invalid
from laneway.records.kinds import listing
from laneway.records.parties import starting
from laneway.records.parties.kinds import PARTY
from laneway.web.auth import current_person
from laneway.web.bodies import read_json
from laneway.web.frame import page
from laneway.web.i18n import _

bp = Blueprint("start", __name__)


@bp.get("/start")
def listed() -> str:
    """What this person may start."""
    person = current_person()
    asked = request.args.get("party", "")
    with reading() as session:
        party = starting.find(session, asked) if asked else None
        rows = [row for row in processes.newest(session, person) if _may_start(person, row)]
        groups = names.groups(session)
    return page("start/list.html", nav="start", rows=rows, groups=groups, party=party)


@bp.get("/start/<process_id>")
def show(process_id: str) -> str:
    """The start form of a process; with `?party=`, what that record says stands in it, with `?q=` one is looked for.

    Raises NotAllowed, NotFound, Conflict.
    """
    person, asked = current_person(), request.args
    with reading() as session:
        definition = deployments.latest(session, process_id)
        access.require(person, Action.START_PROCESS, definition)
        if not definition.has_none_start:
            raise Conflict("process_starts_by_event_only", process_id=process_id)
        form_id = definition.start_form_id
        schema = deployments.form(session, form_id).schema if form_id else None
        party = starting.find(session, asked["party"]) if asked.get("party") else None
        text = asked.get("q", "").strip()
        matches = listing.suggestions(session, PARTY, text, limit=8) if text and party is None else []
    return page(
        "start/form.html",
        nav="start",
        definition=definition,
        schema=schema,
        party=party,
        asked=text,
        matches=matches,
        values=starting.values_for_form(party) if party is not None else {},
    )


@bp.post("/start/<process_id>")
def start_from_form(process_id: str) -> Response:
    """Open a case with the values of the start form."""
    values = read_json().get("values")
    if not isinstance(values, dict):
        raise Invalid("body_invalid", [("values", "type", {})])
    return jsonify(location=_go_to(_start(process_id, values)))


@bp.post("/start/<process_id>/now")
def start_without_form(process_id: str) -> BaseResponse:
    """Open a case of a process that has no start form."""
    return redirect(_go_to(_start(process_id, {})), 303)


def _start(process_id: str, values: Mapping[str, Any]) -> Started:
    """Start with the values of the form and, where the address names a customer, the code of that record."""
    person, code = current_person(), request.args.get("party", "")

    def start(session: Session) -> Started:
        besides = {"party": starting.find(session, code).code} if code else {}
        return instances.start_from_form(session, process_id, values=values, by=person, besides=besides)

    return transact(start)


def _go_to(started: Started) -> str:
    number = started.case_number or str(started.instance_key)
    flash(_("Case %(number)s is open.", number=number))
    return url_for("cases.show", number=number)


def _may_start(person: Person, row: ProcessRow) -> bool:
    return row.has_none_start and access.may(person, Action.START_PROCESS, row)
