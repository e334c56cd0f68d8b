"""Each part that a process depends on is tried for real, and named when it fails."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from laneway.engine.monitoring import readiness, workers
from laneway.engine.monitoring.readiness import Readiness


@pytest.fixture
def worker(database: Any) -> None:
    """A worker that lives."""
    workers.beat("w", host="h", pid=1, version="1", kinds=("jobs",), is_first=True)


def look(data: Path) -> dict[str, bool]:
    return {part.name: part.is_well for part in Readiness(data).parts()}


def failing(data: Path) -> list[str]:
    return [name for name, is_well in look(data).items() if not is_well]


@pytest.mark.usefixtures("worker")
def test_with_everything_in_place_all_parts_are_well(tmp_path: Path) -> None:
    assert look(tmp_path) == dict.fromkeys(
        ("process", "disk", "database", "wake_ups", "database_write", "schema", "worker", "outbox"), True
    )


@pytest.mark.usefixtures("worker")
def test_the_probe_leaves_no_row_behind(database: Any, tmp_path: Path) -> None:
    look(tmp_path)
    with database.reading() as session:
        assert [one.name for one in workers.everyone(session)] == ["w"]


@pytest.mark.usefixtures("database")
def test_without_a_worker_nothing_automatic_would_be_done(tmp_path: Path) -> None:
    assert failing(tmp_path) == ["worker"]


def test_without_a_database_nothing_else_is_tried(database: Any, tmp_path: Path) -> None:
    database.disconnect()
    assert look(tmp_path) == {"process": True, "disk": True, "database": False}


@pytest.mark.usefixtures("worker")
def test_a_database_that_takes_no_changes_is_named(database: Any, tmp_path: Path) -> None:
    if database.is_postgresql():
        with database.engine().begin() as connection:
            name = connection.scalar(text("SELECT current_database()"))
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        database.engine().dispose()
        assert failing(tmp_path) == ["database_write"]
        return
    other = sqlite3.connect(database.engine().url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert failing(tmp_path) == ["database_write"]
    finally:
        other.close()
    assert failing(tmp_path) == []


@pytest.mark.usefixtures("worker")
def test_a_schema_of_another_release_is_named(database: Any, tmp_path: Path) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert failing(tmp_path) == ["schema"]


@pytest.mark.usefixtures("worker")
def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness.shutil, "disk_usage", lambda _path: SimpleNamespace(free=5))
    assert failing(tmp_path) == ["disk"]


@pytest.mark.usefixtures("worker")
def test_a_process_that_is_stopping_says_so_at_once(tmp_path: Path) -> None:
    ready = Readiness(tmp_path, kept_seconds=60)
    assert all(part.is_well for part in ready.parts())
    ready.stop()
    assert [part.name for part in ready.parts() if not part.is_well] == ["process"]


def test_what_was_tried_a_moment_ago_is_not_tried_again(database: Any, tmp_path: Path) -> None:
    ready = Readiness(tmp_path, kept_seconds=60)
    before = ready.parts()
    database.disconnect()
    assert ready.parts() == before


@pytest.mark.usefixtures("worker")
def test_a_standby_only_informs(database: Any, database_url: str, tmp_path: Path) -> None:
    if not database.is_postgresql():
        return
    for address in (database_url, "postgresql://nobody@127.0.0.1:1/nothing"):
        database.disconnect()
        database.connect(database_url, standby_url=address)
        parts = {part.name: part for part in Readiness(tmp_path, has_standby=True).parts()}
        assert all(part.is_well for part in parts.values())
        assert parts["standby"].details == {"used": False, "lag_seconds": None}
