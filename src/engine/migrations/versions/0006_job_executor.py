"""Job priorities, order within an instance, progress of handlers; signs of life of workers; who may use the schema."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, Boolean, Column, DateTime, Float, Integer, String, false, text

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
    op.create_table(
        "worker",
        Column("name", String(200), primary_key=True, comment="as in the worker of a job"),
        Column("host", String(200), nullable=False),
        Column("pid", Integer, nullable=False),
        Column("version", String(40), nullable=False),
        Column("kinds", JSON, nullable=False, comment="what its process does: web, jobs, timers, mail"),
        Column("started_at", DateTime(timezone=True), nullable=False),
        Column("seen_at", DateTime(timezone=True), nullable=False, comment="by the clock of the database"),
    )
    compatibility = op.create_table(
        "compatibility",
        Column(
            "minimum_revision", String(32), primary_key=True, comment="older programs may not use the schema"
        ),
    )
    # The migrations of this release change tables that its forerunner writes.
    op.bulk_insert(compatibility, [{"minimum_revision": "0009"}])
    # Many timers may be due at the same instant: the first of them is found without sorting them all.
    op.drop_index("ix_timer_due_at", "timer")
    op.create_index("ix_timer_due_at", "timer", ["due_at", "key"])


def downgrade() -> None:
    op.drop_index("ix_timer_due_at", "timer")
    op.create_index("ix_timer_due_at", "timer", ["due_at"])
    op.drop_table("compatibility")
    op.drop_table("worker")
    op.drop_index("ix_job_leased", "job")
    op.drop_index("ix_job_waiting", "job")
    op.create_index("ix_job_state", "job", ["state", "type", "retry_at"])
    with op.batch_alter_table("job") as batch:
        for name in _NAMES:
            batch.drop_column(name)
