"""Words that make a question of a customer an emergency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "safety_word",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("word", sa.String(length=60), nullable=False),
        sa.Column("sign", sa.String(length=20), nullable=False, comment="leak, injury, bulging, fire"),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("owner_group", sa.String(length=120), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_safety_word"),
        sa.UniqueConstraint("word", name="uq_safety_word_word"),
        comment="words that make a question of a customer an emergency",
    )


def downgrade() -> None:
    op.drop_table("safety_word")
