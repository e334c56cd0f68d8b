"""Stock movements are listed by their time."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_index(op.f("ix_stock_movement_at"), "stock_movement", ["at", "key"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_stock_movement_at"), table_name="stock_movement")
