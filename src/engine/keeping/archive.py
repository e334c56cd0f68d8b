"""Archive files of ended cases: gzipped JSON lines, one row of the database each, read and written as a whole.

A file's first line is its header, `{"laneway_archive": 1, "version": …}`; every other line is `{"table": …, "row": …}`.
Files are written once and never changed. The table `archive` knows each with its hash, `archived_case` the cases in it.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway import __version__
from laneway.engine.keeping.row_values import as_json, from_json
from laneway.engine.tables import archive, archived_case, metadata
from laneway.errors import NotFound, Unavailable

_FORMAT = 1

Rows = Sequence[tuple[str, Any]]
"""(table name, row as a mapping)."""


@dataclass(frozen=True)
class Written:
    """A file that lies on the disk for good: its name under the archive folder, and what it holds."""

    file: str
    sha256: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class ArchivedCase:
    """One case read back: every row it had, by table."""

    number: str
    process_id: str
    ended_at: datetime
    file: str
    rows: dict[str, list[dict[str, Any]]]


def write(folder: Path, file: str, rows: Rows) -> Written:
    """Write a file under `folder` and wait until the disk has it; an unfinished one of the same name is replaced.

    Raises OSError when there is no room or no right to write.
    """
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _packed(rows)
    draft = path.with_suffix(".part")
    with open(draft, "wb", opener=_private) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
    _sync_folder(path.parent)
    return Written(file, hashlib.sha256(content).hexdigest(), len(rows), len(content))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # customers' data: for the account of the workers alone


def _packed(rows: Rows) -> bytes:
    packed = io.BytesIO()
    # No time and no name inside: the same rows give the same file, and so the same hash.
    with gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=0) as stream:
        stream.write(orjson.dumps({"laneway_archive": _FORMAT, "version": __version__}) + b"\n")
        for name, row in rows:
            line = {"table": name, "row": as_json(metadata.tables[name], row)}
            stream.write(orjson.dumps(line) + b"\n")
    return packed.getvalue()


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened, and its entries are as durable as its files
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def find(session: Session, folder: Path, number: str) -> ArchivedCase:
    """A case that was archived, by its number or the key of its root instance.

    Raises NotFound, and Unavailable when its file is missing or has been changed.
    """
    columns = archived_case.c
    query = select(archived_case, archive.c.file, archive.c.sha256).join(
        archive, archive.c.key == columns.archive_key
    )
    found = session.execute(query.where(columns.number == number)).one_or_none()
    if found is None and number.isdigit() and len(number) < 20:
        found = session.execute(query.where(columns.root_key == int(number))).one_or_none()
    if found is None:
        raise NotFound("archived_case_not_found", number=number)
    rows: dict[str, list[dict[str, Any]]] = {}
    for root_key, name, row in _read(folder, found.file, found.sha256):
        if root_key == found.root_key:
            rows.setdefault(name, []).append(row)
    return ArchivedCase(found.number, found.process_id, found.ended_at, found.file, rows)


def _read(folder: Path, file: str, sha256: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """(root key, table, row) of every line, whose root is told by the `process_instance` row before it."""
    content = _content(folder, file, sha256)
    header, *lines = gzip.decompress(content).splitlines()
    if orjson.loads(header)["laneway_archive"] > _FORMAT:
        raise Unavailable("archive_newer", file=file)
    root_key = 0
    for line in lines:
        told = orjson.loads(line)
        table = metadata.tables.get(told["table"])
        row = told["row"] if table is None else from_json(table, told["row"])
        if told["table"] == "process_instance":
            root_key = row["root_key"]
        yield root_key, told["table"], row


def _content(folder: Path, file: str, sha256: str) -> bytes:
    try:
        content = (folder / file).read_bytes()
    except FileNotFoundError:
        raise Unavailable("archive_file_missing", file=str(folder / file)) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Unavailable("archive_file_changed", file=str(folder / file))
    return content


def damaged(session: Session, folder: Path) -> list[str]:
    """The files that are missing or no longer what was written, by name."""
    bad = []
    for row in session.execute(select(archive.c.file, archive.c.sha256).order_by(archive.c.key)):
        try:
            _content(folder, row.file, row.sha256)
        except Unavailable:
            bad.append(row.file)
    return bad
