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
from typing import Any

import psycopg
from sqlalchemy import Connection, Delete, Engine, Select, Table, Update, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from laneway.engine.database import connections, statements
from laneway.engine.database.statements import Layout, Statement
from laneway.errors import Conflict

_UNIT = "laneway_unit"
_GUESS = "laneway_guess"
_together: dict[tuple[Any, ...], str] = {}
"""Texts of groups of writes by what they consist of."""


class Query:
    """A SELECT, compiled once: of whole `tables`, or of some columns. `build` gets whether it is for PostgreSQL."""

    def __init__(self, build: Callable[[bool], Select[Any]], *tables: Table) -> None:
        self._statement = Statement(build)
        self._tables = tables
        self._layouts: dict[str, Layout] = {}

    def first(self, session: Session, **values: Any) -> tuple[Any, ...] | None:
        """The first row, as one namespace of column values for each table, or one; None when there is none."""
        unit = _unit(session)
        compiled = self._statement.of(unit.dialect)
        found = unit.read(compiled.text, compiled.parameters(values))
        if found is None:
            return None
        if unit.dialect.name not in self._layouts:
            parts: list[Any] = [table.c for table in self._tables]
            if not parts:
                parts = [self._statement.build(unit.is_postgresql).selected_columns]
            self._layouts[unit.dialect.name] = Layout(parts, unit.dialect)
        return self._layouts[unit.dialect.name].split(found)


class Command:
    """An UPDATE or DELETE with bind parameters, compiled once. `must_hit`: no row to change is a Conflict."""

    def __init__(
        self, table: Table, build: Callable[[bool], Update | Delete], *, must_hit: bool = False
    ) -> None:
        self.table = table
        self.must_hit = must_hit
        self.statement = Statement(build)

    def later(self, session: Session, **values: Any) -> None:
        """Let it go out with the writes of this unit of work."""
        unit = _writing(session)
        unit.add(_Write(self, self.statement.of(unit.dialect).parameters(values)))


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
        self.dialect = (
            statements.by_position(connection.dialect) if self.is_postgresql else connection.dialect
        )
        connection.info[_UNIT] = self
        self._connection = connection
        self._info = connection.info
        self._driver: Any = connection.connection.driver_connection
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
            if self.is_postgresql:
                self._open_pipeline()
                self._write_postgresql()
            else:
                self._write_sqlite()
            return self._driver.execute(text, parameters).fetchone()

    def flush(self) -> None:
        """Send what is gathered; SQLAlchemy may use the connection afterwards."""
        with self._errors():
            if self.is_postgresql:
                if self._groups:
                    self._open_pipeline()
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
                if len(self._groups) == 1 and connections.may_stand_alone(self._info):
                    # One statement, and nothing before it, is a transaction of its own.
                    self._write_postgresql()
                    return
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
            known: Any = error
            is_lost = self._connection.dialect.is_disconnect(known, self._driver, None)
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
        connections.open_transaction(self._info, self._driver)

    def _close_pipeline(self) -> None:
        pipeline, self._pipeline = self._pipeline, None
        if pipeline is not None:
            pipeline.__exit__(None, None, None)

    def _write_sqlite(self) -> None:
        groups, self._groups = self._groups, []
        for group in groups:
            for item in group.values():
                if isinstance(item, _Rows):
                    inserting = statements.insert_one(item.table, item.names, self.dialect)
                    self._driver.executemany(inserting.text, [inserting.parameters(row) for row in item.rows])
                else:
                    cursor = self._driver.execute(
                        item.command.statement.of(self.dialect).text, item.parameters
                    )
                    if item.command.must_hit and cursor.rowcount != 1:
                        raise Conflict("process_instance_changed")

    def _write_postgresql(self) -> None:
        groups, self._groups = self._groups, []
        for group in groups:
            signature = tuple(
                (item.table, item.names) if isinstance(item, _Rows) else item.command
                for item in group.values()
            )
            text = _together.get(signature)
            if text is None:
                text = _together[signature] = self._text(list(group.values()))
            parameters: list[Any] = []
            for item in group.values():
                if isinstance(item, _Rows):
                    parameters.append(statements.rows_as_json(item.table, item.names, item.rows))
                else:
                    parameters += item.parameters
            self._driver.execute(text, parameters)

    def _text(self, group: list[_Write | _Rows]) -> str:
        """One statement with a part for each write."""
        parts, guard = [], "1"
        for number, item in enumerate(group):
            if isinstance(item, _Rows):
                parts.append(f"w{number} AS ({statements.insert_many(item.table, item.names, self.dialect)})")
                continue
            returning = ""
            if item.command.must_hit:
                # Dividing by zero is how a statement can refuse to be the last before the COMMIT.
                returning, guard = " RETURNING 1", f"1 / (SELECT count(*) FROM w{number})"
            parts.append(f"w{number} AS ({item.command.statement.of(self.dialect).text}{returning})")
        return f"WITH {', '.join(parts)} SELECT {guard}"
