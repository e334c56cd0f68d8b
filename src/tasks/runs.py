"""Jobs that this process is working on: who reports each of them, how long it is held, how far it has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from laneway.engine.jobs import ActivatedJob
from laneway.tasks.registry import Handler, Job, entry_of

LEASE_SECONDS = 8.0
"""How long a job is held from each sign of life on, and so how soon after a crash it runs again."""


@dataclass(eq=False)
class Run:
    """One leased job, from the lease to the report. Times are of `time.monotonic`."""

    leased: ActivatedJob
    job: Job
    handler: Handler
    leased_at: float
    held_until: float
    began_at: float | None = None
    """When its handler was called; None while it waits for a thread."""
    told: tuple[float, str] | None = None
    """Progress that is not stored yet."""
    is_written_off: bool = False
    """Whether its thread is counted as lost."""
    _settled: threading.Lock = field(default_factory=threading.Lock)

    def settle(self) -> bool:
        """Whether the caller is the one to report this job, or to give it back: the first to ask is."""
        return self._settled.acquire(blocking=False)

    @property
    def is_settled(self) -> bool:
        """Whether somebody has taken the report upon themselves."""
        return self._settled.locked()

    def overran_by(self, now: float) -> float:
        """Seconds beyond the handler's time; negative while there is some left, or before it began."""
        return -1.0 if self.began_at is None else now - self.began_at - self.handler.timeout


def run_of(leased: ActivatedJob, tell: Callable[[Run, float, str], None]) -> Run:
    """A run of a job that has just been leased; `tell` is what its handler's `job.progress` calls."""
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
    now = time.monotonic()
    run = Run(leased, job, entry_of(leased.type), now, now + LEASE_SECONDS)
    job.tell = lambda fraction, text: tell(run, fraction, text)
    return run


class Runs:
    """The runs of a process, as the threads see them that carry them out and the one that watches over them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: set[Run] = set()

    def add(self, run: Run) -> None:
        """The job is being worked on from now on."""
        with self._lock:
            self._all.add(run)

    def remove(self, run: Run) -> None:
        """It has been reported, or is no longer ours."""
        with self._lock:
            self._all.discard(run)

    def all(self) -> list[Run]:
        """All of them, as they are now."""
        with self._lock:
            return list(self._all)
