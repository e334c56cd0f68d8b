"""Decision instances; version tags and imports of decisions; what a deployment held although it had not changed.

What the history told of decisions so far becomes decision instances too, each an evaluation of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
)

revision = "0002"
down_revision = "0001"

_Instant = DateTime(timezone=True)
_Key = BigInteger
_EVENT = "decision_evaluated"


def upgrade() -> None:
    op.add_column(
        "deployment", _list("unchanged", "keys of older versions that it held: they had not changed")
    )
    op.add_column(
        "decision_requirements", _list("imports", "keys of the versions that it is linked with, all of them")
    )
    op.add_column("decision_definition", Column("version_tag", String(100)))
    op.create_table(
        "decision_instance",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("evaluation_key", _Key, nullable=False, comment="the same for all decisions of an evaluation"),
        Column("position", Integer, nullable=False, comment="from 1: required decisions come first"),
        Column(
            "instance_key", _Key, ForeignKey("process_instance.key"), comment="empty: evaluated by itself"
        ),
        Column("root_key", _Key, comment="the process instance of the case"),
        Column("element_id", String(200)),
        Column("token", Integer),
        Column("decision_key", _Key, ForeignKey("decision_definition.key"), nullable=False),
        Column("root_decision_key", _Key, ForeignKey("decision_definition.key"), nullable=False),
        Column("decision_type", String(20), nullable=False),
        Column("state", String(20), nullable=False),
        Column("failure_zh", String(400)),
        Column("failure_en", String(400)),
        Column("evaluated_at", _Instant, nullable=False),
        Column("evaluated_by", String(120), comment="who asked, where no process did"),
        Column(
            "duration_us", BigInteger, comment="wall time in microseconds; empty where it was not measured"
        ),
        Column("inputs", JSON, nullable=False, comment="[{id, label: [zh, en], value}]"),
        Column(
            "rules",
            JSON,
            nullable=False,
            comment="those that matched: [{id, number, outputs: [like inputs]}]",
        ),
        Column("output", JSON, nullable=False),
        Column("warnings", JSON, nullable=False, comment="[{zh, en, pos, element_id}]"),
        UniqueConstraint("evaluation_key", "position"),
    )
    for columns in (["instance_key"], ["root_key"], ["decision_key", "evaluated_at"]):
        op.create_index(f"ix_decision_instance_{columns[0]}", "decision_instance", columns)
    _take_over_history(op.get_bind())


def downgrade() -> None:
    op.drop_table("decision_instance")
    op.drop_column("decision_definition", "version_tag")
    op.drop_column("decision_requirements", "imports")
    op.drop_column("deployment", "unchanged")


def _list(name: str, comment: str) -> Column[Any]:
    return Column(name, JSON, nullable=False, server_default="[]", comment=comment)


def _take_over_history(connection: Connection) -> None:
    tables = MetaData()
    names = ("history", "process_instance", "decision_definition", "decision_instance")
    tables.reflect(connection, only=names)
    rows = list(_old_evaluations(connection, tables.tables["history"], tables))
    if rows:
        connection.execute(insert(tables.tables["decision_instance"]), rows)


def _old_evaluations(connection: Connection, history: Table, tables: MetaData) -> Iterator[dict[str, Any]]:
    definition, instance = tables.tables["decision_definition"].c, tables.tables["process_instance"].c
    keys = {
        (row.decision_id, row.version): row.key
        for row in connection.execute(select(definition.decision_id, definition.version, definition.key))
    }
    told = (
        select(history, instance.root_key)
        .join(tables.tables["process_instance"], instance.key == history.c.instance_key)
        .where(history.c.event == _EVENT)
        .order_by(history.c.instance_key, history.c.seq)
    )
    for number, row in enumerate(connection.execute(told), start=1):
        details = row.details
        decision_key = keys.get((details["decision_id"], details["version"]))
        if decision_key is None:
            continue
        yield {
            "key": number,  # smaller than any key that is made from the time
            "evaluation_key": number,
            "position": 1,
            "instance_key": row.instance_key,
            "root_key": row.root_key,
            "element_id": row.element_id,
            "token": row.token,
            "decision_key": decision_key,
            "root_decision_key": decision_key,
            "decision_type": "UNKNOWN",
            "state": "EVALUATED",
            "evaluated_at": row.at,
            "inputs": [_input(label, value) for label, value in details["inputs"]],
            "rules": [{"id": id_, "number": place, "outputs": []} for id_, place in details["rules"]],
            "output": details["output"],
            "warnings": [],
        }


def _input(label: str | list[str], value: Any) -> dict[str, Any]:
    return {"id": "", "label": label if isinstance(label, list) else ["", label], "value": value}
