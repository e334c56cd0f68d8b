"""What operators need to know: which workers live, and which versions of the program may use this database."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, String, Table

from laneway.engine.tables.base import Instant, metadata

worker = Table(
    "worker",
    metadata,
    Column("name", String(200), primary_key=True, comment="as in the worker of a job"),
    Column("host", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(40), nullable=False),
    Column("kinds", JSON, nullable=False, comment="what its process does: web, jobs, timers, mail"),
    Column("started_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False, comment="by the clock of the database"),
    info={"is_copied": False},
)

compatibility = Table(
    "compatibility",
    metadata,
    Column("minimum_revision", String(32), primary_key=True, comment="older programs may not use the schema"),
    info={"is_copied": False},
)
