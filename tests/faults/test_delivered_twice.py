"""T3: everything is delivered twice, at the same time. The second is a no-op."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from laneway.engine import database, jobs
from laneway.engine.jobs import ActivatedJob
from laneway.errors import BpmnError, Conflict, NotFound
from laneway.tasks import Job
from laneway.tasks.registry import handler_of, registered

from . import oracle
from .crew import Crew
from .ledger import Ledger
from .models import random_models
from .steps import do_effects_and_timers

ROUNDS = 300


class Twice:
    """Runs every job that it is given twice, and reports both runs at once."""

    def __init__(self) -> None:
        self.deliveries = 0
        self.accepted = 0
        self.problems: list[str] = []
        self._lock = threading.Lock()

    def run(self, leased: ActivatedJob) -> None:
        barrier = threading.Barrier(2)
        both = [threading.Thread(target=self._deliver, args=(leased, barrier)) for _ in range(2)]
        before = self.accepted
        for one in both:
            one.start()
        for one in both:
            one.join()
        self.deliveries += 2
        if self.accepted != before + 1:
            self.problems.append(f"job {leased.key} was accepted {self.accepted - before} times")

    def _deliver(self, leased: ActivatedJob, barrier: threading.Barrier) -> None:
        report = self._handle(leased)
        barrier.wait(timeout=60)
        try:
            with database.unit_of_work() as session:
                report(session)
        except (Conflict, NotFound):
            return
        with self._lock:
            self.accepted += 1

    def _handle(self, leased: ActivatedJob) -> Callable[[Any], None]:
        job = Job(
            key=leased.key,
            type=leased.type,
            variables=leased.variables,
            headers=leased.headers,
            case_number=leased.case_number,
            process_id=leased.process_id,
            element_id=leased.element_id,
            retries=leased.retries,
        )
        try:
            values = dict(handler_of(leased.type)(job) or {})
        except BpmnError as thrown:
            told = {"code": thrown.code, "message": thrown.message, "variables": thrown.variables}
            return lambda session: jobs.throw_error(session, leased.key, worker=leased.worker, **told)
        return lambda session: jobs.complete(session, leased.key, variables=values, worker=leased.worker)


def lease(limit: int) -> list[ActivatedJob]:
    with database.unit_of_work() as session:
        types = [type for type in registered() if type.startswith("faults.")]
        return jobs.activate(session, types=types, worker="twice", lease_seconds=60, limit=limit)


def drain_side_by_side() -> int:
    """Two workers that both do whatever is due: effects and timers are picked up by both at once."""
    done: list[int] = []
    both = [threading.Thread(target=lambda: done.append(do_effects_and_timers())) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(done) == 2
    return sum(done)


def test_what_is_delivered_twice_at_once_happens_once(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
    sqlite_template: Path,
    tmp_path: Path,
    mei: Any,
    frozen_clock: Any,
) -> None:
    models = random_models(scale(6, 200), seed)
    new_crew()
    expected = oracle.undisturbed(models, sqlite_template, tmp_path, mei, still=frozen_clock)
    connected()
    oracle.deploy(models)
    twice, cases = Twice(), {}
    for model in models:
        key = oracle.start(model, model.process_id)
        cases[key] = model
        oracle.publish_all(model, model.process_id, by=mei)
        for _ in range(ROUNDS):
            moved = drain_side_by_side() + oracle.complete_open_tasks(key, by=mei)
            for leased in lease(4):
                twice.run(leased)
                moved += 1
            if not oracle.is_open(key) and oracle.is_quiet():
                break
            if not moved:
                frozen_clock.advance(seconds=61)
    tally = oracle.judge_all(cases, expected)
    tally.problems += twice.problems
    ledger.enter("T3 delivered twice", kind, seed, tally, cases=len(cases), faults=twice.deliveries // 2)
    assert twice.deliveries > 0
