"""A whole engine for one exam case: a database file of its own and a clock that only the case moves."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from laneway.engine import clock, database
from laneway.engine.database import schema

_BEGIN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class FreshEngine:
    """An empty engine until `close`. One at a time in a process, because a process has one database."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="laneway-exam-")
        path = Path(self._folder) / "laneway.db"
        shutil.copy(_empty_database(), path)
        database.connect(f"sqlite:///{path}")
        self.now = _BEGIN
        clock.set_source(lambda: self.now)

    def close(self) -> None:
        """Leave nothing behind."""
        clock.set_source(None)
        database.disconnect()
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def _empty_database() -> Path:
    """A migrated file to copy: migrating anew for each case would take most of the time."""
    folder = tempfile.mkdtemp(prefix="laneway-exam-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "empty.db"
    schema.upgrade(database.connect(f"sqlite:///{path}"))
    database.disconnect()
    return path
