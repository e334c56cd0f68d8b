"""How much waits and how long: what operators watch, counted in the database through its indexes.

The figures are the same in every process of an installation. They are kept for a while, longer the longer they take, so
that asking often costs little.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from laneway.engine import clock, runtime
from laneway.engine.database import engine, reading
from laneway.engine.database import failures as database_errors
from laneway.engine.model import OutgoingState
from laneway.engine.monitoring import workers
from laneway.engine.tables import effect, incident, job, outgoing, process_instance, timer, user_task
from laneway.engine.tables.running import is_open_case
from laneway.engine.tables.waiting import is_active_incident, is_leased_job, is_open_task, is_waiting_job
from laneway.errors import LanewayError

_KEPT_SECONDS = 5.0
_KEPT_TIMES = 50
"""At most one part in this many of one connection's time goes into counting."""

Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True)
class Gauge:
    """One figure, or one per combination of labels."""

    name: str
    help: str
    labels: tuple[str, ...]
    samples: Sequence[Sample]


class Gauges:
    """The figures as they were a moment ago."""

    def __init__(self, *, kept_seconds: float = _KEPT_SECONDS) -> None:
        self._lock = threading.Lock()
        self._kept_seconds = kept_seconds
        self._until = 0.0
        self._counted: list[Gauge] = []

    def read(self) -> list[Gauge]:
        """All figures; without those of the database while it does not answer, which `laneway_database_up` tells."""
        with self._lock:
            began = time.monotonic()
            if began >= self._until:
                self._counted = _counted()
                now = time.monotonic()
                self._until = now + max(self._kept_seconds, _KEPT_TIMES * (now - began))
            return [*self._counted, *_pool()]


def _counted() -> list[Gauge]:
    try:
        # This tells at once, where a reading would wait for a failover.
        with engine().connect().execution_options(laneway_read_only=True) as connection:
            connection.exec_driver_sql("SELECT 1")
        with reading() as session:
            gauges = count(session)
        return [_one("laneway_database_up", "Whether the database has answered.", 1), *gauges]
    except (*database_errors.ANY, LanewayError):
        return [_one("laneway_database_up", "Whether the database has answered.", 0)]


def count(session: Session) -> list[Gauge]:
    """All figures of the database, counted now."""
    now = clock.now()
    return [
        *_jobs(session, now),
        *_timers(session, now),
        *_effects(session, now),
        *_outbox(session, now),
        *_cases(session, now),
        _one("laneway_workers", "Worker processes that live.", workers.alive(session)),
    ]


def _jobs(session: Session, now: datetime) -> list[Gauge]:
    columns = job.c
    due = or_(columns.retry_at.is_(None), columns.retry_at <= now)
    ready_since = func.coalesce(columns.retry_at, columns.created_at)
    ready = session.execute(
        select(columns.type, func.count(), func.min(ready_since, type_=columns.created_at.type))
        .where(is_waiting_job, due, ~runtime.is_suspended(columns.instance_key))
        .group_by(columns.type)
    ).all()
    leased = session.execute(
        select(columns.type, func.count()).where(is_leased_job).group_by(columns.type)
    ).all()
    failed = session.execute(
        select(columns.type, func.count())
        .select_from(incident)
        .join(job, (columns.instance_key == incident.c.instance_key) & (columns.key == incident.c.job_key))
        .where(is_active_incident)
        .group_by(columns.type)
    ).all()
    oldest = [((row[0],), _age(now, row[2])) for row in ready]
    return [
        Gauge("laneway_jobs_ready", "Jobs that a worker may take now, by type.", ("type",), _by(ready)),
        Gauge("laneway_jobs_leased", "Jobs that workers have taken, by type.", ("type",), _by(leased)),
        Gauge("laneway_jobs_failed", "Jobs with an open incident, by type.", ("type",), _by(failed)),
        Gauge(
            "laneway_job_oldest_seconds", "How long the oldest ready job waits, by type.", ("type",), oldest
        ),
    ]


def _timers(session: Session, now: datetime) -> list[Gauge]:
    columns = timer.c
    overdue = and_(columns.due_at <= now, ~runtime.is_suspended(columns.instance_key))
    number, first = session.execute(select(func.count(), func.min(columns.due_at)).where(overdue)).one()
    return [
        _one("laneway_timers_overdue", "Timers that are due and have not fired.", number),
        _one("laneway_timer_lag_seconds", "How late the latest of them is.", _age(now, first)),
    ]


def _effects(session: Session, now: datetime) -> list[Gauge]:
    columns = effect.c
    waiting = ~runtime.is_suspended(columns.instance_key)
    number, first = session.execute(select(func.count(), func.min(columns.created_at)).where(waiting)).one()
    return [
        _one("laneway_effects_waiting", "Work that steps left for another transaction.", number),
        _one("laneway_effect_oldest_seconds", "How long the oldest of it waits.", _age(now, first)),
    ]


def _outbox(session: Session, now: datetime) -> list[Gauge]:
    columns = outgoing.c
    unsent = (OutgoingState.QUEUED, OutgoingState.SENDING, OutgoingState.FAILED)
    states = session.execute(
        select(columns.kind, columns.state, func.count())
        .where(columns.state.in_(unsent))
        .group_by(columns.kind, columns.state)
    ).all()
    backlog = _age(
        now, session.scalar(select(func.min(columns.created_at)).where(columns.state.in_(unsent[:2])))
    )
    return [
        Gauge(
            "laneway_outbox_messages",
            "Mails and webhooks that have not been sent, by kind and state; FAILED: given up.",
            ("kind", "state"),
            [((row[0], row[1]), row[2]) for row in states],
        ),
        _one("laneway_outbox_oldest_seconds", "How long the oldest of them waits to be sent.", backlog),
    ]


def _cases(session: Session, now: datetime) -> list[Gauge]:
    incidents = select(incident.c.type, func.count()).where(is_active_incident)
    process_id = process_instance.c.process_id
    instances = select(process_id, func.count()).where(is_open_case).group_by(process_id)
    return [
        Gauge(
            "laneway_incidents_open",
            "Incidents that nobody has resolved, by type.",
            ("type",),
            _by(session.execute(incidents.group_by(incident.c.type)).all()),
        ),
        Gauge(
            "laneway_process_instances_open",
            "Process instances that nothing has called and that have not ended, by process.",
            ("process",),
            _by(session.execute(instances).all()),
        ),
        _one(
            "laneway_user_tasks_open", "User tasks that nobody has completed.", _number(session, is_open_task)
        ),
        _one(
            "laneway_user_tasks_overdue",
            "Those of them whose due time has passed.",
            _number(session, is_open_task & (user_task.c.due_at < now)),
        ),
    ]


def outbox_backlog_seconds(session: Session) -> float:
    """How long the oldest mail or webhook waits to be sent; 0 when none does."""
    waiting = outgoing.c.state.in_((OutgoingState.QUEUED, OutgoingState.SENDING))
    return _age(clock.now(), session.scalar(select(func.min(outgoing.c.created_at)).where(waiting)))


def _pool() -> list[Gauge]:
    try:
        pool = engine().pool
    except LanewayError:
        return []
    if not isinstance(pool, QueuePool):
        return []
    return [
        _one("laneway_database_connections_used", "Connections of this process in use.", pool.checkedout()),
        _one(
            "laneway_database_connections_open",
            "Connections that this process has open.",
            pool.checkedin() + pool.checkedout(),
        ),
    ]


def _one(name: str, help_text: str, number: float) -> Gauge:
    return Gauge(name, help_text, (), [((), number)])


def _by(rows: Sequence[Any]) -> list[Sample]:
    return [((row[0],), row[1]) for row in rows]


def _number(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(user_task).where(condition)) or 0


def _age(now: datetime, since: datetime | None) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
