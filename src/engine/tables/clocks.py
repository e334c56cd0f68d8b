"""The clocks of cases, and the calendars that they run by."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    and_,
)

from laneway.engine.tables.base import Instant, key_column, metadata, texts

case_clock = Table(
    "case_clock",
    metadata,
    Column("instance_key", BigInteger, nullable=False, comment="the case, so a root instance"),
    Column("name", String(40), nullable=False, comment="acknowledge, contain, reply, resolve, statutory"),
    Column(
        "round", Integer, nullable=False, comment="0, and one more each time that a reopened case starts it"
    ),
    Column("target", String(20), nullable=False, comment="such as 8 bh or 5 wd"),
    Column("asked_calendar", String(40), comment="as the process says; empty: the customer's, else our own"),
    Column("calendar", String(40), nullable=False, comment="code of the one that it runs by"),
    Column("started_at", Instant, nullable=False),
    Column("warn_at", Instant, nullable=False, comment="when three quarters of its own time are used"),
    Column("due_at", Instant, nullable=False),
    Column("escalate_at", Instant, nullable=False, comment="one and a half times its own time"),
    Column("pauses", JSON, nullable=False, comment="[from, to, reason], in order; the last may still last"),
    Column(
        "paused_by", JSON, nullable=False, comment="keys of the instances whose tokens hold it up, as text"
    ),
    Column(
        "call_at", Instant, comment="the one clock of a round-the-clock case that calls whoever is on duty"
    ),
    Column("called_at", Instant),
    Column("warned_at", Instant),
    Column("breached_at", Instant),
    Column("escalated_at", Instant),
    Column("next_at", Instant, comment="when there is something to tell next; nothing while it stands still"),
    Column("met_at", Instant),
    Column(
        "ended_at", Instant, comment="counts no longer: withdrawn, replaced by a later round, case closed"
    ),
    Column("is_withdrawn", Boolean, nullable=False, comment="its target was taken back and may come again"),
    PrimaryKeyConstraint("instance_key", "name", "round"),
)

is_running_clock = and_(case_clock.c.met_at.is_(None), case_clock.c.ended_at.is_(None))
"""Of a clock: neither met nor given up. It may stand still."""
for _name, _column in (("ix_case_clock_next_at", case_clock.c.next_at),):
    Index(_name, _column, postgresql_where=_column.is_not(None), sqlite_where=_column.is_not(None))
Index(
    "ix_case_clock_calendar",
    case_clock.c.calendar,
    postgresql_where=is_running_clock,
    sqlite_where=is_running_clock,
)

calendar = Table(
    "calendar",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True),
    *texts(),
    Column("zone", String(60), nullable=False, comment="IANA time zone"),
    Column("is_default", Boolean, nullable=False, comment="the organisation's own; one is"),
    Column("owner", String(120), nullable=False, comment="the group that keeps it"),
    Column("source", String(400), nullable=False),
    Column("review_on", Date),
)

calendar_hours = Table(
    "calendar_hours",
    metadata,
    key_column(),
    Column("calendar_key", BigInteger, ForeignKey("calendar.key"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("weekday", String(3), nullable=False, comment="mon to sun"),
    Column("opens", String(5), nullable=False, comment="by the wall clock, 08:30"),
    Column("closes", String(5), nullable=False, comment="up to 24:00"),
)

calendar_day = Table(
    "calendar_day",
    metadata,
    key_column(),
    Column("calendar_key", BigInteger, ForeignKey("calendar.key"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("first_on", Date, nullable=False),
    Column("last_on", Date, comment="empty: the one day"),
    Column("is_open", Boolean, nullable=False, comment="a make-up working day; else closed"),
    Column(
        "opens", String(5), nullable=False, comment="empty: the hours of the first working day of the week"
    ),
    Column("closes", String(5), nullable=False),
    Column("note", String(200), nullable=False),
)

group_duty = Table(
    "group_duty",
    metadata,
    key_column(),
    Column("group_id", String(120), nullable=False, unique=True),
    *texts(),
    Column("deputy", String(120), nullable=False, comment="user name of who stands in"),
    Column("deputy_group", String(120), nullable=False),
    Column("lead", String(120), nullable=False, comment="user name"),
    Column("manager", String(120), nullable=False, comment="user name"),
    Column("on_call", String(120), nullable=False, comment="user name of who is on duty now"),
    Column("called_for", JSON, nullable=False, comment="severities of which the one on duty is told at once"),
)
