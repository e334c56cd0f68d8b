"""Copies a whole installation into another database, and proves that the copy holds the same rows.

The copy is one transaction: the target holds everything or nothing. Keys are made by the program, not by the database,
so there are no sequences to move.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Table, func, insert, select

from laneway.engine import clock
from laneway.engine.database import connections, schema
from laneway.engine.keeping.row_values import TableHash, unfit_column
from laneway.engine.tables import metadata, worker
from laneway.errors import Conflict, Unavailable

_BATCH = 1000
_ALIVE = timedelta(seconds=15)

Progress = Callable[[str, int, int], None]
"""Told now and then: table, rows done, rows in all."""


@dataclass(frozen=True)
class CopiedTable:
    """One table on both sides, read back after the copy. `differs_at` is the first key whose rows differ."""

    name: str
    rows: int
    rows_copied: int
    hash: str
    hash_copied: str
    differs_at: str | None

    @property
    def is_same(self) -> bool:
        """Whether both sides hold the same rows."""
        return (self.rows, self.hash) == (self.rows_copied, self.hash_copied)


_TABLES = [table for table in metadata.sorted_tables if table.info.get("is_copied", True)]
"""In an order that foreign keys allow; without those that migrations and running workers fill."""


def copy(source_url: str, target_url: str, *, progress: Progress) -> list[CopiedTable]:
    """Copy every row from one database to an empty one; every table as it stands on both sides afterwards.

    The target's schema is migrated first. The source is read again at the end, so a table also differs when someone
    was writing to the source meanwhile. Raises Unavailable when a database cannot be reached or the source needs an
    upgrade, Conflict when a worker still works on the source, or the target holds rows or cannot take a value.
    """
    source, target = connections.open_(source_url), connections.open_(target_url)
    try:
        if source.url == target.url:
            raise Conflict("copy_onto_itself")
        if not schema.is_current(source):
            raise Unavailable("database_needs_upgrade", command="laneway db upgrade")
        schema.upgrade(target)
        with _snapshot(source) as reader, target.begin() as writer:
            _must_be_quiet(reader)
            _must_be_empty(writer)
            for table in _TABLES:
                _copy_table(table, reader, writer, progress)
        with _snapshot(source) as reader, _snapshot(target) as copied:
            return [_compare(table, reader, copied) for table in _TABLES]
    finally:
        connections.close(source)
        connections.close(target)


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see one moment of the database."""
    options: dict[str, Any] = {"laneway_read_only": True}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    with engine.connect().execution_options(**options) as connection:
        yield connection


def _must_be_quiet(source: Connection) -> None:
    alive = select(worker.c.name).where(worker.c.seen_at > clock.now() - _ALIVE)
    name = source.scalar(alive.limit(1))
    if name is not None:
        raise Conflict("copy_source_in_use", worker=name)


def _must_be_empty(target: Connection) -> None:
    for table in _TABLES:
        if target.execute(select(table).limit(1)).first() is not None:
            raise Conflict("copy_target_not_empty", table=table.name)


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[RowMapping]]:
    result = connection.execute(select(table), execution_options={"yield_per": _BATCH})
    yield from result.mappings().partitions()


def _rows(connection: Connection, table: Table) -> Iterator[RowMapping]:
    return chain.from_iterable(_batches(connection, table))


def _copy_table(table: Table, source: Connection, target: Connection, progress: Progress) -> None:
    total = source.scalar(select(func.count()).select_from(table)) or 0
    done = 0
    for batch in _batches(source, table):
        for row in batch:
            column = unfit_column(table, row)
            if column is not None:
                key = TableHash(table).key_of(row)
                raise Conflict("copy_value_unfit", table=table.name, column=column, row=_told(key))
        target.execute(insert(table), [dict(row) for row in batch])
        done += len(batch)
        progress(table.name, done, total)
    if not total:
        progress(table.name, 0, 0)


def _hash(connection: Connection, table: Table) -> TableHash:
    hashed = TableHash(table)
    for row in _rows(connection, table):
        hashed.add(row)
    return hashed


def _compare(table: Table, source: Connection, target: Connection) -> CopiedTable:
    ours, theirs = _hash(source, table), _hash(target, table)
    bucket = ours.first_difference(theirs)
    return CopiedTable(
        table.name,
        ours.rows,
        theirs.rows,
        ours.hexdigest(),
        theirs.hexdigest(),
        None if bucket is None else _first_difference(table, source, target, ours, bucket),
    )


def _first_difference(
    table: Table, source: Connection, target: Connection, hashed: TableHash, bucket: int
) -> str:
    """The smallest key of a bucket whose row is missing on one side or not the same."""

    def hashes(connection: Connection) -> dict[tuple[Any, ...], bytes]:
        rows = (row for row in _rows(connection, table) if hashed.is_in(row, bucket))
        return {hashed.key_of(row): hashed.row_hash(row) for row in rows}

    ours, theirs = hashes(source), hashes(target)
    keys = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
    return _told(min(keys, key=str))


def _told(key: tuple[Any, ...]) -> str:
    return ", ".join(map(str, key))
