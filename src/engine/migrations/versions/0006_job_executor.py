"""Job priorities, order within an instance, progress of handlers."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Boolean, Column, Float, Integer, String, false, text

revision = "0006"
down_revision = "0005"

_WAITING = text("state IN ('CREATED', 'FAILED') AND retries > 0")
_LEASED = text("state = 'ACTIVATED'")
_NAMES = ("priority", "in_order", "backoff", "failures", "leases", "progress", "progress_text")


def upgrade() -> None:
    for name, comment in (
        ("priority", "higher comes first"),
        ("failures", "tries that failed"),
        ("leases", "how often leased: tells one lease from the next"),
    ):
        op.add_column("job", Column(name, Integer, nullable=False, server_default="0", comment=comment))
    order = Column(
        "in_order",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="one at a time in its instance, the oldest first",
    )
    op.add_column("job", order)
    pauses = Column("backoff", JSON, comment="seconds before each next try; empty: the worker's own")
    op.add_column("job", pauses)
    op.add_column("job", Column("progress", Float, comment="from 0 to 1, as its handler tells"))
    op.add_column("job", Column("progress_text", String(400)))
    op.drop_index("ix_job_state", "job")
    op.create_index(
        "ix_job_waiting",
        "job",
        ["type", text("priority DESC"), "key"],
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )
    op.create_index("ix_job_leased", "job", ["leased_until"], postgresql_where=_LEASED, sqlite_where=_LEASED)


def downgrade() -> None:
    op.drop_index("ix_job_leased", "job")
    op.drop_index("ix_job_waiting", "job")
    op.create_index("ix_job_state", "job", ["state", "type", "retry_at"])
    with op.batch_alter_table("job") as batch:
        for name in _NAMES:
            batch.drop_column(name)
