"""Files of cases, templates of documents, manuals of processes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Text

from laneway.engine.tables.base import Instant

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    _files()
    _texts()


def _files() -> None:
    op.create_table(
        "attachment",
        Column("instance_key", BigInteger, nullable=False),
        Column("key", BigInteger, nullable=False),
        Column(
            "name",
            String(200),
            nullable=False,
        ),
        Column(
            "version",
            Integer,
            nullable=False,
            comment="files of one name in a case are versions of one another",
        ),
        Column("kind", String(40), nullable=False, comment="evidence, document, mail, photo, signature, …"),
        Column("content_type", String(100), nullable=False, comment="told by the content, not by the sender"),
        Column("size", Integer, nullable=False, comment="bytes"),
        Column("sha256", String(64), nullable=False),
        Column("state", String(20), nullable=False, comment="READY, QUARANTINED, REFUSED"),
        Column("finding", String(400), nullable=False, comment="what the checker said"),
        Column("source_key", BigInteger, comment="the job that made it: it is not made twice"),
        Column("added_at", Instant, nullable=False),
        Column("added_by", String(120)),
        sa.PrimaryKeyConstraint("instance_key", "key", name="pk_attachment"),
        comment="files of a case; instance_key is that of the root instance",
    )
    op.create_index("ix_attachment_key", "attachment", ["key"])
    op.create_table(
        "attachment_content",
        Column("instance_key", BigInteger, nullable=False),
        Column("sha256", String(64), nullable=False),
        Column("content", LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("instance_key", "sha256", name="pk_attachment_content"),
    )


def _texts() -> None:
    op.create_table(
        "document_template",
        Column("key", BigInteger, autoincrement=False, nullable=False),
        Column("process_id", String(200), nullable=False),
        Column("template_id", String(100), nullable=False),
        Column("language", String(10), nullable=False),
        Column("version", Integer, nullable=False),
        Column("text", Text, nullable=False, comment="Markdown with FEEL between {{ and }}"),
        Column("sha256", String(64), nullable=False),
        Column("written_at", Instant, nullable=False),
        Column("written_by", String(120)),
        sa.PrimaryKeyConstraint("key", name="pk_document_template"),
        sa.UniqueConstraint(
            "process_id", "template_id", "language", "version", name="uq_document_template_process_id"
        ),
    )
    op.create_table(
        "process_manual",
        Column("key", BigInteger, autoincrement=False, nullable=False),
        Column("process_id", String(200), nullable=False),
        Column("revision", Integer, nullable=False),
        Column(
            "from_version",
            Integer,
            nullable=False,
            comment="the version of the diagram that it was written for",
        ),
        Column("text", Text, nullable=False, comment="Markdown, one part for each language"),
        Column("sha256", String(64), nullable=False),
        Column("written_at", Instant, nullable=False),
        Column("written_by", String(120)),
        sa.PrimaryKeyConstraint("key", name="pk_process_manual"),
        sa.UniqueConstraint("process_id", "revision", name="uq_process_manual_process_id"),
    )


def downgrade() -> None:
    for table in ("process_manual", "document_template", "attachment_content"):
        op.drop_table(table)
    op.drop_index("ix_attachment_key", "attachment")
    op.drop_table("attachment")
