"""The database: one engine per process, units of work that commit, readings that never do."""

from __future__ import annotations

import itertools
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import ORMExecuteState, sessionmaker
from sqlalchemy.orm import Session as Session  # callers outside the engine name it without SQLAlchemy

from laneway import metrics, observed
from laneway.engine.database import connections, storage
from laneway.engine.database import failures as database_errors
from laneway.engine.database.standby import Staleness as Staleness  # pages tell it
from laneway.engine.database.standby import Standby
from laneway.errors import Conflict, LanewayError, Unavailable

T = TypeVar("T")

_EPOCH_MS = 1_767_225_600_000  # 1 January 2026: keys stay small and time-ordered
_NODE_BITS, _COUNTER_BITS = 16, 6  # which leaves 41 bits for the milliseconds: 69 years
_ATTEMPTS = 5
_PATIENCE_SECONDS = 25.0
"""How long work that begins waits for a database that is away: longer than a standby needs to take over."""
_AWAY = ("database_unreachable", "commit_outcome_unknown")
_patient = threading.BoundedSemaphore(8)  # the other threads of a process are told at once

_SQLITE_TURN_SECONDS = 30.0
_writer = threading.Lock()

_engine: Engine | None = None
_sessions: sessionmaker[Session] | None = None
_standby: Standby | None = None
_is_away = threading.Event()
_READ_ONLY = {"laneway_read_only": True}
_after_commit: list[Callable[[], None]] = []


def connect(
    url: str, *, statement_seconds: float | None = None, standby_url: str = "", standby_max_lag: float = 30.0
) -> Engine:
    """Open the database at an SQLAlchemy URL (`sqlite:///…` or `postgresql://…`) for this whole process.

    PostgreSQL may have several hosts, as libpq writes them. `statement_seconds` limits each statement of a
    `reading`. A standby is asked by `reading(stale_ok=True)` while it is not more than `standby_max_lag` seconds behind.
    Raises Unavailable when the database cannot be reached, or is a SQLite file that this machine must not open.
    """
    global _engine, _sessions, _standby
    engine = connections.open_(url, statement_seconds=statement_seconds)
    _engine = engine
    _sessions = sessionmaker(engine, expire_on_commit=False)
    _is_away.clear()
    if standby_url:
        _standby = Standby(standby_url, max_lag=standby_max_lag, statement_seconds=statement_seconds)
    event.listen(_sessions, "do_orm_execute", _remember_writing)
    storage.attach(engine)
    return engine


def _remember_writing(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info["wrote"] = True


def disconnect() -> None:
    """Close every connection; `connect` may follow."""
    global _engine, _sessions, _standby
    if _engine is not None:
        connections.close(_engine)
    if _standby is not None:
        _standby.close()
    _engine = _sessions = _standby = None


def engine() -> Engine:
    """The open engine; Unavailable before `connect`."""
    if _engine is None:
        raise Unavailable("database_not_connected")
    return _engine


def is_postgresql() -> bool:
    """Whether row locks and SKIP LOCKED are there; SQLite has one writer instead."""
    return engine().dialect.name == "postgresql"


def pooled() -> bool:
    """Whether a pooler such as PgBouncer is in between: then LISTEN and other state of a session do not work."""
    return connections.is_pooled(engine())


def _new_session() -> Session:
    if _sessions is None:
        raise Unavailable("database_not_connected")
    return _sessions()


# -- when the database is away


def _await_database() -> None:
    """Wait for a database that was away when it was last asked. Raises Unavailable when it stays away."""
    if not _is_away.is_set():
        return
    is_patient = _patient.acquire(blocking=False)
    deadline = time.monotonic() + (_PATIENCE_SECONDS if is_patient else 0)
    try:
        while not _answers():
            if time.monotonic() > deadline:
                raise Unavailable("database_unreachable")
            time.sleep(0.25)
    finally:
        if is_patient:
            _patient.release()
    _is_away.clear()


def _answers() -> bool:
    """Whether a database that takes changes answers now."""
    try:
        with engine().connect() as connection:
            asked = "SELECT pg_is_in_recovery()" if is_postgresql() else "SELECT 0"
            return not connection.exec_driver_sql(asked).scalar()
    except (DBAPIError, psycopg.Error):
        return False


def _refusal(error: DBAPIError | psycopg.Error, *, is_committing: bool = False) -> LanewayError | None:
    told = database_errors.told(error, is_committing=is_committing)
    is_news = told is not None and told.code in _AWAY and not _is_away.is_set()
    if is_news:
        _is_away.set()
        engine().dispose()  # the other idle connections lead to the same lost server
    return told


# -- transactions


@contextmanager
def _turn() -> Iterator[None]:
    """SQLite has one writer. Waiting for it here ends the moment that it is free; SQLite itself looks now and then."""
    if is_postgresql():
        yield
        return
    with metrics.LOCK_WAIT_SECONDS.time():
        is_ours = _writer.acquire(timeout=_SQLITE_TURN_SECONDS)
    if not is_ours:
        raise Conflict("database_busy")
    try:
        yield
    finally:
        _writer.release()


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: everything in the block happens, or nothing does. Wakes the worker if it wrote anything.

    Raises Conflict when the database gave up on a deadlock or a lock that stayed taken; Unavailable when it cannot be
    reached, with the code `commit_outcome_unknown` when it was lost while the transaction was being committed.
    """
    _await_database()
    is_committing = False
    new = _new_session()
    with observed.transaction(new.info):
        try:
            with _turn(), new as session, session.begin():
                try:
                    yield session
                    is_committing = True
                    storage.commit(session)
                finally:
                    storage.end(session)
        except (DBAPIError, psycopg.Error) as error:
            refusal = _refusal(error, is_committing=is_committing)
            if refusal is None:
                raise
            raise refusal from error
    for done in session.info.get("when_committed", ()):
        done()
    if session.info.get("wrote"):
        for wake in list(_after_commit):
            wake()


def when_committed(session: Session, done: Callable[[], None]) -> None:
    """Call `done` once this unit of work has committed, and never if it does not."""
    session.info.setdefault("when_committed", []).append(done)


def transact(work: Callable[[Session], T], *, settle: Callable[[LanewayError], T] | None = None) -> T:
    """Do `work` in a unit of work, again after a deadlock or when the connection was lost before the COMMIT.

    When it was lost during the COMMIT, the work is repeated only with `settle`: should the repetition be refused, that
    tells from the refusal what the first try has come to (or raises it). A lock that the lost transaction may still
    hold makes the repetition wait for its end. Raises what `unit_of_work` raises.
    """
    is_open = was_lost = False
    guess: storage.Guess | None = storage.Guess()
    refusals, until = 0, time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with unit_of_work() as session:
                if guess is not None:
                    storage.may_guess(session, guess)
                done = work(session)
                if guess is not None and not guess.is_checked(session):
                    raise Conflict("process_instance_changed")
                return done
        except IntegrityError:
            if guess is None or guess.made is None:
                raise
            guess.made()  # what another process wrote stands where this one believed that nothing did
            guess = None
        except LanewayError as refusal:
            refusals += 1
            is_last = refusals == _ATTEMPTS or time.monotonic() > until
            if guess is not None and guess.made is not None and refusal.code not in _AWAY:
                guess.made()  # what refuses may not be so, seen from behind a lock
                guess = None
            elif refusal.code == "commit_outcome_unknown" and settle is not None and not is_last:
                is_open = was_lost = True
            elif refusal.code == "database_unreachable" and not is_last:
                was_lost = True
            elif was_lost and refusal.code == "database_busy" and not is_last:
                pass  # perhaps the server has not noticed yet that nobody waits for the lost transaction
            elif database_errors.is_repeatable(refusal.__cause__) and not is_last:
                time.sleep(random.uniform(0.01, 0.1))
            elif is_open and refusal.code in (*_AWAY, "database_busy"):
                raise Unavailable("commit_outcome_unknown") from refusal  # it could not be looked up
            elif is_open and settle is not None:
                return settle(refusal)
            else:
                raise


@contextmanager
def reading(*, stale_ok: bool = False) -> Iterator[Session]:
    """A consistent look that changes nothing.

    With `stale_ok`, a standby may answer instead: `staleness` tells. Raises Unavailable when nothing answers.
    """
    standby = _standby if stale_ok else None
    found = standby.session() if standby is not None else None
    if found is None:
        standby = None
        _await_database()
        found = _new_session()
    try:
        with found as session:
            if standby is None:
                session.connection(execution_options=_READ_ONLY)
            try:
                yield session
            finally:
                storage.end(session)
            # A rollback would cost the connection its prepared statements; PostgreSQL was told to write nothing.
            session.commit() if session.get_bind().dialect.name == "postgresql" else session.rollback()
    except (DBAPIError, psycopg.Error) as error:
        if standby is not None:
            standby.avoid()
        refusal = _refusal(error) if standby is None else database_errors.told(error)
        if refusal is None:
            raise
        raise refusal from error


def staleness(session: Session) -> Staleness | None:
    """How old the answers of a reading are; None when they come from the primary."""
    found: Staleness | None = session.info.get("staleness")
    return found


def on_commit(wake: Callable[[], None]) -> Callable[[], None]:
    """Call `wake` after every commit of this process that wrote something; the returned function ends that."""
    _after_commit.append(wake)
    return lambda: _after_commit.remove(wake) if wake in _after_commit else None


class _Keys:
    """Time-ordered keys without asking the database: milliseconds, a random node of this process, a counter.

    The node has 16 bits: of thirty processes, two have the same one in less than one installation of a hundred.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._node = secrets.randbelow(2**_NODE_BITS)
        self._last_ms = 0
        self._counter = itertools.count()

    def next(self) -> int:
        with self._lock:
            now_ms = int(time.time() * 1000) - _EPOCH_MS
            if now_ms > self._last_ms:
                self._last_ms, self._counter = now_ms, itertools.count()
            number = next(self._counter)
            if number >= 2**_COUNTER_BITS:  # more than that in one millisecond: borrow from the next
                self._last_ms, self._counter, number = self._last_ms + 1, itertools.count(1), 0
            return (self._last_ms << _NODE_BITS | self._node) << _COUNTER_BITS | number


_keys = _Keys()


def new_key() -> int:
    """A new key for a row: unique, 63 bits, later keys are greater."""
    return _keys.next()
