"""The append-only history of an instance: what happened, when, and who did it.

What one change did is one row, whose `lines` are numbered from the row's `seq` on: a step writes some dozen lines, and a
row for each would cost more than all its other writes. The view `history_line` gives every line as a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.database import new_key, storage
from laneway.engine.database.storage import Command
from laneway.engine.model import Person
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import history, process_instance

_MOST_LINES = 500
"""Of a row: a long run of gateways is told in several, each of which can still be read at once."""
_NUL = b"\\u0000"
_THIS = process_instance.c.key == bindparam("instance_key")
_NEXT = (
    update(process_instance)
    .where(_THIS)
    .values(last_seq=process_instance.c.last_seq + bindparam("more"), revision=bindparam("new_revision"))
    .returning(process_instance.c.last_seq)
)
_COUNT = Command(
    process_instance,
    lambda _pg: (
        update(process_instance)
        .where(_THIS, process_instance.c.revision == bindparam("seen_revision"))
        .values(last_seq=bindparam("last_seq"), revision=bindparam("new_revision"))
    ),
    must_hit=True,
)


def append(
    session: Session, instance_key: int, last_seq: int, notes: list[Note], *, by: Person | None = None
) -> int:
    """Write notes behind the line `last_seq`; returns the new last number. The caller holds the instance's lock."""
    now = clock.now()
    person = by.username if by is not None else None
    lines = [_line(note) for note in notes]
    if _NUL in orjson.dumps(lines):
        lines = _without_nul(lines)
    rows = [
        {
            "instance_key": instance_key,
            "seq": last_seq + 1 + start,
            "at": now,
            "person": person,
            "lines": lines[start : start + _MOST_LINES],
        }
        for start in range(0, len(lines), _MOST_LINES)
    ]
    storage.insert_later(session, history, rows)
    return last_seq + len(lines)


def _line(note: Note) -> dict[str, Any]:
    """A note as it is stored: what is not there is left out."""
    line: dict[str, Any] = {"event": note.event}
    if note.element_id is not None:
        line["element_id"] = note.element_id
    if note.token is not None:
        line["token"] = note.token
    if note.details:
        line["details"] = note.details
    return line


def _without_nul(value: Any) -> Any:
    """PostgreSQL cannot take apart JSON with the character NUL; it is told as an escape, as in messages of errors."""
    if isinstance(value, str):
        return value.replace("\0", "\\0")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(one) for name, one in value.items()}
    return value


def lines_of(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The lines of a row that was read from elsewhere than the database, as the view `history_line` has them."""
    shared = {name: row[name] for name in ("instance_key", "at", "person")}
    for seq, line in enumerate(row["lines"], start=row["seq"]):
        yield {"element_id": None, "token": None, "details": {}, **line, **shared, "seq": seq}


def record(
    session: Session,
    instance_key: int,
    event: str,
    *,
    by: Person | None = None,
    element_id: str | None = None,
    token: int | None = None,
    **details: Any,
) -> None:
    """Write one line outside a step; takes the next number of the instance, and so its row lock."""
    record_all(session, instance_key, [Note(event, element_id, token, details)], by=by)


def record_all(session: Session, instance_key: int, notes: list[Note], *, by: Person | None = None) -> None:
    """As `record`, for any number of lines."""
    if not notes:
        return
    held = storage.held(session, process_instance, instance_key)
    more = len(notes)
    if held is None:
        counted = {"instance_key": instance_key, "more": more, "new_revision": new_key()}
        last_seq = session.scalar(_NEXT, counted)
        assert last_seq is not None
    else:
        last_seq = held.last_seq + more
        changed = {"last_seq": last_seq, "new_revision": new_key()}
        _COUNT.later(session, instance_key=instance_key, seen_revision=held.revision, **changed)
        held.last_seq, held.revision = last_seq, changed["new_revision"]
    append(session, instance_key, last_seq - more, notes, by=by)
