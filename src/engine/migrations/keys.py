"""Other keys for a table that stands: in place on PostgreSQL, by moving its rows into a new one on SQLite."""

from __future__ import annotations

from dataclasses import dataclass

from alembic import op
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    func,
    inspect,
    select,
    text,
)


@dataclass(frozen=True)
class Keys:
    """All keys of a table. `foreign` holds column and table; where no instance is NULL, it is 0 otherwise."""

    primary: tuple[str, ...]
    unique: tuple[tuple[str, ...], ...] = ()
    foreign: tuple[tuple[str, str], ...] = ()
    no_instance_is_null: bool = False


def rekey(table: str, keys: Keys) -> None:
    """Take a table's keys away and give it these. What refers to it must have been rekeyed before."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(table, keys)
        return
    known = inspect(op.get_bind())
    for constraint in (*known.get_foreign_keys(table), *known.get_unique_constraints(table)):
        op.drop_constraint(str(constraint["name"]), table)
    op.drop_constraint(str(known.get_pk_constraint(table)["name"]), table)
    if keys.no_instance_is_null:
        op.alter_column(table, "instance_key", nullable=True)
        op.execute(f"UPDATE {table} SET instance_key = NULL WHERE instance_key = 0")
    else:
        op.execute(f"UPDATE {table} SET instance_key = 0 WHERE instance_key IS NULL")
    op.create_primary_key(f"pk_{table}", table, list(keys.primary))
    for names in keys.unique:
        op.create_unique_constraint(f"uq_{table}_{names[0]}", table, names)
    for column, target in keys.foreign:
        op.create_foreign_key(f"fk_{table}_{column}", table, target, [column], ["key"])


def _rebuild(name: str, keys: Keys) -> None:
    bind = op.get_bind()
    old = Table(name, MetaData(), autoload_with=bind, resolve_fks=False)
    indexes = bind.scalars(
        text("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = :name"),
        {"name": name},
    ).all()
    instance_key: ColumnElement[int] = old.c.instance_key
    moved = func.nullif(instance_key, 0) if keys.no_instance_is_null else func.coalesce(instance_key, 0)
    new = _new_table(old, keys)
    new.create(bind)
    values = [moved if column is instance_key else column for column in old.columns]
    bind.execute(new.insert().from_select([column.name for column in old.columns], select(*values)))
    old.drop(bind)
    op.rename_table(new.name, name)
    for statement in indexes:
        bind.execute(text(statement))


def _new_table(old: Table, keys: Keys) -> Table:
    name, metadata = old.name, MetaData()
    columns = [
        Column(
            column.name,
            column.type,
            nullable=keys.no_instance_is_null if column.name == "instance_key" else column.nullable,
            server_default=column.server_default,
        )
        for column in old.columns
    ]
    for target in {target for _column, target in keys.foreign}:
        Table(target, metadata, Column("key", BigInteger, primary_key=True))
    return Table(
        f"{name}_new",
        metadata,
        *columns,
        PrimaryKeyConstraint(*keys.primary, name=f"pk_{name}"),
        *(UniqueConstraint(*names, name=f"uq_{name}_{names[0]}") for names in keys.unique),
        *(
            ForeignKeyConstraint([column], [f"{target}.key"], name=f"fk_{name}_{column}")
            for column, target in keys.foreign
        ),
    )
