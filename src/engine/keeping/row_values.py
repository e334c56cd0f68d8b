"""Rows as values that are the same whichever database holds them: to copy, to compare, to write into files."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import JSON, BigInteger, Column, Integer, LargeBinary, RowMapping, String, Table

from laneway.engine.tables import Instant

Row = RowMapping | Mapping[str, Any]
"""Values by column name."""

_BUCKETS = 1024
_MODULUS = 1 << 256
_LARGEST: dict[type, int] = {Integer: 2**31 - 1, BigInteger: 2**63 - 1}


def as_json(table: Table, row: Row) -> dict[str, Any]:
    """A row as JSON values by column name: instants in UTC as text, bytes in base 64."""
    return {str(column.name): _plain(row[column.name]) for column in table.columns}


def from_json(table: Table, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The row that `as_json` gave. Columns that the table has no longer are left out."""
    row = {}
    for column in table.columns:
        if column.name in stored:
            value = stored[column.name]
            if isinstance(column.type, Instant) and value is not None:
                value = datetime.fromisoformat(value)
            elif isinstance(column.type, LargeBinary) and value is not None:
                value = base64.b64decode(value)
            row[column.name] = value
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def unfit_column(table: Table, row: Row) -> str | None:
    """The first column whose value the other kind of database would refuse, if there is one.

    SQLite keeps texts of any length and with a zero byte, and numbers of any type; PostgreSQL does not.
    """
    return next(
        (column.name for column in table.columns if not _fits(column, row[column.name])),
        None,
    )


def _fits(column: Column[Any], value: Any) -> bool:
    if isinstance(value, str) and not isinstance(column.type, JSON):
        length = column.type.length if isinstance(column.type, String) else None
        return "\0" not in value and (length is None or len(value) <= length)
    if isinstance(value, int) and not isinstance(value, bool):
        largest = _LARGEST.get(type(column.type))
        return largest is None or -largest - 1 <= value <= largest
    return True


class TableHash:
    """A hash of a table's rows that does not depend on their order: the sum of the hashes of its rows.

    The rows are counted in buckets by key, so that two tables that differ can be told apart without keeping their rows.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows = 0
        self._sums = [0] * _BUCKETS
        self._keys = [column.name for column in table.primary_key.columns]

    def add(self, row: Row) -> None:
        """Count one row."""
        self.rows += 1
        bucket = self._bucket(row)
        self._sums[bucket] = (self._sums[bucket] + int.from_bytes(self.row_hash(row))) % _MODULUS

    def row_hash(self, row: Row) -> bytes:
        """The SHA-256 of one row's canonical JSON: names in order, instants in UTC, bytes in base 64."""
        return hashlib.sha256(orjson.dumps(as_json(self.table, row), option=orjson.OPT_SORT_KEYS)).digest()

    def key_of(self, row: Row) -> tuple[Any, ...]:
        """The row's primary key."""
        return tuple(_plain(row[name]) for name in self._keys)

    def _bucket(self, row: Row) -> int:
        key = hashlib.blake2b(orjson.dumps(self.key_of(row)), digest_size=4).digest()
        return int.from_bytes(key) % _BUCKETS

    def hexdigest(self) -> str:
        """The hash of all rows counted, as 64 hexadecimal digits."""
        return f"{sum(self._sums) % _MODULUS:064x}"

    def first_difference(self, other: TableHash) -> int | None:
        """The first bucket in which the other's rows differ; None when they are the same."""
        pairs = enumerate(zip(self._sums, other._sums, strict=True))
        return next((number for number, (mine, theirs) in pairs if mine != theirs), None)

    def is_in(self, row: Row, bucket: int) -> bool:
        """Whether the row is counted in this bucket."""
        return self._bucket(row) == bucket
