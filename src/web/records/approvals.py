"""Changes of sensitive fields that wait until someone else agrees."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import Session, unit_of_work
from laneway.engine.model import Person
from laneway.errors import NotAllowed
from laneway.records import catalogue
from laneway.records.kinds import proposals, store
from laneway.records.kinds.declared import Kind
from laneway.records.kinds.proposals import Proposal
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import _
from laneway.web.looking import looking
from laneway.web.records import shown
from laneway.words import Text

bp = Blueprint("record_approvals", __name__, url_prefix="/records/approvals")


@dataclass(frozen=True)
class Waiting:
    """A proposed change in the list."""

    proposal: Proposal
    kind: Kind
    code: str
    title: Text
    author: str
    group: str
    differences: list[shown.Difference]
    is_mine: bool
    may_decide: bool


@bp.get("")
def listed() -> str:
    """All that waits, what this person may decide first."""
    person = current_person()
    access.require(person, Action.SEE_RECORD)
    with looking() as session:
        found = [_waiting(session, one, person) for one in proposals.pending(session)]
    found = [one for one in found if access.may(person, Action.SEE_RECORD, one.kind)]
    found.sort(key=lambda one: not one.may_decide)
    return page("records/approvals.html", nav="records", found=found)


@bp.post("/<int:key>/<decision>")
def decide(key: int, decision: str) -> BaseResponse:
    """Approve, return or withdraw a proposed change."""
    if decision not in ("approve", "return", "withdraw"):
        raise PageNotFound
    person = current_person()
    answer = request.form.get("answer", "")
    try:
        with unit_of_work() as session:
            proposal = proposals.get(session, key)
            if decision == "approve":
                proposals.approve(session, key, by=person, answer=answer)
            elif decision == "return":
                proposals.return_(session, key, by=person, answer=answer)
            else:
                proposals.withdraw(session, key, by=person)
    except NotAllowed:
        with unit_of_work() as session:
            proposals.note_refusal(session, key, by=person)
        raise
    told = {"approve": _("Approved and changed."), "return": _("Returned."), "withdraw": _("Withdrawn.")}
    flash(told[decision])
    if request.form.get("back") == "list":
        return redirect(url_for("record_approvals.listed"), 303)
    return redirect(url_for("records.show", kind=proposal.kind, key=proposal.record_key), 303)


def _waiting(session: Session, one: Proposal, person: Person) -> Waiting:
    kind = catalogue.kind(one.kind)
    reader = shown.Reader(session, kind)
    code, title = store.titles(session, kind, [one.record_key])[one.record_key]
    return Waiting(
        one,
        kind,
        code,
        title,
        reader.person(one.author),
        reader.group(one.approvers),
        reader.differences(one.changes),
        one.author == person.username,
        access.may(person, Action.APPROVE_RECORD, one),
    )
