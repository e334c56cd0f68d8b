"""How reading a mailbox goes, for all to see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from laneway.engine import clock, database
from laneway.engine.tables.department.mail import mailbox_reading


def note(session: Session, mailbox: str, *, taken: int, failures: int, error: str) -> None:
    """Note a try: how many mails were new, or, with `failures` in a row, why it failed."""
    now, columns = clock.now(), mailbox_reading.c
    told: dict[str, Any] = {"tried_at": now, "failures": failures, "error": error or None}
    if not failures:
        told["read_at"] = now
    insert_ = (postgresql if database.is_postgresql() else sqlite).insert(mailbox_reading)
    first = insert_.values(mailbox=mailbox[:400], taken=0, **told)
    session.execute(first.on_conflict_do_nothing(index_elements=[columns.mailbox]))
    changed = update(mailbox_reading).where(columns.mailbox == mailbox[:400])
    session.execute(changed.values(taken=columns.taken + taken, **told))
