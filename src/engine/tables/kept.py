"""What is kept of cases that have ended: those that may not go, and where the others went."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from laneway.engine.tables.base import Instant, key_column, metadata

legal_hold = Table(
    "legal_hold",
    metadata,
    key_column("root_key"),
    Column("reason", Text, nullable=False),
    Column("held_at", Instant, nullable=False),
    Column("held_by", String(120), comment="empty: by a command on the server"),
)

archive = Table(
    "archive",
    metadata,
    key_column(),
    Column("file", String(400), nullable=False, unique=True, comment="under the archive folder, with /"),
    Column("sha256", String(64), nullable=False, comment="of the file, compressed as it lies there"),
    Column("cases", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("written_at", Instant, nullable=False),
)

archived_case = Table(
    "archived_case",
    metadata,
    key_column("root_key"),
    Column("number", String(40), nullable=False, comment="the root key where there was no number series"),
    Column("process_id", String(200), nullable=False),
    Column("ended_at", Instant, nullable=False),
    Column("archive_key", BigInteger, ForeignKey("archive.key"), nullable=False),
    Index(None, "number"),
)
