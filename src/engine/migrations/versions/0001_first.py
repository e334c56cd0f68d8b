"""The first schema: every table as it stood when Laneway was first released."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)

revision = "0001"
down_revision: str | None = None

_Instant = DateTime(timezone=True)
_Key = BigInteger


def upgrade() -> None:
    _create_deployed()
    _create_forms_and_drafts()
    _create_running()
    _create_user_tasks()
    _create_waits()
    _create_subscriptions()
    _create_messages()
    _create_leaving()
    _create_people()


def downgrade() -> None:
    tables = MetaData()
    tables.reflect(op.get_bind())
    for table in reversed(tables.sorted_tables):
        if table.name != "alembic_version":
            op.drop_table(table.name)


def _create_deployed() -> None:
    op.create_table(
        "deployment",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("deployed_at", _Instant, nullable=False),
        Column("deployed_by", String(120)),
    )
    op.create_table(
        "process_definition",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("deployment_key", _Key, ForeignKey("deployment.key"), nullable=False),
        Column("process_id", String(200), nullable=False),
        Column("version", Integer, nullable=False),
        Column("name_zh", String(400), nullable=False),
        Column("name_en", String(400), nullable=False),
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
    op.create_table(
        "decision_requirements",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("deployment_key", _Key, ForeignKey("deployment.key"), nullable=False),
        Column("requirements_id", String(200), nullable=False),
        Column("version", Integer, nullable=False),
        Column("name", String(400), nullable=False),
        Column("resource_name", String(400), nullable=False),
        Column("xml", LargeBinary, nullable=False),
        Column("sha256", String(64), nullable=False),
        UniqueConstraint("requirements_id", "version"),
    )
    op.create_table(
        "decision_definition",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("requirements_key", _Key, ForeignKey("decision_requirements.key"), nullable=False),
        Column("decision_id", String(200), nullable=False),
        Column("version", Integer, nullable=False),
        Column("name_zh", String(400), nullable=False),
        Column("name_en", String(400), nullable=False),
        UniqueConstraint("decision_id", "version"),
    )


def _create_forms_and_drafts() -> None:
    op.create_table(
        "form_definition",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("deployment_key", _Key, ForeignKey("deployment.key"), nullable=False),
        Column("form_id", String(200), nullable=False),
        Column("version", Integer, nullable=False),
        Column("resource_name", String(400), nullable=False),
        Column("schema", LargeBinary, nullable=False, comment="form-js JSON as deployed, byte for byte"),
        Column("sha256", String(64), nullable=False),
        UniqueConstraint("form_id", "version"),
    )
    op.create_table(
        "definition_draft",
        Column("process_id", String(200), primary_key=True),
        Column("revision", Integer, nullable=False),
        Column("base_version", Integer, nullable=False),
        Column("xml", LargeBinary, nullable=False),
        Column("saved_at", _Instant, nullable=False),
        Column("saved_by", String(120), nullable=False),
    )


def _create_running() -> None:
    op.create_table(
        "process_instance",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("process_definition_key", _Key, ForeignKey("process_definition.key"), nullable=False),
        Column("process_id", String(200), nullable=False),
        Column("version", Integer, nullable=False),
        Column("state", String(20), nullable=False),
        Column("business_key", String(200)),
        Column("root_key", _Key, nullable=False),
        Column("parent_key", _Key),
        Column("parent_token", Integer, comment="the call activity's token in the parent"),
        Column("revision", Integer, nullable=False, comment="row version: the fence against lost updates"),
        Column("live_state", LargeBinary, comment="open branches, scopes and variables; empty once ended"),
        Column("waiting_at", JSON, nullable=False, comment="ids of the elements that hold a token"),
        Column("has_incident", Boolean, nullable=False),
        Column("started_at", _Instant, nullable=False),
        Column("started_by", String(120)),
        Column("ended_at", _Instant),
        Column("last_seq", Integer, nullable=False, comment="number of the last history row"),
    )
    op.create_index("ix_process_instance_business_key", "process_instance", ["business_key"])
    op.create_index("ix_process_instance_parent_key", "process_instance", ["parent_key"])
    op.create_index("ix_process_instance_state", "process_instance", ["state", "process_id"])
    op.create_table(
        "case_file",
        Column("number", String(40), primary_key=True),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), nullable=False, unique=True),
        Column("process_id", String(200), nullable=False),
        Column("state", String(20), nullable=False),
        Column("title", String(400), nullable=False),
        Column("customer", String(200), nullable=False),
        Column("severity", String(20), nullable=False),
        Column("owner_group", String(120), nullable=False),
        Column("opened_at", _Instant, nullable=False),
        Column("opened_by", String(120)),
        Column("closed_at", _Instant),
    )
    op.create_index("ix_case_file_state", "case_file", ["state", "opened_at"])
    op.create_table(
        "number_series",
        Column("series", String(20), primary_key=True),
        Column("year", Integer, primary_key=True),
        Column("last", Integer, nullable=False),
    )
    op.create_table(
        "history",
        Column("instance_key", _Key, ForeignKey("process_instance.key"), primary_key=True),
        Column("seq", Integer, primary_key=True),
        Column("at", _Instant, nullable=False),
        Column("event", String(60), nullable=False),
        Column("element_id", String(200)),
        Column("token", Integer),
        Column("person", String(120)),
        Column("details", JSON, nullable=False),
    )


def _create_user_tasks() -> None:
    op.create_table(
        "user_task",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), nullable=False),
        Column("token", Integer, nullable=False),
        Column("element_id", String(200), nullable=False),
        Column("name_zh", String(400), nullable=False),
        Column("name_en", String(400), nullable=False),
        Column("process_definition_key", _Key, nullable=False),
        Column("process_id", String(200), nullable=False),
        Column("root_key", _Key, nullable=False),
        Column("state", String(20), nullable=False),
        Column("assignee", String(120)),
        Column("candidate_groups", JSON, nullable=False),
        Column("candidate_users", JSON, nullable=False),
        Column("form_id", String(200)),
        Column("form_key", _Key, ForeignKey("form_definition.key")),
        Column("external_form", String(400)),
        Column("separate_from", JSON, nullable=False, comment="elements whose completers may not act here"),
        Column("priority", Integer, nullable=False),
        Column("due_at", _Instant),
        Column("follow_up_at", _Instant),
        Column("revision", Integer, nullable=False),
        Column("created_at", _Instant, nullable=False),
        Column("claimed_at", _Instant),
        Column("completed_at", _Instant),
        Column("completed_by", String(120)),
    )
    op.create_index("ix_user_task_instance_key", "user_task", ["instance_key", "token"])
    op.create_index("ix_user_task_state", "user_task", ["state", "assignee", "due_at"])
    op.create_table(
        "user_task_candidate",
        Column("user_task_key", _Key, ForeignKey("user_task.key", ondelete="CASCADE"), primary_key=True),
        Column("kind", String(10), primary_key=True, comment="group or user"),
        Column("candidate", String(120), primary_key=True),
    )
    op.create_index("ix_user_task_candidate_kind", "user_task_candidate", ["kind", "candidate"])
    op.create_table(
        "user_task_draft",
        Column("user_task_key", _Key, ForeignKey("user_task.key", ondelete="CASCADE"), primary_key=True),
        Column("person", String(120), primary_key=True),
        Column("form_values", JSON, nullable=False),
        Column("saved_at", _Instant, nullable=False),
    )


def _create_waits() -> None:
    op.create_table(
        "job",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), nullable=False),
        Column("token", Integer, nullable=False),
        Column("element_id", String(200), nullable=False),
        Column("process_definition_key", _Key, nullable=False),
        Column("process_id", String(200), nullable=False),
        Column("type", String(200), nullable=False),
        Column("state", String(20), nullable=False),
        Column("retries", Integer, nullable=False),
        Column("custom_headers", JSON, nullable=False),
        Column("worker", String(200)),
        Column("leased_until", _Instant),
        Column("retry_at", _Instant),
        Column("error_message", Text),
        Column("created_at", _Instant, nullable=False),
        Column("ended_at", _Instant),
    )
    op.create_index("ix_job_instance_key", "job", ["instance_key", "token"])
    op.create_index("ix_job_state", "job", ["state", "type", "retry_at"])
    op.create_table(
        "timer",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), comment="empty: starts a process"),
        Column("token", Integer),
        Column("wait", String(260), nullable=False, comment="which wait of the token it ends"),
        Column("is_aside", Boolean, nullable=False),
        Column("element_id", String(200), nullable=False),
        Column("process_definition_key", _Key, ForeignKey("process_definition.key"), nullable=False),
        Column("due_at", _Instant, nullable=False),
        Column("cycle", String(200)),
        Column("repetitions", Integer, comment="how many more times; -1: without end"),
    )
    op.create_index("ix_timer_due_at", "timer", ["due_at"])
    op.create_index("ix_timer_instance_key", "timer", ["instance_key", "token"])


def _create_subscriptions() -> None:
    op.create_table(
        "message_subscription",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), comment="empty: starts a process"),
        Column("token", Integer),
        Column("wait", String(260), nullable=False),
        Column("is_aside", Boolean, nullable=False),
        Column("element_id", String(200), nullable=False),
        Column("name_zh", String(400), nullable=False),
        Column("name_en", String(400), nullable=False),
        Column("process_definition_key", _Key, ForeignKey("process_definition.key"), nullable=False),
        Column("message_name", String(200), nullable=False),
        Column("correlation_key", String(200)),
        Column("created_at", _Instant, nullable=False),
    )
    op.create_index("ix_message_subscription_instance_key", "message_subscription", ["instance_key", "token"])
    op.create_index(
        "ix_message_subscription_message_name", "message_subscription", ["message_name", "correlation_key"]
    )
    op.create_table(
        "signal_subscription",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), comment="empty: starts a process"),
        Column("token", Integer),
        Column("wait", String(260), nullable=False),
        Column("is_aside", Boolean, nullable=False),
        Column("element_id", String(200), nullable=False),
        Column("process_definition_key", _Key, ForeignKey("process_definition.key"), nullable=False),
        Column("signal_name", String(200), nullable=False),
    )
    op.create_index("ix_signal_subscription_instance_key", "signal_subscription", ["instance_key", "token"])
    op.create_index("ix_signal_subscription_signal_name", "signal_subscription", ["signal_name"])


def _create_messages() -> None:
    op.create_table(
        "message",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("name", String(200), nullable=False),
        Column("correlation_key", String(200)),
        Column("message_id", String(200)),
        Column("variables", JSON, nullable=False),
        Column("published_at", _Instant, nullable=False),
        Column("expires_at", _Instant, nullable=False),
    )
    op.create_index("ix_message_expires_at", "message", ["expires_at"])
    op.create_index("ix_message_name", "message", ["name", "correlation_key"])
    op.create_table(
        "message_correlation",
        Column("message_key", _Key, ForeignKey("message.key", ondelete="CASCADE"), primary_key=True),
        Column("process_id", String(200), primary_key=True, comment="a message reaches a process once"),
    )
    op.create_table(
        "incident",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), nullable=False),
        Column("token", Integer),
        Column("element_id", String(200)),
        Column("job_key", _Key, ForeignKey("job.key")),
        Column("process_definition_key", _Key, nullable=False),
        Column("process_id", String(200), nullable=False),
        Column("type", String(60), nullable=False),
        Column("message", Text, nullable=False),
        Column("state", String(20), nullable=False),
        Column("created_at", _Instant, nullable=False),
        Column("resolved_at", _Instant),
        Column("resolved_by", String(120)),
    )
    op.create_index("ix_incident_instance_key", "incident", ["instance_key", "token"])
    op.create_index("ix_incident_state", "incident", ["state", "created_at"])


def _create_leaving() -> None:
    op.create_table(
        "effect",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("kind", String(30), nullable=False),
        Column("instance_key", _Key, comment="the instance it will change, if known"),
        Column("payload", JSON, nullable=False),
        Column("created_at", _Instant, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("not_before", _Instant, nullable=False),
        Column("error", Text),
    )
    op.create_index("ix_effect_not_before", "effect", ["not_before"])
    op.create_table(
        "mail",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), nullable=False),
        Column("dedupe_key", String(200), nullable=False, unique=True),
        Column("recipient", String(320), nullable=False),
        Column("subject", String(400), nullable=False),
        Column("body", Text, nullable=False),
        Column("created_at", _Instant, nullable=False),
        Column("sent_at", _Instant),
        Column("attempts", Integer, nullable=False),
        Column("not_before", _Instant, nullable=False),
        Column("error", Text),
    )
    op.create_index("ix_mail_sent_at", "mail", ["sent_at", "not_before"])


def _create_people() -> None:
    op.create_table(
        "person",
        Column("username", String(120), primary_key=True),
        Column("name_zh", String(400), nullable=False),
        Column("name_en", String(400), nullable=False),
        Column("email", String(320), nullable=False),
        Column("locale", String(10), nullable=False),
        Column("password_hash", String(200), nullable=False),
        Column("is_active", Boolean, nullable=False),
        Column("created_at", _Instant, nullable=False),
    )
    op.create_table(
        "person_group",
        Column("group_id", String(120), primary_key=True),
        Column("name_zh", String(400), nullable=False),
        Column("name_en", String(400), nullable=False),
    )
    op.create_table(
        "membership",
        Column("username", String(120), ForeignKey("person.username", ondelete="CASCADE"), primary_key=True),
        Column("group_id", String(120), ForeignKey("person_group.group_id"), primary_key=True),
    )
    op.create_table(
        "web_session",
        Column("token_hash", String(64), primary_key=True),
        Column("username", String(120), ForeignKey("person.username", ondelete="CASCADE"), nullable=False),
        Column("csrf_token", String(64), nullable=False),
        Column("created_at", _Instant, nullable=False),
        Column("expires_at", _Instant, nullable=False),
    )
    op.create_index("ix_web_session_expires_at", "web_session", ["expires_at"])
