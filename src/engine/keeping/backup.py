"""Backups of a running installation, and putting them back.

A backup is one tar file: `manifest.json` (version, schema, time, hash of each other file), `secret_key`, and the
database of one moment, as SQLite's file or as PostgreSQL's custom dump. Archive files are not in it: they never change.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import orjson
from sqlalchemy import Engine, func, inspect, select, text

from laneway import __version__
from laneway.engine import clock
from laneway.engine.database import connections, schema
from laneway.engine.keeping import pg_tools
from laneway.engine.model import JobState, OutgoingState
from laneway.engine.tables import job, metadata, outgoing, timer
from laneway.errors import Conflict, Invalid

_FORMAT = 1
_DATABASE, _SECRET, _MANIFEST = "database", "secret_key", "manifest.json"
_BLOCK = 2**20


@dataclass(frozen=True)
class Manifest:
    """What a backup tells of itself. `kind` is sqlite or postgresql, `tool` the major version that dumped it."""

    format: int
    version: str
    schema: str
    kind: str
    tool: int
    made_at: str
    sha256: dict[str, str]


@dataclass(frozen=True)
class Restored:
    """What was put back, and what stood waiting in it: it may have happened since, and will happen again."""

    manifest: Manifest
    messages: int
    jobs: int
    timers: int
    set_aside: Path | None


def make(engine: Engine, target: Path, *, secret_key: str) -> Path:
    """Back up a database while it is used, into a file, or into a folder under a name that tells the time.

    The file appears when it is whole. Raises Unavailable when PostgreSQL's programs are missing or fail, Invalid when
    the copy of a SQLite file is damaged, OSError when there is no room.
    """
    if target.is_dir():
        target = target / f"laneway-{clock.here():%Y%m%d-%H%M%S}.backup"
    kind = engine.dialect.name
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".laneway-backup-") as folder:
        database = Path(folder, _DATABASE)
        tool = _dump(engine, database) if kind == "postgresql" else _copy_sqlite(engine, database)
        Path(folder, _SECRET).write_text(secret_key, "utf-8")
        manifest = Manifest(
            format=_FORMAT,
            version=__version__,
            schema=schema.revision(engine) or "",
            kind=kind,
            tool=tool,
            made_at=clock.now().isoformat(timespec="seconds"),
            sha256={name: _sha256(Path(folder, name)) for name in (_SECRET, _DATABASE)},
        )
        Path(folder, _MANIFEST).write_bytes(orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2))
        whole = Path(folder, "whole")
        with tarfile.open(whole, "w") as packed:
            for name in (_MANIFEST, _SECRET, _DATABASE):
                packed.add(Path(folder, name), arcname=name)
        whole.chmod(0o600)
        with whole.open("rb") as stream:
            os.fsync(stream.fileno())
        whole.replace(target)
    return target


def _dump(engine: Engine, target: Path) -> int:
    major = _server_major(engine)
    options = ("--format=custom", "--no-owner", "--no-privileges", f"--file={target}")
    pg_tools.run(pg_tools.find("pg_dump", at_least=major), options, engine)
    return major


def _server_major(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000


def _copy_sqlite(engine: Engine, target: Path) -> int:
    pooled = engine.raw_connection()
    with closing(pooled), closing(sqlite3.connect(target)) as copied:
        # In one go: a reader's snapshot, so that writers neither wait for it nor start it over.
        cast(sqlite3.Connection, pooled.driver_connection).backup(copied, pages=-1)
        copied.execute("PRAGMA journal_mode=DELETE")
    _check_sqlite(target)
    return 0


def _check_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as copied:
        if copied.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise Invalid("backup_broken", file=str(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def restore(url: str, source: Path, *, data: Path, replace: bool) -> Restored:
    """Put a backup into the database at `url` and its secret key into `data`; the schema is migrated afterwards.

    A SQLite file that is replaced is set aside under another name; PostgreSQL's tables are replaced in one
    transaction. Raises Invalid when the backup is not whole, of another kind or of a later release, Conflict when the
    database holds rows and not `replace`, or something uses it, Unavailable when PostgreSQL's programs fail.
    """
    with _unpacked(source, data) as (folder, manifest):
        engine = connections.open_(url)
        try:
            if engine.dialect.name != manifest.kind:
                raise Invalid("backup_of_other_kind", kind=manifest.kind)
            if not replace and _holds_rows(engine):
                raise Conflict("restore_target_not_empty")
            if manifest.kind == "postgresql":
                set_aside = None
                _replace_tables(engine, Path(folder, _DATABASE), manifest)
            else:
                set_aside = _replace_file(engine, Path(folder, _DATABASE))
            schema.upgrade(engine)
            _write_secret(data / _SECRET, Path(folder, _SECRET).read_text("utf-8"))
            return _restored(engine, manifest, set_aside)
        finally:
            connections.close(engine)


@contextmanager
def _unpacked(source: Path, data: Path) -> Iterator[tuple[Path, Manifest]]:
    """The files of a backup, whose hashes are those of its manifest."""
    with tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as name:
        folder = Path(name)
        try:
            with tarfile.open(source, "r:") as packed:
                packed.extractall(folder, filter="data")
            told = orjson.loads(Path(folder, _MANIFEST).read_bytes())
            if told["format"] > _FORMAT or schema.is_of_later_release(told["schema"]):
                raise Invalid("backup_of_later_release")
            manifest = Manifest(**told)
            whole = all(_sha256(folder / file) == sha256 for file, sha256 in manifest.sha256.items())
        except (tarfile.TarError, OSError, ValueError, KeyError, TypeError):
            raise Invalid("backup_broken", file=str(source)) from None
        if not whole or manifest.sha256.keys() != {_SECRET, _DATABASE}:
            raise Invalid("backup_broken", file=str(source))
        yield folder, manifest


def _holds_rows(engine: Engine) -> bool:
    with engine.connect().execution_options(laneway_read_only=True) as connection:
        names = set(inspect(connection).get_table_names())
        ours = (table for table in metadata.sorted_tables if table.info.get("is_copied", True))
        return any(
            connection.execute(select(text("1")).select_from(table).limit(1)).first() is not None
            for table in ours
            if table.name in names
        )


def _replace_file(engine: Engine, database: Path) -> Path | None:
    """Put SQLite's file in place; returns where the old one is kept, if there was anything in it."""
    _check_sqlite(database)
    path = Path(engine.url.database or "")
    held_rows = _holds_rows(engine)
    engine.dispose()
    _close_journal(path)
    set_aside = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%d%H%M%S}") if held_rows else None
    if set_aside is not None:
        path.replace(set_aside)
    database.replace(path)
    return set_aside


def _close_journal(path: Path) -> None:
    """Take everything into the file itself, which SQLite does only when nobody else has it open."""
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            raise Conflict("database_in_use") from None


def _replace_tables(engine: Engine, dump: Path, manifest: Manifest) -> None:
    """Take our tables out and the dump's in, in one transaction."""
    with engine.connect() as connection:
        others = connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        )
        names = inspect(connection).get_table_names()
    if others:
        raise Conflict("database_in_use")
    engine.dispose()
    pg_restore = pg_tools.find("pg_restore", at_least=manifest.tool)
    listed = pg_tools.run(pg_restore, ["--list", dump])
    dumped = {
        line.split()[5] for line in listed.splitlines() if " TABLE " in line and " TABLE DATA " not in line
    }
    ours = dumped | metadata.tables.keys() | {"alembic_version"}
    script = dump.with_suffix(".sql")
    pg_tools.run(pg_restore, ["--no-owner", "--no-privileges", f"--file={script}", dump])
    drop = ", ".join(f'"{name}"' for name in names if name in ours)
    first = [f"--command=DROP TABLE IF EXISTS {drop} CASCADE"] if drop else []
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    pg_tools.run(
        pg_tools.find("psql", at_least=manifest.tool), [*options, *first, f"--file={script}"], engine
    )


def _write_secret(path: Path, secret: str) -> None:
    draft = path.with_name(f"{path.name}.restored")
    draft.touch(mode=0o600)
    draft.write_text(secret, "utf-8")
    draft.replace(path)


def _restored(engine: Engine, manifest: Manifest, set_aside: Path | None) -> Restored:
    unsent = outgoing.c.state.in_((OutgoingState.QUEUED, OutgoingState.SENDING))
    unfinished = job.c.state.in_((JobState.CREATED, JobState.ACTIVATED))
    overdue = timer.c.due_at <= clock.now()
    waiting = ((outgoing, unsent), (job, unfinished), (timer, overdue))
    with engine.connect().execution_options(laneway_read_only=True) as connection:
        messages, jobs, timers = (
            connection.scalar(select(func.count()).select_from(table).where(condition)) or 0
            for table, condition in waiting
        )
    return Restored(manifest, messages, jobs, timers, set_aside)
