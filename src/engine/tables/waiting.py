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
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    and_,
    literal_column,
)

from laneway.engine.tables.base import Instant, instance_and_key, is_aside_column, key_column, metadata, texts

user_task = Table(
    "user_task",
    metadata,
    *instance_and_key(),
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
    Column("form_key", BigInteger),
    Column("external_form", String(400)),
    Column("separate_from", JSON, nullable=False, comment="elements whose completers may not act here"),
    Column("priority", Integer, nullable=False),
    Column("due_at", Instant),
    Column("due_rule", String(40), comment="what gave its due date, such as clock:reply; empty: a date"),
    Column("follow_up_at", Instant),
    Column("revision", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("claimed_at", Instant),
    Column("completed_at", Instant),
    Column("completed_by", String(120)),
    PrimaryKeyConstraint("instance_key", "token", "key"),
)

is_open_task = user_task.c.state == literal_column("'CREATED'")
"""Of a user task that waits; in literal words, as its indexes need them."""

_MOST_URGENT = (user_task.c.due_at, user_task.c.priority.desc(), user_task.c.key)
for _name, _columns in (
    ("ix_user_task_open_due_at", _MOST_URGENT),
    ("ix_user_task_open_assignee", (user_task.c.assignee, *_MOST_URGENT)),
    ("ix_user_task_open_root_key", (user_task.c.root_key,)),
):
    Index(_name, *_columns, postgresql_where=is_open_task, sqlite_where=is_open_task)

user_task_candidate = Table(
    "user_task_candidate",
    metadata,
    Column("instance_key", BigInteger, nullable=False),
    Column("user_task_key", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False, comment="group, user, or staff: it has no other candidates"),
    Column("candidate", String(120), nullable=False),
    Column("is_open", Boolean, nullable=False, comment="taken back some time after the user task has ended"),
    Column("due_at", Instant, comment="as the user task has it, and so its priority"),
    Column("priority", Integer, nullable=False),
    PrimaryKeyConstraint("instance_key", "user_task_key", "kind", "candidate"),
)

Index(
    "ix_user_task_candidate_open",
    user_task_candidate.c.kind,
    user_task_candidate.c.candidate,
    user_task_candidate.c.due_at,
    user_task_candidate.c.priority.desc(),
    user_task_candidate.c.user_task_key,
    postgresql_where=user_task_candidate.c.is_open,
    sqlite_where=user_task_candidate.c.is_open,
)

user_task_draft = Table(
    "user_task_draft",
    metadata,
    Column("instance_key", BigInteger, nullable=False),
    Column("user_task_key", BigInteger, nullable=False),
    Column("person", String(120), nullable=False),
    Column("form_values", JSON, nullable=False),
    Column("saved_at", Instant, nullable=False),
    PrimaryKeyConstraint("instance_key", "user_task_key", "person"),
)

job = Table(
    "job",
    metadata,
    *instance_and_key(),
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
    PrimaryKeyConstraint("instance_key", "token", "key"),
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

STARTS = 0
"""The instance key of what waits for no instance but starts one: timers, messages and signals of start events."""

timer = Table(
    "timer",
    metadata,
    *instance_and_key(),
    Column("token", Integer, comment="empty: it starts a process, and its instance key is STARTS"),
    Column("wait", String(260), nullable=False, comment="which wait of the token it ends"),
    is_aside_column(),
    Column("element_id", String(200), nullable=False),
    Column("process_definition_key", BigInteger, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("cycle", String(200)),
    Column("repetitions", Integer, comment="how many more times; -1: without end"),
    PrimaryKeyConstraint("instance_key", "key"),
    Index(None, "due_at", "key"),
)

message_subscription = Table(
    "message_subscription",
    metadata,
    *instance_and_key(),
    Column("token", Integer, comment="empty: it starts a process, and its instance key is STARTS"),
    Column("wait", String(260), nullable=False),
    is_aside_column(),
    Column("element_id", String(200), nullable=False),
    *texts(),
    Column("process_definition_key", BigInteger, nullable=False),
    Column("message_name", String(200), nullable=False),
    Column("correlation_key", String(200)),
    Column("created_at", Instant, nullable=False),
    PrimaryKeyConstraint("instance_key", "key"),
    Index(None, "message_name", "correlation_key"),
)

signal_subscription = Table(
    "signal_subscription",
    metadata,
    *instance_and_key(),
    Column("token", Integer, comment="empty: it starts a process, and its instance key is STARTS"),
    Column("wait", String(260), nullable=False),
    is_aside_column(),
    Column("element_id", String(200), nullable=False),
    Column("process_definition_key", BigInteger, nullable=False),
    Column("signal_name", String(200), nullable=False),
    PrimaryKeyConstraint("instance_key", "key"),
    Index(None, "signal_name"),
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
    *instance_and_key(),
    Column("token", Integer),
    Column("element_id", String(200)),
    Column("job_key", BigInteger),
    Column("process_definition_key", BigInteger, nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("type", String(60), nullable=False),
    Column("message", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("resolved_by", String(120)),
    PrimaryKeyConstraint("instance_key", "key"),
)

is_active_incident = incident.c.state == literal_column("'ACTIVE'")
"""Of an incident that nobody has seen to; in literal words, as its index needs them."""
Index(
    "ix_incident_active",
    incident.c.process_id,
    postgresql_where=is_active_incident,
    sqlite_where=is_active_incident,
)
