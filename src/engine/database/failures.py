"""What a database's refusal means to us: busy, out of reach, out of room, too slow; or a mistake of ours."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from laneway.errors import Conflict, LanewayError, Unavailable

ANY = (SQLAlchemyError, psycopg.Error, sqlite3.Error)
"""All that may come out of asking a database, through SQLAlchemy or past it; for those who need not know which."""

_REPEATABLE = frozenset({"40001", "40P01"})  # serialization failure, deadlock: rolled back, may succeed now
_BUSY = _REPEATABLE | {"55P03"}  # a lock that stayed taken
_FULL = frozenset({"53100"})
_SLOW = frozenset({"57014"})
# Shut down, crashed, starting, dropped, idle too long, too many connections, and a primary that is none any more.
_AWAY = frozenset({"57P01", "57P02", "57P03", "57P04", "57P05", "53300", "25006"})
_AWAY_CLASS = "08"  # connection exceptions; PgBouncer speaks of its own troubles in this class, too
_SQLITE_AWAY = ("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_CORRUPT", "SQLITE_NOTADB")


def is_away(error: BaseException) -> bool:
    """Whether a driver's error tells that the connection, or the server behind it, is of no more use."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", "").startswith(_SQLITE_AWAY)
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate in _AWAY or error.sqlstate.startswith(_AWAY_CLASS)


def is_repeatable(error: BaseException | None) -> bool:
    """Whether a database error is a deadlock or the like, which rolled everything back and may not come again."""
    original = error.orig if isinstance(error, DBAPIError) else None
    return getattr(original, "sqlstate", None) in _REPEATABLE


def told(error: DBAPIError | psycopg.Error, *, is_committing: bool = False) -> LanewayError | None:
    """The error of ours that a database error stands for; None when a statement of ours was wrong.

    With `is_committing`, a lost connection leaves open whether the transaction was committed.
    """
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None)
    name = getattr(original, "sqlite_errorname", "")
    if state in _BUSY or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Conflict("database_busy")
    if state in _FULL or name == "SQLITE_FULL":
        return Unavailable("database_full")
    if state in _SLOW:
        return Unavailable("database_slow")
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if is_lost or (original is not None and is_away(original)):
        # A refusal is an answer: only silence leaves open what became of a COMMIT.
        is_open = is_committing and isinstance(original, psycopg.Error) and state != "25006"
        return Unavailable("commit_outcome_unknown" if is_open else "database_unreachable")
    return None
