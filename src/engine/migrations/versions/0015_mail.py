"""The log of what was said between the department and its customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Column, String, Text

from laneway.engine.tables.base import Instant

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "interaction",
        Column("instance_key", BigInteger, nullable=False),
        Column("key", BigInteger, nullable=False),
        Column("party_key", BigInteger, comment="the customer, where the case knows it"),
        Column(
            "kind",
            String(20),
            nullable=False,
            comment="call, mail_in, mail_out, visit, note, dispute, reaction",
        ),
        Column("channel", String(20), nullable=False, comment="phone, mail, wechat, fax, visit, other"),
        Column("contact", String(200), nullable=False, comment="the person of the customer"),
        Column("text", Text, nullable=False),
        Column("promised_by", Instant, comment="until when something was promised to the customer"),
        Column("message_id", String(400), comment="of the mail that this line tells of"),
        Column("correction_of", BigInteger, comment="the line that this one sets right; both stay"),
        Column("source_key", BigInteger, comment="the job that wrote the line: it is not written twice"),
        Column("at", Instant, nullable=False, comment="when it happened"),
        Column("recorded_at", Instant, nullable=False),
        Column("recorded_by", String(120)),
        sa.PrimaryKeyConstraint("instance_key", "key", name="pk_interaction"),
        comment="append-only log of a case; instance_key is that of the root instance",
    )
    op.create_index("ix_interaction_key", "interaction", ["key"])


def downgrade() -> None:
    op.drop_index("ix_interaction_key", "interaction")
    op.drop_table("interaction")
