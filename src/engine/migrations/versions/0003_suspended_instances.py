"""Since when a process instance is suspended."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("process_instance", Column("suspended_at", DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("process_instance", "suspended_at")
