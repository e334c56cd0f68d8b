"""Open connections to PostgreSQL, straight, to several hosts or through a pooler, and to SQLite."""

from __future__ import annotations

import logging
import select
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import orjson
import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, InvalidRequestError

from laneway.engine.database import failures as database_errors
from laneway.engine.database import sqlite_files
from laneway.errors import Unavailable

_log = logging.getLogger(__name__)

_SQLITE_WAIT_SECONDS = 30
_LOCK_SECONDS = 5
_OPENING = "laneway_opening"
"""In a connection's info: what is to be said before the first statement of its transaction."""
_PREPARE_AFTER = 5
"""Executions after which a statement is prepared on the server, where no pooler is between."""

# A host that is cut off sends nothing, not even that it is gone: after about ten seconds we take it for lost.
LIVELINESS = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_WHO_ANSWERS = b"SELECT pg_backend_pid(), current_setting('lock_timeout')"
_LIMIT_LOCKS = f"set_config('lock_timeout', '{_LOCK_SECONDS}s', {{is_local}})"


def address(url: str) -> URL:
    """An SQLAlchemy URL from what the settings say.

    PostgreSQL may be given as libpq writes it, with several hosts: `postgresql://h1,h2:5433/db?…`.
    """
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        return _postgresql_address(url)
    return make_url(url)


def _postgresql_address(url: str) -> URL:
    parts = urlsplit(url)
    who, at, where = parts.netloc.rpartition("@")
    if "," not in where:
        return make_url(url).set(drivername="postgresql+psycopg")
    hosts = tuple(one if ":" in one else f"{one}:5432" for one in where.split(","))
    plain = make_url(
        f"postgresql+psycopg://{who}{at}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    )
    return plain.update_query_dict({"host": hosts})


def open_(url: str, *, statement_seconds: float | None = None) -> Engine:
    """An engine for a database that answers. Raises Unavailable when it does not.

    `statement_seconds` limits each statement of a reading on PostgreSQL, and none of a unit of work: a COMMIT that waits
    for a standby would end as if it had been replicated. A lock that stays taken is given up after 5 seconds.
    """
    parsed = address(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    options: dict[str, Any] = {"connect_args": {"timeout": _SQLITE_WAIT_SECONDS}}
    if not is_sqlite:
        parsed = parsed.set(query=LIVELINESS | dict(parsed.query))
        # Nothing is prepared until it is known that the connection leads to one server session and not to a pooler.
        options = {"pool_size": 10, "max_overflow": 20, "connect_args": {"prepare_threshold": None}}
    engine = create_engine(
        parsed,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=_read_json,
        **options,
    )
    if is_sqlite:
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine, statement_seconds)
    try:
        with engine.connect():
            pass
    except DBAPIError as error:
        raise Unavailable("database_unreachable", url=parsed.render_as_string()) from error
    return engine


def close(engine: Engine) -> None:
    """Close every connection of an engine."""
    engine.dispose()
    if (path := _sqlite_path(engine)) is not None:
        sqlite_files.leave(path)


def _read_json(stored: Any) -> Any:
    # SQLite's JSON columns take a text that is a number for one, and give it back as such.
    return orjson.loads(stored) if isinstance(stored, str | bytes) else stored


# -- SQLite


def _sqlite_path(engine: Engine) -> Path | None:
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name).absolute()


def _prepare_sqlite(engine: Engine) -> None:
    if (path := _sqlite_path(engine)) is not None and path.parent.is_dir():
        sqlite_files.guard(path)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    # SQLite allows one writer. Taking the write lock at once turns a late
    # "database is locked" in the middle of a step into a short wait at its start.
    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get("laneway_read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


# -- PostgreSQL


class Pooled:
    """Whether the connections of an engine lead through a pooler: each new connection tells."""

    def __init__(self) -> None:
        self.is_pooled: bool | None = None

    def learn(self, is_pooled: bool) -> None:
        """Take in what a new connection showed, and say in the log when that is news."""
        if is_pooled and not self.is_pooled:
            _log.warning("database_pooled", extra={"off": "prepared statements, LISTEN"})
        elif self.is_pooled and not is_pooled:
            _log.warning("database_not_pooled", extra={"on": "prepared statements, LISTEN"})
        self.is_pooled = is_pooled


_pooled: WeakKeyDictionary[Engine, Pooled] = WeakKeyDictionary()


def is_pooled(engine: Engine) -> bool:
    """Whether a pooler such as PgBouncer is between us and PostgreSQL, so that no session lasts."""
    found = _pooled.get(engine)
    return found is not None and bool(found.is_pooled)


def open_transaction(info: dict[Any, Any], driver: Any) -> None:
    """Say that a transaction begins, if that has not been said yet, on a connection of psycopg with this `info`."""
    opening = info.pop(_OPENING, ())
    if len(opening) > 1 and driver.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF:
        with driver.pipeline():  # one journey
            for statement in opening:
                driver.execute(statement)
    else:
        for statement in opening:
            driver.execute(statement)


def may_stand_alone(info: dict[Any, Any]) -> bool:
    """Whether one statement could be the whole transaction: nothing was said before it, no limit goes with it."""
    return info.get(_OPENING) == ["BEGIN"]


def _has_something_to_say(descriptor: int) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], 0)[0])
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _prepare_postgresql(engine: Engine, statement_seconds: float | None) -> None:
    pooled = _pooled[engine] = Pooled()
    limit_statements = ""
    if statement_seconds is not None:
        limit_statements = (
            f"set_config('statement_timeout', '{round(statement_seconds * 1000)}', {{is_local}})"
        )

    @event.listens_for(engine, "connect")
    def _look_around(connection: psycopg.Connection, record: Any) -> None:
        # We say ourselves when a transaction begins: together with its first statement, not a journey before it.
        connection.autocommit = True
        row = connection.execute(_WHO_ANSWERS).fetchone()
        assert row is not None
        # A pooler tells a backend of its own making at the start; what answers is another.
        through_pooler = row[0] != connection.info.backend_pid
        pooled.learn(through_pooler)
        limits = [limit_statements] if limit_statements else []
        limits += [_LIMIT_LOCKS] if row[1] == "0" else []
        if not through_pooler:
            connection.prepare_threshold = _PREPARE_AFTER
            if limits:
                connection.execute(f"SELECT {', '.join(limits).format(is_local='false')}".encode())
        # Behind a pooler the next transaction may be another session's: the limits go with each of them.
        limits = limits if through_pooler else []
        record.info["limits"] = f"SELECT {', '.join(limits).format(is_local='true')}" if limits else ""

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        limits = connection.info["limits"]
        if not connection.get_execution_options().get("laneway_read_only", False):
            connection.info[_OPENING] = ["BEGIN", limits] if limits else ["BEGIN"]
        elif limits:
            connection.info[_OPENING] = ["BEGIN READ ONLY", limits]

    @event.listens_for(engine, "before_cursor_execute")
    def _open(connection: Connection, *statement: Any) -> None:
        context = statement[3]
        is_reading = connection.get_execution_options().get("laneway_read_only", False)
        if is_reading and context is not None and context.is_crud:
            raise InvalidRequestError("a reading does not write")
        open_transaction(connection.info, connection.connection.driver_connection)

    @event.listens_for(engine, "checkout")
    def _is_still_there(connection: psycopg.Connection, _record: object, _proxy: object) -> None:
        # Costs no journey: an idle connection has nothing to say unless its server is about to go.
        if not _has_something_to_say(connection.fileno()):
            return
        try:
            connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise InvalidatePoolError("the server has gone") from error

    @event.listens_for(engine, "handle_error")
    def _discard(context: ExceptionContext) -> None:
        if database_errors.is_away(context.original_exception):
            context.is_disconnect = True
