"""Works on imports: some batches at a time, several imports in turn, whoever began them."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from laneway.engine import access, accounts
from laneway.engine.access import Action
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.errors import Conflict, Invalid, LanewayError, NotAllowed, NotFound, Unavailable
from laneway.records.importing import batches, columns, imports, sheets
from laneway.records.importing.batches import Outcome, Plan, Result, Wrong
from laneway.records.importing.cells import unguarded
from laneway.records.importing.imports import Import, State
from laneway.records.kinds import known

logger = logging.getLogger(__name__)

BATCH = 500
MOST_PROPOSALS = 1_000
"""Records of one import whose sensitive fields may wait for agreement: nobody looks through more of them one by one."""
_AT_ONCE = 4
_HOUSEKEEPING_SECONDS = 3600.0
_BREATH_SECONDS = 0.002  # others must find SQLite's write lock free now and then

_TRY_AGAIN = ("database_busy",)

_Row = tuple[int, list[Any]]
"""Its number in the file, and its cells."""


@dataclass
class _Open:
    """An import that this process works on, with its file open at the next row."""

    found: Import
    by: Person | None
    folder: tempfile.TemporaryDirectory[str]
    rows: Iterator[_Row]
    plan: Plan
    pending: list[_Row] = field(default_factory=list)
    refusal: LanewayError = field(default_factory=lambda: Invalid("import_row_refused"))


class Importer:
    """Works on imports in one thread; `work` does one batch of the next one in turn."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._open: list[_Open] = []
        self._kept_house_at = 0.0

    def work(self) -> bool:
        """Do one batch; whether there was anything to do."""
        if len(self._open) < _AT_ONCE:
            self._take()
        if not self._open:
            self._keep_house()
            return False
        one = self._open.pop(0)
        goes_on = False  # after an error its lease runs out, and it is taken up again where it stands
        try:
            goes_on = self._batch(one)
        except Unavailable:
            goes_on = True  # the database is away: the same batch again when it is back
            raise
        finally:
            self._open.append(one) if goes_on else one.folder.cleanup()
        time.sleep(_BREATH_SECONDS)
        return True

    def finish(self, key: int) -> None:
        """Work on one import, leased to this worker when it began, until it rests."""
        with reading() as session:
            found = imports.get(session, key)
        one = self._prepared(found)
        if one is None:
            return
        try:
            while self._batch(one):
                pass
        finally:
            one.folder.cleanup()

    # -- taking up

    def _take(self) -> None:
        mine = [one.found.key for one in self._open]
        with reading() as session:
            if not imports.is_any_waiting(session, mine):
                return
        with unit_of_work() as session:
            found = imports.lease(session, self._worker, mine)
        if found is not None:
            one = self._prepared(found)
            if one is not None:
                self._open.append(one)

    def _prepared(self, found: Import) -> _Open | None:
        """The import with its file open behind the rows that are done; None where that fails, which ends it."""
        folder = tempfile.TemporaryDirectory(prefix="laneway-import-")
        path = Path(folder.name) / "file"
        kind = known.kind(found.kind)
        try:
            with reading() as session:
                imports.write_file(session, found.key, path)
                by = accounts.person(session, found.uploaded_by) if found.uploaded_by is not None else None
            if by is not None:
                access.require(by, Action.EDIT_RECORD, kind)
            mapped = [columns.column(kind, name) for name in found.mapping]
            plan = Plan(
                kind=kind,
                columns=mapped,
                is_only_new=found.is_only_new,
                is_dry=found.state is State.CHECKING,
                by=by,
                reason=f"导入 · import: {found.file_name}",
                source_key=found.key,
                proposals_left=MOST_PROPOSALS - found.counts.get("proposed", 0),
                seen=set(),
                told=set(),
            )
            rows = self._behind(path, found, plan)
        except (Invalid, NotAllowed, NotFound) as refusal:
            folder.cleanup()
            self._fail(found, refusal)
            return None
        return _Open(found, by, folder, rows, plan)

    def _behind(self, path: Path, found: Import, plan: Plan) -> Iterator[_Row]:
        """The rows that are still to be done, numbered as in the file; what identifies the others is remembered."""
        rows = enumerate(_read(path, found), 1)
        next(rows, None)
        filled = ((number, row) for number, row in rows if row)
        for _number, row in islice(filled, found.done_rows):
            identity = batches.identity_of(plan, row)
            if identity is not None:
                plan.seen.add(identity)
        return filled

    # -- one batch

    def _batch(self, one: _Open) -> bool:
        """Do the next rows; whether there are more. What could not be tried now is tried at the next call."""
        try:
            one.pending = one.pending or list(islice(one.rows, BATCH))
        except Invalid as refusal:
            self._fail(one.found, refusal)
            return False
        try:
            if not one.pending:
                self._end(one)
                return False
            if not self._are_committed(one, one.pending):
                for row in one.pending:  # what the database refuses of a batch, it is to refuse alone
                    self._one_alone(one, row)
            one.pending = []
        except Conflict as refusal:
            # Otherwise it was cancelled, or somebody else goes on with it.
            return refusal.code in _TRY_AGAIN
        return True

    def _are_committed(self, one: _Open, rows: Sequence[_Row]) -> bool:
        """Write rows, and how far the import is with them; whether the database took them."""
        new = {batches.identity_of(one.plan, row) for _number, row in rows} - {None} - one.plan.seen
        is_taken = False
        try:
            with unit_of_work() as session:
                result = batches.carry_out(session, one.plan, rows)
                now = imports.advance(session, one.found, self._worker, len(rows), result)
            is_taken = True
        except (DBAPIError, LanewayError, ValueError) as error:
            if isinstance(error, Unavailable) or getattr(error, "code", "") in _TRY_AGAIN:
                raise
            self._require_ours(one.found)
            logger.info(
                "import_batch_divided", extra={"import_key": one.found.key, "reason": type(error).__name__}
            )
            one.refusal = error if isinstance(error, LanewayError) else Invalid("import_row_refused")
        finally:
            if not is_taken:
                one.plan.seen.difference_update(new)
        if is_taken:
            self._done(one, now)
        return is_taken

    def _one_alone(self, one: _Open, row: _Row) -> None:
        if self._are_committed(one, [row]):
            return
        wrong = Wrong(row[0], one.plan.kind.code, "", one.refusal.code, one.refusal.params)
        result = Result(wrong=[wrong])
        result.count(Outcome.WRONG)
        with unit_of_work() as session:
            now = imports.advance(session, one.found, self._worker, 1, result)
        self._done(one, now)

    def _done(self, one: _Open, now: Import) -> None:
        left = MOST_PROPOSALS - now.counts.get("proposed", 0)
        one.found = now
        one.plan = Plan(**{**one.plan.__dict__, "proposals_left": left})

    def _require_ours(self, found: Import) -> None:
        """Raises Conflict when the import was cancelled or given to another worker meanwhile."""
        with reading() as session:
            now = imports.get(session, found.key)
        if now.state is not found.state or now.done_rows != found.done_rows:
            raise Conflict("import_not_waiting")

    def _end(self, one: _Open) -> None:
        state = State.CHECKED if one.found.state is State.CHECKING else State.DONE
        with unit_of_work() as session:
            found = imports.advance(session, one.found, self._worker, 0, Result())
            imports.end(session, found.key, state, rows=found.done_rows)
        logger.info(
            "import_ended", extra={"import_key": found.key, "kind": found.kind, "rows": found.done_rows}
        )

    def _fail(self, found: Import, refusal: LanewayError) -> None:
        with unit_of_work() as session:
            imports.end(session, found.key, State.FAILED, failure=refusal.code)
        logger.info("import_failed", extra={"import_key": found.key, "reason": refusal.code})

    def _keep_house(self) -> None:
        now = time.monotonic()
        if now - self._kept_house_at < _HOUSEKEEPING_SECONDS and self._kept_house_at:
            return
        self._kept_house_at = now
        with unit_of_work() as session:
            imports.forget(session)


def _read(path: Path, found: Import) -> Iterator[list[Any]]:
    rows = sheets.rows(path, found.form)
    if found.form.format == "xlsx":
        return rows
    return ([unguarded(cell) for cell in row] for row in rows)
