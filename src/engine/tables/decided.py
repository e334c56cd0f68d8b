"""What was decided: one row for each decision of an evaluation, in a case or for its own sake."""

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

from laneway.engine.tables.base import Instant, metadata

decision_instance = Table(
    "decision_instance",
    metadata,
    Column("instance_key", BigInteger, nullable=False, comment="0: evaluated by itself"),
    Column("key", BigInteger, nullable=False, index=True),
    Column(
        "evaluation_key", BigInteger, nullable=False, comment="the same for all decisions of an evaluation"
    ),
    Column("position", Integer, nullable=False, comment="from 1: required decisions come first"),
    Column("root_key", BigInteger, comment="the process instance of the case"),
    Column("element_id", String(200)),
    Column("token", Integer),
    Column("decision_key", BigInteger, nullable=False),
    Column("root_decision_key", BigInteger, nullable=False),
    Column("decision_type", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("failure_zh", String(400)),
    Column("failure_en", String(400)),
    Column("evaluated_at", Instant, nullable=False),
    Column("evaluated_by", String(120), comment="who asked, where no process did"),
    Column("duration_us", BigInteger, comment="wall time in microseconds; empty where it was not measured"),
    Column("inputs", JSON, nullable=False, comment="[{id, label: [zh, en], value}]"),
    Column(
        "rules", JSON, nullable=False, comment="those that matched: [{id, number, outputs: [like inputs]}]"
    ),
    Column("output", JSON, nullable=False),
    Column("warnings", JSON, nullable=False, comment="[{zh, en, pos, element_id}]"),
    PrimaryKeyConstraint("instance_key", "evaluation_key", "position"),
    Index(None, "evaluation_key"),
    Index(None, "root_key"),
    Index(None, "decision_key", "evaluated_at"),
)
