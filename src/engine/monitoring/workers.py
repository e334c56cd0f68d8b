"""Worker processes and their signs of life, told by the one clock that all of them share: the database's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, DateTime, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session

from laneway.engine.database import engine, is_postgresql
from laneway.engine.database import failures as database_errors
from laneway.engine.model import JobState
from laneway.engine.tables import Instant, job, worker
from laneway.errors import Unavailable

BEAT_SECONDS = 5.0
"""How often a worker tells that it lives."""
DEAD_AFTER_SECONDS = 15.0
"""After this long without a sign a worker counts as dead."""
_FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class WorkerProcess:
    """A worker as the administrator sees it."""

    name: str
    host: str
    pid: int
    version: str
    kinds: tuple[str, ...]
    started_at: datetime
    seen_at: datetime
    silent_seconds: float
    jobs_running: int

    @property
    def is_alive(self) -> bool:
        """Whether it has given a sign of life lately."""
        return self.silent_seconds < DEAD_AFTER_SECONDS


def beat(name: str, *, host: str, pid: int, version: str, kinds: Sequence[str], is_first: bool) -> None:
    """A sign of life of a worker; `is_first` after its start. Forgets those that have been dead for a day.

    A transaction of its own that wakes nobody. Raises Unavailable when the database does not answer.
    """
    now = _now()
    this = worker.c.name == name
    about = {"host": host, "pid": pid, "version": version, "kinds": list(kinds), "seen_at": now}
    try:
        with engine().begin() as connection:
            if is_first:
                connection.execute(delete(worker).where(this))
            elif connection.execute(update(worker).where(this).values(seen_at=now)).rowcount:
                return
            connection.execute(insert(worker).values(name=name, started_at=now, **about))
            _forget(connection)
    except database_errors.ANY as error:
        raise Unavailable("database_unreachable") from error


def _forget(connection: Connection) -> None:
    connection.execute(delete(worker).where(worker.c.seen_at < _now(ago=_FORGOTTEN_AFTER)))


def leave(name: str) -> None:
    """A worker has stopped in order. Raises Unavailable when the database does not answer."""
    try:
        with engine().begin() as connection:
            connection.execute(delete(worker).where(worker.c.name == name))
    except database_errors.ANY as error:
        raise Unavailable("database_unreachable") from error


def everyone(session: Session) -> list[WorkerProcess]:
    """All workers that have lived within a day, the ones with the latest sign of life first."""
    columns = worker.c
    running = (
        select(job.c.worker, func.count()).where(job.c.state == JobState.ACTIVATED).group_by(job.c.worker)
    )
    running_jobs: dict[str | None, int] = {row[0]: row[1] for row in session.execute(running)}
    query = select(worker, _now().label("now")).order_by(columns.seen_at.desc(), columns.name)
    return [
        WorkerProcess(
            row.name,
            row.host,
            row.pid,
            row.version,
            tuple(row.kinds),
            row.started_at,
            row.seen_at,
            max(0.0, (row.now - row.seen_at).total_seconds()),
            running_jobs.get(row.name, 0),
        )
        for row in session.execute(query)
    ]


def silence(session: Session) -> float | None:
    """Seconds since the latest sign of life of any worker; None when there is none at all."""
    row: Any = session.execute(select(func.max(worker.c.seen_at).label("seen"), _now().label("now"))).one()
    return None if row.seen is None else max(0.0, (row.now - row.seen).total_seconds())


def alive(session: Session) -> int:
    """How many workers live."""
    limit = _now(ago=timedelta(seconds=DEAD_AFTER_SECONDS))
    return session.scalar(select(func.count()).where(worker.c.seen_at > limit)) or 0


def _now(*, ago: timedelta = timedelta()) -> ColumnElement[datetime]:
    """The database's clock; SQLite's is that of this machine."""
    if is_postgresql():
        return func.clock_timestamp(type_=DateTime(timezone=True)) - ago
    return literal(datetime.now(UTC) - ago, Instant)
