"""Files of cases: added, listed, read, and let out of quarantine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from laneway.engine import clock, database, history
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.tables.department.documents import attachment, attachment_content
from laneway.errors import Conflict, NotFound
from laneway.records.documents import scanner
from laneway.records.documents.kinds_of_file import PREVIEWED, clean_name, content_type

EVIDENCE, DOCUMENT = "evidence", "document"


class State(StrEnum):
    """Whether a file may be read."""

    READY = "READY"
    QUARANTINED = "QUARANTINED"
    REFUSED = "REFUSED"


@dataclass(frozen=True)
class Attachment:
    """A file of a case, without its bytes. `size` is in bytes."""

    key: int
    name: str
    version: int
    kind: str
    content_type: str
    size: int
    sha256: str
    state: State
    finding: str
    added_at: datetime
    added_by: str | None

    @property
    def is_previewed(self) -> bool:
        """Whether a browser may show it in place."""
        return self.state is State.READY and self.content_type in PREVIEWED


def add(
    session: Session,
    root_key: int,
    name: str,
    content: bytes,
    by: Person | None,
    kind: str = EVIDENCE,
    *,
    source_key: int | None = None,
) -> int:
    """Put a file into a case; returns its key.

    A file with the name of an older one is its next version. With `source_key`, the key of a job, a file of this
    name that the same job made before is kept, so that a job may run again. Where a checker is configured the file
    waits in quarantine for `check`. Raises Invalid for a file that does not fit (kinds_of_file).
    """
    told, plain = content_type(name, content), clean_name(name)
    if source_key is not None:
        made = select(attachment.c.key).where(
            attachment.c.instance_key == root_key,
            attachment.c.source_key == source_key,
            attachment.c.name == plain,
        )
        before: int | None = session.scalar(made)
        if before is not None:
            return before
    key, digest = new_key(), hashlib.sha256(content).hexdigest()
    # The line of history takes the lock of the case: two files of one name get two versions.
    history.record(session, root_key, "attachment_added", by=by, name=plain, kind=kind)
    same = (attachment.c.instance_key == root_key, attachment.c.name == plain)
    last = session.scalar(select(func.max(attachment.c.version)).where(*same)) or 0
    _keep(session, root_key, digest, content)
    session.execute(
        insert(attachment).values(
            instance_key=root_key,
            key=key,
            name=plain,
            version=last + 1,
            kind=kind,
            content_type=told,
            size=len(content),
            sha256=digest,
            state=State.QUARANTINED if scanner.is_configured() else State.READY,
            finding="",
            source_key=source_key,
            added_at=clock.now(),
            added_by=by.username if by is not None else None,
        )
    )
    return key


def listed(session: Session, root_key: int, kind: str | None = None) -> list[Attachment]:
    """The files of a case with all their versions, the newest first."""
    query = _rows().where(attachment.c.instance_key == root_key)
    if kind is not None:
        query = query.where(attachment.c.kind == kind)
    return [
        Attachment(**row)
        for row in map(_told, session.execute(query.order_by(attachment.c.key.desc())).mappings())
    ]


def count(session: Session, root_key: int, kind: str = EVIDENCE) -> int:
    """How many different files of a kind a case has that were not refused."""
    query = select(func.count(attachment.c.name.distinct())).where(
        attachment.c.instance_key == root_key,
        attachment.c.kind == kind,
        attachment.c.state != State.REFUSED,
    )
    return session.scalar(query) or 0


def read(session: Session, root_key: int, key: int) -> tuple[Attachment, bytes]:
    """A file with its bytes. Raises NotFound, and Conflict while it is in quarantine or when it was refused."""
    found, content = _read(session, root_key, key)
    if found.state is not State.READY:
        raise Conflict(f"attachment_{found.state.lower()}", name=found.name)
    return found, content


def check(session: Session, root_key: int, key: int) -> State:
    """Ask the checker about a file in quarantine; returns the state after it.

    Raises NotFound, and Unavailable when the checker does not answer: the file stays where it is.
    """
    found, content = _read(session, root_key, key)
    if found.state is not State.QUARANTINED:
        return found.state
    finding = scanner.finding(content)
    state = State.REFUSED if finding else State.READY
    statement = update(attachment).where(attachment.c.instance_key == root_key, attachment.c.key == key)
    session.execute(statement.values(state=state, finding=finding[:400]))
    if finding:
        history.record(session, root_key, "attachment_refused", name=found.name, reason=finding)
    return state


def _keep(session: Session, root_key: int, digest: str, content: bytes) -> None:
    insert_ = (postgresql if database.is_postgresql() else sqlite).insert(attachment_content)
    values = insert_.values(instance_key=root_key, sha256=digest, content=content)
    session.execute(values.on_conflict_do_nothing())


def _read(session: Session, root_key: int, key: int) -> tuple[Attachment, bytes]:
    query = _rows().where(attachment.c.instance_key == root_key, attachment.c.key == key)
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("attachment_not_found")
    found = Attachment(**_told(row))
    content = session.scalar(
        select(attachment_content.c.content).where(
            attachment_content.c.instance_key == root_key, attachment_content.c.sha256 == found.sha256
        )
    )
    assert content is not None
    return found, content


def _rows() -> Select[tuple[object, ...]]:
    return select(*(attachment.c[name] for name in Attachment.__dataclass_fields__))


def _told(row: RowMapping) -> dict[str, Any]:
    return {**row, "state": State(row["state"])}
