"""What every kind of record has beside its own table: a history, words to find it by, changes to be approved."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from laneway.engine.tables.base import Instant, key_column, metadata

BY_CODE_POINT = String(80).with_variant(String(80, collation="C"), "postgresql")
"""Text that is compared as SQLite does, so that the rows that begin with a word lie side by side."""

record_change = Table(
    "record_change",
    metadata,
    Column("kind", String(40), nullable=False),
    Column("record_key", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False, comment="counts the changes of a record from 1"),
    Column(
        "event",
        String(20),
        nullable=False,
        comment="CREATED, CHANGED, PROPOSED, APPROVED, RETURNED, WITHDRAWN, REFUSED, MERGED, UNMERGED, CONFIRMED",
    ),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(120)),
    Column("reason", String(1000), nullable=False),
    Column("changes", JSON, nullable=False, comment="{field: [old, new]}"),
    Column(
        "source_key", BigInteger, comment="the job or the proposal that it comes from: it is not done twice"
    ),
    PrimaryKeyConstraint("kind", "record_key", "revision"),
    Index(None, "source_key"),
    comment="append-only",
)

record_word = Table(
    "record_word",
    metadata,
    Column("kind", String(40), nullable=False),
    Column("word", BY_CODE_POINT, nullable=False, comment="lower case, no accents; of Chinese two signs"),
    Column("record_key", BigInteger, nullable=False),
    PrimaryKeyConstraint("kind", "word", "record_key"),
    Index(None, "kind", "record_key"),
)

record_proposal = Table(
    "record_proposal",
    metadata,
    key_column(),
    Column("kind", String(40), nullable=False),
    Column("record_key", BigInteger, nullable=False),
    Column("changes", JSON, nullable=False, comment="{field: [old, new]}"),
    Column("approvers", String(120), nullable=False, comment="the group that decides"),
    Column("state", String(20), nullable=False, comment="PENDING, APPROVED, RETURNED, WITHDRAWN"),
    Column("reason", String(1000), nullable=False),
    Column("author", String(120), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("source_key", BigInteger, comment="the job that proposed it: it is not proposed twice"),
    Column("decided_by", String(120)),
    Column("decided_at", Instant),
    Column("answer", String(1000), nullable=False, comment="what who decided has said"),
    Index(None, "kind", "record_key"),
    Index(None, "state", "proposed_at"),
)
