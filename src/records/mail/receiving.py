"""A mail arrives: kept first, in a transaction of its own, and brought where it belongs in the next one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from laneway.engine import clock, database, outbox
from laneway.engine.database import is_postgresql, new_key, reading, unit_of_work
from laneway.engine.model import InstanceState, Person
from laneway.engine.queries import cases
from laneway.engine.spiff.requests import StepFailed
from laneway.engine.tables import case_file
from laneway.engine.tables.department.mail import incoming_mail
from laneway.errors import Conflict, LanewayError, Unavailable
from laneway.records.cases import reopening
from laneway.records.documents import attachments
from laneway.records.mail import filing, matching, recognising
from laneway.records.mail.reading import Letter, read
from laneway.records.mail.recognising import Kind
from laneway.settings import Settings

logger = logging.getLogger(__name__)

MOST_PER_HOUR: Final = 20
"""Letters of one sender that are taken in an hour without asking a person: two programs may answer each other."""
_BUSY: Final = "database_busy"
_TROUBLE: Final = (
    LanewayError,
    StepFailed,
    SQLAlchemyError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
)


class State(StrEnum):
    """Where a mail stands."""

    RECEIVED = "RECEIVED"
    WAITING = "WAITING"  # for a person
    FILED = "FILED"
    DISCARDED = "DISCARDED"


class Source(StrEnum):
    """The way it came."""

    IMAP = "imap"
    API = "api"


@dataclass(frozen=True)
class Rules:
    """What the installation says: addresses of its own, and processes that a new mail opens, the first that there is."""

    own_addresses: frozenset[str]
    processes: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """By the settings."""
        own = [settings.mail_from, settings.mail_reply_to.replace("{case}", "")]
        plain = (one.rpartition("<")[2].strip(" >").lower() for one in own)
        processes = (one.strip() for one in settings.mail_processes.split(","))
        return cls(frozenset(one for one in plain if one), tuple(one for one in processes if one))


@dataclass(frozen=True)
class Received:
    """A mail that was handed in. Not `is_new`: the same mail is here already."""

    key: int
    is_new: bool


def receive(session: Session, raw: bytes, source: Source, rules: Rules) -> Received:
    """Keep a mail as it came; the same mail is kept once."""
    letter = read(raw)
    identity, key = letter.identity(raw), new_key()
    columns = incoming_mail.c
    insert_ = (postgresql if database.is_postgresql() else sqlite).insert(incoming_mail)
    kept = insert_.values(
        key=key,
        identity=identity,
        message_id=letter.message_id[:400] or None,
        sender=letter.sender,
        sender_name=letter.sender_name,
        recipients=", ".join(letter.recipients)[:4000],
        subject=letter.subject,
        note=letter.note,
        attachments=[file.name for file in letter.files],
        refers_to=list(letter.refers_to),
        kind=recognising.kind_of(letter, rules.own_addresses),
        state=State.RECEIVED,
        reason="",
        source=source,
        size=len(raw),
        raw=raw,
        sent_at=letter.sent_at,
        received_at=clock.now(),
        decision="",
    ).on_conflict_do_nothing(index_elements=[columns.identity])
    is_new = session.execute(kept.returning(columns.key)).one_or_none() is not None
    if is_new:
        return Received(key, is_new=True)
    known = session.scalar(select(columns.key).where(columns.identity == identity))
    assert known is not None
    return Received(known, is_new=False)


def file_next(rules: Rules) -> bool:
    """Bring the oldest mail that was kept where it belongs; whether there was one.

    What goes wrong leaves it in the tray with the reason. Raises Unavailable when the database is away.
    """
    columns = incoming_mail.c
    waiting = select(columns.key).where(columns.state == State.RECEIVED).order_by(columns.key).limit(1)
    with reading() as session:
        key = session.scalar(waiting)
    if key is None:
        return False
    file(key, rules)
    return True


def file(key: int, rules: Rules) -> None:
    """Bring one mail that was kept where it belongs. Raises as `file_next`."""
    try:
        with unit_of_work() as session:
            row = locked(session, key)
            if row is None or row.state != State.RECEIVED:
                return
            check = _file(session, row, read(row.raw or b""), rules)
    except Unavailable:
        raise
    except _TROUBLE as error:  # no mail is lost, and none may hold up the others
        if getattr(error, "code", "") == _BUSY:
            raise
        logger.warning("mail_not_filed", extra={"mail_key": key, "reason": type(error).__name__})
        code = str(getattr(error, "code", "")) or "failed"
        with unit_of_work() as session:
            settle(session, key, State.WAITING, reason=code[:60], error=str(error)[:2000])
        return
    look_at(check)


def locked(session: Session, key: int) -> Any:
    """The row of a mail, kept from others; None when there is none, or another has it just now."""
    query = select(incoming_mail).where(incoming_mail.c.key == key)
    if is_postgresql():
        query = query.with_for_update(skip_locked=True)
    return session.execute(query).one_or_none()


def settle(
    session: Session,
    key: int,
    state: State,
    *,
    reason: str,
    number: str | None = None,
    by: Person | None = None,
    decision: str = "",
    error: str | None = None,
    is_in_case: bool = False,
) -> None:
    """Note what became of a mail. One that is among the files of a case is not kept here besides."""
    values: dict[str, Any] = {
        "state": state,
        "reason": reason,
        "decision": decision[:400],
        "error": error,
        "decided_at": clock.now(),
        "decided_by": by.username if by is not None else None,
    }
    if number is not None:
        values["case_number"] = number
    if is_in_case:
        values |= {"raw": None, "note": ""}
    session.execute(update(incoming_mail).where(incoming_mail.c.key == key).values(values))


Check = tuple[int, Sequence[int]]
"""Root instance and keys of files that a checker should look at."""


def look_at(check: Check) -> None:
    """Ask the checker about new files; without an answer they wait in quarantine."""
    root_key, keys = check
    for key in keys:
        try:
            with unit_of_work() as session:
                attachments.check(session, root_key, key)
        except Unavailable:
            return


_NOTHING: Final[Check] = (0, ())


def _file(session: Session, row: Any, letter: Letter, rules: Rules) -> Check:
    match Kind(row.kind):
        case Kind.UNREADABLE:
            settle(session, row.key, State.WAITING, reason=letter.problem or "unreadable")
            return _NOTHING
        case Kind.LOOP:
            is_ours = matching.case_of(session, letter) is not None
            settle(session, row.key, State.DISCARDED if is_ours else State.WAITING, reason="loop")
            return _NOTHING
        case Kind.BOUNCE:
            return _bounce(session, row, letter)
        case Kind.AUTO_REPLY:
            return _auto_reply(session, row, letter)
        case Kind.LETTER:
            return _letter(session, row, letter, rules)


def _bounce(session: Session, row: Any, letter: Letter) -> Check:
    report = recognising.bounce_of(letter)
    id_ = report.message_id.rpartition("@")[0]
    is_ours = bool(id_) and (not report.is_final or outbox.bounce(session, id_, report.words))
    number = id_.partition(".")[0]
    root_key = session.scalar(select(case_file.c.instance_key).where(case_file.c.number == number))
    if not is_ours or root_key is None:
        settle(session, row.key, State.WAITING, reason="bounce_unknown", error=report.words)
        return _NOTHING
    words = f"[退信 · did not arrive] {report.recipient} {report.words}"
    filing.add_line(session, root_key, letter, words, mail_key=row.key, by=None)
    settle(session, row.key, State.FILED, reason="bounce", number=number, error=report.words)
    return _NOTHING


def _auto_reply(session: Session, row: Any, letter: Letter) -> Check:
    found = matching.case_of(session, letter)
    if found is None or not found.is_believed:
        settle(session, row.key, State.DISCARDED, reason="auto_reply")
        return _NOTHING
    words = f"[自动回复 · automatic reply] {letter.subject}\n\n{letter.note}"
    filing.add_line(session, found.instance_key, letter, words, mail_key=row.key, by=None)
    settle(session, row.key, State.FILED, reason="auto_reply", number=found.number)
    return _NOTHING


def _letter(session: Session, row: Any, letter: Letter, rules: Rules) -> Check:
    if _is_flood(session, row):
        settle(session, row.key, State.WAITING, reason="too_many")
        return _NOTHING
    found = matching.case_of(session, letter)
    if found is not None and not found.is_believed:
        settle(session, row.key, State.WAITING, reason="sender_not_of_case", number=found.number)
        return _NOTHING
    if found is not None:
        return into_case(session, row, letter, found.instance_key, by=None)
    code = matching.party_of(session, letter.sender) if letter.sender else None
    if code is None:
        settle(session, row.key, State.WAITING, reason="unknown_sender" if letter.sender else "no_sender")
        return _NOTHING
    process_id = next((one for one in rules.processes if filing.starts_by_mail(session, one)), None)
    if process_id is None:
        settle(session, row.key, State.WAITING, reason="no_process")
        return _NOTHING
    return into_new_case(session, row, letter, process_id, party_code=code, by=None)


def _is_flood(session: Session, row: Any) -> bool:
    columns = incoming_mail.c
    lately = select(func.count()).where(
        columns.sender == row.sender,
        columns.received_at > row.received_at - timedelta(hours=1),
        columns.key <= row.key,
    )
    return bool(row.sender) and (session.scalar(lately) or 0) > MOST_PER_HOUR


def into_case(
    session: Session, row: Any, letter: Letter, root_key: int, *, by: Person | None, decision: str = ""
) -> Check:
    """Continue a case with a mail; a closed one is taken up again, or followed by a new one when its time is over.

    Raises Conflict for a case that was cancelled, or that goes on nowhere.
    """
    case = cases.by_key(session, [root_key])[root_key]
    reason = "continued"
    if case.state == InstanceState.TERMINATED:
        raise Conflict("case_was_cancelled", key=root_key)
    number = case.number
    if reopening.closed_at(case) is not None:
        words = f"来信 · by mail: {letter.subject or letter.sender}"
        again = reopening.take_up(session, case, by=by, reason=words[:300])
        reason = "followed" if again.is_new else "reopened"
        if again.is_new:
            number = again.number
            found = session.scalar(select(case_file.c.instance_key).where(case_file.c.number == number))
            root_key = found if found is not None else root_key
    keys = filing.keep(session, root_key, letter, row.raw or b"", mail_key=row.key, by=by)
    filing.tell(session, root_key, number, letter, mail_key=row.key)
    settle(
        session,
        row.key,
        State.FILED,
        reason=reason,
        number=number,
        by=by,
        decision=decision,
        is_in_case=bool(keys),
    )
    return root_key, keys


def into_new_case(
    session: Session,
    row: Any,
    letter: Letter,
    process_id: str,
    *,
    party_code: str | None,
    by: Person | None,
    decision: str = "",
) -> Check:
    """Open a case with a mail. Raises NotFound for a process that no message starts."""
    at = row.received_at.isoformat(timespec="seconds")
    root_key, number = filing.open_case(
        session, process_id, letter, party_code=party_code, received_at=at, by=by
    )
    keys = filing.keep(session, root_key, letter, row.raw or b"", mail_key=row.key, by=by)
    settle(
        session,
        row.key,
        State.FILED,
        reason="opened",
        number=number,
        by=by,
        decision=decision,
        is_in_case=bool(keys),
    )
    return root_key, keys
