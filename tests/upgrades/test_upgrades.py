"""What every release so far has left behind loads, is migrated, and runs to its end."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from laneway.engine import database, jobs, messages, user_tasks
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.database import connections, schema
from laneway.engine.keeping import backup, copying
from laneway.engine.model import OPEN_STATES
from laneway.engine.spiff import state
from laneway.engine.spiff.build import specs_of
from laneway.engine.tables import (
    job,
    message_subscription,
    metadata,
    process_instance,
    signal_subscription,
    user_task,
)
from laneway.errors import Conflict
from laneway.records import organisation
from laneway.records.documents import templates
from laneway.tasks.loader import load_handlers
from laneway.testing import Player, drain, parse_scenario
from laneway.words import Resource

from ..engine.spiff.conftest import FeelHost  # noqa: TID252  # a conftest has no absolute name

HERE = Path(__file__).parent
PROCESSES = HERE.parents[1] / "processes"
RELEASES = sorted(path.parent for path in HERE.glob("*/kept.json"))
PEOPLE = {one.username: one for one in organisation.demo_people()}
SOMEONE = next(one for one in PEOPLE.values() if "complaint_desk" in one.groups)


def kept_by(release: Path) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((release / "kept.json").read_text("utf-8"))
    return kept


def constructs() -> list[Any]:
    return [
        pytest.param(construct, id=f"{release.name}-{construct['process_id']}")
        for release in RELEASES
        for construct in kept_by(release)["constructs"]
    ]


@pytest.fixture(name="migrated", params=[release.name for release in RELEASES])
def _migrated(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The database of a release, brought up to date; nothing is connected to it."""
    path = tmp_path / "laneway.db"
    path.write_bytes(gzip.decompress((HERE / request.param / "laneway.db.gz").read_bytes()))
    schema.upgrade(database.connect(f"sqlite:///{path}"))
    database.disconnect()
    return path


@pytest.fixture(name="url", params=["sqlite", "postgresql"])
def _url(request: pytest.FixtureRequest, migrated: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{migrated}"
    url = str(request.getfixturevalue("new_postgresql_database")())
    engine = database.connect(url)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.info.get("is_copied", True):
                connection.execute(table.delete())
    database.disconnect()
    copied = copying.copy(f"sqlite:///{migrated}", url, progress=lambda *_told: None)
    assert all(table.is_same for table in copied)
    return url


def test_the_cases_of_every_release_run_to_their_end(
    url: str, request: pytest.FixtureRequest, frozen_clock: Any
) -> None:
    kept = kept_by(HERE / request.node.callspec.params["migrated"])
    frozen_clock.now = datetime.fromisoformat(kept["now"])
    database.connect(url)
    with database.unit_of_work() as session:
        templates.add_shipped(session, PROCESSES)
    load_handlers(PROCESSES)
    for case in kept["cases"]:
        story = parse_scenario(case["story"], case["number"], "c110_complaint")
        begins = datetime.fromisoformat(case["begins"])
        player = Player(story, PEOPLE.__getitem__, frozen_clock, begins=begins)
        player.opened({}, case["instance_key"], case["number"])
        player.done = case["done"]
        player.play()
    for _ in range(12):
        move_everything_on(frozen_clock)
    with database.reading() as session:
        columns = process_instance.c
        still_open = session.execute(
            select(columns.process_id, columns.waiting_at).where(columns.state.in_(OPEN_STATES))
        ).all()
        failed = session.scalars(select(columns.process_id).where(columns.has_incident)).all()
        count = len(session.scalars(select(columns.key)).all())
    database.disconnect()
    assert still_open == []
    assert failed == []
    assert count >= len(kept["cases"]) + len(kept["constructs"])


def move_everything_on(frozen_clock: Any) -> None:
    """Do whatever the open instances wait for."""
    drain()
    with database.reading() as session:
        tasks = session.scalars(select(user_task.c.key).where(user_task.c.state == "CREATED")).all()
        waiting = session.scalars(select(job.c.key).where(job.c.state == "CREATED")).all()
        subscribed = message_subscription.c.instance_key > 0
        awaited = session.execute(select(message_subscription).where(subscribed)).all()
        heard = session.scalars(select(signal_subscription.c.signal_name).distinct()).all()
    for key in tasks:
        with database.unit_of_work() as session:
            user_tasks.complete_via_api(session, key, by=SOMEONE, variables={})
        drain()
    for key in waiting:
        with database.unit_of_work() as session:
            jobs.complete(session, key, variables={})
    for row in awaited:
        with database.unit_of_work() as session:
            name, key = row.message_name, row.correlation_key
            messages.publish(session, name=name, correlation_key=key, variables={}, by=SOMEONE, ttl_seconds=1)
        drain()
    for name in heard:
        with database.unit_of_work() as session:
            messages.broadcast(session, name, {})
        drain()
    frozen_clock.advance(days=4)
    drain()


@pytest.mark.parametrize("release", [release.name for release in RELEASES])
def test_a_backup_of_every_release_is_restored_and_migrated(release: str, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    path.write_bytes(gzip.decompress((HERE / release / "laneway.db.gz").read_bytes()))
    old = connections.open_(f"sqlite:///{path}")
    made = backup.make(old, tmp_path, secret_key="kept")
    revision = schema.revision(old)
    connections.close(old)
    restored = backup.restore(f"sqlite:///{tmp_path / 'new.db'}", made, data=tmp_path, replace=False)
    assert restored.manifest.schema == revision
    new = connections.open_(f"sqlite:///{tmp_path / 'new.db'}")
    assert schema.is_current(new)
    connections.close(new)


@pytest.mark.parametrize("construct", constructs())
def test_live_states_of_every_release_load_and_stay_where_they_stood(construct: dict[str, Any]) -> None:
    file = Resource("kept.bpmn", construct["diagram"].encode())
    process = next(one for one in read_processes(file).processes if one.id == construct["process_id"])
    specs = specs_of(process)
    stored = base64.b64decode(construct["live_state"])
    instance = state.load(FeelHost(), process.id, specs, stored)
    assert sorted(instance.waiting_at()) == sorted(construct["waiting_at"])
    again = state.load(FeelHost(), process.id, specs, state.dump(instance))
    assert again.waiting_at() == instance.waiting_at()
    assert state.variables_of(stored)["items"] == ["a", "b", "c"]


def test_a_live_state_of_a_later_release_is_refused_in_plain_words() -> None:
    construct = kept_by(RELEASES[0])["constructs"][0]
    stored = orjson.loads(base64.b64decode(construct["live_state"])) | {"format": 999}
    for read in (lambda later: state.load(FeelHost(), "P", {}, later), state.variables_of):
        with pytest.raises(Conflict, match="live_state_newer"):
            read(orjson.dumps(stored))
