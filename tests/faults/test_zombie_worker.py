"""T4: a worker stands still past its lease, another does its work, and then it goes on as if nothing had been."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from laneway.engine import database
from laneway.engine.tables import job

from . import oracle
from .crew import Crew, wait_until
from .ledger import Ledger
from .models import Model, written
from .oracle import Tally


def slow_model() -> Model:
    """One job that ends when it is allowed to."""
    return written("Slow", lambda draw: draw.job("slow", "faults.slow", retries="60"))


def test_the_report_of_a_worker_that_was_taken_for_dead_is_refused(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    ledger: Ledger,
) -> None:
    model = slow_model()
    crew = new_crew(LANEWAY_WORKER_THREADS=1)
    connected()
    oracle.deploy([model])
    (zombie,) = crew.start("worker")
    key = oracle.start(model, "case")
    wait_until(crew.effects)
    zombie.freeze(crew.database_url)
    at = time.time()
    (other,) = crew.start("worker")
    wait_until(lambda: {effect.pid for effect in crew.effects()} == {zombie.pid, other.pid})
    recovered = crew.effects()[-1].at - at
    (crew.folder / "go").touch()
    wait_until(lambda: not oracle.is_open(key))
    other.kill()
    zombie.thaw()
    after = oracle.start(model, "after")
    wait_until(lambda: not oracle.is_open(after))  # by now it has reported the first one, too
    tally = Tally()
    with database.reading() as session:
        (worker,) = session.scalars(select(job.c.worker).where(job.c.instance_key == key))
    if not worker or f":{other.pid}" not in worker:
        tally.problems.append(f"the job was completed by {worker}, not by the worker that had the lease")
    tally += oracle.completed_once(key, ("start", "slow", "end")) + oracle.left_over()
    variables = oracle.variables(key)
    if variables.get("did_slow") != other.pid:
        tally.problems.append(f"the zombie's result was taken: {variables}")
    ledger.enter(
        "T4 zombie", kind, seed, tally, cases=2, faults=1, repeats=crew.repeats(), recoveries=[recovered]
    )
