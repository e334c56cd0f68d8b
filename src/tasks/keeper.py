"""Watches over the jobs of this process: renews their leases, stores progress, ends what takes too long."""

from __future__ import annotations

import logging
import time

from laneway.engine import jobs
from laneway.engine.database import unit_of_work
from laneway.errors import LanewayError
from laneway.tasks import reports
from laneway.tasks.lanes import AsyncLane, ThreadLane
from laneway.tasks.runs import LEASE_SECONDS, Run, Runs

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
_RENEW_WITHIN_SECONDS = LEASE_SECONDS * 0.6
_ASYNC_GRACE_SECONDS = 2.0
"""The event loop itself ends what takes too long; if it has not, a handler blocks it."""
_WAITED_SECONDS = 2.0


class Keeper:
    """What one thread does every half second while there are jobs."""

    def __init__(self, runs: Runs, threads: ThreadLane, coroutines: AsyncLane) -> None:
        self._runs = runs
        self._threads = threads
        self._coroutines = coroutines

    def look(self) -> None:
        """One look at all jobs of the process. Raises Unavailable while the database is away."""
        now = time.monotonic()
        for run in self._runs.all():
            grace = _ASYNC_GRACE_SECONDS if run.handler.is_async else 0.0
            if run.overran_by(now) > grace:
                self._end_overrun(run)
        self._give_back_waiting(now)
        self._store_progress(now)
        self._renew(now)

    def _end_overrun(self, run: Run) -> None:
        if not run.settle():
            return  # it is being reported at this moment
        self._runs.remove(run)
        lane = self._coroutines if run.handler.is_async else self._threads
        lane.write_off(run)
        report = reports.failed(run.leased, too_long(run.handler.timeout))
        try:
            report.send()
        except LanewayError as refusal:  # nobody renews its lease any more: that runs out
            logger.info("report_dropped", extra={"job_key": run.leased.key, "reason": refusal.code})

    def _give_back_waiting(self, now: float) -> None:
        """Jobs leased ahead of a handler that turned out slow are for others to do."""
        waiting = [run for run in self._runs.all() if run.began_at is None]
        self.give_back([run for run in waiting if now - run.leased_at > _WAITED_SECONDS])

    def give_back(self, runs: list[Run]) -> None:
        """Let others have these jobs at once, without the loss of a retry, unless they are being reported."""
        ours = [run for run in runs if run.settle()]
        if not ours:
            return
        for run in ours:
            self._threads.take_back(run)
            self._runs.remove(run)
        with unit_of_work() as session:
            jobs.give_back(session, {run.leased.key: run.leased.lease for run in ours})

    def _store_progress(self, now: float) -> None:
        for run in self._runs.all():
            if run.told is None:
                continue
            (fraction, text), run.told = run.told, None
            store_progress(run, fraction, text)
            run.held_until = now + LEASE_SECONDS

    def _renew(self, now: float) -> None:
        ending = [run for run in self._runs.all() if run.held_until - now < _RENEW_WITHIN_SECONDS]
        if not ending:
            return
        leases = {run.leased.key: run.leased.lease for run in ending}
        with unit_of_work() as session:
            jobs.renew(session, leases, lease_seconds=LEASE_SECONDS)
        for run in ending:
            run.held_until = now + LEASE_SECONDS


def too_long(timeout: float) -> str:
    """Why a job failed whose handler took longer than `timeout` seconds."""
    return f"The handler did not end within {timeout:g} seconds."


def store_progress(run: Run, fraction: float, text: str) -> None:
    """Write down how far a handler has come."""
    with unit_of_work() as session:
        jobs.tell_progress(
            session,
            run.leased.key,
            lease=run.leased.lease,
            fraction=fraction,
            text=text,
            lease_seconds=LEASE_SECONDS,
        )
