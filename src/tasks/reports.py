"""What becomes of a job: reports to the engine, tried again while the database is away, and pauses between tries."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from laneway import observed
from laneway.engine import jobs
from laneway.engine.database import unit_of_work
from laneway.engine.jobs import ActivatedJob
from laneway.errors import BpmnError, Conflict, NotFound, Unavailable
from laneway.tasks.registry import Job, Outcome

logger = logging.getLogger(__name__)

DEFAULT_BACKOFF = (10.0, 60.0, 300.0, 1800.0)
"""Seconds before the next try, where the diagram says nothing; the last stays."""
_JITTER = 0.2  # jobs that failed together, such as when another system was away, do not come back together
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Report:
    """How a handler ended, and what tells the engine. `outcome` is `completed`, `error` or `failed`."""

    outcome: str
    send: Callable[[], None]


def completed(leased: ActivatedJob, job: Job, values: Outcome) -> Report:
    """The handler has given `values`. TypeError when they cannot be stored: that is the handler's failure."""
    variables = _as_json(values)

    def send() -> None:
        with unit_of_work() as session:
            jobs.complete(
                session,
                leased.key,
                variables=variables,
                mails=job.mails,
                webhooks=job.webhooks,
                worker=leased.worker,
                lease=leased.lease,
            )

    return Report("completed", send)


def thrown(leased: ActivatedJob, error: BpmnError) -> Report:
    """The handler takes an error path. TypeError as `completed`."""
    variables = _as_json(error.variables)

    def send() -> None:
        with unit_of_work() as session:
            jobs.throw_error(
                session,
                leased.key,
                code=error.code,
                message=error.message,
                variables=variables,
                worker=leased.worker,
                lease=leased.lease,
            )

    return Report("error", send)


def failed(leased: ActivatedJob, words: str) -> Report:
    """The handler could not do it: the job is tried again after a pause, while there are retries left."""

    def send() -> None:
        with unit_of_work() as session:
            jobs.fail(
                session,
                leased.key,
                retries=leased.retries - 1,
                message=words,
                backoff_seconds=pause_after(leased),
                worker=leased.worker,
                lease=leased.lease,
            )

    return Report("failed", send)


def _as_json(values: Outcome) -> dict[str, Any]:
    stored: dict[str, Any] = orjson.loads(orjson.dumps(dict(values or {})))
    return stored


def pause_after(leased: ActivatedJob) -> float:
    """Seconds until a job that fails now is tried again: longer each time, a little more or less by chance."""
    pauses = leased.backoff or DEFAULT_BACKOFF
    pause = pauses[min(leased.failures, len(pauses) - 1)]
    return pause * random.uniform(1 - _JITTER, 1 + _JITTER)


def deliver(leased: ActivatedJob, report: Report) -> str:
    """Report a job; returns its outcome, `dropped` where the case has gone on without it or another has its lease.

    While the database is away the report is tried again: that the job is still ours is checked with each try.
    """
    ids = {"job_key": leased.key, "job_type": leased.type}
    with observed.work("report", instance_key=leased.instance_key, process_id=leased.process_id, **ids):
        return _delivered(leased, report)


def _delivered(leased: ActivatedJob, report: Report) -> str:
    until = time.monotonic() + _PATIENCE_SECONDS
    pause = 0.1
    while True:
        try:
            report.send()
            return report.outcome
        except (Conflict, NotFound, Unavailable) as refusal:
            is_passing = isinstance(refusal, Unavailable) or refusal.code == "database_busy"
            if not is_passing or time.monotonic() > until:
                logger.info("report_dropped", extra={"reason": refusal.code})
                return "dropped"
        time.sleep(pause)
        pause = min(pause * 2, 2.0)
