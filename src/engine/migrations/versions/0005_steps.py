"""The revision of an instance becomes a key that no two changes share, so that a process can trust what it remembers."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Integer

revision = "0005"
down_revision = "0004"

_BEFORE = "row version: the fence against lost updates"
_NOW = "row version, another key at every change: the fence against lost updates"


def upgrade() -> None:
    _change(Integer(), BigInteger(), _BEFORE, _NOW)


def downgrade() -> None:
    op.execute("UPDATE process_instance SET revision = 1")
    _change(BigInteger(), Integer(), _NOW, _BEFORE)


def _change(before: Integer, after: Integer, comment_before: str, comment: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite's integers are of any length
        op.alter_column(
            "process_instance",
            "revision",
            existing_type=before,
            type_=after,
            existing_nullable=False,
            existing_comment=comment_before,
            comment=comment,
        )
