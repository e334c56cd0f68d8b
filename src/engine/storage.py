"""The statements that every step runs: compiled once, sent straight to the driver, writes gathered into one round trip.

A unit of work that uses these reads its rows with `Query` and leaves its writes with `Command.later` and `insert_later`.
They go out together: with the commit, before the next `Query`, and before any statement that SQLAlchemy runs itself.
On PostgreSQL that is one statement with a writable CTE for each table, in one pipeline with the BEGIN of its transaction
before and the COMMIT behind it; on SQLite, which is no journey away, one statement after another.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import orjson
import psycopg
from sqlalchemy import JSON, Connection, Delete, Dialect, Engine, Select, Table, Update, event, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from laneway.errors import Conflict

_UNIT = "laneway_unit"
_GUESS = "laneway_guess"

Processor = Callable[[Any], Any]
_Layout = tuple[int, list[str], list[tuple[str, Processor]]]
"""Of one table in a row of several: how many columns, their names, and what turns some of them into values."""


class _Compiled:
    """A statement's text for one kind of database, with what turns values into parameters."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self._parameters: list[tuple[str, Processor | None, Any]] = []
        for name in compiled.positiontup or ():
            bind = compiled.binds[name]
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            fixed = bind.value if not bind.required else None
            self._parameters.append((name, process, fixed))

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        found = []
        for name, process, fixed in self._parameters:
            value = values.get(name, fixed)
            found.append(process(value) if process is not None else value)
        return found


class _ByDialect:
    """What is compiled when it is first needed, for SQLite and for PostgreSQL."""

    def __init__(self, build: Callable[[bool], Any]) -> None:
        self._build = build
        self._compiled: dict[bool, _Compiled] = {}

    def of(self, unit: _Unit) -> _Compiled:
        found = self._compiled.get(unit.is_postgresql)
        if found is None:
            statement = self._build(unit.is_postgresql)
            found = self._compiled[unit.is_postgresql] = _Compiled(statement, unit.dialect)
        return found


class Query:
    """A SELECT of whole `tables`, compiled once. `build` gets whether it is for PostgreSQL."""

    def __init__(self, build: Callable[[bool], Select[Any]], *tables: Table) -> None:
        self._statement = _ByDialect(build)
        self._tables = tables
        self._rows: dict[bool, list[_Layout]] = {}

    def first(self, session: Session, **values: Any) -> tuple[Any, ...] | None:
        """The first row, as one namespace of column values for each table; None when there is none."""
        unit = _unit(session)
        compiled = self._statement.of(unit)
        found = unit.read(compiled.text, compiled.parameters(values))
        return None if found is None else self._split(found, unit)

    def _split(self, values: Sequence[Any], unit: _Unit) -> tuple[Any, ...]:
        layout = self._rows.get(unit.is_postgresql)
        if layout is None:
            layout = self._rows[unit.is_postgresql] = _layout(self._tables, unit.dialect)
        rows = []
        start = 0
        for width, names, processors in layout:
            row = dict(zip(names, values[start : start + width], strict=True))
            for name, process in processors:
                row[name] = process(row[name])
            rows.append(SimpleNamespace(**row))
            start += width
        return tuple(rows)


def _layout(tables: Sequence[Table], dialect: Dialect) -> list[_Layout]:
    layout: list[_Layout] = []
    for table in tables:
        processors: list[tuple[str, Processor]] = []
        for column in table.c:
            process = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if process is not None:
                processors.append((column.name, process))
        layout.append((len(table.c), [column.name for column in table.c], processors))
    return layout


class Command:
    """An UPDATE or DELETE with bind parameters, compiled once. `must_hit`: no row to change is a Conflict."""

    def __init__(
        self, table: Table, build: Callable[[bool], Update | Delete], *, must_hit: bool = False
    ) -> None:
        self.table = table
        self.must_hit = must_hit
        self.statement = _ByDialect(build)

    def later(self, session: Session, **values: Any) -> None:
        """Let it go out with the writes of this unit of work."""
        unit = _writing(session)
        unit.add(_Write(self, self.statement.of(unit).parameters(values)))


def insert_later(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Let rows, all with the same columns, go out with the writes of this unit of work."""
    if rows:
        _writing(session).add_rows(table, rows)


def amend(session: Session, table: Table, row: dict[str, Any], values: Mapping[str, Any]) -> bool:
    """Change a row of `insert_later` that has not gone out yet; whether it was still there."""
    if not _unit(session).is_waiting(table, row):
        return False
    row.update(values)
    return True


class _Write:
    def __init__(self, command: Command, parameters: list[Any]) -> None:
        self.table = command.table
        self.command = command
        self.parameters = parameters


class _Rows:
    def __init__(self, table: Table, names: tuple[str, ...]) -> None:
        self.table = table
        self.names = names
        self.rows: list[Mapping[str, Any]] = []


def attach(engine: Engine) -> None:
    """Let what SQLAlchemy itself runs on this engine see the writes that are gathered."""
    event.listen(engine, "before_cursor_execute", _settle)


def _settle(
    connection: Connection, _cursor: Any, _text: str, _parameters: Any, context: Any, _many: bool
) -> None:
    unit: _Unit | None = connection.info.get(_UNIT)
    if unit is not None:
        unit.flush()
        if context is not None and context.is_crud:
            table: Table = context.invoked_statement.table
            unit.held.pop(table, None)


def hold(session: Session, table: Table, row: Any) -> None:
    """Remember a row that this unit of work has locked: until it ends, nobody else can change it."""
    _unit(session).held.setdefault(table, {})[row.key] = row


def held(session: Session, table: Table, key: int) -> Any:
    """The row that `hold` remembers, None if there is none. Who changes it in the database changes it here too."""
    unit: _Unit | None = session.info.get(_UNIT)
    return None if unit is None else unit.held.get(table, {}).get(key)


def held_rows(session: Session) -> dict[Table, dict[int, Any]]:
    """All rows that `hold` remembers, by table and key. Those of a table that SQLAlchemy writes to are forgotten."""
    return _unit(session).held


@dataclass
class Guess:
    """Leave for a unit of work to act on rows that it neither reads nor locks. `made` is called when one was wrong."""

    made: Callable[[], None] | None = None

    def is_checked(self, session: Session) -> bool:
        """Whether no guess was made, or one of the writes of this unit of work fails should it be wrong."""
        unit: _Unit | None = session.info.get(_UNIT)
        return self.made is None or (unit is not None and unit.is_fenced)


def may_guess(session: Session, guess: Guess) -> None:
    """Let this unit of work guess. Its caller does it again, without, when a guess was wrong."""
    session.info[_GUESS] = guess


def guess(session: Session) -> Guess | None:
    """The leave to guess, if this unit of work has one."""
    found: Guess | None = session.info.get(_GUESS)
    return found


def commit(session: Session) -> None:
    """Write what this unit of work has gathered, and commit if the database takes both at once."""
    unit: _Unit | None = session.info.get(_UNIT)
    if unit is not None:
        unit.commit()


def end(session: Session) -> None:
    """The unit of work is over; nothing that was gathered stays."""
    unit: _Unit | None = session.info.pop(_UNIT, None)
    if unit is not None:
        unit.end()


def _unit(session: Session) -> _Unit:
    found: _Unit | None = session.info.get(_UNIT)
    if found is None:
        found = session.info[_UNIT] = _Unit(session.connection())
    return found


def _writing(session: Session) -> _Unit:
    session.info["wrote"] = True
    return _unit(session)


class _Unit:
    """The writes that one unit of work has gathered, and its way to the driver."""

    def __init__(self, connection: Connection) -> None:
        self.is_postgresql = connection.dialect.name == "postgresql"
        self.dialect = _positional(connection.dialect) if self.is_postgresql else connection.dialect
        connection.info[_UNIT] = self
        self._connection = connection
        self._info = connection.info
        self._driver: Any = connection.connection.driver_connection
        self._read_only = connection.get_execution_options().get("laneway_read_only", False)
        self._pipeline: Any = None
        # Each group goes out as one statement, whose parts do not see each other: a row that one part has inserted or
        # changed may be changed again only by a later group.
        self._groups: list[dict[tuple[Table, bool], _Write | _Rows]] = []
        self.held: dict[Table, dict[int, Any]] = {}
        self.is_fenced = False

    def add(self, write: _Write) -> None:
        if (
            not self._groups
            or (write.table, True) in self._groups[-1]
            or (write.table, False) in self._groups[-1]
        ):
            self._groups.append({})
        self._groups[-1][write.table, False] = write
        self.is_fenced = self.is_fenced or write.command.must_hit

    def is_waiting(self, table: Table, row: Mapping[str, Any]) -> bool:
        last = self._groups[-1].get((table, True)) if self._groups else None
        return isinstance(last, _Rows) and any(row is other for other in last.rows)

    def add_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        names = tuple(rows[0])
        there = self._groups[-1].get((table, True)) if self._groups else None
        if not (isinstance(there, _Rows) and there.names == names):
            if not self._groups or there is not None:
                self._groups.append({})
            there = self._groups[-1][table, True] = _Rows(table, names)
        there.rows += rows

    # -- to the driver

    def read(self, text: str, parameters: list[Any]) -> Any:
        with self._errors():
            if not self.is_postgresql:
                self._write_sqlite()
                return self._driver.execute(text, parameters).fetchone()
            if not self._read_only:
                self._open_pipeline()
                self._write_postgresql()
            return self._driver.execute(text, parameters).fetchone()

    def flush(self) -> None:
        """Send what is gathered; SQLAlchemy may use the connection afterwards."""
        with self._errors():
            if self.is_postgresql:
                self._write_postgresql()
                self._close_pipeline()
            else:
                self._write_sqlite()

    def commit(self) -> None:
        """Send what is gathered and, on PostgreSQL, the COMMIT with it."""
        if not self.is_postgresql:
            self.flush()
        elif self._groups or self._pipeline is not None:
            with self._errors():
                self._open_pipeline()
                self._write_postgresql()
                self._driver.execute("COMMIT")
                self._close_pipeline()

    def end(self) -> None:
        """Give the connection back to SQLAlchemy, whatever became of it."""
        self._info.pop(_UNIT, None)
        self._groups.clear()
        with suppress(psycopg.Error):  # of a transaction that failed; it is rolled back next
            self._close_pipeline()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """The driver's errors as SQLAlchemy tells them."""
        try:
            yield
        except psycopg.errors.DivisionByZero:
            raise Conflict("process_instance_changed") from None
        except (psycopg.Error, sqlite3.Error) as error:
            is_lost = self.dialect.is_disconnect(error, self._driver, None)  # type: ignore[arg-type]  # it is a driver's error
            if is_lost:
                self._connection.invalidate(error)
            base = psycopg.Error if self.is_postgresql else sqlite3.Error
            raise DBAPIError.instance(
                None, None, error, base, connection_invalidated=is_lost, dialect=self.dialect
            ) from error

    def _open_pipeline(self) -> None:
        if self._pipeline is None:
            pipeline = self._driver.pipeline()
            pipeline.__enter__()
            self._pipeline = pipeline

    def _close_pipeline(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.__exit__(None, None, None)

    def _write_sqlite(self) -> None:
        groups, self._groups = self._groups, []
        for group in groups:
            for item in group.values():
                if isinstance(item, _Rows):
                    inserting = _sqlite_insert(item, self.dialect)
                    self._driver.executemany(inserting.text, [inserting.parameters(row) for row in item.rows])
                else:
                    cursor = self._driver.execute(item.command.statement.of(self).text, item.parameters)
                    if item.command.must_hit and cursor.rowcount != 1:
                        raise Conflict("process_instance_changed")

    def _write_postgresql(self) -> None:
        groups, self._groups = self._groups, []
        for group in groups:
            parts, parameters, guard = [], [], "1"
            for number, item in enumerate(group.values()):
                if isinstance(item, _Rows):
                    parts.append(f"w{number} AS ({_postgresql_insert(item, self.dialect)})")
                    parameters.append(_as_json(item))
                    continue
                returning = ""
                if item.command.must_hit:
                    # Dividing by zero is how a statement can refuse to be the last before the COMMIT.
                    returning, guard = " RETURNING 1", f"1 / (SELECT count(*) FROM w{number})"
                parts.append(f"w{number} AS ({item.command.statement.of(self).text}{returning})")
                parameters += item.parameters
            self._driver.execute(f"WITH {', '.join(parts)} SELECT {guard}", parameters)


# -- texts of inserts

_inserts: dict[tuple[bool, Table, tuple[str, ...]], Any] = {}


def _sqlite_insert(item: _Rows, dialect: Dialect) -> _Compiled:
    place = (False, item.table, item.names)
    if place not in _inserts:
        _inserts[place] = _Compiled(insert(item.table).values(dict.fromkeys(item.names)), dialect)
    found: _Compiled = _inserts[place]
    return found


def _postgresql_insert(item: _Rows, dialect: Dialect) -> str:
    """One text for any number of rows, which come as one JSON parameter."""
    place = (True, item.table, item.names)
    if place not in _inserts:
        quote = dialect.identifier_preparer.quote
        names = ", ".join(map(quote, item.names))
        declared, taken = [], []
        for name in item.names:
            type_ = item.table.c[name].type
            is_json = isinstance(type_, JSON)
            declared.append(f"{quote(name)} {'TEXT' if is_json else type_.compile(dialect)}")
            taken.append(f"{quote(name)}::json" if is_json else quote(name))
        _inserts[place] = (
            f"INSERT INTO {quote(item.table.name)} ({names}) SELECT {', '.join(taken)}"
            f" FROM json_to_recordset(%s::json) AS given({', '.join(declared)})"
        )
    found: str = _inserts[place]
    return found


def _as_json(item: _Rows) -> str:
    columns = item.table.c
    texts = [name for name in item.names if isinstance(columns[name].type, JSON)]
    rows = []
    for given in item.rows:
        row = dict(given)
        for name in texts:
            row[name] = orjson.dumps(row[name]).decode()
        rows.append(row)
    return orjson.dumps(rows, default=_hexadecimal).decode()


def _hexadecimal(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"a row cannot hold {type(value).__name__}")


_positional_dialect: list[Dialect] = []


def _positional(dialect: Any) -> Dialect:
    """The dialect with parameters by position, so that texts can be put together."""
    if not _positional_dialect:
        made: Dialect = type(dialect)(paramstyle="format", json_serializer=dialect._json_serializer)
        made.dbapi = dialect.dbapi
        _positional_dialect.append(made)
    return _positional_dialect[0]
