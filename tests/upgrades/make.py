"""Keeps what a release leaves behind in its users' databases, for the tests of all later ones.

Run once at a release, with that release: `python -m tests.upgrades.make 0.2.0`. Under `tests/upgrades/0.2.0` it
writes `laneway.db.gz` (SQLite, with complaints and one instance of every construct, all in the middle) and `kept.json`
(how their stories go on, and the live state of each construct by itself).
"""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from laneway.engine import database, deployments, instances
from laneway.engine.database import schema
from laneway.engine.deployments import process_folder
from laneway.engine.tables import process_definition, process_instance
from laneway.records import organisation
from laneway.tasks.loader import load_handlers
from laneway.tasks.scenarios import MovableClock
from laneway.testing import Player, drain, read_scenario

from .constructs import VARIABLES, diagrams

ROOT = Path(__file__).parents[2]
PROCESSES = ROOT / "processes"
BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def make(target: Path) -> None:
    """Write the two files of a release."""
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "laneway.db")
        schema.upgrade(database.connect(f"sqlite:///{path}"))
        kept = _fill()
        database.disconnect()
        with closing(sqlite3.connect(path)) as file:
            file.execute("PRAGMA journal_mode=DELETE")
            file.execute("VACUUM")
        packed = gzip.compress(path.read_bytes(), mtime=0)
    (target / "laneway.db.gz").write_bytes(packed)
    (target / "kept.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _fill() -> dict[str, Any]:
    frozen = MovableClock(BEGINNING)
    load_handlers(PROCESSES)
    people = {person.username: person for person in organisation.demo_people()}
    with database.unit_of_work() as session:
        organisation.load_demo(session)
        deployments.deploy(session, [*process_folder.read_files([PROCESSES]), *diagrams()], by=None)
    cases = []
    for number, path in enumerate(sorted(PROCESSES.glob("*/scenarios/*.toml"))):
        scenario = read_scenario(path)
        begins = frozen.now
        player = Player(scenario, people.__getitem__, frozen, begins=begins)
        player.start()
        player.play(steps=number % (len(scenario.steps) - player.done))
        kept = {
            "instance_key": player.instance_key,
            "number": player.case_number,
            "begins": begins.isoformat(),
        }
        cases.append(kept | {"story": path.read_text("utf-8"), "done": player.done})
    constructs = []
    for file in diagrams():
        name = file.name.removesuffix(".bpmn")
        with database.unit_of_work() as session:
            instances.start(session, process_id=name, variables=VARIABLES | {"key": name}, by=None)
    drain()
    with database.reading() as session:
        columns = process_instance.c
        joined = process_definition.c.key == columns.process_definition_key
        rows = session.execute(
            select(columns.process_id, columns.live_state, columns.waiting_at, process_definition.c.xml)
            .join(process_definition, joined)
            .where(columns.business_key.is_(None))
        )
        for row in rows:
            told = {"process_id": row.process_id, "waiting_at": row.waiting_at, "diagram": row.xml.decode()}
            constructs.append(told | {"live_state": base64.b64encode(row.live_state).decode()})
    now = frozen.now.isoformat()
    frozen.release()
    return {"now": now, "cases": cases, "constructs": constructs}


if __name__ == "__main__":
    make(Path(__file__).parent / sys.argv[1])
