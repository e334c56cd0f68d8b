"""The tray of mails: what arrived and where it went; what waits is decided here by people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.engine.queries import cases
from laneway.engine.tables.department.mail import incoming_mail, mailbox_reading
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.mail import matching, receiving
from laneway.records.mail.reading import read
from laneway.records.mail.receiving import Check, State

_columns = incoming_mail.c
_SHOWN = tuple(column for column in _columns if column.name not in ("raw", "identity"))


@dataclass(frozen=True)
class Page:
    """Some mails, the newest first, and how many there are."""

    rows: Sequence[Any]
    total: int


def listed(
    session: Session, states: Sequence[State], *, text: str = "", by: Person, limit: int, offset: int
) -> Page:
    """Mails in these states whose sender, subject or case has the text. Raises NotAllowed."""
    access.require(by, Action.SEE_MAIL)
    query = select(*_SHOWN).where(_columns.state.in_(states))
    if text:
        query = query.where(
            or_(
                *(
                    column.icontains(text, autoescape=True)
                    for column in (
                        _columns.sender,
                        _columns.sender_name,
                        _columns.subject,
                        _columns.case_number,
                    )
                )
            )
        )
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.order_by(_columns.key.desc()).limit(limit).offset(offset)).all()
    return Page(rows, total)


def waiting(session: Session) -> int:
    """How many mails wait for a person."""
    return session.scalar(select(func.count()).where(_columns.state == State.WAITING)) or 0


def mailboxes(session: Session) -> Sequence[Any]:
    """How reading each mailbox goes."""
    return session.execute(select(mailbox_reading).order_by(mailbox_reading.c.mailbox)).all()


def find(session: Session, key: int, *, by: Person) -> Any:
    """One mail without its bytes. Raises NotAllowed, NotFound."""
    access.require(by, Action.SEE_MAIL)
    row = session.execute(select(*_SHOWN).where(_columns.key == key)).one_or_none()
    if row is None:
        raise NotFound("mail_not_found", key=key)
    return row


def original(session: Session, key: int, *, by: Person) -> bytes:
    """A mail as it came. Raises NotAllowed, and NotFound where it is among the files of its case."""
    access.require(by, Action.SEE_MAIL)
    raw = session.scalar(select(_columns.raw).where(_columns.key == key))
    if raw is None:
        raise NotFound("mail_not_found", key=key)
    return bytes(raw)


def assign(session: Session, key: int, number: str, *, by: Person) -> Check:
    """Bring a mail into the case with this number. Raises NotAllowed, NotFound, Conflict when it is settled."""
    row = _open(session, key, by)
    case = cases.find(session, by, number.strip().upper())
    return receiving.into_case(session, row, read(row.raw), case.instance_key, by=by)


def open_case(session: Session, key: int, process_id: str, *, by: Person) -> Check:
    """Open a case of a process with a mail. Raises NotAllowed, NotFound, Conflict when it is settled."""
    row = _open(session, key, by)
    code = matching.party_of(session, row.sender) if row.sender else None
    return receiving.into_new_case(session, row, read(row.raw), process_id, party_code=code, by=by)


def discard(session: Session, key: int, reason: str, *, by: Person) -> None:
    """Set a mail aside. Raises NotAllowed, NotFound, Conflict when it is settled, and Invalid without a reason."""
    row = _open(session, key, by)
    if not reason.strip():
        raise Invalid("reason_required", [("reason", "required", {})])
    receiving.settle(session, row.key, State.DISCARDED, reason="by_person", by=by, decision=reason.strip())


def _open(session: Session, key: int, by: Person) -> Any:
    """The row, locked, of a mail that is in no case yet."""
    access.require(by, Action.HANDLE_MAIL)
    row = receiving.locked(session, key)
    if row is None:
        raise NotFound("mail_not_found", key=key)
    if row.state == State.FILED or row.raw is None:
        raise Conflict("mail_filed", number=row.case_number or "")
    return row
