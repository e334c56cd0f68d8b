"""T6: workers side by side on the branches of one case. Its join fires once, and nothing that they write is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import oracle
from .crew import Crew, wait_until
from .ledger import Ledger
from .models import written
from .oracle import Tally

BRANCHES = [f"j{number}" for number in range(8)]


def branches(draw: Any) -> str:
    """Eight jobs at once, each of which adds one to `total`; behind their join one that must run once."""
    adds = draw.mapping(outputs={"total": "=total + 1"})
    parts = [
        draw.gateway("parallel", "fork"),
        draw.gateway("parallel", "join"),
        draw.job("last", "faults.work"),
    ]
    for name in BRANCHES:
        parts += [draw.job(name, "faults.work", "", adds, retries="60"), draw.way("fork", name, "join")]
    return "".join(parts) + str(draw.way("join", "last"))


def test_a_join_of_branches_that_workers_end_at_once_fires_once(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
) -> None:
    model = written("Join", branches, first="fork", last="last", total=0)
    crew = new_crew(LANEWAY_WORKER_THREADS=4)
    connected()
    oracle.deploy([model])
    crew.start("worker", "worker")
    keys = [oracle.start(model, f"case{number}") for number in range(scale(10, 200))]
    wait_until(oracle.is_quiet, seconds=60 + len(keys))
    tally = Tally()
    for key in keys:
        tally += oracle.completed_once(key, ("start", "fork", *BRANCHES, "join", "last", "end"))
        total = oracle.variables(key)["total"]
        if total != len(BRANCHES):
            tally += Tally(lost=1, problems=[f"case {key} counted {total} of {len(BRANCHES)} jobs"])
    tally += oracle.left_over()
    workers = len({effect.pid for effect in crew.effects()})
    ledger.enter(
        "T6 joins",
        kind,
        seed,
        tally,
        cases=len(keys),
        faults=len(keys),
        repeats=crew.repeats(),
        note=f"{workers} workers took part",
    )
