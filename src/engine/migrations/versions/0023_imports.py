"""Imports of records: what was uploaded, how far it is, and what is wrong with its rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laneway.engine.tables.base import Instant

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_index(op.f("ix_stock_movement_lot_key"), "stock_movement", ["lot_key"], unique=False)
    _imports()
    op.create_table(
        "record_import_part",
        sa.Column("import_key", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_key", "part", name=op.f("pk_record_import_part")),
        comment="the uploaded file, until the import has ended",
    )
    op.create_table(
        "record_import_problem",
        sa.Column("import_key", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="counts the problems of the import"),
        sa.Column("row", sa.Integer(), nullable=False, comment="of the file, the header being 1"),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("import_key", "number", name=op.f("pk_record_import_problem")),
    )


def downgrade() -> None:
    for name in ("record_import_problem", "record_import_part", "record_import"):
        op.drop_table(name)
    op.drop_index(op.f("ix_stock_movement_lot_key"), table_name="stock_movement")


def _imports() -> None:
    op.create_table(
        "record_import",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False, comment="csv, xlsx"),
        sa.Column("encoding", sa.String(length=40), nullable=False),
        sa.Column("delimiter", sa.String(length=1), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
        sa.Column("header", sa.JSON(), nullable=False, comment="the first row, cell by cell"),
        sa.Column(
            "mapping", sa.JSON(), nullable=False, comment="the field of each column, such as contacts.1.phone"
        ),
        sa.Column(
            "is_only_new", sa.Boolean(), nullable=False, comment="records that are known stay as they are"
        ),
        sa.Column(
            "state",
            sa.String(length=20),
            nullable=False,
            comment="UPLOADED, CHECKING, CHECKED, RUNNING, DONE, CANCELLED, FAILED",
        ),
        sa.Column(
            "failure",
            sa.String(length=60),
            nullable=False,
            comment="code of why the file could not be read to its end",
        ),
        sa.Column("rows", sa.Integer(), nullable=True, comment="in the file, once it was read to its end"),
        sa.Column("done_rows", sa.Integer(), nullable=False, comment="of the check or the run"),
        sa.Column("counts", sa.JSON(), nullable=False, comment="{outcome: rows}"),
        sa.Column("uploaded_by", sa.String(length=120), nullable=True, comment="nobody: by command"),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("leased_by", sa.String(length=120), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_record_import")),
    )
    op.create_index(op.f("ix_record_import_kind"), "record_import", ["kind", "uploaded_at"], unique=False)
    op.create_index(op.f("ix_record_import_state"), "record_import", ["state"], unique=False)
