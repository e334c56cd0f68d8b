"""Lines of the interaction log: added, set right by a further line, listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from laneway.engine import clock, history
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.tables.department.interactions import interaction
from laneway.errors import Invalid, NotFound

LONGEST = 20_000
"""Characters of one line."""
_LONGEST_CONTACT = 200


class Kind(StrEnum):
    """What a line tells of."""

    CALL = "call"
    MAIL_IN = "mail_in"
    MAIL_OUT = "mail_out"
    VISIT = "visit"
    NOTE = "note"
    DISPUTE = "dispute"
    REACTION = "reaction"


class Channel(StrEnum):
    """The way it was said."""

    PHONE = "phone"
    MAIL = "mail"
    WECHAT = "wechat"
    FAX = "fax"
    VISIT = "visit"
    OTHER = "other"


@dataclass(frozen=True)
class Entry:
    """What is to be logged. `at` is when it happened, now if not given; `promised_by` a promise to the customer."""

    kind: Kind
    text: str
    channel: Channel = Channel.OTHER
    contact: str = ""
    party_key: int | None = None
    promised_by: datetime | None = None
    message_id: str | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """A line of the log. `corrected_by` is the key of the newest line that sets this one right."""

    key: int
    kind: Kind
    channel: Channel
    contact: str
    text: str
    party_key: int | None
    promised_by: datetime | None
    message_id: str | None
    correction_of: int | None
    at: datetime
    recorded_at: datetime
    recorded_by: str | None
    corrected_by: int | None


def add(
    session: Session, root_key: int, entry: Entry, *, by: Person | None, source_key: int | None = None
) -> int:
    """Add a line to the log of a case; returns its key.

    With `source_key`, the key of a job, the line of this kind that the same job wrote before is kept, so that a job
    may run again. Raises Invalid for no text, a text or a name that is too long, or a time that is still to come.
    """
    return _add(session, root_key, entry, by=by, source_key=source_key)


def correct(session: Session, root_key: int, key: int, text: str, *, by: Person) -> int:
    """Set a line right with a new one, which takes over all but the text; returns the new line's key.

    Raises NotFound for a line that this case does not have, and Invalid as `add` does.
    """
    columns = interaction.c
    query = select(interaction).where(columns.instance_key == root_key, columns.key == key)
    wrong = session.execute(query).one_or_none()
    if wrong is None:
        raise NotFound("interaction_not_found", key=key)
    entry = Entry(
        Kind(wrong.kind),
        text,
        Channel(wrong.channel),
        wrong.contact,
        wrong.party_key,
        wrong.promised_by,
        wrong.message_id,
        wrong.at,
    )
    return _add(session, root_key, entry, by=by, correction_of=key)


def _add(
    session: Session,
    root_key: int,
    entry: Entry,
    *,
    by: Person | None,
    source_key: int | None = None,
    correction_of: int | None = None,
) -> int:
    columns, now = interaction.c, clock.now()
    text = _checked(entry, now)
    if source_key is not None:
        same = (
            columns.instance_key == root_key,
            columns.source_key == source_key,
            columns.kind == entry.kind,
        )
        before: int | None = session.scalar(select(columns.key).where(*same))
        if before is not None:
            return before
    key = new_key()
    history.record(session, root_key, "interaction_added", by=by, kind=entry.kind.value)
    session.execute(
        insert(interaction).values(
            instance_key=root_key,
            key=key,
            party_key=entry.party_key,
            kind=entry.kind,
            channel=entry.channel,
            contact=entry.contact.strip(),
            text=text,
            promised_by=entry.promised_by,
            message_id=entry.message_id,
            correction_of=correction_of,
            source_key=source_key,
            at=entry.at or now,
            recorded_at=now,
            recorded_by=by.username if by is not None else None,
        )
    )
    return key


def _checked(entry: Entry, now: datetime) -> str:
    """The text as it is kept: without the NUL that PostgreSQL does not store."""
    text = entry.text.replace("\0", "").strip()
    if not text:
        raise Invalid("interaction_empty", [("text", "required", {})])
    if len(text) > LONGEST:
        raise Invalid("interaction_too_long", characters=LONGEST)
    if len(entry.contact.strip()) > _LONGEST_CONTACT:
        raise Invalid("interaction_contact_too_long", characters=_LONGEST_CONTACT)
    if entry.at is not None and entry.at > now:
        raise Invalid("interaction_in_the_future")
    return text


def listed(session: Session, root_key: int, kind: Kind | None = None) -> list[Line]:
    """The lines of a case, what happened last first; wrong ones stay beside what sets them right."""
    columns = interaction.c
    query = select(interaction).where(columns.instance_key == root_key)
    rows = session.execute(query.order_by(columns.at.desc(), columns.key.desc())).all()
    corrected: dict[int, int] = {}
    for row in rows:
        if row.correction_of is not None:
            corrected[row.correction_of] = max(row.key, corrected.get(row.correction_of, 0))
    return [
        Line(
            key=row.key,
            kind=Kind(row.kind),
            channel=Channel(row.channel),
            contact=row.contact,
            text=row.text,
            party_key=row.party_key,
            promised_by=row.promised_by,
            message_id=row.message_id,
            correction_of=row.correction_of,
            at=row.at,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            corrected_by=corrected.get(row.key),
        )
        for row in rows
        if kind is None or row.kind == kind
    ]
