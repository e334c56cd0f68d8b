"""Whether this process can do its work: the parts it depends on, each tried for real."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text

from laneway.engine.database import engine, is_postgresql, pooled, reading, schema, staleness, wakeups
from laneway.engine.database import failures as database_errors
from laneway.engine.monitoring import gauges, workers
from laneway.engine.tables import worker
from laneway.errors import LanewayError

_PATIENCE_SECONDS = 3
_KEPT_SECONDS = 1.0
_LEAST_FREE_BYTES = 100 * 2**20


@dataclass(frozen=True)
class Part:
    """Something this process depends on; a part that only informs is always well."""

    name: str
    is_well: bool
    details: Mapping[str, Any] = field(default_factory=dict)


class Readiness:
    """The parts as they were at most a second ago. `data` is the folder whose disk must not fill up.

    `has_standby` tells whether pages that only look are to be read from one.
    """

    def __init__(self, data: Path, *, has_standby: bool = False, kept_seconds: float = _KEPT_SECONDS) -> None:
        self._data = data
        self._has_standby = has_standby
        self._lock = threading.Lock()
        self._kept_seconds = kept_seconds
        self._until = 0.0
        self._parts: list[Part] = []
        self._is_stopping = False

    def stop(self) -> None:
        """This process has been told to end: from now on it is not ready."""
        self._is_stopping = True

    def parts(self) -> list[Part]:
        """All parts. What cannot be tried because the database does not answer is left out."""
        # Whoever asks while another tries takes that one's result: many askers cost no more than one.
        with self._lock:
            if time.monotonic() >= self._until:
                self._parts = self._try()
                self._until = time.monotonic() + self._kept_seconds
            return [Part("process", not self._is_stopping), *self._parts]

    def _try(self) -> list[Part]:
        # A folder that nothing was written to yet may not be there; its disk is that of the one above.
        there = next(folder for folder in (self._data, *self._data.absolute().parents) if folder.exists())
        free = shutil.disk_usage(there).free
        disk = Part("disk", free >= _LEAST_FREE_BYTES, {"free_bytes": free})
        if not _does(_read):
            return [disk, Part("database", False)]
        kind = {"kind": engine().dialect.name, "pooled": is_postgresql() and pooled()}
        parts = [disk, Part("database", True, kind), Part("wake_ups", True, {"state": wakeups.state()})]
        parts.append(Part("database_write", _does(_write)))
        try:
            if not schema.is_current(engine()):
                return [*parts, Part("schema", False)]
            parts += [Part("schema", True), *_living()]
            return [*parts, _standby()] if self._has_standby else parts
        except (*database_errors.ANY, LanewayError):
            return [*parts, Part("database", False)]


def _living() -> list[Part]:
    with reading() as session:
        silent = workers.silence(session)
        alive = workers.alive(session)
        backlog = gauges.outbox_backlog_seconds(session)
    is_well = silent is not None and silent < workers.DEAD_AFTER_SECONDS
    return [
        Part("worker", is_well, {"alive": alive, "silent_seconds": silent}),
        Part("outbox", True, {"oldest_seconds": backlog}),
    ]


def _standby() -> Part:
    """Pages are read from the primary while the standby is away or too far behind, so this only informs."""
    with reading(stale_ok=True) as session:
        found = staleness(session)
    return Part("standby", True, {"used": found is not None, "lag_seconds": found and found.seconds})


def _does(work: Callable[[Connection], None]) -> bool:
    try:
        with engine().connect() as connection:
            if is_postgresql():
                for kind in ("statement_timeout", "lock_timeout"):
                    connection.execute(text(f"SET LOCAL {kind} = '{_PATIENCE_SECONDS}s'"))
                work(connection)
                return True
            return _does_on_sqlite(connection, work)
    except (*database_errors.ANY, LanewayError):
        return False


def _does_on_sqlite(connection: Connection, work: Callable[[Connection], None]) -> bool:
    # Before the first statement, which begins a transaction and so waits for the one writer.
    raw: Any = connection.connection.driver_connection
    [usual] = raw.execute("PRAGMA busy_timeout").fetchone()
    raw.execute(f"PRAGMA busy_timeout = {_PATIENCE_SECONDS * 1000}")
    try:
        work(connection)
        return True
    finally:
        raw.execute(f"PRAGMA busy_timeout = {usual}")


def _read(connection: Connection) -> None:
    connection.execution_options(laneway_read_only=True).execute(text("SELECT 1"))


def _write(connection: Connection) -> None:
    """Write a row; the end of the connection takes it back."""
    now = datetime.now(UTC)
    about = {"name": "a probe", "host": "", "pid": 0, "version": "", "kinds": []}
    connection.execute(insert(worker).values(**about, started_at=now, seen_at=now))
