"""Who may come in: people, their groups, their sessions in the browser."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table

from laneway.engine.tables.base import Instant, metadata, texts

person = Table(
    "person",
    metadata,
    Column("username", String(120), primary_key=True),
    *texts(),
    Column("email", String(320), nullable=False),
    Column("locale", String(10), nullable=False),
    Column("calendar", String(40), comment="code of the one that they work by; empty: the organisation's"),
    Column("password_hash", String(200), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)

person_group = Table(
    "person_group",
    metadata,
    Column("group_id", String(120), primary_key=True),
    *texts(),
)

membership = Table(
    "membership",
    metadata,
    Column("username", String(120), ForeignKey("person.username", ondelete="CASCADE"), primary_key=True),
    Column("group_id", String(120), ForeignKey("person_group.group_id"), primary_key=True),
)

web_session = Table(
    "web_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("username", String(120), ForeignKey("person.username", ondelete="CASCADE"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "expires_at"),
)
