"""Background work: run handlers between two transactions, do what steps left for others, fire timers, send the outbox.

Any number of these may run, in one process or on many machines; the database is where they meet.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from laneway import logs, metrics, observed
from laneway.engine import agenda, clock, clock_alerts, database, effects, jobs, timers
from laneway.engine.agenda import Chore
from laneway.engine.database import Session, unit_of_work, wakeups
from laneway.errors import BpmnError, Unavailable
from laneway.records.duties import telling
from laneway.tasks import chores, reports
from laneway.tasks.keeper import TICK_SECONDS, Keeper, store_progress, too_long
from laneway.tasks.lanes import AsyncLane, ThreadLane, alone
from laneway.tasks.registry import registered
from laneway.tasks.reports import Report
from laneway.tasks.runs import LEASE_SECONDS, Run, Runs, run_of

logger = logging.getLogger(__name__)

_STOP_SECONDS = 20.0
"""How long handlers may go on after the signal to stop; what has not ended then is given to others."""
_SLICE = 10
"""Pieces of one kind of work that are done before it is the turn of the others."""
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 1.0, 5.0
_GAP_SECONDS = 0.02
"""At least this long between two looks that found nothing, however many commits there are meanwhile."""
_HOUSE_GAP_SECONDS = 0.05
_SENDER_GAP_SECONDS = 0.2
_FOLD_SECONDS = 2.0
_BREATH_SECONDS = (
    0.002  # SQLite's write lock goes to whoever asks just then: others must find it free now and then
)


class Worker:
    """Threads that do the background work of one process, until `stop`."""

    def __init__(
        self, *, threads: int = 2, async_jobs: int = 100, senders: Sequence[Callable[[], bool]] = ()
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = threading.Event()
        self._wake = threading.Condition()
        self._news = 0
        self._runs = Runs()
        self._threads = ThreadLane(threads, self._carry_out, self._notify)
        self._coroutines = AsyncLane(async_jobs, self._carry_out_async, self._report, self._notify)
        self._keeper = Keeper(self._runs, self._threads, self._coroutines)
        self._house = _House()
        self._outages = _Outages()
        keepers_of_house = 2 if database.is_postgresql() else 1
        loops = [
            threading.Thread(target=self._watch, name="laneway-keeper", daemon=True),
            self._looping("jobs", self._lease_jobs),
            *[
                self._looping("house", self._house.keep, _HOUSE_GAP_SECONDS)
                for _number in range(keepers_of_house)
            ],
            *[self._looping("sender", send, _SENDER_GAP_SECONDS) for send in senders],
        ]
        self._loops: Final = loops
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to work."""
        self._unsubscribe = wakeups.subscribe(self._notify)
        self._threads.start()
        self._coroutines.start()
        for thread in self._loops:
            thread.start()

    def stop(self) -> None:
        """Take no more; let what has begun end for a while, and give back to others what does not."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._unsubscribe()
        self._notify()
        until = time.monotonic() + _STOP_SECONDS
        self._outages.survive(
            lambda: self._keeper.give_back([r for r in self._runs.all() if r.began_at is None])
        )
        while self._runs.all() and time.monotonic() < until:
            self._outages.survive(self._keeper.look)
            time.sleep(0.05)
        self._outages.survive(lambda: self._keeper.give_back(self._runs.all()))
        self._threads.stop()
        self._coroutines.stop()
        until = time.monotonic() + LEASE_SECONDS
        for thread in self._loops:
            thread.join(timeout=max(until - time.monotonic(), 0))

    def _notify(self) -> None:
        with self._wake:
            self._news += 1
            self._wake.notify_all()

    # -- loops

    def _looping(self, name: str, work: Callable[[], bool], gap: float = _GAP_SECONDS) -> threading.Thread:
        return threading.Thread(target=self._loop, args=(work, gap), name=f"laneway-{name}", daemon=True)

    def _loop(self, work: Callable[[], bool], gap: float) -> None:
        """Do `work` until there is none, then wait for news; look now and then even so."""
        seen, idle = -1, 0
        while not self._stopping.is_set():
            with self._wake:
                if self._news == seen and self._wake.wait(self._patience(idle)):
                    idle = 0
                elif self._news == seen:
                    idle += 1
                seen = self._news
            while not self._stopping.is_set() and self._outages.survive(work):
                idle = 0
            self._stopping.wait(gap)

    def _patience(self, idle: int) -> float:
        """Seconds to wait for news: longer the longer there was none, but not beyond the next timer."""
        longest = min(_FIRST_POLL_SECONDS * 1.5**idle, _LONGEST_POLL_SECONDS)
        if wakeups.state() == wakeups.LISTENING:
            longest = _LONGEST_POLL_SECONDS
        next_at = self._house.next_at
        if next_at is not None:
            longest = min(longest, max((next_at - clock.now()).total_seconds(), _GAP_SECONDS))
        return longest

    def _watch(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            self._outages.survive(self._keeper.look)

    # -- jobs

    def _lease_jobs(self) -> bool:
        """Lease as many jobs as can be carried out now; whether there were any."""
        found = self._lease(registered(is_async=False), self._threads.free(), self._threads.submit)
        return (
            self._lease(registered(is_async=True), self._coroutines.free(), self._coroutines.submit) or found
        )

    def _lease(self, types: list[str], free: int, submit: Callable[[Run], None]) -> bool:
        leased = _leased(self.name, types, free)
        for one in leased:
            run = run_of(one, _note_progress)
            self._runs.add(run)
            submit(run)
        return bool(leased)

    def _carry_out(self, run: Run) -> None:
        if run.is_settled:  # given back while it waited
            return
        run.began_at = time.monotonic()
        self._report(run, _called(run))

    async def _carry_out_async(self, run: Run) -> Report:
        run.began_at = time.monotonic()
        return await _awaited(run)

    def _report(self, run: Run, report: Report) -> None:
        if not run.settle():
            logger.info("result_too_late", extra={"job_key": run.leased.key})
            return
        outcome = self._outages.survive_with(lambda: reports.deliver(run.leased, report), "lost")
        began = run.began_at or run.leased_at
        metrics.JOB_SECONDS.labels(run.leased.type, outcome).observe(time.monotonic() - began)
        self._runs.remove(run)


def _note_progress(run: Run, fraction: float, text: str) -> None:
    run.told = (fraction, text)


class _Outages:
    """Goes on whatever goes wrong; a database that is away is told of once, and once when it is back."""

    def __init__(self) -> None:
        self._is_away = False

    def survive(self, work: Callable[[], Any]) -> bool:
        """What `work` gives, as true or false; false when it failed, after a moment's rest."""
        return bool(self.survive_with(work, False))

    def survive_with(self, work: Callable[[], Any], otherwise: Any) -> Any:
        """What `work` gives; `otherwise` when it failed."""
        try:
            found = work()
        except Unavailable as refusal:
            if not self._is_away:
                logger.warning("database_lost", extra={"reason": refusal.code})
            self._is_away = True
            time.sleep(_FIRST_POLL_SECONDS)
            return otherwise
        except Exception:
            logger.exception("background_work_failed")
            time.sleep(_FIRST_POLL_SECONDS)
            return otherwise
        if self._is_away:
            self._is_away = False
            logger.info("database_back")
        return found


# -- one job


def _leased(worker: str, types: Sequence[str], limit: int) -> list[jobs.ActivatedJob]:
    if not types or limit < 1:
        return []
    if not database.is_postgresql():
        # Looking first keeps an idle worker from taking the one write lock.
        with database.reading() as session:
            if not jobs.is_any_waiting(session, types):
                return []
    with unit_of_work() as session:
        return jobs.activate(session, types=types, worker=worker, lease_seconds=LEASE_SECONDS, limit=limit)


def run_job(worker: str, types: Sequence[str] | None = None) -> bool:
    """Lease one job that a handler of ours serves, run it here and now, report; whether there was one."""
    leased = _leased(worker, registered() if types is None else types, 1)
    if not leased:
        return False
    run = run_of(leased[0], store_progress)
    report = alone(_awaited(run)) if run.handler.is_async else _called(run)
    reports.deliver(run.leased, report)
    return True


def _called(run: Run) -> Report:
    """Run a handler; returns what to report."""
    with _observed(run):
        try:
            try:
                return reports.completed(run.leased, run.job, run.handler.function(run.job))
            except BpmnError as error:
                return reports.thrown(run.leased, error)
        except (Exception, SystemExit) as error:  # a handler ends itself, not the worker
            return _failed(run, error)


async def _awaited(run: Run) -> Report:
    """As `_called`, for a coroutine, within its time."""
    with _observed(run):
        try:
            try:
                async with asyncio.timeout(run.handler.timeout) as limit:
                    values = await run.handler.function(run.job)
                return reports.completed(run.leased, run.job, values)
            except BpmnError as error:
                return reports.thrown(run.leased, error)
        except (Exception, SystemExit) as error:
            if limit.expired():
                return reports.failed(run.leased, too_long(run.handler.timeout))
            return _failed(run, error)


def _observed(run: Run) -> Any:
    leased = run.leased
    return observed.work(
        "job",
        instance_key=leased.instance_key,
        process_id=leased.process_id,
        job_key=leased.key,
        job_type=leased.type,
    )


def _failed(run: Run, error: BaseException) -> Report:
    logger.exception("handler_failed")
    return reports.failed(run.leased, f"{type(error).__name__}: {error}")


# -- everything else


class _House:
    """Effects, timers, lost leases and old messages, each in its turn. Any number of threads may keep it."""

    def __init__(self) -> None:
        self.next_at: datetime | None = None
        """When there will be something to do, by the last look."""
        self._folded_at = 0.0

    def keep(self) -> bool:
        """Do some of each kind of work that is due; whether anything was done."""
        with database.reading() as session:
            seen = agenda.look(session)
        self.next_at = seen.next_at
        waiting = [chore for chore in Chore if chore in seen.due and self._is_time_for(chore)]
        done = [self._some(chore) for chore in waiting]  # all of them, each its share
        return any(done)

    def _is_time_for(self, chore: Chore) -> bool:
        """Statistics cost least when many changes are folded at once, and pages do not wait for it."""
        if chore is not Chore.STATISTICS:
            return True
        now = time.monotonic()
        if now - self._folded_at < _FOLD_SECONDS:
            return False
        self._folded_at = now
        return True

    def _some(self, chore: Chore) -> bool:
        done = 0
        while done < _SLICE and _CHORES[chore]():
            done += 1
            if not database.is_postgresql():
                time.sleep(_BREATH_SECONDS)
        return done > 0


def do_effect() -> bool:
    """Do one piece of work that a step left for another transaction; whether there was one."""
    return _do_or_postpone(effects.run_next, "effect_key", effects.postpone)


def fire_timer() -> bool:
    """Fire one due timer; whether there was one."""
    return _fire(1)


def fire_timers() -> bool:
    """Fire some due timers in one transaction; whether there were any."""
    return _fire(_SLICE)


def _fire(limit: int) -> bool:
    return _do_or_postpone(
        partial(timers.fire_due, limit=limit),
        "timer_key",
        lambda session, key, _problem: timers.postpone(session, key),
    )


def tell_clocks() -> bool:
    """Tell of some clocks at three quarters of their time or past it, in one transaction; whether there were any."""
    return _do_or_postpone(
        partial(telling.tell_due, limit=_SLICE),
        "clock_key",
        lambda session, key, _problem: clock_alerts.postpone(session, key),
    )


def _do_or_postpone(
    work: Callable[[Session], bool], key_name: str, postpone: Callable[[Session, int, str], None]
) -> bool:
    """Do one thing in a transaction. `work` tells which in `session.info[key_name]`, so that it can be put off.

    It is put off whatever went wrong, so that one thing that cannot be done does not hold up the others; only while the
    database is away nothing is.
    """
    key: int | None = None
    chore = key_name.removesuffix("_key")
    with logs.bound(chore=chore):
        try:
            with unit_of_work() as session:
                try:
                    return work(session)
                finally:
                    key = session.info.get(key_name)
        except Unavailable:
            raise
        except Exception as error:
            if key is None:
                raise
            logger.exception("chore_postponed")
            with unit_of_work() as session:
                postpone(session, key, str(error))
            return True


def expire_lease() -> bool:
    """Take back one job whose worker is gone; whether there was one."""
    with unit_of_work() as session:
        return jobs.expire_lease(session)


_CHORES: dict[Chore, Callable[[], bool]] = {
    Chore.EFFECT: do_effect,
    Chore.TIMER: fire_timers,
    Chore.CLOCK: tell_clocks,
    Chore.LEASE: expire_lease,
    Chore.MESSAGE: chores.forget_messages,
    Chore.STATISTICS: chores.keep_statistics,
}
