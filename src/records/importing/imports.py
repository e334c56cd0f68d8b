"""Imports: a file is uploaded, its columns are mapped, it is checked without a change, and then it is run.

Check and run go on in the background, a batch in each transaction together with how far they are, so that whoever takes
an import over after a crash goes on where it stood. The file lies in the database until the import has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from laneway.engine import access, clock
from laneway.engine.access import Action
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.tables.department.records import (
    record_import,
    record_import_part,
    record_import_problem,
)
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.importing import columns, sheets
from laneway.records.importing.batches import Outcome, Result, Wrong
from laneway.records.importing.sheets import Form
from laneway.records.kinds import known
from laneway.records.kinds.declared import Kind

MOST_PROBLEMS = 20_000
"""So many are kept of an import; how many rows are wrong is counted beyond."""
LEASE_SECONDS = 60.0
_PART = 2**20
_LAST_KEY = 2**63 - 1
_KEPT = timedelta(days=7)
_columns = record_import.c


class State(StrEnum):
    """Where an import stands."""

    UPLOADED = "UPLOADED"
    CHECKING = "CHECKING"
    CHECKED = "CHECKED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


WORKING = (State.CHECKING, State.RUNNING)
ENDED = (State.DONE, State.CANCELLED, State.FAILED)


@dataclass(frozen=True)
class Import:
    """An import. `counts` are rows by outcome, and `proposed`; `rows` is None until the file was read to its end."""

    key: int
    kind: str
    file_name: str
    form: Form
    size: int
    header: Sequence[str]
    mapping: Sequence[str]
    is_only_new: bool
    state: State
    failure: str
    rows: int | None
    done_rows: int
    counts: Mapping[str, int]
    uploaded_by: str | None
    uploaded_at: datetime
    ended_at: datetime | None

    @property
    def wrong(self) -> int:
        """How many rows were refused."""
        return self.counts.get(Outcome.WRONG, 0)


def add(session: Session, kind: Kind, name: str, path: Path, *, by: Person | None, encoding: str = "") -> int:
    """Keep a file that was uploaded, with a mapping proposed by its header; returns the key of the import.

    The encoding is guessed where none is given.
    Raises NotAllowed, and Invalid when the file is no table, is too large or has no row below its header.
    """
    _require(by, kind)
    form = sheets.form_of(path, encoding)
    rows = sheets.rows(path, form)
    header = [str(cell or "").strip()[:200] for cell in next(rows, [])]
    if not header or not any(True for _row in rows):
        raise Invalid("import_empty")
    key = new_key()
    session.execute(
        insert(record_import).values(
            key=key,
            kind=kind.id,
            file_name=name.replace("\0", "").strip()[-200:],
            format=form.format,
            encoding=form.encoding,
            delimiter=form.delimiter,
            size=path.stat().st_size,
            header=header,
            mapping=columns.proposed(kind, header),
            is_only_new=False,
            state=State.UPLOADED,
            failure="",
            done_rows=0,
            counts={},
            uploaded_by=by.username if by is not None else None,
            uploaded_at=clock.now(),
        )
    )
    with path.open("rb") as file:
        part = 0
        while content := file.read(_PART):
            session.execute(insert(record_import_part).values(import_key=key, part=part, content=content))
            part += 1
    return key


def get(session: Session, key: int, kind: Kind | None = None, *, is_locked: bool = False) -> Import:
    """The import with this key, of this kind. Raises NotFound."""
    query = select(record_import).where(_columns.key == min(key, _LAST_KEY))
    row = session.execute(query.with_for_update() if is_locked else query).one_or_none()
    if row is None or (kind is not None and row.kind != kind.id):
        raise NotFound("import_not_found")
    return _import(row)


def listed(session: Session, kind: Kind, *, limit: int = 10) -> list[Import]:
    """The latest imports of a kind."""
    query = select(record_import).where(_columns.kind == kind.id).order_by(_columns.uploaded_at.desc())
    return [_import(row) for row in session.execute(query.limit(limit))]


def sample(session: Session, found: Import, folder: Path, *, rows: int = 3) -> list[list[Any]]:
    """The first rows below the header, read from the first part of the file; none of a workbook."""
    if found.form.format != "csv":
        return []
    path = folder / f"{found.key}.sample"
    query = select(record_import_part.c.content).where(
        record_import_part.c.import_key == found.key, record_import_part.c.part == 0
    )
    path.write_bytes(session.scalar(query) or b"")
    try:
        given = sheets.rows(path, found.form)
        next(given, None)
        return [row for row, _number in zip(given, range(rows), strict=False)]
    except Invalid:
        return []
    finally:
        path.unlink()


def begin(
    session: Session,
    key: int,
    *,
    by: Person | None,
    is_dry: bool,
    mapping: Sequence[str] | None = None,
    is_only_new: bool | None = None,
    leased_by: str | None = None,
) -> None:
    """Let the import be checked, or run. `leased_by` is who begins with it at once, rather than any worker.

    Raises NotAllowed, NotFound, Invalid for a mapping that names a field twice, an unknown one, or leaves out what
    identifies a record; Conflict when it is being worked on or has ended.
    """
    found = get(session, key, is_locked=True)
    kind = known.kind(found.kind)
    _require(by, kind)
    if found.state in WORKING or found.state in ENDED:
        raise Conflict("import_not_waiting")
    wanted = list(found.mapping if mapping is None else mapping)
    _require_mapping(kind, wanted, len(found.header))
    session.execute(delete(record_import_problem).where(record_import_problem.c.import_key == key))
    session.execute(
        update(record_import)
        .where(_columns.key == key)
        .values(
            state=State.CHECKING if is_dry else State.RUNNING,
            mapping=wanted,
            is_only_new=found.is_only_new if is_only_new is None else is_only_new,
            done_rows=0,
            counts={},
            leased_by=leased_by,
            leased_until=clock.now() + timedelta(seconds=LEASE_SECONDS) if leased_by else None,
        )
    )


def cancel(session: Session, key: int, *, by: Person) -> None:
    """Stop an import, and forget its file; what it has written stays. Raises NotAllowed, NotFound, Conflict."""
    found = get(session, key, is_locked=True)
    _require(by, known.kind(found.kind))
    if found.state in ENDED:
        raise Conflict("import_not_waiting")
    end(session, key, State.CANCELLED)


def problems(
    session: Session, key: int, *, after: int = 0, limit: int = MOST_PROBLEMS
) -> list[tuple[int, Wrong]]:
    """What is wrong with rows, in their order, each with its number: that is where the next page goes on."""
    told = record_import_problem.c
    query = select(record_import_problem).where(told.import_key == key, told.number > after)
    return [
        (row.number, Wrong(row.row, row.field, row.value, row.code, row.params))
        for row in session.execute(query.order_by(told.number).limit(limit))
    ]


# -- for who works on them


def is_any_waiting(session: Session, leaving: Collection[int] = ()) -> bool:
    """Whether there is an import that nobody works on."""
    return session.scalar(select(_columns.key).where(*_waiting(leaving)).limit(1)) is not None


def lease(session: Session, worker: str, leaving: Collection[int] = ()) -> Import | None:
    """Take an import that nobody works on, the oldest first."""
    query = select(record_import).where(*_waiting(leaving)).order_by(_columns.key).limit(1)
    row = session.execute(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    until = clock.now() + timedelta(seconds=LEASE_SECONDS)
    session.execute(
        update(record_import).where(_columns.key == row.key).values(leased_by=worker, leased_until=until)
    )
    return _import(row)


def advance(session: Session, found: Import, worker: str, rows: int, result: Result) -> Import:
    """Write down what became of so many more rows. Raises Conflict when it was cancelled or given to another worker."""
    now = get(session, found.key, is_locked=True)
    counts = dict(now.counts)
    for outcome, number in result.counts.items():
        counts[outcome.value] = counts.get(outcome.value, 0) + number
    counts["proposed"] = counts.get("proposed", 0) + result.proposed
    told = now.counts.get("problems", 0)
    kept = result.wrong[: max(MOST_PROBLEMS - told, 0)]
    counts["problems"] = told + len(kept)
    done = now.done_rows + rows
    changed = session.scalar(
        update(record_import)
        .where(_columns.key == found.key, _columns.state == found.state, _columns.leased_by == worker)
        .values(done_rows=done, counts=counts, leased_until=clock.now() + timedelta(seconds=LEASE_SECONDS))
        .returning(_columns.key)
    )
    if now.done_rows != found.done_rows or changed is None:
        raise Conflict("import_not_waiting")
    if kept:
        session.execute(
            insert(record_import_problem),
            [
                {
                    "import_key": found.key,
                    "number": told + at,
                    "row": one.row,
                    "field": one.path[:200],
                    "value": one.value.replace("\0", ""),
                    "code": one.code,
                    "params": dict(one.params),
                }
                for at, one in enumerate(kept, 1)
            ],
        )
    return get(session, found.key)


def end(session: Session, key: int, state: State, *, rows: int | None = None, failure: str = "") -> None:
    """Let an import rest at this state; the file of one that has ended is deleted."""
    values: dict[str, Any] = {"state": state, "failure": failure, "leased_by": None, "leased_until": None}
    if rows is not None:
        values["rows"] = rows
    if state in ENDED:
        values["ended_at"] = clock.now()
        session.execute(delete(record_import_part).where(record_import_part.c.import_key == key))
    session.execute(update(record_import).where(_columns.key == key).values(**values))


def write_file(session: Session, key: int, path: Path) -> None:
    """Write the uploaded file to a path."""
    part = record_import_part.c
    with path.open("wb") as file:
        number = 0
        while True:
            query = select(part.content).where(part.import_key == key, part.part == number)
            content = session.scalar(query)
            if content is None:
                return
            file.write(content)
            number += 1


def forget(session: Session) -> int:
    """Cancel what was uploaded a week ago and never run; how many."""
    old = _columns.uploaded_at < clock.now() - _KEPT
    query = select(_columns.key).where(_columns.state.in_((State.UPLOADED, State.CHECKED)), old).limit(20)
    keys = list(session.scalars(query))
    for key in keys:
        end(session, key, State.CANCELLED)
    return len(keys)


def _waiting(leaving: Collection[int]) -> tuple[Any, ...]:
    is_free = or_(_columns.leased_until.is_(None), _columns.leased_until < clock.now())
    return _columns.state.in_(WORKING), is_free, _columns.key.not_in(leaving)


def _require(by: Person | None, kind: Kind) -> None:
    if by is not None:
        access.require(by, Action.EDIT_RECORD, kind)


def _require_mapping(kind: Kind, mapping: Sequence[str], wide: int) -> None:
    used = [path for path in mapping if path]
    if len(mapping) != wide or len(set(used)) != len(used):
        raise Invalid("import_mapping_twice")
    if any(columns.column(kind, path) is None for path in used):
        raise Invalid("import_mapping_unknown")
    missing = [name for name in kind.identified_by if name not in used]
    if missing and not (missing == [kind.code] and kind.series):
        label = kind.by_name[missing[0]].label
        raise Invalid("import_mapping_incomplete", zh=label.zh, en=label.en)
    if not used:
        raise Invalid("import_mapping_incomplete", zh=kind.name.zh, en=kind.name.en)


def _import(row: Any) -> Import:
    told = dict(row._mapping)
    for name in ("leased_by", "leased_until"):
        told.pop(name)
    form = Form(told.pop("format"), told.pop("encoding"), told.pop("delimiter"))
    return Import(**{**told, "form": form, "state": State(row.state)})
