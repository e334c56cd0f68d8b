"""A PostgreSQL server of its own for a measurement: as durable as it comes, with nothing tuned."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg

_ACCOUNT = "postgres"
TOLD_SECONDS = 11
"""So long after its last statement a session has told all that it counted."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running server; its databases, and what it has cost so far."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port

    def new_database(self, name: str) -> str:
        """Make an empty database; returns its address without a driver's name."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.address(name)

    def address(self, database: str) -> str:
        """How to reach a database of this server."""
        return f"postgresql://{_ACCOUNT}@127.0.0.1:{self._port}/{database}"

    def cpu_seconds(self) -> float:
        """CPU that all of its processes have used, those that have ended included."""
        first = int((self._folder / "postmaster.pid").read_text().splitlines()[0])
        main = _process(first)
        children = [_process(int(pid)) for pid in _children(first)]
        used = main.user + main.system + main.children
        return (used + sum(child.user + child.system for child in children if child)) / _TICKS

    def counts(self, database: str) -> dict[str, int]:
        """Transactions, rows written and deadlocks of a database so far, as far as its sessions have told."""
        names = ("xact_commit", "tup_inserted", "tup_updated", "tup_deleted", "deadlocks")
        query = f"SELECT {', '.join(names)} FROM pg_stat_database WHERE datname = %s"
        with psycopg.connect(self.address("postgres")) as connection:
            row = connection.execute(query.encode(), [database]).fetchone()
        assert row is not None
        return dict(zip(names, row, strict=True))


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _process(pid: int) -> Any:
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:  # it has ended meanwhile, and stands in its parent's sum
        return None
    fields = [int(field) for field in line.rpartition(")")[2].split()[11:15]]
    return SimpleNamespace(user=fields[0], system=fields[1], children=fields[2] + fields[3])


def binaries() -> Path | None:
    """The folder of the newest server that this machine has, as Debian's packages install it, or in the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def server() -> Iterator[Server]:
    """A server with PostgreSQL's default settings (fsync on) in a temporary folder, until the block ends.

    Raises SystemExit where PostgreSQL is not installed.
    """
    programs = binaries()
    if programs is None:
        raise SystemExit("PostgreSQL's initdb is not on this machine (Debian: apt install postgresql)")
    with tempfile.TemporaryDirectory(prefix="laneway-bench-pg-", ignore_cleanup_errors=True) as outer:
        folder, port = Path(outer) / "data", _free_port()
        folder.mkdir()
        if os.getuid() == 0:
            shutil.chown(outer, _ACCOUNT)
            shutil.chown(folder, _ACCOUNT)
        _run(
            programs / "initdb",
            "-D",
            folder,
            "-U",
            _ACCOUNT,
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
        )
        options = f"-p {port} -k {outer} -c listen_addresses=127.0.0.1"
        _run(programs / "pg_ctl", "-D", folder, "-w", "-l", f"{outer}/log", "-o", options, "start")
        try:
            yield Server(folder, port)
        finally:
            _run(programs / "pg_ctl", "-D", folder, "-w", "-m", "fast", "stop")


def _run(*command: object) -> None:
    as_account = ["runuser", "-u", _ACCOUNT, "--"] if os.getuid() == 0 else []
    full = [*as_account, *map(str, command)]
    subprocess.run(full, check=True, stdout=subprocess.DEVNULL, cwd="/")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
