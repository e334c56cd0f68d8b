"""What one change did becomes one row of history, with its lines inside; a view gives each line as a row."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Integer,
    PrimaryKeyConstraint,
    String,
)

revision = "0010"
down_revision = "0009"

_COMMENT = "what one change did, in order: event, element_id, token, details"


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("history", Column("lines", JSON, comment=_COMMENT))
    op.execute(_LINES_ON_POSTGRESQL if is_postgresql else _LINES_ON_SQLITE)
    with op.batch_alter_table("history") as table:
        table.alter_column("lines", existing_type=JSON(), existing_comment=_COMMENT, nullable=False)
        table.alter_column("seq", comment="number of its first line")
        for name in ("event", "element_id", "token", "details"):
            table.drop_column(name)
    with op.batch_alter_table("process_instance") as table:
        table.alter_column(
            "last_seq",
            existing_comment="number of the last history row",
            comment="number of the last line of history",
        )
    op.execute(_VIEW_ON_POSTGRESQL if is_postgresql else _VIEW_ON_SQLITE)


def downgrade() -> None:
    op.create_table(
        "history_before",
        Column("instance_key", BigInteger, primary_key=True),
        Column("seq", Integer, primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("event", String(60), nullable=False),
        Column("element_id", String(200)),
        Column("token", Integer),
        Column("person", String(120)),
        Column("details", JSON, nullable=False),
        PrimaryKeyConstraint("instance_key", "seq", name="pk_history_before"),
    )
    names = "instance_key, seq, at, event, element_id, token, person, details"
    op.execute(f"INSERT INTO history_before ({names}) SELECT {names} FROM history_line")
    op.execute("DROP VIEW history_line")
    op.drop_table("history")
    op.rename_table("history_before", "history")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE history RENAME CONSTRAINT pk_history_before TO pk_history")


# Each row that was there becomes a row with one line: nothing has to be guessed about what belonged together.
_LINES_ON_POSTGRESQL = r"""
UPDATE history SET lines = replace(json_build_array(json_build_object(
    'event', event, 'element_id', element_id, 'token', token, 'details', details))::text, '\u0000', '\\0')::json
"""
_LINES_ON_SQLITE = """
UPDATE history SET lines = json_array(json_object(
    'event', event, 'element_id', element_id, 'token', token, 'details', json(details)))
"""
_VIEW_ON_POSTGRESQL = """
CREATE VIEW history_line AS
SELECT h.instance_key, CAST(h.seq + l.number - 1 AS integer) AS seq, h.at,
    l.line ->> 'event' AS event, l.line ->> 'element_id' AS element_id,
    CAST(l.line ->> 'token' AS integer) AS token, h.person,
    COALESCE(l.line -> 'details', '{}'::json) AS details
FROM history AS h CROSS JOIN LATERAL json_array_elements(h.lines) WITH ORDINALITY AS l (line, number)
"""
_VIEW_ON_SQLITE = """
CREATE VIEW history_line AS
SELECT h.instance_key, h.seq + l.key AS seq, h.at,
    json_extract(l.value, '$.event') AS event, json_extract(l.value, '$.element_id') AS element_id,
    json_extract(l.value, '$.token') AS token, h.person,
    COALESCE(json_extract(l.value, '$.details'), '{}') AS details
FROM history AS h, json_each(h.lines) AS l
"""
