"""The outbox: what waits to leave, what was given up, and sending it again or not at all."""

from __future__ import annotations

import re
from typing import Any

import orjson
from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, clock, outbox, search
from laneway.engine.access import Action
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import OutgoingKind, OutgoingState
from laneway.engine.search import Query
from laneway.errors import Conflict, Invalid
from laneway.web import errors, outbox_texts
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _

bp = Blueprint("outbox", __name__, url_prefix="/operations/outbox")

_PAGE = 50
STATES: dict[str, tuple[str, tuple[OutgoingState, ...]]] = {
    "open": (N_("Not sent yet"), (OutgoingState.QUEUED, OutgoingState.SENDING, OutgoingState.FAILED)),
    "failed": (N_("Given up"), (OutgoingState.FAILED,)),
    "sent": (N_("Sent"), (OutgoingState.SENT,)),
    "canceled": (N_("Not to be sent"), (OutgoingState.CANCELED,)),
    "all": (N_("All"), tuple(OutgoingState)),
}


@bp.get("")
def listed() -> str:
    """Messages of all cases that fit the filter in the address, the newest first."""
    person, asked = current_person(), request.args
    state = asked.get("state", "open") if asked.get("state") in STATES else "open"
    kind = asked.get("kind", "") if asked.get("kind") in outbox_texts.KINDS else ""
    text = asked.get("q", "").replace("\0", "").strip()
    offset = max(0, asked.get("from", 0, type=int))
    filters: dict[str, Any] = {"state": {"$in": list(STATES[state][1])}}
    if kind:
        filters["kind"] = kind
    like = {"$like": "*" + re.sub(r"([*?\\])", r"\\\1", text) + "*"}
    query = Query(
        filters=filters,
        any_of=[{"recipient": like}, {"subject": like}, {"caseNumber": like}] if text else [],
        sort=[("outgoingKey", True)],
        limit=_PAGE,
        offset=offset,
    )
    with reading() as session:
        found = search.outgoing(session, query, by=person)
        waiting = outbox.counts(session, by=person)
    return page(
        "outbox/list.html",
        nav="outbox",
        found=found,
        waiting=waiting,
        wanted={"state": state, "kind": kind, "q": text},
        offset=offset,
        limit=_PAGE,
        states=STATES,
        texts=outbox_texts,
    )


@bp.get("/<int:key>")
def show(key: int) -> str:
    """One message with its text, how it went, and what may be done about it."""
    return _page(key)


@bp.post("/<int:key>/<any(resend, cancel):verb>")
def act(key: int, verb: str) -> BaseResponse | tuple[str, int]:
    """Send it again, or never."""
    person, reason = current_person(), request.form.get("reason", "").strip()
    try:
        with unit_of_work() as session:
            if verb == "resend":
                outbox.resend(session, key, by=person, reason=reason)
            else:
                outbox.cancel(session, key, by=person, reason=reason)
    except (Invalid, Conflict) as error:
        return _page(key, problem=errors.message(error)), errors.status_of(error)
    flash(_("It will be sent in a moment.") if verb == "resend" else _("It will not be sent."))
    if (number := request.form.get("case", "")) and re.fullmatch(r"[\w-]{1,40}", number):
        return redirect(url_for("cases.show", number=number, tab="mail"), 303)
    return redirect(url_for("outbox.show", key=key), 303)


def _readable(row: Any) -> str:
    """The text of a mail; of a webhook its JSON with a line for each value."""
    if row.kind == OutgoingKind.MAIL:
        return str(row.body)
    return orjson.dumps(orjson.loads(row.body), option=orjson.OPT_INDENT_2).decode()


def _page(key: int, *, problem: str = "") -> str:
    person = current_person()
    with reading() as session:
        found = outbox.find(session, key, by=person)
    in_hand = found.state == OutgoingState.SENDING and found.not_before > clock.now()
    may_operate = access.may(person, Action.OPERATE_OUTBOX) and not in_hand
    return page(
        "outbox/one.html",
        nav="outbox",
        one=found,
        body=_readable(found),
        may_resend=may_operate,
        may_cancel=may_operate and found.state not in (OutgoingState.SENT, OutgoingState.CANCELED),
        problem=problem,
        reason=request.form.get("reason", ""),
        texts=outbox_texts,
    )
