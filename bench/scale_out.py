"""More workers, more throughput; and many clients on one case.

`python -m bench.scale_out [--quick] [--workers 1 2 4] [--waits 0 20] [--jobs N] [--clients N] [--seconds S]
[--json [FILE]]`. Workers are processes as `laneway worker` starts them; they drain cases of five service tasks each.
Their handler does nothing, so that processors are the limit, or waits some milliseconds, as for another system's answer.
 The rate is that of the time in which all of them worked: it begins when the last one has done its first job.
The hot case is one instance on which all clients work, each on its own branch of a parallel gateway.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench import machine, postgres
from bench.ground import show
from bench.peers.flows import BRANCHES, COMPARED, process_of
from bench.peers.teams import ENGINES, Team
from bench.report import tables_of, write_figures
from laneway.engine import database, deployments, instances
from laneway.engine.database import schema
from laneway.engine.tables import history_line, incident, job
from laneway.words import Resource

FLOW, SERVICES = "services", 5
HOT = "one case, all clients on it"
HANDLERS = """import time

from laneway.tasks import Job, handler


@handler("nothing")
def nothing(job: Job) -> dict[str, str]:
    time.sleep({seconds})
    return {{}}
"""
_PATIENCE_SECONDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few jobs, to see that everything works")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="worker processes")
    parser.add_argument("--waits", type=int, nargs="+", default=[0, 20], help="milliseconds of the handler")
    parser.add_argument("--jobs", type=int, default=5000)
    parser.add_argument("--clients", type=int, default=BRANCHES, help="on the hot case")
    parser.add_argument("--seconds", type=float, default=10.0, help="on the hot case")
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE")
    options = parser.parse_args()
    if options.quick:
        options.jobs, options.seconds = 500, 2.0
    with postgres.server() as server:
        workers = [row for wait in options.waits for row in _scaled(server, wait, options)]
        hot = list(hot_cases(server, options.clients, options.seconds))
    told = {
        "bench": "worker processes draining jobs on PostgreSQL",
        "machine": machine.facts(),
        "rows": workers,
        HOT: hot,
    }
    write_figures(told, options.json)
    if not options.json:
        for title, rows in tables_of(told):
            show(title, rows, as_json=False)


# -- workers


def _scaled(server: postgres.Server, wait: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    one = 0.0
    for workers in options.workers:
        row = drained(server, workers, options.jobs, wait)
        one = one or row["jobs/s"] / workers
        yield {**row, "times one worker": round(row["jobs/s"] / one, 2)}


def drained(server: postgres.Server, workers: int, jobs: int, wait: int) -> dict[str, Any]:
    """Let so many worker processes do so many jobs on an empty database; the figures."""
    name = f"scale_{wait}_{workers}"
    address = server.new_database(name)
    with _connected(address):
        _start_cases(max(1, jobs // SERVICES))
        before, database_before = server.counts(name), server.cpu_seconds()
        with tempfile.TemporaryDirectory(prefix="laneway-bench-") as folder:
            with _working(address, workers, wait, Path(folder)) as processes:
                total = _wait_until_done(processes)
                cpu = sum(_cpu_seconds(process.pid) for process in processes)
            log = "".join(path.read_text() for path in Path(folder).glob("*.log"))
        database_cpu = server.cpu_seconds() - database_before
        after = server.counts(name)
        rate, names = _rate()
        again, incidents = _trouble()
    if len(names) != workers:
        raise SystemExit(f"{workers} workers were started, {len(names)} have worked: take more --jobs")
    return {
        "handler waits ms": wait,
        "workers": workers,
        "jobs": total,
        "jobs/s": round(rate, 1),
        "CPU s per 1,000": round(cpu / total * 1000, 3),
        "with database": round((cpu + database_cpu) / total * 1000, 3),
        "leased again": again,
        "conflicts": log.count('"level": "WARNING"') + log.count('"level": "ERROR"') + log.count("dropped"),
        "deadlocks": after["deadlocks"] - before["deadlocks"],
        "incidents": incidents,
    }


@contextmanager
def _connected(address: str) -> Iterator[None]:
    schema.upgrade(database.connect(address))
    yield
    database.disconnect()


def _start_cases(cases: int) -> None:
    diagram = COMPARED[FLOW].request(FLOW, "laneway")["diagram"].encode()
    with database.unit_of_work() as session:
        deployments.deploy(session, [Resource("services.bpmn", diagram)], by=None)
    for number in range(cases):
        with database.unit_of_work() as session:
            instances.start(session, process_id=process_of(FLOW), variables={"round": number}, by=None)


@contextmanager
def _working(address: str, workers: int, wait: int, folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    (folder / "processes" / "bench").mkdir(parents=True)
    (folder / "processes" / "bench" / "handlers.py").write_text(HANDLERS.format(seconds=wait / 1000))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LANEWAY_")}
    environment |= {
        "LANEWAY_DATABASE_URL": address,
        "LANEWAY_PROCESSES": str(folder / "processes"),
        "LANEWAY_DATA": str(folder / "data"),
        "LANEWAY_LOG_JSON": "1",
    }
    with ExitStack() as stack:
        processes = []
        for number in range(workers):
            log = stack.enter_context((folder / f"{number}.log").open("wb"))
            command = [sys.executable, "-m", "laneway.cli", "worker"]
            processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        try:
            yield processes
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=60)


def _wait_until_done(processes: list[subprocess.Popen[bytes]]) -> int:
    """Wait until no job is left; how many there were."""
    done_before, since = 0, time.monotonic()
    while time.monotonic() < since + _PATIENCE_SECONDS:
        with database.reading() as session:
            query = select(func.count(), func.count().filter(job.c.state == "COMPLETED")).select_from(job)
            jobs, done = session.execute(query).one()
        if jobs == done:
            return int(jobs)
        if any(process.poll() is not None for process in processes):
            raise SystemExit("a worker has ended by itself")
        if done > done_before:
            done_before, since = done, time.monotonic()
        time.sleep(0.2)
    raise SystemExit(f"no job was done for {_PATIENCE_SECONDS} seconds, and {jobs - done} are left")


def _rate() -> tuple[float, list[str]]:
    """Jobs a second while all workers worked, and the workers' names."""
    ended = job.c.ended_at
    with database.reading() as session:
        firsts = session.execute(select(job.c.worker, func.min(ended)).group_by(job.c.worker)).all()
        begins = max(first for _, first in firsts)
        query = select(func.count(), func.max(ended)).where(ended > begins)
        count, ends = session.execute(query).one()
    return count / max((ends - begins).total_seconds(), 1e-9) if count else 0.0, [name for name, _ in firsts]


def _trouble() -> tuple[int, int]:
    """Jobs that were leased more than once, and incidents."""
    with database.reading() as session:
        again = session.scalar(select(func.count()).where(job.c.leases > 1)) or 0
        return again, session.scalar(select(func.count()).select_from(incident)) or 0


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, fields)) / _TICKS


# -- the hot case


def hot_cases(server: postgres.Server, clients: int, seconds: float) -> Iterator[dict[str, Any]]:
    """One instance and all clients, by processes and by threads, on both databases."""
    with tempfile.TemporaryDirectory(prefix="laneway-bench-") as folder:
        for kind, address in (
            ("postgresql", server.new_database("hot")),
            ("sqlite", f"sqlite:///{folder}/hot.db"),
        ):
            for engine in ("laneway", "laneway, 1 process"):
                by = "threads of one" if ENGINES[engine].has_threads else "processes"
                yield {
                    "database": kind,
                    "clients": f"{clients} {by}",
                    **_hot_case(engine, address, clients, seconds),
                }


def _hot_case(engine: str, address: str, clients: int, seconds: float) -> dict[str, Any]:
    team = Team(ENGINES[engine], "hot", address, ["shared"])
    try:
        team.prepare("shared", clients, cases=1, past=0)
        team.run("shared", clients, seconds=min(seconds, 1.0))  # until every process knows the diagram
        instance = team.prepare("shared", clients, cases=1, past=0)
        run = team.run("shared", clients, seconds=seconds)
    finally:
        team.stop()
    database.connect(address)
    with database.reading() as session:
        completed = (history_line.c.instance_key == int(instance)) & (
            history_line.c.event == "user_task_completed"
        )
        stored = session.scalar(select(func.count()).where(completed))
    database.disconnect()
    times = sorted(run.completions)
    return {
        "steps/s": round(len(times) / run.seconds, 1),
        "p50 ms": times[len(times) // 2],
        "p95 ms": times[int(len(times) * 0.95)],
        "conflicts": run.conflicts,
        "steps": len(times),
        "steps in the history": stored,
    }


if __name__ == "__main__":
    main()
