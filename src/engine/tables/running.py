"""What runs: instances with their live state, case files, and the history that only grows."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    event,
    text,
)

from laneway.engine.tables.base import Instant, key_column, metadata

process_instance = Table(
    "process_instance",
    metadata,
    key_column(),
    Column("process_definition_key", BigInteger, ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("business_key", String(200)),
    Column("root_key", BigInteger, nullable=False),
    Column("parent_key", BigInteger),
    Column("parent_token", Integer, comment="the call activity's token in the parent"),
    Column(
        "revision",
        BigInteger().with_variant(Integer(), "sqlite"),  # which there was before; SQLite's are of any length
        nullable=False,
        comment="row version, another key at every change: the fence against lost updates",
    ),
    Column("live_state", LargeBinary, comment="open branches, scopes and variables; empty once ended"),
    Column("waiting_at", JSON, nullable=False, comment="ids of the elements that hold a token"),
    Column("has_incident", Boolean, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("started_by", String(120)),
    Column("ended_at", Instant),
    Column("suspended_at", Instant),
    Column("start_key", String(400), comment="correlation key of the message that started it"),
    Column("last_seq", Integer, nullable=False, comment="number of the last line of history"),
    Index(None, "root_key"),
    Index(None, "business_key"),
    Index(
        "ix_process_instance_ended",
        "process_id",
        "ended_at",
        sqlite_where=text("parent_key IS NULL AND ended_at IS NOT NULL"),
        postgresql_where=text("parent_key IS NULL AND ended_at IS NOT NULL"),
    ),
)

is_open_case = process_instance.c.parent_key.is_(None) & process_instance.c.ended_at.is_(None)
"""Of an instance: nothing has called it, and it has not ended."""
Index(
    "ix_process_instance_open",
    process_instance.c.process_id,
    process_instance.c.version,
    postgresql_where=is_open_case,
    sqlite_where=is_open_case,
)
# Few instances are called, and few are started by a message.
for _column in (process_instance.c.parent_key, process_instance.c.start_key):
    Index(
        f"ix_process_instance_{_column.name}",
        _column,
        postgresql_where=_column.is_not(None),
        sqlite_where=_column.is_not(None),
    )

case_file = Table(
    "case_file",
    metadata,
    Column("number", String(40), primary_key=True),
    Column("instance_key", BigInteger, nullable=False, unique=True),
    Column("process_id", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("title", String(400), nullable=False),
    Column("customer", String(200), nullable=False),
    Column("party_code", String(40), comment="the customer's record, where the case names one"),
    Column("severity", String(20), nullable=False),
    Column("owner_group", String(120), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", String(120)),
    Column("closed_at", Instant),
    Column(
        "customer_closed_at", Instant, comment="when the customer's side was closed; work of ours may go on"
    ),
    Column("reopened", Integer, nullable=False, server_default="0", comment="how often"),
    Index(None, "severity", "instance_key"),
    Index(None, "owner_group", "instance_key"),
)
Index(
    "ix_case_file_party_code",
    case_file.c.party_code,
    case_file.c.instance_key,
    postgresql_where=case_file.c.party_code.is_not(None),
    sqlite_where=case_file.c.party_code.is_not(None),
)

number_series = Table(
    "number_series",
    metadata,
    Column("series", String(20), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

allotted_number = Table(
    "allotted_number",
    metadata,
    Column("series", String(20), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("thing", String(60), nullable=False, comment="the kind of record that carries it"),
    Column("state", String(20), nullable=False, comment="LIVE, CANCELLED"),
    Column("allotted_at", Instant, nullable=False),
    Column("allotted_by", String(120)),
    Column("cancelled_at", Instant),
    Column("cancelled_by", String(120)),
    Column("reason", String(400), nullable=False, comment="why it was cancelled"),
)

history = Table(
    "history",
    metadata,
    Column("instance_key", BigInteger, primary_key=True),
    Column("seq", Integer, primary_key=True, comment="number of its first line"),
    Column("at", Instant, nullable=False),
    Column("person", String(120)),
    Column(
        "lines",
        JSON,
        nullable=False,
        comment="what one change did, in order: event, element_id, token, details",
    ),
)

_drop_view = DDL("DROP VIEW IF EXISTS history_line")  # type: ignore[no-untyped-call]  # SQLAlchemy has not annotated it
event.listen(metadata, "before_drop", _drop_view)
history_line = Table(
    "history_line",
    MetaData(),  # a view of `history`: nothing is created, copied or kept for it
    Column("instance_key", BigInteger, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("event", String(60), nullable=False),
    Column("element_id", String(200)),
    Column("token", Integer),
    Column("person", String(120)),
    Column("details", JSON, nullable=False),
)
