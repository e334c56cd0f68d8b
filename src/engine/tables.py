"""Every table of the engine, as SQLAlchemy Core. Live rows say what is now; `history` only ever grows.

Keys are time-ordered 63-bit numbers made by `database.new_key`; hot tables lead with the instance key, so that they
can be sharded by it. Column comments name what a screen or the API calls the thing where the name alone does not say it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant. SQLite stores no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored time needs its zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _key(name: str = "key") -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _of_instance() -> Column[int]:
    return Column("instance_key", BigInteger, ForeignKey("process_instance.key"), nullable=False)


def _texts() -> tuple[Column[Any], Column[Any]]:
    return Column("name_zh", String(400), nullable=False), Column("name_en", String(400), nullable=False)


# -- what is deployed

deployment = Table(
    "deployment",
    metadata,
    _key(),
    Column("deployed_at", Instant, nullable=False),
    Column("deployed_by", String(120)),
)

process_definition = Table(
    "process_definition",
    metadata,
    _key(),
    Column("deployment_key", BigInteger, ForeignKey("deployment.key"), nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    *_texts(),
    Column("version_tag", String(100)),
    Column("resource_name", String(400), nullable=False),
    Column("xml", LargeBinary, nullable=False, comment="the diagram as deployed, byte for byte"),
    Column("sha256", String(64), nullable=False),
    Column("warnings", JSON, nullable=False, comment="findings that did not stop the deployment"),
    Column("start_groups", JSON, nullable=False, comment="groups that may start it; empty: everyone"),
    Column("start_form_id", String(200)),
    Column("has_none_start", Boolean, nullable=False),
    UniqueConstraint("process_id", "version"),
)

decision_requirements = Table(
    "decision_requirements",
    metadata,
    _key(),
    Column("deployment_key", BigInteger, ForeignKey("deployment.key"), nullable=False),
    Column("requirements_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String(400), nullable=False),
    Column("resource_name", String(400), nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("requirements_id", "version"),
)

decision_definition = Table(
    "decision_definition",
    metadata,
    _key(),
    Column("requirements_key", BigInteger, ForeignKey("decision_requirements.key"), nullable=False),
    Column("decision_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    *_texts(),
    UniqueConstraint("decision_id", "version"),
)

form_definition = Table(
    "form_definition",
    metadata,
    _key(),
    Column("deployment_key", BigInteger, ForeignKey("deployment.key"), nullable=False),
    Column("form_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("resource_name", String(400), nullable=False),
    Column("schema", LargeBinary, nullable=False, comment="form-js JSON as deployed, byte for byte"),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("form_id", "version"),
)

definition_draft = Table(
    "definition_draft",
    metadata,
    Column("process_id", String(200), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("saved_by", String(120), nullable=False),
)

# -- what runs

process_instance = Table(
    "process_instance",
    metadata,
    _key(),
    Column("process_definition_key", BigInteger, ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("business_key", String(200)),
    Column("root_key", BigInteger, nullable=False),
    Column("parent_key", BigInteger),
    Column("parent_token", Integer, comment="the call activity's token in the parent"),
    Column("revision", Integer, nullable=False, comment="row version: the fence against lost updates"),
    Column("live_state", LargeBinary, comment="open branches, scopes and variables; empty once ended"),
    Column("waiting_at", JSON, nullable=False, comment="ids of the elements that hold a token"),
    Column("has_incident", Boolean, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("started_by", String(120)),
    Column("ended_at", Instant),
    Column("last_seq", Integer, nullable=False, comment="number of the last history row"),
    Index(None, "state", "process_id"),
    Index(None, "parent_key"),
    Index(None, "business_key"),
)

case_file = Table(
    "case_file",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("instance_key", BigInteger, ForeignKey("process_instance.key"), nullable=False, unique=True),
    Column("process_id", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("title", String(400), nullable=False),
    Column("customer", String(200), nullable=False),
    Column("severity", String(20), nullable=False),
    Column("owner_group", String(120), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", String(120)),
    Column("closed_at", Instant),
    Index(None, "state", "opened_at"),
)

number_series = Table(
    "number_series",
    metadata,
    Column("series", String(20), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

history = Table(
    "history",
    metadata,
    Column("instance_key", BigInteger, ForeignKey("process_instance.key"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("event", String(60), nullable=False),
    Column("element_id", String(200)),
    Column("token", Integer),
    Column("person", String(120)),
    Column("details", JSON, nullable=False),
)

# -- what waits

user_task = Table(
    "user_task",
    metadata,
    _key(),
    _of_instance(),
    Column("token", Integer, nullable=False),
    Column("element_id", String(200), nullable=False),
    *_texts(),
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
    _key(),
    _of_instance(),
    Column("token", Integer, nullable=False),
    Column("element_id", String(200), nullable=False),
    Column("process_definition_key", BigInteger, nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("type", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("retries", Integer, nullable=False),
    Column("custom_headers", JSON, nullable=False),
    Column("worker", String(200)),
    Column("leased_until", Instant),
    Column("retry_at", Instant),
    Column("error_message", Text),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index(None, "instance_key", "token"),
    Index(None, "state", "type", "retry_at"),
)

timer = Table(
    "timer",
    metadata,
    _key(),
    Column("instance_key", BigInteger, ForeignKey("process_instance.key"), comment="empty: starts a process"),
    Column("token", Integer),
    Column("wait", String(260), nullable=False, comment="which wait of the token it ends"),
    Column("element_id", String(200), nullable=False),
    Column("process_definition_key", BigInteger, ForeignKey("process_definition.key"), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("cycle", String(200)),
    Column("repetitions", Integer, comment="how many more times; -1: without end"),
    Index(None, "due_at"),
    Index(None, "instance_key", "token"),
)

message_subscription = Table(
    "message_subscription",
    metadata,
    _key(),
    Column("instance_key", BigInteger, ForeignKey("process_instance.key"), comment="empty: starts a process"),
    Column("token", Integer),
    Column("wait", String(260), nullable=False),
    Column("element_id", String(200), nullable=False),
    *_texts(),
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
    _key(),
    Column("instance_key", BigInteger, ForeignKey("process_instance.key"), comment="empty: starts a process"),
    Column("token", Integer),
    Column("wait", String(260), nullable=False),
    Column("element_id", String(200), nullable=False),
    Column("process_definition_key", BigInteger, ForeignKey("process_definition.key"), nullable=False),
    Column("signal_name", String(200), nullable=False),
    Index(None, "signal_name"),
    Index(None, "instance_key", "token"),
)

message = Table(
    "message",
    metadata,
    _key(),
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
    _key(),
    _of_instance(),
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

# -- what leaves a transaction: work for another instance, and mail

effect = Table(
    "effect",
    metadata,
    _key(),
    Column("kind", String(30), nullable=False),
    Column("instance_key", BigInteger, comment="the instance it will change, if known"),
    Column("payload", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("error", Text),
    Index(None, "not_before"),
)

mail = Table(
    "mail",
    metadata,
    _key(),
    _of_instance(),
    Column("dedupe_key", String(200), nullable=False, unique=True),
    Column("recipient", String(320), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("error", Text),
    Index(None, "sent_at", "not_before"),
)

# -- who may come in

person = Table(
    "person",
    metadata,
    Column("username", String(120), primary_key=True),
    *_texts(),
    Column("email", String(320), nullable=False),
    Column("locale", String(10), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
)

person_group = Table(
    "person_group",
    metadata,
    Column("group_id", String(120), primary_key=True),
    *_texts(),
)

membership = Table(
    "membership",
    metadata,
    Column("username", String(120), ForeignKey("person.username", ondelete="CASCADE"), primary_key=True),
    Column("group_id", String(120), ForeignKey("person_group.group_id"), primary_key=True),
)

web_session = Table(
    "web_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("username", String(120), ForeignKey("person.username", ondelete="CASCADE"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index(None, "expires_at"),
)
