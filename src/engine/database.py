"""The database: one engine per process, units of work that commit, readings that never do."""

from __future__ import annotations

import itertools
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import ORMExecuteState, sessionmaker
from sqlalchemy.orm import Session as Session  # callers outside the engine name it without SQLAlchemy

from laneway.engine import storage
from laneway.errors import Conflict, Unavailable

_EPOCH_MS = 1_767_225_600_000  # 1 January 2026: keys stay small and time-ordered
_SQLITE_WAIT_SECONDS = 30

_engine: Engine | None = None
_sessions: sessionmaker[Session] | None = None
_after_commit: list[Callable[[], None]] = []


def connect(url: str) -> Engine:
    """Open the database at an SQLAlchemy URL (`sqlite:///…` or `postgresql://…`) for this whole process.

    Raises Unavailable when it cannot be reached.
    """
    global _engine, _sessions
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {}
    if parsed.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": _SQLITE_WAIT_SECONDS}
    else:
        options["pool_size"] = 10
        options["max_overflow"] = 20
        options["pool_pre_ping"] = True
    engine = create_engine(
        parsed,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=_read_json,
        **options,
    )
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    try:
        with engine.connect():
            pass
    except OperationalError as error:
        raise Unavailable("database_unreachable", url=parsed.render_as_string()) from error
    _engine = engine
    _sessions = sessionmaker(engine, expire_on_commit=False)
    event.listen(_sessions, "do_orm_execute", _remember_writing)
    storage.attach(engine)
    return engine


def _read_json(stored: Any) -> Any:
    # SQLite's JSON columns take a text that is a number for one, and give it back as such.
    return orjson.loads(stored) if isinstance(stored, str | bytes) else stored


def _remember_writing(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info["wrote"] = True


def disconnect() -> None:
    """Close every connection; `connect` may follow."""
    global _engine, _sessions
    if _engine is not None:
        _engine.dispose()
    _engine = _sessions = None


def engine() -> Engine:
    """The open engine; Unavailable before `connect`."""
    if _engine is None:
        raise Unavailable("database_not_connected")
    return _engine


def is_postgresql() -> bool:
    """Whether row locks and SKIP LOCKED are there; SQLite has one writer instead."""
    return engine().dialect.name == "postgresql"


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    # SQLite allows one writer. Taking the write lock at once turns a late
    # "database is locked" in the middle of a step into a short wait at its start.
    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        read_only = connection.get_execution_options().get("laneway_read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _new_session() -> Session:
    if _sessions is None:
        raise Unavailable("database_not_connected")
    return _sessions()


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: everything in the block happens, or nothing does. Wakes the worker if it wrote anything.

    Raises Conflict when the database gave up on a deadlock or a lock that stayed taken.
    """
    try:
        with _new_session() as session, session.begin():
            try:
                yield session
                storage.commit(session)
            finally:
                storage.end(session)
    except OperationalError as error:
        raise Conflict("database_busy") from error
    for done in session.info.get("when_committed", ()):
        done()
    if session.info.get("wrote"):
        for wake in list(_after_commit):
            wake()


def when_committed(session: Session, done: Callable[[], None]) -> None:
    """Call `done` once this unit of work has committed, and never if it does not."""
    session.info.setdefault("when_committed", []).append(done)


@contextmanager
def reading() -> Iterator[Session]:
    """A consistent look that changes nothing: always rolled back."""
    with _new_session() as session:
        session.connection(execution_options={"laneway_read_only": True})
        try:
            yield session
        finally:
            storage.end(session)
            session.rollback()


def on_commit(wake: Callable[[], None]) -> Callable[[], None]:
    """Call `wake` after every commit of this process that wrote something; the returned function ends that."""
    _after_commit.append(wake)
    return lambda: _after_commit.remove(wake) if wake in _after_commit else None


class _Keys:
    """Time-ordered keys without asking the database: milliseconds, a random node of this process, a counter."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._node = secrets.randbelow(1024)
        self._last_ms = 0
        self._counter = itertools.count()

    def next(self) -> int:
        with self._lock:
            now_ms = int(time.time() * 1000) - _EPOCH_MS
            if now_ms > self._last_ms:
                self._last_ms, self._counter = now_ms, itertools.count()
            number = next(self._counter)
            if number >= 4096:  # more than 4,096 in one millisecond: borrow from the next
                self._last_ms, self._counter, number = self._last_ms + 1, itertools.count(1), 0
            return self._last_ms << 22 | self._node << 12 | number


_keys = _Keys()


def new_key() -> int:
    """A new key for a row: unique, 63 bits, later keys are greater."""
    return _keys.next()
