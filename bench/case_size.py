"""What one case costs: rows, bytes with indexes, WAL, CPU, and what is left of it in the archive.

Complaints (C110) are played through their scenarios on PostgreSQL with its default settings, by the same use cases as
people in the browser, without the pages. `python -m bench.case_size [--cases N] [--json]`; docs/scale.md reckons
with its figures.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench import machine
from bench.ground import show
from bench.postgres import Server, server
from laneway.engine import database, deployments
from laneway.engine.database import schema
from laneway.engine.deployments import process_folder
from laneway.engine.keeping import retention as keeping
from laneway.engine.tables import metadata
from laneway.records import organisation
from laneway.tasks.loader import load_handlers
from laneway.tasks.scenarios import MovableClock
from laneway.testing import Player, drain, read_scenario

PROCESSES = Path(__file__).parents[1] / "processes"
SCENARIOS = sorted(PROCESSES.glob("c110_complaint/scenarios/*.toml"))
BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAME = "case_size"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cases", type=int, default=300)
    options = parser.parse_args()
    with server() as postgresql, tempfile.TemporaryDirectory() as archive:
        url = postgresql.new_database(NAME)
        schema.upgrade(database.connect(url))
        figures = _measure(postgresql, options.cases, Path(archive))
        database.disconnect()
    if options.json:
        print(json.dumps({"bench": NAME, "machine": machine.facts(), **figures}))
        return
    show("one case, by table", figures["tables"], as_json=False)
    show("one case, in all", [figures["whole"]], as_json=False)
    show("one case, archived", [figures["archived"]], as_json=False)


def _measure(postgresql: Server, cases: int, archive: Path) -> dict[str, Any]:
    load_handlers(PROCESSES)
    people = {person.username: person for person in organisation.demo_people()}
    with database.unit_of_work() as session:
        organisation.load_demo(session)
        deployments.deploy(session, process_folder.read_files([PROCESSES]), by=None)
    stories = [read_scenario(path) for path in SCENARIOS]
    frozen = MovableClock(BEGINNING)
    _play(stories, people, frozen, len(stories))  # so that caches and statements are warm
    before = _look(postgresql, checkpoint=True)
    _play(stories, people, frozen, cases)
    after = _look(postgresql)
    played = len(stories) + cases  # the tables hold the first ones too
    packed = _packed(postgresql)
    figures = {
        "tables": _by_table(after["tables"], packed, before["tables"], cases, played),
        "whole": _whole(before, after, packed, cases, played),
        "archived": _archived(postgresql, archive, frozen, played),
    }
    frozen.release()
    return figures


def _play(stories: list[Any], people: Mapping[str, Any], frozen: MovableClock, cases: int) -> None:
    for number in range(cases):
        player = Player(stories[number % len(stories)], people.__getitem__, frozen, begins=frozen.now)
        player.start()
        player.play()
    drain()


def _look(postgresql: Server, *, checkpoint: bool = False) -> dict[str, Any]:
    """Where everything stands that a case costs."""
    with psycopg.connect(postgresql.address(NAME), autocommit=True) as connection:
        if checkpoint:
            connection.execute("CHECKPOINT")
        wal = "SELECT pg_current_wal_lsn() - '0/0', wal_fpi FROM pg_stat_wal"
        connection.execute("SELECT pg_sleep(1.5)")  # sessions tell their counts once a second
        row = connection.execute(wal.encode()).fetchone()
        assert row is not None
        tables = {name: _table(connection, name) for name in metadata.tables}
    return {
        "wal": int(row[0]),
        "full_pages": int(row[1]),
        "counts": postgresql.counts(NAME),
        "server_cpu": postgresql.cpu_seconds(),
        "cpu": time.process_time(),
        "wall": time.perf_counter(),
        "tables": tables,
    }


def _table(connection: psycopg.Connection[Any], name: str) -> tuple[int, int, int]:
    """(rows, bytes of rows, bytes of indexes) of a table."""
    query = f"SELECT count(*), pg_table_size('{name}'), pg_indexes_size('{name}') FROM {name}"
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def _packed(postgresql: Server) -> dict[str, tuple[int, int, int]]:
    """The tables without the room that changes have left empty."""
    with psycopg.connect(postgresql.address(NAME), autocommit=True) as connection:
        connection.execute("VACUUM FULL")
        return {name: _table(connection, name) for name in metadata.tables}


def _by_table(
    after: Mapping[str, Any], packed: Mapping[str, Any], before: Mapping[str, Any], cases: int, played: int
) -> list[dict[str, Any]]:
    grown = {name: after[name][0] - before[name][0] for name in after}
    return [
        {
            "table": name,
            "rows": round(grown[name] / cases, 2),
            "bytes": round(after[name][1] / played),
            "index bytes": round(after[name][2] / played),
            "packed bytes": round(packed[name][1] / played),
            "packed index bytes": round(packed[name][2] / played),
        }
        for name in sorted(grown, key=lambda name: -sum(after[name][1:]))
        if grown[name] > 0
    ]


def _whole(
    before: Mapping[str, Any], after: Mapping[str, Any], packed: Mapping[str, Any], cases: int, played: int
) -> dict[str, Any]:
    counted = {name: after["counts"][name] - count for name, count in before["counts"].items()}
    grown = [name for name in after["tables"] if after["tables"][name][0] > before["tables"][name][0]]
    return {
        "cases": cases,
        "rows": round(sum(after["tables"][n][0] - before["tables"][n][0] for n in grown) / cases, 1),
        "bytes": round(sum(sum(after["tables"][n][1:]) for n in grown) / played),
        "packed bytes": round(sum(sum(packed[n][1:]) for n in grown) / played),
        "WAL bytes": round((after["wal"] - before["wal"]) / cases),
        "full pages in it": round((after["full_pages"] - before["full_pages"]) / cases, 1),
        "commits": round(counted["xact_commit"] / cases, 1),
        "rows inserted": round(counted["tup_inserted"] / cases, 1),
        "rows left dead": round((counted["tup_updated"] + counted["tup_deleted"]) / cases, 1),
        "CPU ms": round((after["cpu"] - before["cpu"]) / cases * 1000, 1),
        "server CPU ms": round((after["server_cpu"] - before["server_cpu"]) / cases * 1000, 1),
        "wall ms": round((after["wall"] - before["wall"]) / cases * 1000, 1),
    }


def _archived(postgresql: Server, archive: Path, frozen: MovableClock, played: int) -> dict[str, Any]:
    """Archive everything, and tell what that costs a case and leaves of it."""
    with database.unit_of_work() as session:
        session.execute(metadata.tables["outgoing"].update().values(state="SENT"))
    frozen.now += timedelta(days=4 * 365)
    before, cases = _look(postgresql, checkpoint=True), 0
    while True:
        with database.unit_of_work() as session:
            batch = keeping.run_batch(session, keeping.Rules(archive, "P3Y"))
        if not batch:
            break
        cases += batch
    after = _look(postgresql)
    assert cases == played, f"{cases} of {played} left"
    left = after["tables"]["archived_case"]
    return {
        "cases": cases,
        "file bytes": round(sum(path.stat().st_size for path in archive.rglob("*.gz")) / cases),
        "bytes left": round((left[1] + left[2]) / cases),
        "WAL bytes": round((after["wal"] - before["wal"]) / cases),
        "CPU ms": round((after["cpu"] - before["cpu"]) / cases * 1000, 1),
        "server CPU ms": round((after["server_cpu"] - before["server_cpu"]) / cases * 1000, 1),
        "wall ms": round((after["wall"] - before["wall"]) / cases * 1000, 1),
    }


if __name__ == "__main__":
    main()
