"""What the everyday rules let people do with a case: reopen it, link it, merge it into another, take that back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import Session, unit_of_work
from laneway.engine.model import OPEN_STATES, Person
from laneway.engine.queries.cases import CaseRow
from laneway.errors import Invalid
from laneway.records.cases import figures, links, merging, reopening, similar
from laneway.records.cases.links import Kind
from laneway.web.auth import current_person
from laneway.web.i18n import N_, _

bp = Blueprint("case_rules", __name__)

WORDS = {
    Kind.DUPLICATE_OF: (N_("Duplicate of"), N_("Has the duplicate")),
    Kind.FOLLOWS: (N_("Follows"), N_("Followed by")),
    Kind.CAUSE_OF: (N_("Cause of"), N_("Caused by")),
    Kind.REPLACED_BY: (N_("Replaced by"), N_("Replaces")),
    Kind.MERGED: (N_("Merged into"), N_("Took over")),
}
"""What a link says of the case, and of the other one."""
_SUGGESTED = 5


def shown_on_case(session: Session, row: CaseRow, person: Person) -> dict[str, Any]:
    """What the page of a case needs to show and offer of these rules."""
    is_open = row.state in OPEN_STATES
    merged = None if is_open else merging.merge_of(session, row.instance_key)
    closed = reopening.closed_at(row)
    may_merge = access.may(person, Action.MERGE_CASES) and row.has_file
    alike = similar.found(session, row.instance_key)
    return {
        "case_links": links.listed(session, row.instance_key),
        "link_words": WORDS,
        "link_kinds": links.BY_HAND,
        "may_link": access.may(person, Action.LINK_CASES) and row.has_file,
        "may_merge": may_merge
        and row.customer_closed_at is None
        and merging.can_end_in_another(session, row),
        "may_reopen": access.may(person, Action.REOPEN_CASE) and closed is not None and merged is None,
        "reopens_same": reopening.is_same_case(session, row),
        "reopen_days": figures.amount(session, "reopen_days"),
        "may_unmerge": may_merge and merged is not None and merging.is_untouched(session, merged),
        "alike": alike,
        "suggested": alike.cluster[:_SUGGESTED],
        "duplicate_keys": {one.instance_key for one in alike.duplicates},
    }


@bp.post("/cases/<number>/reopen")
def reopen(number: str) -> BaseResponse:
    """Take a closed case up again; when that is long ago, a new case follows it."""
    person = current_person()
    with unit_of_work() as session:
        again = reopening.reopen(session, number, by=person, reason=request.form.get("reason", ""))
    if again.is_new:
        flash(_("A new case, %(new)s, follows %(number)s.", new=again.number, number=number))
    else:
        flash(_("Case %(number)s is open again.", number=number))
    return _to_case(again.number)


@bp.post("/cases/<number>/links")
def link(number: str) -> BaseResponse:
    """Say what the case has to do with another."""
    person, asked = current_person(), request.form
    access.require(person, Action.LINK_CASES)
    if asked.get("kind") not in set(links.BY_HAND):
        raise Invalid("case_link_kind_unknown")
    with unit_of_work() as session:
        other, reason = asked.get("other", ""), asked.get("reason", "")
        links.link(session, number, other, Kind(asked["kind"]), by=person, reason=reason)
    flash(_("The cases are linked."))
    return _to_case(number)


@bp.post("/cases/<number>/links/<int:key>/remove")
def unlink(number: str, key: int) -> BaseResponse:
    """Take a link back."""
    person = current_person()
    with unit_of_work() as session:
        links.remove(session, number, key, by=person)
    flash(_("The link is taken back."))
    return _to_case(number)


@bp.post("/cases/<number>/merge")
def merge(number: str) -> BaseResponse:
    """Let the case end in another one about the same."""
    person, asked = current_person(), request.form
    into = asked.get("into", "").strip()
    with unit_of_work() as session:
        merging.merge(session, number, into, by=person, reason=asked.get("reason", ""))
    flash(_("Case %(number)s is merged into this one.", number=number))
    return _to_case(into)


@bp.post("/cases/<number>/unmerge")
def unmerge(number: str) -> BaseResponse:
    """Take a merge back."""
    person = current_person()
    with unit_of_work() as session:
        merging.undo(session, number, by=person, reason=request.form.get("reason", ""))
    flash(_("The merge is undone; the case stands where it stood."))
    return _to_case(number)


def _to_case(number: str) -> BaseResponse:
    return redirect(url_for("cases.show", number=number), 303)
