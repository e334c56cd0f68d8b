"""Clocks of cases, calendars as records, and who is told for a group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laneway.engine.tables.base import Instant

revision = "0019"
down_revision = "0018"

_RUNNING = sa.text("met_at IS NULL AND ended_at IS NULL")
_TO_TELL = sa.text("next_at IS NOT NULL")
_COMMENTS = (
    (
        "due_at",
        "of that user task, as what follows",
        "the earliest of its open user tasks and running clocks",
    ),
    ("risk_at", "when three quarters of its time are gone", "when three quarters of that time are gone"),
)
_CALENDARS_NOW = {"NL": "EU", "DE": "EU", "TR": "", "VN": ""}


def upgrade() -> None:
    _clocks()
    _calendars()
    _duties()
    op.add_column(
        "user_task",
        sa.Column(
            "due_rule",
            sa.String(length=40),
            comment="what gave its due date, such as clock:reply; empty: a date",
        ),
    )
    op.add_column(
        "person",
        sa.Column(
            "calendar",
            sa.String(length=40),
            comment="code of the one that they work by; empty: the organisation's",
        ),
    )
    op.add_column(
        "open_case",
        sa.Column("clock", sa.String(length=40), comment="whose deadline that is; empty: a user task's"),
    )
    op.add_column(
        "open_case",
        sa.Column(
            "is_paused",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="its clocks stand still",
        ),
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps none
        for column, _before, now in _COMMENTS:
            op.alter_column("open_case", column, comment=now)
    party = sa.table("party", sa.column("calendar", sa.String))
    for old, new in _CALENDARS_NOW.items():
        op.execute(party.update().where(party.c.calendar == old).values(calendar=new))


def _clocks() -> None:
    op.create_table(
        "case_clock",
        sa.Column("instance_key", sa.BigInteger(), nullable=False, comment="the case, so a root instance"),
        sa.Column(
            "name",
            sa.String(length=40),
            nullable=False,
            comment="acknowledge, contain, reply, resolve, statutory",
        ),
        sa.Column(
            "round",
            sa.Integer(),
            nullable=False,
            comment="0, and one more each time that a reopened case starts it",
        ),
        sa.Column("target", sa.String(length=20), nullable=False, comment="such as 8 bh or 5 wd"),
        sa.Column(
            "asked_calendar",
            sa.String(length=40),
            comment="as the process says; empty: the customer's, else our own",
        ),
        sa.Column(
            "calendar", sa.String(length=40), nullable=False, comment="code of the one that it runs by"
        ),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column(
            "warn_at", Instant(), nullable=False, comment="when three quarters of its own time are used"
        ),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("escalate_at", Instant(), nullable=False, comment="one and a half times its own time"),
        sa.Column(
            "pauses",
            sa.JSON(),
            nullable=False,
            comment="[from, to, reason], in order; the last may still last",
        ),
        sa.Column(
            "paused_by",
            sa.JSON(),
            nullable=False,
            comment="keys of the instances whose tokens hold it up, as text",
        ),
        *_marks(),
        sa.PrimaryKeyConstraint("instance_key", "name", "round", name=op.f("pk_case_clock")),
    )
    op.create_index(
        "ix_case_clock_next_at", "case_clock", ["next_at"], postgresql_where=_TO_TELL, sqlite_where=_TO_TELL
    )
    op.create_index(
        "ix_case_clock_calendar",
        "case_clock",
        ["calendar"],
        postgresql_where=_RUNNING,
        sqlite_where=_RUNNING,
    )


def _marks() -> list[sa.Column[object]]:
    return [
        sa.Column(
            "call_at",
            Instant(),
            comment="the one clock of a round-the-clock case that calls whoever is on duty",
        ),
        sa.Column("called_at", Instant()),
        sa.Column("warned_at", Instant()),
        sa.Column("breached_at", Instant()),
        sa.Column("escalated_at", Instant()),
        sa.Column(
            "next_at",
            Instant(),
            comment="when there is something to tell next; nothing while it stands still",
        ),
        sa.Column("met_at", Instant()),
        sa.Column(
            "ended_at",
            Instant(),
            comment="counts no longer: withdrawn, replaced by a later round, case closed",
        ),
        sa.Column(
            "is_withdrawn",
            sa.Boolean(),
            nullable=False,
            comment="its target was taken back and may come again",
        ),
    ]


def _calendars() -> None:
    op.create_table(
        "calendar",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=400), nullable=False),
        sa.Column("name_en", sa.String(length=400), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False, comment="IANA time zone"),
        sa.Column("is_default", sa.Boolean(), nullable=False, comment="the organisation's own; one is"),
        sa.Column("owner", sa.String(length=120), nullable=False, comment="the group that keeps it"),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("review_on", sa.Date()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_calendar")),
        sa.UniqueConstraint("code", name=op.f("uq_calendar_code")),
    )
    _part_of_calendar(
        "calendar_hours",
        sa.Column("weekday", sa.String(length=3), nullable=False, comment="mon to sun"),
        sa.Column("opens", sa.String(length=5), nullable=False, comment="by the wall clock, 08:30"),
        sa.Column("closes", sa.String(length=5), nullable=False, comment="up to 24:00"),
    )
    _part_of_calendar(
        "calendar_day",
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), comment="empty: the one day"),
        sa.Column("is_open", sa.Boolean(), nullable=False, comment="a make-up working day; else closed"),
        sa.Column(
            "opens",
            sa.String(length=5),
            nullable=False,
            comment="empty: the hours of the first working day of the week",
        ),
        sa.Column("closes", sa.String(length=5), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
    )


def _part_of_calendar(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calendar_key", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["calendar_key"], ["calendar.key"], name=op.f(f"fk_{name}_calendar_key")),
        sa.PrimaryKeyConstraint("key", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_calendar_key"), name, ["calendar_key"])


def _duties() -> None:
    op.create_table(
        "group_duty",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("group_id", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=400), nullable=False),
        sa.Column("name_en", sa.String(length=400), nullable=False),
        sa.Column("deputy", sa.String(length=120), nullable=False, comment="user name of who stands in"),
        sa.Column("deputy_group", sa.String(length=120), nullable=False),
        sa.Column("lead", sa.String(length=120), nullable=False, comment="user name"),
        sa.Column("manager", sa.String(length=120), nullable=False, comment="user name"),
        sa.Column(
            "on_call", sa.String(length=120), nullable=False, comment="user name of who is on duty now"
        ),
        sa.Column(
            "called_for",
            sa.JSON(),
            nullable=False,
            comment="severities of which the one on duty is told at once",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_group_duty")),
        sa.UniqueConstraint("group_id", name=op.f("uq_group_duty_group_id")),
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for column, before, _now in _COMMENTS:
            op.alter_column("open_case", column, comment=before)
    for table, column in (
        ("open_case", "is_paused"),
        ("open_case", "clock"),
        ("person", "calendar"),
        ("user_task", "due_rule"),
    ):
        op.drop_column(table, column)
    for table in ("group_duty", "calendar_day", "calendar_hours", "calendar", "case_clock"):
        op.drop_table(table)
