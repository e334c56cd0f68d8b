"""The append-only history of an instance: what happened, when, and who did it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.database import new_key, storage
from laneway.engine.database.storage import Command
from laneway.engine.model import Person
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import history, process_instance

_THIS = process_instance.c.key == bindparam("instance_key")
_NEXT = (
    update(process_instance)
    .where(_THIS)
    .values(last_seq=process_instance.c.last_seq + 1, revision=bindparam("new_revision"))
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
    """Write notes behind the row `last_seq`; returns the new last number. The caller holds the instance's lock."""
    now = clock.now()
    rows = [
        {
            "instance_key": instance_key,
            "seq": last_seq + offset,
            "at": now,
            "event": note.event,
            "element_id": note.element_id,
            "token": note.token,
            "person": by.username if by is not None else None,
            "details": note.details,
        }
        for offset, note in enumerate(notes, start=1)
    ]
    storage.insert_later(session, history, rows)
    return last_seq + len(rows)


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
    held = storage.held(session, process_instance, instance_key)
    if held is None:
        last_seq = session.scalar(_NEXT, {"instance_key": instance_key, "new_revision": new_key()})
        assert last_seq is not None
    else:
        last_seq = held.last_seq + 1
        changed = {"last_seq": last_seq, "new_revision": new_key()}
        _COUNT.later(session, instance_key=instance_key, seen_revision=held.revision, **changed)
        held.last_seq, held.revision = last_seq, changed["new_revision"]
    append(session, instance_key, last_seq - 1, [Note(event, element_id, token, details)], by=by)
