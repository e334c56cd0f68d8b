"""Where the processor time of a command goes, by who wrote the code that runs.

`python -m bench.shares [--json] [--commands N]`. Shares are those of Python's profiler by processor time, so that waiting
for the database does not count; it makes calls of functions look dearer than they are. Time in functions written in C is
given to the code that calls them. PostgreSQL's own processes are not in it.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.ground import fresh_database, kinds, show
from bench.peers.flows import COMPARED
from bench.peers.harness import Flow, Harness
from bench.peers.laneway import LanewayPeer

PARTS = {
    "driver": ("/psycopg", "/sqlite3", "/sqlalchemy/dialects"),
    "SQLAlchemy": ("/sqlalchemy/",),
    "SpiffWorkflow": ("/SpiffWorkflow/",),
    "executor": ("/engine/spiff/",),
    "storage": (
        "/engine/storage",
        "/engine/statements",
        "/engine/database",
        "/engine/connections",
    ),
    "rules": ("/src/", "/laneway/"),
}
_WARM_UP = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--commands", type=int, default=300, help="of each kind, under the profiler")
    options = parser.parse_args()
    rows = []
    for kind in kinds():
        with fresh_database(kind):
            rows += [
                {"database": kind, "command": name, **_shares(command, options.commands)}
                for name, command in _commands().items()
            ]
    show("where processor time goes, percent", rows, as_json=options.json)


def _commands() -> dict[str, Callable[[], Callable[[], object]]]:
    """Commands of Laneway: each gets something ready and returns what is measured."""
    peer = LanewayPeer()
    harness = Harness(peer)
    requests = {name: COMPARED[name].request(name, "laneway") for name in ("single", "loop", "services")}
    harness.answer({"do": "deploy", "flows": requests})
    loop, services = Flow(**requests["loop"]), Flow(**requests["services"])
    repeated = peer.start(loop.process, {})

    def complete() -> Callable[[], object]:
        task = peer.open_tasks(repeated)[0]
        return lambda: peer.complete(task.key, loop.form(task.element, 0))

    def work() -> Callable[[], object]:
        instance = peer.start(services.process, {})
        return lambda: peer.run_jobs(instance)

    return {
        "complete a user task": complete,
        "start an instance": lambda: lambda: peer.start(requests["single"]["process"], {"round": 0}),
        "lease and report a job": work,
    }


def _shares(command: Callable[[], Callable[[], object]], count: int) -> dict[str, Any]:
    for _ in range(_WARM_UP):
        command()()
    used = 0.0
    for _ in range(count):
        run = command()
        began = time.process_time()
        run()
        used += time.process_time() - began
    profile = cProfile.Profile(time.process_time)
    for _ in range(count):
        run = command()
        profile.enable()
        run()
        profile.disable()
    times = _times(profile)
    whole = sum(times.values())
    shares = {part: round(100 * times[part] / whole) for part in [*PARTS, "other"]}
    return {"ms without profiler": round(used / count * 1000, 2), **shares}


def _times(profile: cProfile.Profile) -> Counter[str]:
    """Seconds by part."""
    times: Counter[str] = Counter()
    profiled: Any = pstats.Stats(profile)
    for (file, _line, _name), (_calls, _all, own, _with, callers) in profiled.stats.items():
        if file != "~":
            times[_part_of(file)] += own
            continue
        for (caller, _caller_line, _caller_name), told in callers.items():
            times[_part_of(caller)] += told[2]
    return times


def _part_of(file: str) -> str:
    return next((part for part, places in PARTS.items() if any(place in file for place in places)), "other")


if __name__ == "__main__":
    main()
