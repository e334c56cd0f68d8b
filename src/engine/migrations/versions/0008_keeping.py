"""Retention and the archive of ended cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Column, Integer, String, Text

from laneway.engine.tables.base import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "legal_hold",
        Column("root_key", BigInteger, autoincrement=False, nullable=False),
        Column("reason", Text, nullable=False),
        Column("held_at", Instant, nullable=False),
        Column("held_by", String(120), comment="empty: by a command on the server"),
        sa.PrimaryKeyConstraint("root_key", name="pk_legal_hold"),
    )
    op.create_table(
        "archive",
        Column("key", BigInteger, autoincrement=False, nullable=False),
        Column("file", String(400), nullable=False, comment="under the archive folder, with /"),
        Column("sha256", String(64), nullable=False, comment="of the file, compressed as it lies there"),
        Column("cases", Integer, nullable=False),
        Column("rows", Integer, nullable=False),
        Column("bytes", BigInteger, nullable=False),
        Column("written_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_archive"),
        sa.UniqueConstraint("file", name="uq_archive_file"),
    )
    op.create_table(
        "archived_case",
        Column("root_key", BigInteger, autoincrement=False, nullable=False),
        Column("number", String(40), nullable=False, comment="the root key where there was no number series"),
        Column("process_id", String(200), nullable=False),
        Column("ended_at", Instant, nullable=False),
        Column("archive_key", BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("root_key", name="pk_archived_case"),
        sa.ForeignKeyConstraint(["archive_key"], ["archive.key"], name="fk_archived_case_archive_key"),
    )
    op.create_index("ix_archived_case_number", "archived_case", ["number"])
    ended = sa.text("parent_key IS NULL AND ended_at IS NOT NULL")
    op.create_index(
        "ix_process_instance_ended",
        "process_instance",
        ["process_id", "ended_at"],
        sqlite_where=ended,
        postgresql_where=ended,
    )


def downgrade() -> None:
    op.drop_index("ix_process_instance_ended", "process_instance")
    for table in ("archived_case", "archive", "legal_hold"):
        op.drop_table(table)
