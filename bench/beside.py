"""Laneway beside other engines, all in one run on one PostgreSQL: throughput, latency, CPU and memory.

`python -m bench.beside [--quick] [--engines …] [--flows …] [--clients 1 2 8] [--rounds N] [--seconds S] [--warm-up S]
[--json [FILE]] [--markdown] [--fetch]`. `--fetch` first brings the other engines into `.cache/peers`; those for which
this machine lacks java, mvn, node or npm are left out. Every engine has a database of its own on the same server,
started for this run with PostgreSQL's own defaults; in each round all take their turn at each measurement; figures are
medians of the rounds. What is measured and what is fair about it stands in docs/performance.md.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from statistics import median, quantiles
from typing import Any, NamedTuple

from bench import machine, postgres
from bench.ground import show
from bench.peers.flows import BRANCHES, COMPARED, ELEMENTS_PER_ROUND
from bench.peers.teams import ENGINES, Run, Team, can_run, fetch
from bench.report import markdown_of, tables_of, write_figures

BASE = "laneway"
WRITTEN_BY = "complaint"
"""The flow in which it is counted what a completion writes."""
PASTS = (10, 100, 1000)
"""Finished elements of the cases whose step is measured."""
_STEPS = 16
"""Completions in one measurement of a case with a past."""


class Measurement(NamedTuple):
    """A flow with so many clients, or with a past of so many elements."""

    flow: str
    clients: int
    past: int = 0


def main() -> None:
    options = _options()
    missing = [name for name in options.engines if not can_run(ENGINES[name])]
    options.engines = [name for name in options.engines if name not in missing]
    for name in missing:
        print(f"{name} is left out: its programs are not on this machine", file=sys.stderr)
    if options.fetch:
        fetch(options.engines)
    plan = list(_plan(options.flows, options.clients, options.pasts))
    with postgres.server() as server:
        told = measure(server, plan, options)
    told |= {"bench": "Laneway beside other engines", "machine": machine.facts()}
    write_figures(told, options.json)
    if options.markdown:
        print(markdown_of(told))
    elif not options.json:
        for title, rows in tables_of(told):
            show(title, rows, as_json=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fetch", action="store_true", help="fetch and build the other engines first")
    parser.add_argument("--quick", action="store_true", help="one short round, to see that everything works")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    parser.add_argument("--flows", nargs="+", default=list(COMPARED), choices=list(COMPARED))
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 2, 8])
    parser.add_argument("--pasts", type=int, nargs="+", default=list(PASTS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one measurement")
    parser.add_argument("--warm-up", type=float, default=15.0, help="seconds for each flow of a Java engine")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="without FILE: print it")
    parser.add_argument("--markdown", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.warm_up = 1, 1.0, 2.0
    return options


def _plan(flows: Sequence[str], clients: Sequence[int], pasts: Sequence[int]) -> Iterator[Measurement]:
    for flow in flows:
        kind = COMPARED[flow].kind
        if kind == "steps":
            yield from (Measurement(flow, 1, past) for past in pasts)
        else:
            yield from (Measurement(flow, min(count, BRANCHES)) for count in clients)


def measure(
    server: postgres.Server, plan: Sequence[Measurement], options: argparse.Namespace
) -> dict[str, Any]:
    """Warm all engines up, then measure in rounds; returns what the engines are, and the rows of figures."""
    with ExitStack() as stack:
        teams = []
        for name in options.engines:
            engine = ENGINES[name]
            database = engine.database or name
            is_new = database == name or database not in options.engines
            address = server.new_database(database) if is_new else server.address(database)
            teams.append(Team(engine, database, address, options.flows))
            stack.callback(teams[-1].stop)
        for team in teams:
            _warm_up(team, plan, options.warm_up)
        runs: dict[tuple[str, Measurement], list[Run]] = {}
        for number in range(options.rounds):
            for measurement in plan:
                print(f"round {number + 1}/{options.rounds}: {measurement}", file=sys.stderr)
                for team in teams:
                    if team.can(measurement.flow):
                        run = _measured(server, team, measurement, options.seconds)
                        runs.setdefault((team.engine.name, measurement), []).append(run)
        told = {"engines": {team.engine.name: team.about for team in teams}, "rows": list(_rows(runs))}
        if WRITTEN_BY in options.flows:
            own = [team for team in teams if team.database == team.engine.name]
            title = f"What one completion writes, {COMPARED[WRITTEN_BY].title}"
            told[title] = list(_writing(server, own, options.seconds))
    return told


def _warm_up(team: Team, plan: Sequence[Measurement], seconds: float) -> None:
    print(f"warming up {team.engine.name}", file=sys.stderr)
    seconds *= team.engine.warm_up_times
    for flow in dict.fromkeys(measurement.flow for measurement in plan if team.can(measurement.flow)):
        kind = COMPARED[flow].kind
        if kind == "steps":
            continue  # the other flows' completions have warmed these up
        clients = max(measurement.clients for measurement in plan if measurement.flow == flow)
        if kind == "shared":
            team.prepare(flow, clients, cases=1, past=0)
        team.run(flow, clients, seconds=seconds)


def _measured(server: postgres.Server, team: Team, measurement: Measurement, seconds: float) -> Run:
    flow, clients, past = measurement
    kind, steps = COMPARED[flow].kind, 0
    if kind == "steps":
        rounds = past // ELEMENTS_PER_ROUND
        # Few steps in each case, so that its past is what it is said to be.
        steps = max(1, min(_STEPS, rounds // 8))
        team.prepare(flow, clients, cases=math.ceil(_STEPS / steps), past=rounds)
    elif kind == "shared":
        team.prepare(flow, clients, cases=1, past=0)
    before = server.cpu_seconds()
    run = team.run(flow, clients, seconds=seconds, steps=steps)
    run.database_cpu = server.cpu_seconds() - before
    if kind == "cases" and len(run.completions) != len(run.starts) * COMPARED[flow].tasks:
        raise SystemExit(f"{team.engine.name} has not done all of {flow}")
    return run


def _writing(server: postgres.Server, teams: Sequence[Team], seconds: float) -> Iterator[dict[str, Any]]:
    """Transactions and rows for one completed user task, with its share in starting the instance."""
    time.sleep(postgres.TOLD_SECONDS)
    before = [server.counts(team.database) for team in teams]
    done = [len(team.run(WRITTEN_BY, 1, seconds=seconds).completions) for team in teams]
    time.sleep(postgres.TOLD_SECONDS)
    for team, start, completions in zip(teams, before, done, strict=True):
        counts = {name: count - start[name] for name, count in server.counts(team.database).items()}
        names = {
            "transactions": "xact_commit",
            "rows inserted": "tup_inserted",
            "updated": "tup_updated",
            "deleted": "tup_deleted",
        }
        each = {name: round(counts[column] / completions, 1) for name, column in names.items()}
        yield {"engine": team.engine.name, **each}


def _rows(runs: dict[tuple[str, Measurement], list[Run]]) -> Iterator[dict[str, Any]]:
    figures = {key: _figures(several, key[1]) for key, several in runs.items()}
    for measurement in dict.fromkeys(key[1] for key in runs):
        base = figures.get((BASE, measurement))
        for (name, measured), row in figures.items():
            if measured == measurement:
                yield {**_described(measurement), "engine": name, **row, **_beside(row, base)}


def _described(measurement: Measurement) -> dict[str, Any]:
    told: dict[str, Any] = {"flow": COMPARED[measurement.flow].title}
    return told | ({"past": measurement.past} if measurement.past else {"clients": measurement.clients})


def _figures(runs: Sequence[Run], measurement: Measurement) -> dict[str, Any]:
    if measurement.past:
        return _latency([run.completions for run in runs])
    counts = [len(run.completions) or len(run.starts) for run in runs]
    has_tasks = bool(COMPARED[measurement.flow].forms)
    return {
        "instances/s": _median([len(run.starts) / run.seconds for run in runs]) if runs[0].starts else None,
        "completions/s": _median([len(run.completions) / run.seconds for run in runs]) if has_tasks else None,
        **_latency([run.completions if has_tasks else run.starts for run in runs]),
        "CPU s per 1,000": _per_thousand([run.cpu for run in runs], counts),
        "with database": _per_thousand([run.cpu + run.database_cpu for run in runs], counts),
        "peak MB": round(max(run.peak_kb for run in runs) / 1024),
        "conflicts": sum(run.conflicts for run in runs),
    }


def _median(values: Sequence[float]) -> float:
    return round(median(values), 1)


def _latency(times: Sequence[Sequence[float]]) -> dict[str, float]:
    cuts = [quantiles(several, n=100) if len(several) > 1 else [*several] * 99 for several in times]
    return {f"p{cut} ms": round(median(one[cut - 1] for one in cuts), 2) for cut in (50, 95, 99)}


def _per_thousand(seconds: Sequence[float], counts: Sequence[int]) -> float:
    return round(median(used / count * 1000 for used, count in zip(seconds, counts, strict=True)), 3)


def _beside(row: dict[str, Any], base: dict[str, Any] | None) -> dict[str, float]:
    """The engine's rate, CPU and time as parts or multiples of Laneway's."""
    if base is None:
        return {}
    if "instances/s" not in row:
        return {"p50 ÷ Laneway's": round(row["p50 ms"] / base["p50 ms"], 2)}
    rate = "completions/s" if row["completions/s"] else "instances/s"
    return {
        "rate ÷ Laneway's": round(row[rate] / base[rate], 2),
        "CPU ÷ Laneway's": round(row["CPU s per 1,000"] / base["CPU s per 1,000"], 2),
        "with database ÷ Laneway's": round(row["with database"] / base["with database"], 2),
    }


if __name__ == "__main__":
    main()
