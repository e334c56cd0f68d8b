"""T1: processes are killed without warning while they work. Nothing may be lost, nothing may happen twice.

In the long form some are frozen for longer than their leases last instead, wherever they are: in a handler, in a
transaction, between the two.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import oracle
from .crew import Crew, Running, wait_until
from .ledger import Ledger
from .models import random_models
from .people import People

BATCH = 40
"""Cases that are open at once."""

PAST_THE_LEASE = 12.0
IMPATIENT = 0.25
"""How often the next process is killed although the one before has not been replaced yet."""


def freeze_for_a_while(running: Running, database_url: str) -> threading.Thread:
    """Let a process stand still until others have taken it for dead."""
    running.freeze(database_url)
    thawing = threading.Timer(PAST_THE_LEASE, running.thaw)
    thawing.start()
    return thawing


def test_cases_end_once_and_whole_although_processes_are_killed(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
    sqlite_template: Path,
    tmp_path: Path,
    mei: Any,
) -> None:
    chance = random.Random(seed)
    number, kills = scale(30, 2000), scale(10, 200)
    models = random_models(scale(8, 60), seed)
    crew = new_crew(FAULTS_PAUSE=0.1, LANEWAY_WORKER_THREADS=2)
    expected = oracle.undisturbed(models, sqlite_template, tmp_path, mei)
    connected()
    oracle.deploy(models)
    workers = 2 if not scale.is_long else 4
    crew.start("web", *["worker"] * (workers if kind == "postgresql" else 1))
    crew.effects_file.write_text("")  # what the undisturbed run did does not count
    crew.supervise()
    people = People(lambda: [web.address for web in crew.alive("web")], seed)
    people.start()
    cases: dict[int, Any] = {}
    frozen: list[threading.Thread] = []
    try:
        while len(cases) < number or len(crew.kills) < kills:
            if len(cases) < number and (not cases or oracle.open_cases() < BATCH):
                model = models[len(cases) % len(models)]
                case = f"case{len(cases)}"
                cases[oracle.start(model, case)] = model
                people.publish(model.messages, case)
            elif len(crew.kills) < kills:
                if chance.random() > IMPATIENT:
                    wait_until(crew.is_whole)
                time.sleep(chance.uniform(0.3, 1.5))
                victim = chance.choice(crew.alive() or crew.start("worker"))
                if scale.is_long and len(crew.kills) % 10 == 9 and len(frozen) <= len(crew.kills) // 10:
                    frozen.append(freeze_for_a_while(victim, crew.database_url))
                else:
                    crew.kill(victim)
            else:
                time.sleep(0.1)
        wait_until(oracle.is_quiet, seconds=180)
    finally:
        people.stop()
        for thread in frozen:
            thread.join()
    tally = oracle.judge_all(cases, expected)
    tally.problems += people.failures
    ledger.enter(
        "T1 kill -9",
        kind,
        seed,
        tally,
        cases=number,
        faults=len(crew.kills) + len(frozen),
        repeats=crew.repeats(),
        recoveries=crew.recoveries(),
        note=f"answers {dict(sorted(people.answers.items()))}",
    )
