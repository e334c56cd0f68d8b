"""What is special about parties: two records of one are merged, field by field, and data are confirmed once a year."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import reading, transact, unit_of_work
from laneway.errors import Invalid
from laneway.records.kinds import listing, store
from laneway.records.kinds.declared import Field
from laneway.records.parties import duplicates, merging, reviews
from laneway.records.parties.kinds import PARTY
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import _
from laneway.web.looking import looking
from laneway.web.records import forms, shown

bp = Blueprint("record_merging", __name__, url_prefix="/records")

_REVIEWS = 50


@dataclass(frozen=True)
class Choice:
    """A field for which two records have different values; `is_chosen` says that the other's is taken."""

    field: Field
    kept: str
    other: str
    is_chosen: bool
    is_sensitive: bool


@bp.get("/party/<int:key>/merge")
def choose(key: int) -> str:
    """Look for the other record; with `?with=` both stand side by side."""
    return _page(key)


@bp.post("/party/<int:key>/merge")
def merge(key: int) -> BaseResponse | tuple[str, int]:
    """Merge the other record into this one."""
    person = current_person()
    asked = request.form
    try:
        transact(
            lambda session: merging.merge(
                session,
                key,
                asked.get("with", 0, type=int),
                by=person,
                take=asked.getlist("take"),
                reason=asked.get("reason", ""),
            )
        )
    except Invalid as refusal:
        if not refusal.problems:
            raise
        return _page(key, problems=forms.labels_of(PARTY, refusal.problems)), 422
    flash(_("Merged. It can be taken back under Changes."))
    return redirect(url_for("records.show", kind="party", key=key), 303)


@bp.post("/merges/<int:key>/undo")
def undo(key: int) -> BaseResponse:
    """Take a merge back."""
    person = current_person()
    back = transact(lambda session: merging.undo(session, key, by=person))
    flash(_("The merge is taken back. This is the record that was merged away."))
    return redirect(url_for("records.show", kind="party", key=back), 303)


@bp.get("/reviews")
def due() -> str:
    """Parties whose yearly review is due, with what is missing."""
    person = current_person()
    access.require(person, Action.SEE_RECORD, PARTY)
    with looking() as session:
        found = reviews.due(session, limit=_REVIEWS)
        figures = reviews.figures(session)
    labels = {field.name: field.label for field in PARTY.fields}
    labels["recall_contact"] = PARTY.by_name["contacts"].fields[-1].label
    return page(
        "records/reviews.html",
        nav="records",
        found=found,
        figures=figures,
        kind=PARTY,
        labels=labels,
        written=shown.written,
        may_confirm=access.may(person, Action.EDIT_RECORD, PARTY),
    )


@bp.post("/party/<int:key>/confirm")
def confirm(key: int) -> BaseResponse:
    """Note that the data were confirmed today."""
    person = current_person()
    asked = request.form
    with unit_of_work() as session:
        reviews.confirm(
            session, key, by=person, revision=asked.get("revision", type=int), note=asked.get("note", "")
        )
    flash(_("Confirmed as of today."))
    if asked.get("back") == "list":
        return redirect(url_for("record_merging.due"), 303)
    return redirect(url_for("records.show", kind="party", key=key), 303)


def _page(key: int, problems: list[tuple[str, str, str]] | None = None) -> str:
    person = current_person()
    access.require(person, Action.MERGE_RECORDS)
    text = request.args.get("q", "").strip()
    other_key = request.values.get("with", 0, type=int)
    with reading() as session:
        kept = store.get(session, PARTY, key)
        other = store.get(session, PARTY, other_key) if other_key else None
        alike = [] if other else duplicates.search(session, kept.values, leave_out=[key])
        rows = [] if other or not text else listing.suggestions(session, PARTY, text, limit=20)
        reader = shown.Reader(session, PARTY, [kept.values])
    choices = []
    taken = set(request.form.getlist("take"))
    for name in merging.differing(kept, other) if other else []:
        field = PARTY.by_name[name]
        mine, theirs = kept.values[name], other.values[name] if other else None
        is_chosen = name in taken if problems else mine is None or mine == []
        choices.append(
            Choice(
                field,
                reader.value(field, mine),
                reader.value(field, theirs),
                is_chosen,
                bool(field.approvers),
            )
        )
    added = {
        field.name: [reader.row_in_words(field, row) for row in other.values[field.name]] if other else []
        for field in PARTY.rows
    }
    return page(
        "records/merge.html",
        nav="records",
        kind=PARTY,
        kept=kept,
        other=other,
        alike=alike,
        rows=[row for row in rows if row.key != key],
        asked=text,
        choices=choices,
        added=[(field, added[field.name]) for field in PARTY.rows if added[field.name]],
        problems=problems or [],
    )
