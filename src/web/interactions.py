"""The log of contacts, reactions and disputes of a case: read, filtered, written with one form, set right."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import Session, unit_of_work
from laneway.engine.model import Person
from laneway.engine.queries import cases
from laneway.engine.queries.cases import CaseRow
from laneway.errors import Invalid
from laneway.records.interactions import log
from laneway.records.interactions.log import Channel, Entry, Kind
from laneway.web.auth import current_person
from laneway.web.i18n import N_, _, zone

bp = Blueprint("interactions", __name__)

KINDS = {
    Kind.CALL: ("chat", N_("Call")),
    Kind.REACTION: ("user", N_("Reaction of the customer")),
    Kind.DISPUTE: ("flag", N_("Dispute")),
    Kind.VISIT: ("map", N_("Visit")),
    Kind.NOTE: ("form", N_("Note")),
    Kind.MAIL_IN: ("mail", N_("Mail received")),
    Kind.MAIL_OUT: ("send", N_("Mail sent")),
}
CHANNELS = {
    Channel.PHONE: N_("Telephone"),
    Channel.MAIL: N_("E-mail"),
    Channel.WECHAT: N_("WeChat"),
    Channel.FAX: N_("Fax"),
    Channel.VISIT: N_("In person"),
    Channel.OTHER: N_("Other"),
}
# A mail's line is written with the mail; one who saw a letter on paper writes a note.
_BY_HAND = (Kind.CALL, Kind.REACTION, Kind.DISPUTE, Kind.VISIT, Kind.NOTE)


def shown_on_case(session: Session, row: CaseRow, person: Person) -> dict[str, Any]:
    """What the tab of contacts shows; `?kind=` keeps one kind."""
    asked = request.args.get("kind", "")
    chosen = Kind(asked) if asked in set(Kind) else None
    lines = log.listed(session, row.instance_key)
    return {
        "lines": [line for line in lines if chosen in (None, line.kind)],
        "lines_in_all": len(lines),
        "kinds_seen": [kind for kind in KINDS if any(line.kind is kind for line in lines)],
        "chosen_kind": chosen,
        "interaction_kinds": KINDS,
        "channels": CHANNELS,
        "kinds_by_hand": _BY_HAND,
        "may_log": access.may(person, Action.RECORD_INTERACTION),
        "longest": log.LONGEST,
    }


@bp.post("/cases/<number>/interactions")
def add(number: str) -> BaseResponse:
    """Write a line into the log of a case."""
    person = current_person()
    access.require(person, Action.RECORD_INTERACTION)
    asked = request.form
    entry = Entry(
        kind=_chosen_kind(asked.get("kind", "")),
        text=asked.get("text", ""),
        channel=Channel(asked["channel"]) if asked.get("channel") in set(Channel) else Channel.OTHER,
        contact=asked.get("contact", ""),
        promised_by=_moment(asked.get("promised_by", "")),
        at=_moment(asked.get("at", "")),
    )
    with unit_of_work() as session:
        row = cases.find(session, person, number)
        log.add(session, row.instance_key, entry, by=person)
    flash(_("It is in the log of the case."))
    return _to_log(number)


@bp.post("/cases/<number>/interactions/<int:key>/correct")
def correct(number: str, key: int) -> BaseResponse:
    """Set a line right; both stay."""
    person = current_person()
    access.require(person, Action.RECORD_INTERACTION)
    with unit_of_work() as session:
        row = cases.find(session, person, number)
        log.correct(session, row.instance_key, key, request.form.get("text", ""), by=person)
    flash(_("The line is set right; the old one stays beside it."))
    return _to_log(number)


def _chosen_kind(asked: str) -> Kind:
    if asked not in _BY_HAND:
        raise Invalid("interaction_kind_unknown")
    return Kind(asked)


def _moment(asked: str) -> datetime | None:
    """A moment as a form sends it, in the zone of the department; None for an empty field."""
    if not asked.strip():
        return None
    try:
        return datetime.fromisoformat(asked).replace(tzinfo=zone())
    except ValueError:
        raise Invalid("interaction_time_wrong") from None


def _to_log(number: str) -> BaseResponse:
    return redirect(url_for("cases.show", number=number, tab="contacts"), 303)
