"""Slowest end and largest memory of the attacks of the FEEL tests: `python -m bench.feel_attacks`.

Each attack is read, compiled and evaluated in a process of its own, at the budget of conditions and at that of
scripts. Exits 1 when one takes longer, or its process more memory, than promised.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import resource
import sys
import time
from pathlib import Path
from typing import NamedTuple

from laneway.engine.feel import GATEWAY, SCRIPT, Budget, FeelError, Meter, from_feel, parse_and_compile

ATTACKS = Path(__file__).parents[1] / "tests" / "engine" / "feel" / "test_attacks.py"
BUDGETS = {"gateway": (GATEWAY, 0.2), "script": (SCRIPT, 0.5)}
"""Each budget with the seconds within which everything must have ended."""
MAX_MEGABYTES = 64
SHOWN = 5


class Outcome(NamedTuple):
    """How one attack ended. `megabytes` is the most memory that its whole process had."""

    name: str
    seconds: float
    megabytes: float
    end: str


def attacks() -> dict[str, str]:
    """The texts by name, from the tests."""
    spec = importlib.util.spec_from_file_location("attacks", ATTACKS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, str] = module.ATTACKS
    return found


def attack(name: str, text: str, budget: Budget) -> Outcome:
    """Read, compile, evaluate and convert one text."""
    began, m = time.perf_counter(), Meter(budget)
    try:
        from_feel(parse_and_compile(text).evaluate_metered({"a": {"b": 1}}, m).value, m)
        end = "value"
    except FeelError as error:
        end = str(error)
    seconds = time.perf_counter() - began
    return Outcome(name, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, end)


def show(title: str, outcomes: list[Outcome]) -> None:
    """Print the first outcomes."""
    print(title)
    for one in outcomes[:SHOWN]:
        print(f"  {one.name:28} {one.seconds:6.3f} s {one.megabytes:5.0f} MB  {one.end}")


def main() -> None:
    """Run all attacks at both budgets."""
    texts, is_kept = attacks(), True
    fork = multiprocessing.get_context("fork")
    for label, (budget, limit) in BUDGETS.items():
        with fork.Pool(1, maxtasksperchild=1) as pool:
            jobs = [(name, text, budget) for name, text in texts.items()]
            ended = pool.starmap(attack, jobs, chunksize=1)
        slowest = sorted(ended, key=lambda one: -one.seconds)
        largest = sorted(ended, key=lambda one: -one.megabytes)
        show(f"{label}: {len(ended)} attacks, slowest {slowest[0].seconds:.3f} s (limit {limit} s)", slowest)
        show(f"{label}: most memory {largest[0].megabytes:.0f} MB (limit {MAX_MEGABYTES} MB)", largest)
        is_kept = is_kept and slowest[0].seconds < limit and largest[0].megabytes < MAX_MEGABYTES
    sys.exit(not is_kept)


if __name__ == "__main__":
    main()
