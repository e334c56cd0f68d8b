"""Links, merges and reopenings of cases, the lots they are about, and the figures of the everyday rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laneway.engine.tables.base import Instant

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    _links()
    _reopenings()
    _figures()
    _columns()


def _links() -> None:
    op.create_table(
        "case_link",
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("other_key", sa.BigInteger(), nullable=False, comment="root instance of the other case"),
        sa.Column(
            "kind",
            sa.String(length=20),
            nullable=False,
            comment="duplicate_of, follows, cause_of, replaced_by, merged",
        ),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.String(length=120)),
        sa.Column("removed_at", Instant()),
        sa.Column("removed_by", sa.String(length=120)),
        sa.Column("stood_at", sa.JSON(), comment="of a merge: the elements where the case stood before"),
        sa.Column(
            "other_seq",
            sa.Integer(),
            comment="of a merge: the last line of history of the case that goes on",
        ),
        sa.PrimaryKeyConstraint("instance_key", "key", name="pk_case_link"),
        comment="instance_key is the root instance of the case that the link is said of",
    )
    op.create_index("ix_case_link_key", "case_link", ["key"])
    op.create_index("ix_case_link_other_key", "case_link", ["other_key"])


def _reopenings() -> None:
    op.create_table(
        "case_reopening",
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=False, comment="the closure that was taken back"),
        sa.Column("reopened_at", Instant(), nullable=False),
        sa.Column("reopened_by", sa.String(length=120)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("instance_key", "key", name="pk_case_reopening"),
    )
    op.create_index("ix_case_reopening_key", "case_reopening", ["key"])
    op.create_index("ix_case_reopening_reopened_at", "case_reopening", ["reopened_at"])
    op.create_table(
        "case_lot",
        sa.Column("instance_key", sa.BigInteger(), nullable=False),
        sa.Column("lot", sa.String(length=60), nullable=False, comment="upper case, without blanks"),
        sa.Column(
            "customer",
            sa.String(length=200),
            nullable=False,
            comment="code of the customer's record, else the name",
        ),
        sa.Column("defect", sa.String(length=60), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("instance_key", "lot", name="pk_case_lot"),
        comment="by which duplicates and clusters of complaints are found",
    )
    op.create_index("ix_case_lot_lot", "case_lot", ["lot", "received_at"])


def _figures() -> None:
    op.create_table(
        "rule_figure",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name_zh", sa.String(length=400), nullable=False),
        sa.Column("name_en", sa.String(length=400), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("owner_group", sa.String(length=120), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rule_figure"),
        sa.UniqueConstraint("code", name="uq_rule_figure_code"),
        comment="figures of the everyday rules, which come from policy and may change",
    )


def _columns() -> None:
    op.add_column(
        "case_file",
        sa.Column(
            "customer_closed_at",
            Instant(),
            comment="when the customer's side was closed; work of ours may go on",
        ),
    )
    op.add_column(
        "case_file",
        sa.Column("reopened", sa.Integer(), nullable=False, server_default="0", comment="how often"),
    )


def downgrade() -> None:
    op.drop_column("case_file", "reopened")
    op.drop_column("case_file", "customer_closed_at")
    for table in ("rule_figure", "case_lot", "case_reopening", "case_link"):
        op.drop_table(table)
