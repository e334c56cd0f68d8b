"""Creating and changing a record with its form: errors at the fields, conflicts told politely, duplicates shown first."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, transact
from laneway.engine.model import Person
from laneway.errors import Conflict, Invalid
from laneway.records.kinds import changes, proposals, store
from laneway.records.kinds.declared import Kind, Problem
from laneway.records.kinds.proposals import Saved
from laneway.records.parties import duplicates
from laneway.records.parties.kinds import PARTY
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import _, pick
from laneway.web.records import forms, pages, shown

bp = Blueprint("record_editing", __name__, url_prefix="/records")

_Answer = BaseResponse | str | tuple[str, int]


@bp.get("/<kind>/new")
def new(kind: str) -> str:
    """The empty form."""
    person, found_kind = _allowed(kind)
    with reading() as session:
        initial = {name: field.initial for name, field in found_kind.by_name.items()}
        raw = forms.of_record(session, found_kind, initial)
    given = {name: request.args[name] for name in found_kind.by_name if name in request.args}
    return _form(person, found_kind, None, {**raw, **given}, 0)


@bp.post("/<kind>/new")
def create(kind: str) -> _Answer:
    """Create a record; one that looks like another is shown beside it first."""
    person, found_kind = _allowed(kind)
    raw = forms.posted(found_kind, request.form)
    if "more" in request.form:
        return _form(person, found_kind, None, raw, 0)
    if found_kind is PARTY and "despite" not in request.form:
        with reading() as session:
            values, problems = store.checked(session, found_kind, raw, {})
            alike = [] if problems else duplicates.search(session, values)
        if alike:
            return _form(person, found_kind, None, raw, 0, alike=alike), 409
    return _saved(person, found_kind, None, raw, None)


@bp.get("/<kind>/<int:key>/edit")
def edit(kind: str, key: int) -> str:
    """The form with what is stored."""
    person, found_kind = _allowed(kind)
    with reading() as session:
        record = store.get(session, found_kind, key)
        raw = forms.of_record(session, found_kind, record.values)
    if not record.is_listed:
        raise Conflict("record_not_listed", record=record.code)
    if found_kind.is_append_only:
        raise Conflict("record_append_only", record=record.code)
    return _form(person, found_kind, key, raw, record.revision)


@bp.post("/<kind>/<int:key>/edit")
def change(kind: str, key: int) -> _Answer:
    """Change a record that nobody has changed meanwhile."""
    person, found_kind = _allowed(kind)
    raw = forms.posted(found_kind, request.form)
    revision = request.form.get("revision", 0, type=int)
    if "more" in request.form:
        return _form(person, found_kind, key, raw, revision)
    return _saved(person, found_kind, key, raw, revision)


def _allowed(kind_id: str) -> tuple[Person, Kind]:
    person = current_person()
    kind = pages.kind_for(person, kind_id)
    access.require(person, Action.EDIT_RECORD, kind)
    return person, kind


def _saved(person: Person, kind: Kind, key: int | None, raw: dict[str, Any], revision: int | None) -> _Answer:
    reason = request.form.get("reason", "")

    def save(session: Session) -> Saved:
        return proposals.save(session, kind, key, raw, by=person, revision=revision, reason=reason)

    try:
        saved = transact(save)
    except Invalid as refusal:
        return _form(person, kind, key, raw, revision or 0, problems=refusal.problems), 422
    except Conflict as refusal:
        if refusal.code != "record_changed" or key is None:
            raise
        return _conflict(person, kind, key, raw, revision or 0), 409
    if saved.proposed:
        fields = [pick(kind.by_name[name].label) for name in saved.proposed]
        flash(_("Saved. Waiting for approval: %(fields)s.", fields=", ".join(fields)))
    else:
        flash(_("Saved."))
    return redirect(url_for("records.show", kind=kind.id, key=saved.key), 303)


def _conflict(person: Person, kind: Kind, key: int, raw: dict[str, Any], revision: int) -> str:
    """The form with what this person has entered, and what others have changed since it was opened."""
    with reading() as session:
        record = store.get(session, kind, key)
        reader = shown.Reader(session, kind)
        since = [one for one in changes.listed(session, kind.id, [key]) if one.revision > revision]
        entries = reader.entries(since, {key: record.code})
    return _form(person, kind, key, raw, record.revision, entries=entries)


def _form(
    person: Person,
    kind: Kind,
    key: int | None,
    raw: dict[str, Any],
    revision: int,
    *,
    problems: list[Problem] | None = None,
    **more: Any,
) -> str:
    with reading() as session:
        record = store.get(session, kind, key) if key is not None else None
        groups = shown.Reader(session, kind)
    return page(
        "records/edit.html",
        nav="records",
        kind=kind,
        record=record,
        revision=revision,
        sections=forms.sections(kind, raw, problems or []),
        problems=forms.labels_of(kind, problems or []),
        reader=groups,
        asks_more=request.form.get("more", ""),
        person=person,
        **more,
    )
