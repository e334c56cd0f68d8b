"""Background work: run handlers between two transactions, do what steps left for others, fire timers, send the outbox.

Any number of these may run, in one process or on many machines; the database is where they meet.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import orjson

from laneway.engine import clock, database, effects, jobs, messages, timers
from laneway.engine.database import Session, unit_of_work
from laneway.engine.jobs import ActivatedJob
from laneway.errors import BpmnError, Conflict
from laneway.tasks.registry import Job, Outcome, handler_of, registered

logger = logging.getLogger(__name__)

LEASE_SECONDS = 10.0
"""How long a handler of ours may take, and so how soon after a crash its job runs again."""
_POLL_SECONDS = 1.0
_BACKOFF_SECONDS = 5.0
_TIDY_SECONDS = 60.0


class Worker:
    """Threads that do the background work of one process, until `stop`."""

    def __init__(self, *, threads: int = 2, senders: Sequence[Callable[[], bool]] = ()) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._tidied_at = clock.now()
        self._stopping = threading.Event()
        self._wake = threading.Condition()
        self._news = 0
        loops: list[Callable[[], bool]] = [self._keep_house, *[self._run_a_job] * threads, *senders]
        self._threads = [
            threading.Thread(target=self._loop, args=(work,), name=f"laneway-worker-{number}", daemon=True)
            for number, work in enumerate(loops)
        ]
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to work."""
        self._unsubscribe = database.on_commit(self._notify)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is being done, then end."""
        self._stopping.set()
        self._unsubscribe()
        self._notify()
        for thread in self._threads:
            thread.join(timeout=LEASE_SECONDS)

    def _notify(self) -> None:
        with self._wake:
            self._news += 1
            self._wake.notify_all()

    def _loop(self, work: Callable[[], bool]) -> None:
        seen = -1
        while not self._stopping.is_set():
            with self._wake:
                # Nothing was committed here since; other processes may have, so look now and then.
                if self._news == seen:
                    self._wake.wait(_POLL_SECONDS)
                seen = self._news
            try:
                while not self._stopping.is_set() and work():
                    pass
            except Exception:
                logger.exception("background work failed")

    def _run_a_job(self) -> bool:
        return run_job(self.name)

    def _keep_house(self) -> bool:
        return do_effect() or fire_timer() or expire_lease() or self._tidy()

    def _tidy(self) -> bool:
        """Once a minute, delete messages whose time is over; nothing waits behind that."""
        if (clock.now() - self._tidied_at).total_seconds() > _TIDY_SECONDS:
            self._tidied_at = clock.now()
            with unit_of_work() as session:
                messages.forget_expired(session)
        return False


def run_job(worker: str, types: Sequence[str] | None = None) -> bool:
    """Lease one job that a handler of ours serves, run it in no transaction, report; whether there was one."""
    with unit_of_work() as session:
        leased = jobs.activate(
            session,
            types=registered() if types is None else types,
            worker=worker,
            lease_seconds=LEASE_SECONDS,
            limit=1,
        )
    if not leased:
        return False
    report = _run(leased[0])
    try:
        report()
    except Conflict as conflict:  # the case has gone on without it, or the lease is another's by now
        logger.info("report of job %s dropped: %s", leased[0].key, conflict)
    return True


def _run(leased: ActivatedJob) -> Callable[[], None]:
    """Run the handler; returns what to report."""
    job = Job(
        leased.key,
        leased.type,
        leased.variables,
        leased.headers,
        leased.case_number,
        leased.process_id,
        leased.element_id,
        leased.retries,
    )
    try:
        try:
            values = _as_json(handler_of(leased.type)(job))
        except BpmnError as error:
            return partial(_throw, leased, error, _as_json(error.variables))
    except Exception as error:
        logger.exception("handler %s failed on job %s", leased.type, leased.key)
        return partial(_fail, leased, f"{type(error).__name__}: {error}")
    return partial(_complete, leased, values, job)


def _as_json(values: Outcome) -> dict[str, Any]:
    """What a handler gives, as it will be stored; TypeError when it cannot be: that is the handler's failure."""
    stored: dict[str, Any] = orjson.loads(orjson.dumps(dict(values or {})))
    return stored


def _complete(leased: ActivatedJob, values: dict[str, Any], job: Job) -> None:
    with unit_of_work() as session:
        jobs.complete(
            session,
            leased.key,
            variables=values,
            mails=job.mails,
            webhooks=job.webhooks,
            worker=leased.worker,
        )


def _throw(leased: ActivatedJob, error: BpmnError, variables: dict[str, Any]) -> None:
    with unit_of_work() as session:
        jobs.throw_error(
            session,
            leased.key,
            code=error.code,
            message=error.message,
            variables=variables,
            worker=leased.worker,
        )


def _fail(leased: ActivatedJob, words: str) -> None:
    with unit_of_work() as session:
        jobs.fail(
            session,
            leased.key,
            retries=leased.retries - 1,
            message=words,
            backoff_seconds=_BACKOFF_SECONDS,
            worker=leased.worker,
        )


def do_effect() -> bool:
    """Do one piece of work that a step left for another transaction; whether there was one."""
    return _do_or_postpone(effects.run_next, "effect_key", effects.postpone)


def fire_timer() -> bool:
    """Fire one due timer; whether there was one."""
    return _do_or_postpone(
        timers.fire_due, "timer_key", lambda session, key, _problem: timers.postpone(session, key)
    )


def _do_or_postpone(
    work: Callable[[Session], bool], key_name: str, postpone: Callable[[Session, int, str], None]
) -> bool:
    """Do one thing in a transaction. `work` tells which in `session.info[key_name]`, so that it can be put off.

    It is put off whatever went wrong, so that one thing that cannot be done does not hold up the others.
    """
    key: int | None = None
    try:
        with unit_of_work() as session:
            try:
                return work(session)
            finally:
                key = session.info.get(key_name)
    except Exception as error:
        if key is None:
            raise
        logger.exception("%s %s postponed", key_name.removesuffix("_key"), key)
        with unit_of_work() as session:
            postpone(session, key, str(error))
        return True


def expire_lease() -> bool:
    """Take back one job whose worker is gone; whether there was one."""
    with unit_of_work() as session:
        return jobs.expire_lease(session)
