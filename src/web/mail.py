"""The tray of mails that arrived: what waits for a decision, and where the others went."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.queries import processes
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.mail import filing, receiving, tray
from laneway.records.mail.receiving import Rules, State
from laneway.web import errors, mail_texts
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _
from laneway.words import Text

bp = Blueprint("mail", __name__, url_prefix="/mail")

_PAGE = 50
STATES: dict[str, tuple[str, tuple[State, ...]]] = {
    "open": (N_("To decide"), (State.RECEIVED, State.WAITING)),
    "filed": (N_("In a case"), (State.FILED,)),
    "discarded": (N_("Set aside"), (State.DISCARDED,)),
    "all": (N_("All"), tuple(State)),
}


@bp.get("")
def listed() -> str:
    """Mails that fit the filter in the address, the newest first."""
    person, asked = current_person(), request.args
    access.require(person, Action.SEE_MAIL)
    state = asked.get("state", "open") if asked.get("state") in STATES else "open"
    text = asked.get("q", "").replace("\0", "").strip()[:200]
    offset = max(0, asked.get("from", 0, type=int))
    with reading() as session:
        found = tray.listed(session, STATES[state][1], text=text, by=person, limit=_PAGE, offset=offset)
        waiting = tray.waiting(session)
        mailboxes = tray.mailboxes(session)
    return page(
        "mail/list.html",
        nav="mail",
        found=found,
        waiting=waiting,
        mailboxes=mailboxes,
        wanted={"state": state, "q": text},
        offset=offset,
        limit=_PAGE,
        states=STATES,
        texts=mail_texts,
    )


@bp.get("/<int:key>")
def show(key: int) -> str:
    """One mail, and what may be done about it."""
    return _page(key)


@bp.get("/<int:key>/original")
def original(key: int) -> Response:
    """A mail as it came, to be saved: no browser opens it as a page."""
    with reading() as session:
        raw = tray.original(session, key, by=current_person())
    return Response(
        raw,
        mimetype="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="mail-{key}.eml"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


@bp.post("/<int:key>/<any(assign, open, discard):verb>")
def act(key: int, verb: str) -> BaseResponse | tuple[str, int]:
    """Bring a mail into a case, open one with it, or set it aside."""
    person, asked = current_person(), request.form
    check: receiving.Check = (0, ())
    try:
        with unit_of_work() as session:
            if verb == "assign":
                check = tray.assign(session, key, asked.get("number", ""), by=person)
            elif verb == "open":
                check = tray.open_case(session, key, asked.get("process", ""), by=person)
            else:
                tray.discard(session, key, asked.get("reason", ""), by=person)
    except (Invalid, Conflict, NotFound) as error:
        return _page(key, problem=errors.message(error)), errors.status_of(error)
    receiving.look_at(check)
    with reading() as session:
        row = tray.find(session, key, by=person)
    if row.state == State.FILED and row.case_number:
        flash(_("The mail is in case %(number)s.", number=row.case_number))
        return redirect(url_for("cases.show", number=row.case_number, tab="contacts"), 303)
    flash(_("The mail is set aside."))
    return redirect(url_for("mail.listed"), 303)


def _page(key: int, *, problem: str = "") -> str:
    person = current_person()
    with reading() as session:
        row = tray.find(session, key, by=person)
        may_handle = access.may(person, Action.HANDLE_MAIL) and row.state != State.FILED
        offered = _processes(session, person) if may_handle else {}
    return page(
        "mail/one.html",
        nav="mail",
        one=row,
        problem=problem,
        may_handle=may_handle,
        processes=offered,
        number=request.form.get("number", row.case_number or ""),
        reason=request.form.get("reason", ""),
        texts=mail_texts,
    )


def _processes(session: Session, person: Person) -> dict[str, Text]:
    """Processes that a mail can open and this person may start, those of the settings first."""
    first = Rules.of(current_app.config["LANEWAY"]).processes
    rows = [
        row
        for row in processes.newest(session, person)
        if filing.starts_by_mail(session, row.process_id) and access.may(person, Action.START_PROCESS, row)
    ]
    rows.sort(key=lambda row: first.index(row.process_id) if row.process_id in first else len(first))
    return {row.process_id: row.name for row in rows}
