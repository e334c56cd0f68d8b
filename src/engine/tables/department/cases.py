"""What cases have to do with one another: links and merges, closures taken back, and the lots they are about."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from laneway.engine.tables.base import Instant, instance_and_key, key_column, metadata, texts

case_link = Table(
    "case_link",
    metadata,
    *instance_and_key(),
    Column("other_key", BigInteger, nullable=False, index=True, comment="root instance of the other case"),
    Column(
        "kind", String(20), nullable=False, comment="duplicate_of, follows, cause_of, replaced_by, merged"
    ),
    Column("reason", String(1000), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", String(120)),
    Column("removed_at", Instant),
    Column("removed_by", String(120)),
    Column("stood_at", JSON, comment="of a merge: the elements where the case stood before"),
    Column("other_seq", Integer, comment="of a merge: the last line of history of the case that goes on"),
    PrimaryKeyConstraint("instance_key", "key"),
    comment="instance_key is the root instance of the case that the link is said of",
)

case_reopening = Table(
    "case_reopening",
    metadata,
    *instance_and_key(),
    Column("closed_at", Instant, nullable=False, comment="the closure that was taken back"),
    Column("reopened_at", Instant, nullable=False, index=True),
    Column("reopened_by", String(120)),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("instance_key", "key"),
)

case_lot = Table(
    "case_lot",
    metadata,
    Column("instance_key", BigInteger, nullable=False),
    Column("lot", String(60), nullable=False, comment="upper case, without blanks"),
    Column("customer", String(200), nullable=False, comment="code of the customer's record, else the name"),
    Column("defect", String(60), nullable=False),
    Column("received_at", Instant, nullable=False),
    PrimaryKeyConstraint("instance_key", "lot"),
    Index(None, "lot", "received_at"),
    comment="by which duplicates and clusters of complaints are found",
)

rule_figure = Table(
    "rule_figure",
    metadata,
    key_column(),
    Column("code", String(60), nullable=False, unique=True),
    *texts(),
    Column("amount", BigInteger, nullable=False),
    Column("unit", String(20), nullable=False),
    Column("source", String(400), nullable=False),
    Column("owner_group", String(120), nullable=False),
    Column("review_on", Date, nullable=False),
    comment="figures of the everyday rules, which come from policy and may change",
)
