"""By which correlation key a message has started a process instance."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "process_instance",
        Column("start_key", String(400), comment="correlation key of the message that started it"),
    )
    op.create_index("ix_process_instance_start_key", "process_instance", ["start_key"])


def downgrade() -> None:
    op.drop_index("ix_process_instance_start_key", "process_instance")
    op.drop_column("process_instance", "start_key")
