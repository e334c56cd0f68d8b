"""What all tables share: the metadata, instants with their zone, and columns that recur."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    MetaData,
    String,
    TypeDecorator,
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


def key_column(name: str = "key") -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def instance_and_key() -> tuple[Column[int], Column[int]]:
    """Of a hot table: its primary key leads with the instance key; rows are looked up by their own key too.

    Hot tables have no foreign keys: each would be looked up with every row, and their rows go with their instance.
    """
    return (
        Column("instance_key", BigInteger, nullable=False),
        Column("key", BigInteger, nullable=False, index=True),
    )


def texts() -> tuple[Column[Any], Column[Any]]:
    return Column("name_zh", String(400), nullable=False), Column("name_en", String(400), nullable=False)


def is_aside_column() -> Column[bool]:
    """Of something awaited: whether it only watches a step or a level, so that the instance does not stand there."""
    return Column("is_aside", Boolean, nullable=False)
