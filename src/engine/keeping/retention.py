"""How long ended cases stay in the database, and how they leave it: into an archive file, then out of every table.

A case is a root instance with everything it called. Its time is told by the property `laneway:retention` of the newest
version of its process, such as `P3Y`, else by the setting `retention`; without either it stays for ever. It counts from
the end of the case. A legal hold keeps a case whatever its time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, delete, exists, func, insert, select, text
from sqlalchemy.orm import Session, aliased

from laneway.engine import access, clock, definitions, feel, history, runtime
from laneway.engine.access import Action
from laneway.engine.bpmn.rules_process import RETENTION, is_positive_duration
from laneway.engine.database import is_postgresql, new_key
from laneway.engine.keeping import archive
from laneway.engine.model import OutgoingState, Person
from laneway.engine.tables import archive as archive_table
from laneway.engine.tables import (
    archived_case,
    case_file,
    effect,
    legal_hold,
    metadata,
    outgoing,
    pending_change,
    process_definition,
    process_instance,
    user_task,
)
from laneway.errors import Conflict, Invalid, NotFound

_BATCH = 50  # cases: SQLite's one writer waits for a batch
_KEEPER_LOCK = 2_917_330_541_886_204_117  # any number, the same in every process
_UNSENT = (OutgoingState.QUEUED, OutgoingState.SENDING)


@dataclass(frozen=True)
class Rules:
    """Where archive files go, and how long cases stay whose process does not say: ISO 8601, empty for ever.

    Raises Invalid for any other text.
    """

    folder: Path
    retention: str = ""

    def __post_init__(self) -> None:
        if self.retention and not is_positive_duration(self.retention):
            raise Invalid("retention_invalid", retention=self.retention)


@dataclass(frozen=True)
class Due:
    """A process with cases whose time is over: those that ended before `before`."""

    process_id: str
    retention: str
    before: datetime


def run_batch(session: Session, rules: Rules, *, process_id: str | None = None) -> int:
    """Archive and delete the oldest cases whose time is over, of one process and up to a batch; returns how many.

    The file is complete and on the disk before the rows go with the caller's commit. After a crash in between, the
    same cases are written again under the same name. One keeper works at a time, whoever else calls.
    Raises OSError when the file cannot be written.
    """
    if not _alone(session):
        return 0
    for due in overdue(session, rules, process_id=process_id):
        roots = _locked(session, _ended(due).limit(_BATCH))
        if roots:
            _archive(session, rules, roots)
            return len(roots)
    return 0


def overdue(session: Session, rules: Rules, *, process_id: str | None = None) -> Iterator[Due]:
    """The processes whose ended cases leave some time, with the moment before which they have ended."""
    columns = process_definition.c
    query = select(columns.process_id).distinct().order_by(columns.process_id)
    if process_id is not None:
        query = query.where(columns.process_id == process_id)
    for found in session.scalars(query).all():
        newest = definitions.load(session, definitions.find_process(session, found))
        retention = newest.process.properties.get(RETENTION, "").strip() or rules.retention
        if retention:
            yield Due(found, retention, feel.add_duration(clock.here(), f"-{retention}"))


def count(session: Session, due: Due) -> int:
    """How many cases would leave now."""
    return session.scalar(select(func.count()).select_from(_ended(due).subquery())) or 0


def _alone(session: Session) -> bool:
    """Whether no other keeper works; SQLite's one writer is alone anyway."""
    if not is_postgresql():
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _KEEPER_LOCK}))


def _locked(session: Session, query: Select[Any]) -> list[Any]:
    """The cases, with nobody else changing them; one that was held at this very moment stays."""
    if is_postgresql():
        query = query.with_for_update(of=process_instance, skip_locked=True)
    roots = list(session.execute(query))
    keys = [root.key for root in roots]
    held_now = set(session.scalars(select(legal_hold.c.root_key).where(legal_hold.c.root_key.in_(keys))))
    return [root for root in roots if root.key not in held_now]


def _ended(due: Due) -> Select[Any]:
    """Cases of a process that may leave, the oldest first: nothing of them runs, is to be sent or counted, or is held."""
    columns, child = process_instance.c, aliased(process_instance)
    return (
        select(columns.key, columns.ended_at, columns.process_id, case_file.c.number)
        .outerjoin(case_file, case_file.c.instance_key == columns.key)
        .where(
            columns.process_id == due.process_id,
            columns.parent_key.is_(None),
            columns.ended_at.is_not(None),
            columns.ended_at < due.before,
            ~exists().where(legal_hold.c.root_key == columns.key),
            ~exists().where(child.c.parent_key == columns.key, child.c.ended_at.is_(None)),
            ~exists().where(effect.c.instance_key == columns.key),
            ~exists().where(pending_change.c.root_key == columns.key),
            ~exists().where(outgoing.c.instance_key == columns.key, outgoing.c.state.in_(_UNSENT)),
        )
        .order_by(columns.ended_at, columns.key)
    )


def _archive(session: Session, rules: Rules, roots: Sequence[Any]) -> None:
    root_of = _with_children(session, [root.key for root in roots])
    rows = _rows_by_case(session, root_of)
    first = roots[0]
    file = f"{first.ended_at:%Y/%m}/{first.process_id}-{first.key}.jsonl.gz"
    written = archive.write(rules.folder, file, [row for root in roots for row in rows[root.key]])
    key = new_key()
    session.execute(
        insert(archive_table).values(
            key=key,
            file=written.file,
            sha256=written.sha256,
            cases=len(roots),
            rows=written.rows,
            bytes=written.bytes,
            written_at=clock.now(),
        )
    )
    left = [
        {
            "root_key": root.key,
            "number": root.number or str(root.key),
            "process_id": root.process_id,
            "ended_at": root.ended_at,
            "archive_key": key,
        }
        for root in roots
    ]
    session.execute(insert(archived_case), left)
    for table in reversed(_tables()):
        session.execute(delete(table).where(_belongs(table, root_of)))


def _with_children(session: Session, root_keys: Sequence[int]) -> dict[int, int]:
    """The root key by instance key, of the cases' own instances and all that they called."""
    root_of = {key: key for key in root_keys}
    level = list(root_keys)
    while level:
        columns = process_instance.c
        called = session.execute(select(columns.key, columns.parent_key).where(columns.parent_key.in_(level)))
        children = {row.key: root_of[row.parent_key] for row in called}
        root_of |= children
        level = list(children)
    return root_of


def _tables() -> list[Table]:
    """The tables whose rows belong to instances: what others refer to comes first."""
    of_instances = ("instance_key", "user_task_key")
    return [
        table
        for table in metadata.sorted_tables
        if table is process_instance or any(name in table.c for name in of_instances)
    ]


def _belongs(table: Table, root_of: Mapping[int, int]) -> ColumnElement[bool]:
    """Whether a row of the table belongs to one of these instances."""
    if table is process_instance:
        return table.c.key.in_(root_of)
    if "instance_key" in table.c:
        return table.c.instance_key.in_(root_of)
    return table.c.user_task_key.in_(select(user_task.c.key).where(user_task.c.instance_key.in_(root_of)))


def _rows_by_case(session: Session, root_of: Mapping[int, int]) -> dict[int, list[tuple[str, Any]]]:
    """(table name, row) by root key; the instances come first."""
    cases: dict[int, list[tuple[str, Any]]] = {root: [] for root in root_of.values()}
    instance_of: dict[int, int] = {}
    for table in sorted(_tables(), key=lambda table: table is not process_instance):
        query = select(table).where(_belongs(table, root_of)).order_by(*table.primary_key.columns)
        for row in session.execute(query).mappings():
            if table is user_task:
                instance_of[row["key"]] = row["instance_key"]
            if table is process_instance:
                instance_key = row["key"]
            else:
                instance_key = row.get("instance_key") or instance_of[row["user_task_key"]]
            cases[root_of[instance_key]].append((table.name, row))
    return cases


def hold(session: Session, number: str, *, reason: str, by: Person | None) -> None:
    """Keep a case whatever its time, until `release`. The reason stands in its history.

    Without `by` someone at the server does it. Raises NotFound, NotAllowed, Invalid without a reason, Conflict when
    it is held already.
    """
    root_key, words = _asked(session, number, reason, by)
    if _is_held(session, root_key):
        raise Conflict("case_already_held", number=number)
    session.execute(
        insert(legal_hold).values(
            root_key=root_key, reason=words, held_at=clock.now(), held_by=by.username if by else None
        )
    )
    history.record(session, root_key, "case_held", by=by, reason=words)


def release(session: Session, number: str, *, reason: str, by: Person | None) -> None:
    """Let the case leave when its time is over again. Raises as `hold`, and Conflict when it is not held."""
    root_key, words = _asked(session, number, reason, by)
    if not _is_held(session, root_key):
        raise Conflict("case_not_held", number=number)
    session.execute(delete(legal_hold).where(legal_hold.c.root_key == root_key))
    history.record(session, root_key, "case_released", by=by, reason=words)


def held(session: Session) -> list[Any]:
    """Every legal hold: `number`, `reason`, `held_at`, `held_by`, the oldest first."""
    query = select(legal_hold, case_file.c.number).outerjoin(
        case_file, case_file.c.instance_key == legal_hold.c.root_key
    )
    return list(session.execute(query.order_by(legal_hold.c.held_at)))


def _asked(session: Session, number: str, reason: str, by: Person | None) -> tuple[int, str]:
    if by is not None:
        access.require(by, Action.OPERATE_CASE)
    if not reason.strip():
        raise Invalid("reason_required", [("reason", "required", {})])
    root_key = session.scalar(select(case_file.c.instance_key).where(case_file.c.number == number))
    if root_key is None and number.isdigit() and len(number) < 20:
        this = (process_instance.c.key == int(number)) & process_instance.c.parent_key.is_(None)
        root_key = session.scalar(select(process_instance.c.key).where(this))
    if root_key is None:
        raise NotFound("case_not_found", number=number)
    return root_key, reason.strip()


def _is_held(session: Session, root_key: int) -> bool:
    runtime.lock(session, root_key)  # nobody else holds, releases or archives it meanwhile
    return session.scalar(select(legal_hold.c.root_key).where(legal_hold.c.root_key == root_key)) is not None
