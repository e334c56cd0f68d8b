"""Texts of SQL: compiled by SQLAlchemy once for each kind of database, with what turns values into parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import orjson
from sqlalchemy import JSON, ColumnElement, Dialect, Float, Table, bindparam
from sqlalchemy import insert as insert_into

Processor = Callable[[Any], Any]
Names = tuple[str, ...]


class Compiled:
    """A statement's text for one kind of database, and its parameters by position."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._parameters: list[tuple[str | None, Processor | None, Any]] = []
        for name in compiled.positiontup or ():
            bind = compiled.binds[name]
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            self._parameters.append((name, process, None) if bind.required else (None, process, bind.value))

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters, from values by name; those that the statement itself fixes need none."""
        found = []
        for name, process, fixed in self._parameters:
            value = fixed if name is None else values[name]
            found.append(process(value) if process is not None else value)
        return found


class Statement:
    """A statement that is built and compiled when it is first needed. `build` gets whether it is for PostgreSQL."""

    def __init__(self, build: Callable[[bool], Any]) -> None:
        self.build = build
        self._compiled: dict[str, Compiled] = {}

    def of(self, dialect: Dialect) -> Compiled:
        """The statement for this kind of database."""
        found = self._compiled.get(dialect.name)
        if found is None:
            statement = self.build(dialect.name == "postgresql")
            found = self._compiled[dialect.name] = Compiled(statement, dialect)
        return found


class Layout:
    """What a row of several parts, one behind the other, is made of: names and types of their columns."""

    def __init__(self, parts: Iterable[Iterable[ColumnElement[Any]]], dialect: Dialect) -> None:
        self._parts = [_part(columns, dialect) for columns in parts]

    def split(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """One namespace of column values for each part."""
        rows = []
        start = 0
        for names, processors in self._parts:
            end = start + len(names)
            row = dict(zip(names, values[start:end], strict=True))
            for name, process in processors:
                row[name] = process(row[name])
            rows.append(SimpleNamespace(**row))
            start = end
        return tuple(rows)


def _part(
    columns: Iterable[ColumnElement[Any]], dialect: Dialect
) -> tuple[list[str], list[tuple[str, Processor]]]:
    names: list[str] = []
    processors: list[tuple[str, Processor]] = []
    for column in columns:
        name = str(getattr(column, "name", ""))
        names.append(name)
        if isinstance(column.type, Float):
            continue  # which both drivers give as they are, and which SQLAlchemy asks the driver's type codes about
        process = column.type.dialect_impl(dialect).result_processor(dialect, None)
        if process is not None:
            processors.append((name, process))
    return names, processors


@cache
def insert_one(table: Table, names: Names, dialect: Dialect) -> Compiled:
    """Inserts one row with these columns."""
    return Compiled(insert_into(table).values({name: bindparam(name) for name in names}), dialect)


@cache
def insert_many(table: Table, names: Names, dialect: Dialect) -> str:
    """Inserts any number of rows with these columns, which come as one parameter: `rows_as_json`. For PostgreSQL."""
    quote = dialect.identifier_preparer.quote
    declared, taken = [], []
    for name in names:
        type_ = table.c[name].type
        is_json = isinstance(type_, JSON)
        declared.append(f"{quote(name)} {'TEXT' if is_json else type_.compile(dialect)}")
        taken.append(f"{quote(name)}::json" if is_json else quote(name))
    return (
        f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) SELECT {', '.join(taken)}"
        f" FROM json_to_recordset(%s::json) AS given({', '.join(declared)})"
    )


def rows_as_json(table: Table, names: Names, rows: Iterable[Mapping[str, Any]]) -> str:
    """The parameter of `insert_many`. JSON columns come as text, since an empty one is not the JSON value null."""
    texts = _json_columns(table, names)
    given = [
        {**row, **{name: orjson.dumps(row[name]).decode() for name in texts}} if texts else row
        for row in rows
    ]
    return orjson.dumps(given, default=_as_bytea).decode()


@cache
def _json_columns(table: Table, names: Names) -> list[str]:
    return [name for name in names if isinstance(table.c[name].type, JSON)]


def _as_bytea(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"a row cannot hold {type(value).__name__}")


@cache
def by_position(dialect: Dialect) -> Dialect:
    """The same dialect with parameters by position, so that texts can be put together. For PostgreSQL."""
    made: Any = type(dialect)
    found: Dialect = made(paramstyle="format", json_serializer=dialect._json_serializer)
    return found
