"""The history of records: who changed what, when and why. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.tables.department.records import record_change


class Event(StrEnum):
    """What has happened to a record."""

    CREATED = "CREATED"
    CHANGED = "CHANGED"
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"  # which changes the record
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"
    REFUSED = "REFUSED"  # someone wanted to agree to their own change
    MERGED = "MERGED"
    UNMERGED = "UNMERGED"
    CONFIRMED = "CONFIRMED"  # its data were looked over and found right


@dataclass(frozen=True)
class Change:
    """One change of one record; `changes` is {field: (old, new)} with values as JSON has them."""

    record_key: int
    revision: int
    event: Event
    at: datetime
    by: str | None
    reason: str
    changes: Mapping[str, tuple[Any, Any]]


def revision(session: Session, kind: str, record_key: int) -> int:
    """How often a record has been changed, its creation counted; 0 where it came without a history."""
    columns = record_change.c
    query = select(func.max(columns.revision)).where(columns.kind == kind, columns.record_key == record_key)
    return session.scalar(query) or 0


def revisions(session: Session, kind: str, record_keys: Collection[int]) -> dict[int, int]:
    """How often records have been changed, by key; those without a history are left out."""
    columns = record_change.c
    query = select(columns.record_key, func.max(columns.revision)).where(
        columns.kind == kind, columns.record_key.in_(record_keys)
    )
    return (
        {row[0]: row[1] for row in session.execute(query.group_by(columns.record_key))} if record_keys else {}
    )


def add(
    session: Session,
    kind: str,
    record_key: int,
    changes: Mapping[str, tuple[Any, Any]],
    *,
    event: Event,
    by: str | None,
    reason: str = "",
    source_key: int | None = None,
) -> int:
    """Write down a change; returns its revision. Two at once fail at the primary key: one of them is done again."""
    number = revision(session, kind, record_key) + 1
    session.execute(
        insert(record_change).values(
            kind=kind,
            record_key=record_key,
            revision=number,
            event=event,
            changed_at=clock.now(),
            changed_by=by,
            reason=reason.strip()[:1000],
            changes={name: list(both) for name, both in changes.items()},
            source_key=source_key,
        )
    )
    return number


def add_created(
    session: Session,
    kind: str,
    told: Mapping[int, Mapping[str, tuple[Any, Any]]],
    *,
    by: str | None,
    reason: str = "",
    source_key: int | None = None,
) -> None:
    """Write down that records were created, many in one statement: {record key: {field: (None, new)}}."""
    at = clock.now()
    rows = [
        {
            "kind": kind,
            "record_key": key,
            "revision": 1,
            "event": Event.CREATED,
            "changed_at": at,
            "changed_by": by,
            "reason": reason.strip()[:1000],
            "changes": {name: list(both) for name, both in changed.items()},
            "source_key": source_key,
        }
        for key, changed in told.items()
    ]
    if rows:
        session.execute(insert(record_change), rows)


def made_by(session: Session, kind: str, source_key: int) -> int | None:
    """The record that a job has created or changed before, so that it does nothing twice."""
    columns = record_change.c
    query = select(columns.record_key).where(columns.source_key == source_key, columns.kind == kind)
    return session.scalar(query.limit(1))


def listed(
    session: Session,
    kind: str,
    record_keys: Collection[int],
    *,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Change]:
    """The changes of records, the newest first; several keys are those of one record and of what was merged into it."""
    columns = record_change.c
    query = select(record_change).where(columns.kind == kind, columns.record_key.in_(record_keys))
    if before is not None:
        query = query.where(columns.changed_at < before)
    rows = session.execute(
        query.order_by(columns.changed_at.desc(), columns.revision.desc()).limit(limit)
    ).all()
    return [
        Change(
            row.record_key,
            row.revision,
            Event(row.event),
            row.changed_at,
            row.changed_by,
            row.reason,
            {name: (both[0], both[1]) for name, both in row.changes.items()},
        )
        for row in rows
    ]
