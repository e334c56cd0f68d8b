"""What leaves a transaction: work for another instance, and mail."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text

from laneway.engine.tables.base import Instant, key_column, metadata, of_instance

effect = Table(
    "effect",
    metadata,
    key_column(),
    Column("kind", String(30), nullable=False),
    Column("instance_key", BigInteger, comment="the instance it will change, if known"),
    Column("payload", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("error", Text),
    Index(None, "not_before"),
)

mail = Table(
    "mail",
    metadata,
    key_column(),
    of_instance(),
    Column("dedupe_key", String(200), nullable=False, unique=True),
    Column("recipient", String(320), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("error", Text),
    Index(None, "sent_at", "not_before"),
)
