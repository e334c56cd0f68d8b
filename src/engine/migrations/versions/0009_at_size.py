"""Keys, indexes and statistics for a million instances.

Hot tables lead with the instance key and have no foreign keys, so that a distributed PostgreSQL can shard by it. What
starts a process has the instance key 0. Statistics are filled in the background from what this leaves to be folded.
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    String,
    text,
)

from laneway.engine.migrations.keys import Keys, rekey

revision = "0009"
down_revision = "0008"

_Instant = DateTime(timezone=True)
_OF_INSTANCE = ("instance_key", "process_instance")
_OF_DEFINITION = ("process_definition_key", "process_definition")
_OF_DECISIONS = (("decision_key", "decision_definition"), ("root_decision_key", "decision_definition"))

# What refers to another table comes before it. Now, and before.
_KEYS: dict[str, tuple[Keys, Keys]] = {
    "incident": (Keys(("instance_key", "key")), Keys(("key",), foreign=(_OF_INSTANCE, ("job_key", "job")))),
    "job": (Keys(("instance_key", "token", "key")), Keys(("key",), foreign=(_OF_INSTANCE,))),
    "user_task": (
        Keys(("instance_key", "token", "key")),
        Keys(("key",), foreign=(_OF_INSTANCE, ("form_key", "form_definition"))),
    ),
    **{
        table: (
            Keys(("instance_key", "key")),
            Keys(("key",), foreign=(_OF_INSTANCE, _OF_DEFINITION), no_instance_is_null=True),
        )
        for table in ("timer", "message_subscription", "signal_subscription")
    },
    "decision_instance": (
        Keys(("instance_key", "evaluation_key", "position")),
        Keys(
            ("key",),
            unique=(("evaluation_key", "position"),),
            foreign=(_OF_INSTANCE, *_OF_DECISIONS),
            no_instance_is_null=True,
        ),
    ),
    "history": (Keys(("instance_key", "seq")), Keys(("instance_key", "seq"), foreign=(_OF_INSTANCE,))),
    "case_file": (
        Keys(("number",), unique=(("instance_key",),)),
        Keys(("number",), unique=(("instance_key",),), foreign=(_OF_INSTANCE,)),
    ),
    "outgoing": (
        Keys(("instance_key", "key"), unique=(("instance_key", "dedupe_key"),)),
        Keys(("key",), unique=(("dedupe_key",),), foreign=(_OF_INSTANCE,)),
    ),
}

_OLD_INDEXES = (
    ("ix_user_task_instance_key", "user_task", ("instance_key", "token")),
    ("ix_user_task_state", "user_task", ("state", "assignee", "due_at")),
    ("ix_job_instance_key", "job", ("instance_key", "token")),
    ("ix_timer_instance_key", "timer", ("instance_key", "token")),
    ("ix_message_subscription_instance_key", "message_subscription", ("instance_key", "token")),
    ("ix_signal_subscription_instance_key", "signal_subscription", ("instance_key", "token")),
    ("ix_incident_instance_key", "incident", ("instance_key", "token")),
    ("ix_incident_state", "incident", ("state", "created_at")),
    ("ix_process_instance_state", "process_instance", ("state", "process_id")),
    ("ix_process_instance_parent_key", "process_instance", ("parent_key",)),
    ("ix_process_instance_start_key", "process_instance", ("start_key",)),
    ("ix_case_file_state", "case_file", ("state", "opened_at")),
    ("ix_decision_instance_instance_key", "decision_instance", ("instance_key",)),
    ("ix_outgoing_instance_key", "outgoing", ("instance_key",)),
)
_BY_KEY = (
    "incident",
    "job",
    "user_task",
    "timer",
    "message_subscription",
    "signal_subscription",
    "decision_instance",
    "outgoing",
)
_OPEN_TASK = "state = 'CREATED'"
_NEW_INDEXES: tuple[tuple[str, str, tuple[str, ...], str | None], ...] = (
    *((f"ix_{table}_key", table, ("key",), None) for table in _BY_KEY),
    ("ix_user_task_open_due_at", "user_task", ("due_at", "priority DESC", "key"), _OPEN_TASK),
    ("ix_user_task_open_assignee", "user_task", ("assignee", "due_at", "priority DESC", "key"), _OPEN_TASK),
    ("ix_user_task_open_root_key", "user_task", ("root_key",), _OPEN_TASK),
    ("ix_incident_active", "incident", ("process_id",), "state = 'ACTIVE'"),
    ("ix_process_instance_root_key", "process_instance", ("root_key",), None),
    (
        "ix_process_instance_open",
        "process_instance",
        ("process_id", "version"),
        "parent_key IS NULL AND ended_at IS NULL",
    ),
    ("ix_process_instance_parent_key", "process_instance", ("parent_key",), "parent_key IS NOT NULL"),
    ("ix_process_instance_start_key", "process_instance", ("start_key",), "start_key IS NOT NULL"),
    ("ix_case_file_severity", "case_file", ("severity", "instance_key"), None),
    ("ix_case_file_owner_group", "case_file", ("owner_group", "instance_key"), None),
    ("ix_decision_instance_evaluation_key", "decision_instance", ("evaluation_key",), None),
)


_COMMENTS = (
    ("decision_instance", "instance_key", "empty: evaluated by itself", "0: evaluated by itself"),
    *(
        comment
        for table in ("timer", "message_subscription", "signal_subscription")
        for comment in (
            (table, "instance_key", "empty: starts a process", None),
            (table, "token", None, "empty: it starts a process, and its instance key is STARTS"),
        )
    ),
)


def upgrade() -> None:
    for name, table, _columns in _OLD_INDEXES:
        op.drop_index(name, table)
    _rewrite_candidates()
    _rewrite_drafts()
    for table, (now, _before) in _KEYS.items():
        rekey(table, now)
    for name, table, columns, where in _NEW_INDEXES:
        _create_index(name, table, columns, where)
    _create_open_cases()
    _create_counters()
    _leave_everything_to_be_folded()
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps none
        for table, column, _comment_before, comment in _COMMENTS:
            op.alter_column(table, column, comment=comment)


def downgrade() -> None:
    for table in ("step_day", "case_hour", "open_case", "pending_change"):
        op.drop_table(table)
    for name, table, _columns, _where in _NEW_INDEXES:
        op.drop_index(name, table)
    for table, (_now, before) in reversed(_KEYS.items()):
        rekey(table, before)
    _take_back_candidates()
    for name, table, columns in _OLD_INDEXES:
        op.create_index(name, table, columns)
    if op.get_bind().dialect.name == "postgresql":
        for table, column, comment, _comment_now in _COMMENTS:
            op.alter_column(table, column, comment=comment)


def _create_index(name: str, table: str, columns: Sequence[str], where: str | None) -> None:
    condition = text(where) if where is not None else None
    expressions = [text(column) if " " in column else column for column in columns]
    op.create_index(name, table, expressions, postgresql_where=condition, sqlite_where=condition)


# -- candidates and drafts


def _rewrite_candidates() -> None:
    op.create_table(
        "candidate_new",
        Column("instance_key", BigInteger, nullable=False),
        Column("user_task_key", BigInteger, nullable=False),
        Column(
            "kind", String(10), nullable=False, comment="group, user, or staff: it has no other candidates"
        ),
        Column("candidate", String(120), nullable=False),
        Column(
            "is_open", Boolean, nullable=False, comment="taken back some time after the user task has ended"
        ),
        Column("due_at", _Instant, comment="as the user task has it, and so its priority"),
        Column("priority", Integer, nullable=False),
        PrimaryKeyConstraint(
            "instance_key", "user_task_key", "kind", "candidate", name="pk_user_task_candidate_new"
        ),
    )
    op.execute(
        """
        INSERT INTO candidate_new (instance_key, user_task_key, kind, candidate, is_open, due_at, priority)
        SELECT t.instance_key, t.key, coalesce(c.kind, 'staff'), coalesce(c.candidate, ''), t.state = 'CREATED',
               t.due_at, t.priority
        FROM user_task t LEFT JOIN user_task_candidate c ON c.user_task_key = t.key
        """
    )
    op.drop_table("user_task_candidate")
    op.rename_table("candidate_new", "user_task_candidate")
    _name_primary_key("user_task_candidate")
    _create_index(
        "ix_user_task_candidate_open",
        "user_task_candidate",
        ("kind", "candidate", "due_at", "priority DESC", "user_task_key"),
        "is_open" if op.get_bind().dialect.name == "postgresql" else "is_open = 1",
    )


def _rewrite_drafts() -> None:
    op.create_table(
        "draft_new",
        Column("instance_key", BigInteger, nullable=False),
        Column("user_task_key", BigInteger, nullable=False),
        Column("person", String(120), nullable=False),
        Column("form_values", JSON, nullable=False),
        Column("saved_at", _Instant, nullable=False),
        PrimaryKeyConstraint("instance_key", "user_task_key", "person", name="pk_user_task_draft_new"),
    )
    op.execute(
        """
        INSERT INTO draft_new (instance_key, user_task_key, person, form_values, saved_at)
        SELECT t.instance_key, d.user_task_key, d.person, d.form_values, d.saved_at
        FROM user_task_draft d JOIN user_task t ON t.key = d.user_task_key
        """
    )
    op.drop_table("user_task_draft")
    op.rename_table("draft_new", "user_task_draft")
    _name_primary_key("user_task_draft")


def _name_primary_key(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT pk_{table}_new TO pk_{table}")


def _take_back_candidates() -> None:
    of_task = ForeignKeyConstraint(
        ["user_task_key"], ["user_task.key"], ondelete="CASCADE", name="fk_user_task_candidate_user_task_key"
    )
    op.create_table(
        "candidate_old",
        Column("user_task_key", BigInteger, nullable=False),
        Column("kind", String(10), nullable=False, comment="group or user"),
        Column("candidate", String(120), nullable=False),
        PrimaryKeyConstraint("user_task_key", "kind", "candidate", name="pk_user_task_candidate_new"),
        of_task,
    )
    op.execute(
        "INSERT INTO candidate_old SELECT user_task_key, kind, candidate FROM user_task_candidate"
        " WHERE kind <> 'staff'"
    )
    op.drop_table("user_task_candidate")
    op.rename_table("candidate_old", "user_task_candidate")
    _name_primary_key("user_task_candidate")
    op.create_index("ix_user_task_candidate_kind", "user_task_candidate", ["kind", "candidate"])
    of_task = ForeignKeyConstraint(
        ["user_task_key"], ["user_task.key"], ondelete="CASCADE", name="fk_user_task_draft_user_task_key"
    )
    op.create_table(
        "draft_old",
        Column("user_task_key", BigInteger, nullable=False),
        Column("person", String(120), nullable=False),
        Column("form_values", JSON, nullable=False),
        Column("saved_at", _Instant, nullable=False),
        PrimaryKeyConstraint("user_task_key", "person", name="pk_user_task_draft_new"),
        of_task,
    )
    op.execute(
        "INSERT INTO draft_old SELECT user_task_key, person, form_values, saved_at FROM user_task_draft"
    )
    op.drop_table("user_task_draft")
    op.rename_table("draft_old", "user_task_draft")
    _name_primary_key("user_task_draft")


# -- statistics


def _create_open_cases() -> None:
    op.create_table(
        "pending_change",
        Column("root_key", BigInteger, nullable=False, comment="the case that has changed"),
        Column("key", BigInteger, nullable=False),
        Column("ended_task_key", BigInteger, comment="a user task of it that has ended"),
        Column("is_start", Boolean, nullable=False, comment="the case was opened"),
        Column("is_end", Boolean, nullable=False, comment="the case has ended"),
        PrimaryKeyConstraint("root_key", "key", name="pk_pending_change"),
    )
    op.create_table(
        "open_case",
        Column("root_key", BigInteger, primary_key=True, autoincrement=False),
        Column("process_id", String(200), nullable=False),
        Column("severity", String(20), nullable=False),
        Column("owner_group", String(120), nullable=False),
        Column("opened_at", _Instant, nullable=False),
        Column("has_incident", Boolean, nullable=False, comment="in the case or in what it called"),
        Column("task_key", BigInteger, comment="the most urgent open user task; empty: it waits"),
        Column("due_at", _Instant, comment="of that user task, as what follows"),
        Column("risk_at", _Instant, comment="when three quarters of its time are gone"),
        Column("step_zh", String(400), nullable=False),
        Column("step_en", String(400), nullable=False),
        Column("words", String(1200), nullable=False, comment="what a search looks into, in small letters"),
    )


def _create_counters() -> None:
    op.create_table(
        "case_hour",
        Column("hour", _Instant, nullable=False, comment="its beginning"),
        Column("process_id", String(200), nullable=False),
        Column("opened", Integer, nullable=False),
        Column("ended", Integer, nullable=False),
        PrimaryKeyConstraint("hour", "process_id", name="pk_case_hour"),
    )
    op.create_table(
        "step_day",
        Column("day", Date, nullable=False, comment="of completion, in UTC"),
        Column("process_id", String(200), nullable=False),
        Column("element_id", String(200), nullable=False),
        Column(
            "bucket",
            Integer,
            nullable=False,
            comment="completions that took 1.25 to this power seconds, or more",
        ),
        Column("times", Integer, nullable=False),
        Column("seconds", Float, nullable=False, comment="from creation to completion, all together"),
        Column("waiting_seconds", Float, nullable=False, comment="of these: until somebody claimed it"),
        Column("with_deadline", Integer, nullable=False),
        Column("in_time", Integer, nullable=False),
        PrimaryKeyConstraint("day", "process_id", "element_id", "bucket", name="pk_step_day"),
    )


def _leave_everything_to_be_folded() -> None:
    op.execute(
        """
        INSERT INTO pending_change (root_key, key, ended_task_key, is_start, is_end)
        SELECT key, key, NULL, true, ended_at IS NOT NULL FROM process_instance WHERE parent_key IS NULL
        """
    )
    op.execute(
        """
        INSERT INTO pending_change (root_key, key, ended_task_key, is_start, is_end)
        SELECT root_key, key, key, false, false FROM user_task WHERE state <> 'CREATED'
        """
    )
