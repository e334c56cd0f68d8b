"""What instances wait for: people, handlers, time, messages, signals; and incidents."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    literal_column,
)

from laneway.engine.tables.base import Instant, is_aside_column, key_column, metadata, of_instance, texts

user_task = Table(
    "user_task",
    metadata,
    key_column(),
    of_instance(),
    Column("token", Integer, nullable=False),
    Column("element_id", String(200), nullable=False),
    *texts(),
    Column("process_definition_key", BigInteger, nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("root_key", BigInteger, nullable=False),
    Column("state", String(20), nullable=False),
    Column("assignee", String(120)),
    Column("candidate_groups", JSON, nullable=False),
    Column("candidate_users", JSON, nullable=False),
    Column("form_id", String(200)),
    Column("form_key", BigInteger, ForeignKey("form_definition.key")),
    Column("external_form", String(400)),
    Column("separate_from", JSON, nullable=False, comment="elements whose completers may not act here"),
    Column("priority", Integer, nullable=False),
    Column("due_at", Instant),
    Column("follow_up_at", Instant),
    Column("revision", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("claimed_at", Instant),
    Column("completed_at", Instant),
    Column("completed_by", String(120)),
    Index(None, "instance_key", "token"),
    Index(None, "state", "assignee", "due_at"),
)

user_task_candidate = Table(
    "user_task_candidate",
    metadata,
    Column("user_task_key", BigInteger, ForeignKey("user_task.key", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(10), primary_key=True, comment="group or user"),
    Column("candidate", String(120), primary_key=True),
    Index(None, "kind", "candidate"),
)

user_task_draft = Table(
    "user_task_draft",
    metadata,
    Column("user_task_key", BigInteger, ForeignKey("user_task.key", ondelete="CASCADE"), primary_key=True),
    Column("person", String(120), primary_key=True),
    Column("form_values", JSON, nullable=False),
    Column("saved_at", Instant, nullable=False),
)

job = Table(
    "job",
    metadata,
    key_column(),
    of_instance(),
    Column("token", Integer, nullable=False),
    Column("element_id", String(200), nullable=False),
    Column("process_definition_key", BigInteger, nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("type", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("retries", Integer, nullable=False),
    Column("priority", Integer, nullable=False, comment="higher comes first"),
    Column("in_order", Boolean, nullable=False, comment="one at a time in its instance, the oldest first"),
    Column(
        "backoff", JSON(none_as_null=True), comment="seconds before each next try; empty: the worker's own"
    ),
    Column("failures", Integer, nullable=False, comment="tries that failed"),
    Column("custom_headers", JSON, nullable=False),
    Column("worker", String(200)),
    Column("leases", Integer, nullable=False, comment="how often leased: tells one lease from the next"),
    Column("leased_until", Instant),
    Column("progress", Float, comment="from 0 to 1, as its handler tells"),
    Column("progress_text", String(400)),
    Column("retry_at", Instant),
    Column("error_message", Text),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "instance_key", "token"),
)

is_waiting_job = and_(
    job.c.state.in_([literal_column("'CREATED'"), literal_column("'FAILED'")]),
    job.c.retries > literal_column("0"),
)
"""Of a job that a worker may take, now or after its pause; in literal words, as its index needs them."""
is_leased_job = job.c.state == literal_column("'ACTIVATED'")

Index(
    "ix_job_waiting",
    job.c.type,
    job.c.priority.desc(),
    job.c.key,
    postgresql_where=is_waiting_job,
    sqlite_where=is_waiting_job,
)
Index("ix_job_leased", job.c.leased_until, postgresql_where=is_leased_job, sqlite_where=is_leased_job)

timer = Table(
    "timer",
    metadata,
    key_column(),
    Column("instance_key", BigInteger, ForeignKey("process_instance.key"), comment="empty: starts a process"),
    Column("token", Integer),
    Column("wait", String(260), nullable=False, comment="which wait of the token it ends"),
    is_aside_column(),
    Column("element_id", String(200), nullable=False),
    Column("process_definition_key", BigInteger, ForeignKey("process_definition.key"), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("cycle", String(200)),
    Column("repetitions", Integer, comment="how many more times; -1: without end"),
    Index(None, "due_at", "key"),
    Index(None, "instance_key", "token"),
)

message_subscription = Table(
    "message_subscription",
    metadata,
    key_column(),
    Column("instance_key", BigInteger, ForeignKey("process_instance.key"), comment="empty: starts a process"),
    Column("token", Integer),
    Column("wait", String(260), nullable=False),
    is_aside_column(),
    Column("element_id", String(200), nullable=False),
    *texts(),
    Column("process_definition_key", BigInteger, ForeignKey("process_definition.key"), nullable=False),
    Column("message_name", String(200), nullable=False),
    Column("correlation_key", String(200)),
    Column("created_at", Instant, nullable=False),
    Index(None, "message_name", "correlation_key"),
    Index(None, "instance_key", "token"),
)

signal_subscription = Table(
    "signal_subscription",
    metadata,
    key_column(),
    Column("instance_key", BigInteger, ForeignKey("process_instance.key"), comment="empty: starts a process"),
    Column("token", Integer),
    Column("wait", String(260), nullable=False),
    is_aside_column(),
    Column("element_id", String(200), nullable=False),
    Column("process_definition_key", BigInteger, ForeignKey("process_definition.key"), nullable=False),
    Column("signal_name", String(200), nullable=False),
    Index(None, "signal_name"),
    Index(None, "instance_key", "token"),
)

message = Table(
    "message",
    metadata,
    key_column(),
    Column("name", String(200), nullable=False),
    Column("correlation_key", String(200)),
    Column("message_id", String(200)),
    Column("variables", JSON, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "name", "correlation_key"),
    Index(None, "expires_at"),
)

message_correlation = Table(
    "message_correlation",
    metadata,
    Column("message_key", BigInteger, ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
    Column("process_id", String(200), primary_key=True, comment="a message reaches a process once"),
)

incident = Table(
    "incident",
    metadata,
    key_column(),
    of_instance(),
    Column("token", Integer),
    Column("element_id", String(200)),
    Column("job_key", BigInteger, ForeignKey("job.key")),
    Column("process_definition_key", BigInteger, nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("type", String(60), nullable=False),
    Column("message", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", String(120)),
    Index(None, "state", "created_at"),
    Index(None, "instance_key", "token"),
)
