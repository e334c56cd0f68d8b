from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, func, insert, select, update

from laneway import cli
from laneway.engine import database, deployments, numbers
from laneway.engine.database import schema
from laneway.engine.deployments import process_folder
from laneway.engine.keeping import copying
from laneway.engine.tables import case_file, history, metadata, person, process_instance
from laneway.errors import Conflict, Unavailable
from laneway.records import organisation
from laneway.records.documents import templates
from laneway.tasks import preparing
from laneway.tasks.loader import load_handlers
from laneway.testing import Player, read_scenario

PROCESSES = Path(__file__).parents[2] / "processes"
STORIES = [
    PROCESSES / "c110_complaint" / "scenarios" / f"{name}.toml"
    # The last is the one in which time passes: the others would be late by then, and somebody would take them over.
    for name in ("invoice_credit_note", "bulging_drum", "customer_silent")
]
PEOPLE = {one.username: one for one in organisation.demo_people()}
OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def quiet(_table: str, _done: int, _total: int) -> None:
    pass


@pytest.fixture(name="empty_url")
def _empty_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty database of the other kind than `database_url`."""
    if database_url.startswith("postgresql"):
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return empty_postgresql(request)


def empty_postgresql(request: pytest.FixtureRequest) -> str:
    url = str(request.getfixturevalue("new_postgresql_database")())
    engine = database.connect(url)
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
    database.disconnect()
    return url


@pytest.fixture(name="halfway")
def _halfway(database_url: str, frozen_clock) -> list[Player]:
    """Complaints of the demonstration, each in the middle of its story; nothing is connected afterwards."""
    database.connect(database_url)
    load_handlers(PROCESSES)
    with database.unit_of_work() as session:
        preparing.bring_in_records(session, demo=True)
        deployments.deploy(session, process_folder.read_files([PROCESSES]), by=None)
        templates.add_shipped(session, PROCESSES)
    players = [
        Player(read_scenario(path), PEOPLE.__getitem__, frozen_clock, begins=frozen_clock.now)
        for path in STORIES
    ]
    for player in players:
        player.start()
        player.play(steps=2)
    database.disconnect()
    return players


def test_a_copied_installation_holds_the_same_and_its_cases_go_on(
    halfway: list[Player], database_url: str, empty_url: str
):
    copied = copying.copy(database_url, empty_url, progress=quiet)
    assert [table.name for table in copied if not table.is_same] == []
    rows = {table.name: table.rows for table in copied}
    assert rows["case_file"] == len(halfway)
    assert rows["history"] > 10
    database.connect(empty_url)
    for player in halfway:
        player.play()
        with database.reading() as session:
            state = session.scalar(
                select(process_instance.c.state).where(process_instance.c.key == player.instance_key)
            )
        assert state == "COMPLETED", player.scenario.name
    with database.unit_of_work() as session:
        assert (
            numbers.allot(session, "CP", thing="case", at=player.time.now)
            == f"CP-2026-{len(halfway) + 1:06d}"
        )
    database.disconnect()


def test_a_target_that_holds_rows_is_refused(database_url: str, sqlite_url: str, tmp_path: Path):
    source = f"sqlite:///{tmp_path / 'source.db'}"
    schema.upgrade(database.connect(source))
    database.disconnect()
    with pytest.raises(Conflict, match="copy_target_not_empty"):
        copying.copy(source, database_url, progress=quiet)


def test_a_database_is_not_copied_onto_itself_and_not_from_an_older_schema(sqlite_url: str, tmp_path: Path):
    with pytest.raises(Conflict, match="copy_onto_itself"):
        copying.copy(sqlite_url, sqlite_url, progress=quiet)
    with pytest.raises(Unavailable, match="database_needs_upgrade"):
        copying.copy(f"sqlite:///{tmp_path / 'no.db'}", f"sqlite:///{tmp_path / 'to.db'}", progress=quiet)


def test_a_value_that_postgresql_would_refuse_is_told_with_its_row(
    sqlite_url: str, request: pytest.FixtureRequest
):
    database.connect(sqlite_url)
    with database.unit_of_work() as session:
        session.execute(update(person).where(person.c.username == "mei").values(locale="a" * 11))
    database.disconnect()
    target = empty_postgresql(request)
    with pytest.raises(Conflict) as refused:
        copying.copy(sqlite_url, target, progress=quiet)
    assert refused.value.params == {"table": "person", "column": "locale", "row": "mei"}
    schema.upgrade(database.connect(target))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(person)) == 0
    database.disconnect()


def test_the_command_fails_and_names_the_row_when_the_source_did_not_stand_still(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    target = f"sqlite:///{tmp_path / 'target.db'}"
    copy_table = copying._copy_table

    def copy_and_meddle(table, source, written, progress):
        copy_table(table, source, written, progress)
        if table is person:
            with source.engine.begin() as someone:
                someone.execute(update(person).where(person.c.username == "chen").values(locale="en"))

    monkeypatch.setattr(copying, "_copy_table", copy_and_meddle)
    result = CliRunner().invoke(cli.main, ["db", "copy", sqlite_url, target])
    assert result.exit_code == 1
    assert "first difference: chen" in result.output
    assert "the databases differ" in result.output


def test_the_command_tells_each_table_with_its_rows_and_hash(sqlite_url: str, tmp_path: Path):
    result = CliRunner().invoke(cli.main, ["db", "copy", sqlite_url, f"sqlite:///{tmp_path / 'target.db'}"])
    assert result.exit_code == 0, result.output
    assert "the same on both sides" in result.output
    for table in (case_file, history, person):
        assert f"  {table.name} " in result.output


def test_rows_that_differ_are_found_whatever_their_order(sqlite_url: str, tmp_path: Path):
    target = f"sqlite:///{tmp_path / 'target.db'}"
    copying.copy(sqlite_url, target, progress=quiet)
    source_engine, target_engine = database.connect(sqlite_url), database.connect(target)
    with target_engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(select(person)).mappings()]
        connection.execute(delete(metadata.tables["membership"]))
        connection.execute(delete(person))
        connection.execute(insert(person), rows[::-1])
    with source_engine.connect() as ours, target_engine.connect() as theirs:
        assert copying._compare(person, ours, theirs).is_same
        members = copying._compare(metadata.tables["membership"], ours, theirs)
    assert members.rows_copied == 0
    assert members.differs_at is not None
    source_engine.dispose()
    database.disconnect()
