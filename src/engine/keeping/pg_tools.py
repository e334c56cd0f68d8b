"""PostgreSQL's own programs for backups: find those that fit the server, and run them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from laneway.errors import Unavailable

_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/*/bin")
_NOT_FOR_THEM = frozenset({"prepare_threshold", "context"})
_TOLD = 2000


def find(tool: str, *, at_least: int) -> Path:
    """The program of this name (`pg_dump`, `pg_restore`, `psql`) whose major version is the lowest that will do.

    A server of version 15 is dumped by 15 or newer; the nearest writes the least that an older server does not know.
    Looks on PATH and where distributions put the versions beside each other. Raises Unavailable when there is none.
    """
    known = [(version, path) for path in _programs(tool) if (version := _major(path)) >= at_least]
    if not known:
        raise Unavailable("backup_tool_missing", tool=tool, version=at_least)
    return min(known, key=lambda found: found[0])[1]


def _programs(tool: str) -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(tool, path=folder)
        if found:
            yield Path(found)
    for pattern in _FOLDERS:
        yield from sorted(Path("/").glob(f"{pattern.removeprefix('/')}/{tool}"))


def _major(program: Path) -> int:
    """The major version that a program tells of itself; 0 if it does not run."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"\) (\d+)", told.stdout)
    return int(version[1]) if version else 0


def run(program: Path, arguments: Sequence[str | Path], engine: Engine | None = None) -> str:
    """Run a program, on the database of an engine if there is one; what it printed.

    Raises Unavailable with its last words when it fails.
    """
    environment = dict(os.environ)
    connection: list[str | Path] = []
    if engine is not None:
        _, parameters = engine.dialect.create_connect_args(engine.url)
        told = {name: value for name, value in parameters.items() if name not in _NOT_FOR_THEM}
        password = told.pop("password", None)
        if password:  # not among the arguments, which everyone on the machine can read
            environment["PGPASSWORD"] = str(password)
        connection = [f"--dbname={make_conninfo(**told)}"]
    done = subprocess.run(
        [program, *connection, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable("backup_tool_failed", tool=program.name, words=done.stderr.strip()[-_TOLD:])
    return done.stdout
