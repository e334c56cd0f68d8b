"""T12: handlers that raise, end the process, crash it or never end. Each costs its own case some tries and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from laneway.engine import database, incidents
from laneway.engine.tables import incident, job

from . import oracle
from .crew import Crew, wait_until
from .ledger import Ledger
from .models import Model, written
from .oracle import Tally

MILD, DEADLY = ("raises", "hangs"), ("exits", "crashes")
"""Those that a worker outlives, and those that take it with them."""
TRIES = 2
SECONDS = 120


def test_a_handler_that_is_poison_ends_as_an_incident_and_is_done_once_it_is_mended(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
    admin: Any,
) -> None:
    healthy = written("healthy", lambda draw: draw.job("j", "faults.work", retries="60"))
    crew = new_crew(FAULTS_PAUSE=0.05)
    connected()
    oracle.deploy([healthy, *map(poison, (*MILD, *DEADLY))])
    copies, tally = scale(1, 5), Tally()
    others = [oracle.start(healthy, f"case{number}") for number in range(scale(10, 100))]
    mild = {oracle.start(poison(name), name): name for name in MILD for _ in range(copies)}
    crew.start("worker", *["worker"] * (kind == "postgresql"))
    wait_until(lambda: len(active_incidents()) == len(mild), seconds=SECONDS)
    wait_until(lambda: not any(oracle.is_open(key) for key in others), seconds=SECONDS)
    tries = tries_of(crew)
    for key, name in mild.items():
        if tries[key] != TRIES:
            tally.problems.append(f"{name} was tried {tries[key]} times, not {TRIES}")
    crew.supervise()
    deadly = {oracle.start(poison(name), name): name for name in DEADLY for _ in range(copies)}
    others += [oracle.start(healthy, f"late{number}") for number in range(scale(10, 100))]
    keys = mild | deadly
    wait_until(lambda: len(active_incidents()) == len(keys), seconds=SECONDS * copies)
    wait_until(lambda: not any(oracle.is_open(key) for key in others), seconds=SECONDS)
    tries = tries_of(crew)
    for key, name in keys.items():
        if tries[key] > TRIES:  # fewer, where one took the other's worker with it
            tally.problems.append(f"{name} was tried {tries[key]} times, more than {TRIES}")
        if oracle.completed_once(key, ()).stuck == 0:
            tally.problems.append(f"{name} is complete although it cannot be done")
    (crew.folder / "mended").touch()
    for incident_key in active_incidents():
        with database.unit_of_work() as session:
            incidents.resolve(session, incident_key, by=admin)
    wait_until(oracle.is_quiet, seconds=SECONDS)
    for key in [*keys, *others]:
        tally += oracle.completed_once(key, ("start", "j", "end"))
    tally += oracle.left_over()
    ledger.enter(
        "T12 poison",
        kind,
        seed,
        tally,
        cases=len(keys) + len(others),
        faults=sum(tries[key] for key in keys),
        note=f"at most {TRIES} tries each: {', '.join((*MILD, *DEADLY))}",
    )


def poison(name: str) -> Model:
    """A process of one job that cannot be done; it is tried again without a pause."""

    def body(draw: Any) -> str:
        at_once = (
            '<zeebe:properties><zeebe:property name="laneway:job:backoff" value="PT0S"/></zeebe:properties>'
        )
        return str(draw.job("j", f"faults.{name}", "", at_once, retries=str(TRIES)))

    return written(name, body)


def active_incidents() -> list[int]:
    with database.reading() as session:
        return list(session.scalars(select(incident.c.key).where(incident.c.state == "ACTIVE")))


def tries_of(crew: Crew) -> Counter[int]:
    """How often handlers ran, by the instance that they ran for."""
    with database.reading() as session:
        instances = {
            row.key: row.instance_key for row in session.execute(select(job.c.key, job.c.instance_key))
        }
    return Counter(instances[effect.job_key] for effect in crew.effects())
