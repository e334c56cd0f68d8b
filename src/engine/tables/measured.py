"""What the board and the lists of cases read instead of history: made in the background from what steps leave.

All of it can be made anew from the other tables (`laneway statistics rebuild`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    false,
)

from laneway.engine.tables.base import Instant, metadata

pending_change = Table(
    "pending_change",
    metadata,
    Column("root_key", BigInteger, nullable=False, comment="the case that has changed"),
    Column("key", BigInteger, nullable=False),
    Column("ended_task_key", BigInteger, comment="a user task of it that has ended"),
    Column("is_start", Boolean, nullable=False, comment="the case was opened"),
    Column("is_end", Boolean, nullable=False, comment="the case has ended"),
    PrimaryKeyConstraint("root_key", "key"),
)

open_case = Table(
    "open_case",
    metadata,
    Column("root_key", BigInteger, primary_key=True, autoincrement=False),
    Column("process_id", String(200), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("owner_group", String(120), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("has_incident", Boolean, nullable=False, comment="in the case or in what it called"),
    Column("task_key", BigInteger, comment="the most urgent open user task; empty: it waits"),
    Column("due_at", Instant, comment="the earliest of its open user tasks and running clocks"),
    Column("risk_at", Instant, comment="when three quarters of that time are gone"),
    Column("clock", String(40), comment="whose deadline that is; empty: a user task's"),
    Column("is_paused", Boolean, nullable=False, server_default=false(), comment="its clocks stand still"),
    Column("step_zh", String(400), nullable=False),
    Column("step_en", String(400), nullable=False),
    Column("words", String(1200), nullable=False, comment="what a search looks into, in small letters"),
)

case_hour = Table(
    "case_hour",
    metadata,
    Column("hour", Instant, nullable=False, comment="its beginning"),
    Column("process_id", String(200), nullable=False),
    Column("opened", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
    PrimaryKeyConstraint("hour", "process_id"),
)

step_day = Table(
    "step_day",
    metadata,
    Column("day", Date, nullable=False, comment="of completion, in UTC"),
    Column("process_id", String(200), nullable=False),
    Column("element_id", String(200), nullable=False),
    Column(
        "bucket", Integer, nullable=False, comment="completions that took 1.25 to this power seconds, or more"
    ),
    Column("times", Integer, nullable=False),
    Column("seconds", Float, nullable=False, comment="from creation to completion, all together"),
    Column("waiting_seconds", Float, nullable=False, comment="of these: until somebody claimed it"),
    Column("with_deadline", Integer, nullable=False),
    Column("in_time", Integer, nullable=False),
    PrimaryKeyConstraint("day", "process_id", "element_id", "bucket"),
)
