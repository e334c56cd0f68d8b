from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, make_url, select

from laneway import cli
from laneway.engine import clock, deployments, numbers
from laneway.engine import database as laneway_database
from laneway.engine.database import schema
from laneway.engine.deployments import process_folder
from laneway.engine.history import lines_of
from laneway.engine.keeping import archive
from laneway.engine.keeping import retention as keeping
from laneway.engine.keeping.retention import Rules
from laneway.engine.tables import (
    archived_case,
    case_file,
    history_line,
    legal_hold,
    metadata,
    outgoing,
    process_instance,
)
from laneway.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable
from laneway.records import organisation
from laneway.records.documents import templates
from laneway.tasks import preparing
from laneway.tasks.loader import load_handlers
from laneway.tasks.scenarios import MovableClock
from laneway.testing import Player, drain, read_scenario
from laneway.words import Resource

PROCESSES = Path(__file__).parents[2] / "processes"
STORIES = [
    PROCESSES / "c110_complaint" / "scenarios" / f"{name}.toml"
    for name in ("bulging_drum", "customer_silent")
]
# The reviews of customers begin by themselves as time passes, and would leave cases of their own.
WITHOUT_REVIEWS = [path for path in sorted(PROCESSES.iterdir()) if not path.name.startswith("c080")]
HOLDS = ("case_held", "case_released")
PEOPLE = {one.username: one for one in organisation.demo_people()}
CALL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  id="d" targetNamespace="t">
  <process id="outer" isExecutable="true">
    <extensionElements><zeebe:properties>
      <zeebe:property name="laneway:retention" value="RETENTION"/>
    </zeebe:properties></extensionElements>
    <startEvent id="start"><outgoing>a</outgoing></startEvent>
    <sequenceFlow id="a" sourceRef="start" targetRef="call"/>
    <callActivity id="call">
      <extensionElements><zeebe:calledElement processId="inner"/></extensionElements>
      <incoming>a</incoming><outgoing>b</outgoing>
    </callActivity>
    <sequenceFlow id="b" sourceRef="call" targetRef="end"/>
    <endEvent id="end"><incoming>b</incoming></endEvent>
  </process>
  <process id="inner" isExecutable="true">
    <startEvent id="inner_start"><outgoing>c</outgoing></startEvent>
    <sequenceFlow id="c" sourceRef="inner_start" targetRef="inner_end"/>
    <endEvent id="inner_end"><incoming>c</incoming></endEvent>
  </process>
</definitions>
"""


def crash_after_batch(rules: Rules) -> None:
    with laneway_database.unit_of_work() as session:
        assert keeping.run_batch(session, rules)
        raise KeyboardInterrupt


@pytest.fixture(name="rules")
def _rules(tmp_path: Path) -> Rules:
    return Rules(tmp_path / "archive", "P3Y")


@dataclass(frozen=True)
class Ended:
    """A complaint that has been played to its end."""

    instance_key: int
    case_number: str


@dataclass(frozen=True)
class Played:
    """A database with such complaints, to be copied, and the time at which the last one had ended."""

    url: str
    now: datetime
    cases: list[Ended]


def play(url: str) -> Played:
    """Play complaints of the demonstration to their end, and let their letters be sent."""
    frozen = MovableClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    laneway_database.connect(url)
    load_handlers(PROCESSES)
    with laneway_database.unit_of_work() as session:
        preparing.bring_in_records(session, demo=True)
        deployments.deploy(session, process_folder.read_files(WITHOUT_REVIEWS), by=None)
        templates.add_shipped(session, PROCESSES)
    ended = []
    for path in STORIES:
        player = Player(read_scenario(path), PEOPLE.__getitem__, frozen, begins=frozen.now)
        player.start()
        player.play()
        assert player.case_number is not None
        ended.append(Ended(player.instance_key, player.case_number))
    with laneway_database.unit_of_work() as session:
        session.execute(outgoing.update().values(state="SENT"))
    laneway_database.disconnect()
    frozen.release()
    return Played(url, frozen.now, ended)


@pytest.fixture(scope="session", name="played_on_sqlite")
def _played_on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Played:
    path = tmp_path_factory.mktemp("played") / "laneway.db"
    shutil.copy(sqlite_template, path)
    return play(f"sqlite:///{path}")


@pytest.fixture(scope="session", name="played_on_postgresql")
def _played_on_postgresql(postgresql_for_all: Callable[[], str]) -> Played:
    return play(postgresql_for_all())


@pytest.fixture(name="database", params=["sqlite", "postgresql"])
def _database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ModuleType]:
    """`laneway.engine.database`, connected to a copy of what was played."""
    played: Played = request.getfixturevalue(f"played_on_{request.param}")
    if request.param == "sqlite":
        path = tmp_path / "played.db"
        shutil.copy(str(make_url(played.url).database), path)
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("new_postgresql_database")(make_url(played.url).database)
    laneway_database.connect(url)
    yield laneway_database
    laneway_database.disconnect()


@pytest.fixture(name="department")
def _department(database: ModuleType, request: pytest.FixtureRequest, frozen_clock: Any) -> list[Ended]:
    """The complaints that have been played to their end, at the time when the last one had ended."""
    played: Played = request.getfixturevalue(f"played_on_{request.node.callspec.params['database']}")
    frozen_clock.now = played.now
    return played.cases


def of_the_cases(session) -> dict[str, int]:
    """Rows by table, of the tables whose rows belong to instances; what starts instances is not theirs."""
    return {
        table.name: session.scalar(
            select(func.count()).where(table.c.instance_key > 0)
            if "instance_key" in table.c
            else select(func.count()).select_from(table)
        )
        for table in keeping._tables()
    }


def run_batch(rules: Rules) -> int:
    with laneway_database.unit_of_work() as session:
        return keeping.run_batch(session, rules)


def test_cases_leave_all_tables_when_their_time_is_over_and_can_be_read_back(
    department: list[Ended], rules: Rules, frozen_clock, database
):
    with database.reading() as session:
        before = of_the_cases(session)
        lines = session.execute(
            select(history_line)
            .where(history_line.c.instance_key == department[0].instance_key)
            .order_by(history_line.c.seq)
        ).all()
    frozen_clock.advance(days=3 * 365 - 200)
    assert run_batch(rules) == 0
    frozen_clock.advance(days=250)
    assert run_batch(rules) == len(department)
    assert run_batch(rules) == 0
    with database.reading() as session:
        assert set(of_the_cases(session).values()) == {0}
        number = department[0].case_number
        case = archive.find(session, rules.folder, number)
        by_key = archive.find(session, rules.folder, str(department[0].instance_key))
        assert archive.damaged(session, rules.folder) == []
    assert case == by_key
    archived = [line for row in case.rows["history"] for line in lines_of(row)]
    assert [line for line in archived if line["instance_key"] == department[0].instance_key] == [
        dict(line._mapping) for line in lines
    ]
    assert case.rows["case_file"][0]["number"] == number
    (file,) = rules.folder.rglob("*.gz")
    assert file.stat().st_mode & 0o077 == 0
    header, *rows = gzip.decompress(file.read_bytes()).splitlines()
    assert json.loads(header)["laneway_archive"] == 1
    assert len(rows) == sum(before.values())


def test_numbers_of_archived_cases_are_never_given_again(
    department: list[Ended], rules: Rules, frozen_clock, database
):
    year = clock.now().year
    frozen_clock.advance(days=4 * 365)
    run_batch(rules)
    with database.unit_of_work() as session:
        number = numbers.allot(session, "CP", thing="case", at=clock.now().replace(year=year))
    assert number == f"CP-{year}-{len(department) + 1:06d}"


def test_a_crash_before_the_commit_leaves_the_rows_and_the_next_run_finishes(
    department: list[Ended], rules: Rules, frozen_clock, database
):
    frozen_clock.advance(days=4 * 365)
    with database.reading() as session:
        before = of_the_cases(session)
    with pytest.raises(KeyboardInterrupt):
        crash_after_batch(rules)
    assert len(list(rules.folder.rglob("*.gz"))) == 1
    with database.reading() as session:
        assert of_the_cases(session) == before
    assert run_batch(rules) == len(department)
    assert len(list(rules.folder.rglob("*"))) == 3  # year, month, one file
    with database.reading() as session:
        assert archive.damaged(session, rules.folder) == []


def test_nothing_is_deleted_when_the_file_cannot_be_written(
    department: list[Ended], tmp_path: Path, frozen_clock, database
):
    (tmp_path / "in_the_way").write_text("")
    frozen_clock.advance(days=4 * 365)
    with pytest.raises(OSError, match="in_the_way"):
        run_batch(Rules(tmp_path / "in_the_way", "P3Y"))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(case_file)) == len(department)


def test_a_held_case_stays_until_it_is_released(
    department: list[Ended], rules: Rules, frozen_clock, database, owner, mei
):
    number = department[1].case_number
    with database.unit_of_work() as session:
        with pytest.raises(NotAllowed):
            keeping.hold(session, number, reason="lawsuit", by=mei)
        with pytest.raises(Invalid, match="reason_required"):
            keeping.hold(session, number, reason=" ", by=owner)
        keeping.hold(session, number, reason="lawsuit", by=owner)
        with pytest.raises(Conflict, match="case_already_held"):
            keeping.hold(session, number, reason="again", by=owner)
    frozen_clock.advance(days=4 * 365)
    assert run_batch(rules) == len(department) - 1
    with database.reading() as session:
        assert session.scalars(select(case_file.c.number)).all() == [number]
        assert [row.number for row in keeping.held(session)] == [number]
    with database.unit_of_work() as session:
        keeping.release(session, number, reason="settled", by=None)
        with pytest.raises(Conflict, match="case_not_held"):
            keeping.release(session, number, reason="settled", by=None)
    assert run_batch(rules) == 1
    with database.reading() as session:
        case = archive.find(session, rules.folder, number)
        with pytest.raises(NotFound, match="archived_case_not_found"):
            archive.find(session, rules.folder, "CP-1999-000001")
    lines = [line for row in case.rows["history"] for line in lines_of(row)]
    told = {line["event"]: line["details"]["reason"] for line in lines if line["event"] in HOLDS}
    assert told == {"case_held": "lawsuit", "case_released": "settled"}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_one_keeper_works_at_a_time(department: list[Ended], rules: Rules, frozen_clock, database):
    frozen_clock.advance(days=4 * 365)
    with database.unit_of_work() as session:
        assert keeping.run_batch(session, rules) == len(department)
        with database.unit_of_work() as other:
            assert keeping.run_batch(other, rules) == 0
    assert run_batch(rules) == 0


def test_a_case_with_an_unsent_letter_stays(department: list[Ended], rules: Rules, frozen_clock, database):
    with database.unit_of_work() as session:
        mine = outgoing.c.instance_key == department[0].instance_key
        assert session.scalar(select(func.count()).select_from(outgoing).where(mine))
        session.execute(outgoing.update().where(mine).values(state="QUEUED"))
    frozen_clock.advance(days=4 * 365)
    assert run_batch(rules) == len(department) - 1


def test_the_process_says_how_long_and_what_it_called_leaves_with_it(database, tmp_path, frozen_clock):
    from laneway.engine import instances

    diagram = Resource("call.bpmn", CALL.replace("RETENTION", "P30D").encode())
    with database.unit_of_work() as session:
        deployments.deploy(session, [diagram], by=None)
        root = instances.start(session, process_id="outer", variables={}, by=None).instance_key
    drain()
    frozen_clock.advance(days=31)
    for_ever = Rules(tmp_path / "archive")
    with database.reading() as session:
        (due,) = keeping.overdue(session, for_ever)
        assert (due.process_id, due.retention) == ("outer", "P30D")
        assert due.before == clock.now() - timedelta(days=30)
        assert keeping.count(session, due) == 1
    assert run_batch(for_ever) == 1
    with database.reading() as session:
        left = select(process_instance.c.key).where(process_instance.c.process_id.in_(("outer", "inner")))
        assert session.scalars(left).all() == []
        case = archive.find(session, for_ever.folder, str(root))
    assert [row["process_id"] for row in case.rows["process_instance"]] == ["outer", "inner"]


@pytest.mark.parametrize("retention", ["three years", "P0D", "-P1D", "3Y"])
def test_a_retention_that_is_no_length_of_time_is_refused(retention, sqlite_database, tmp_path):
    diagram = Resource("call.bpmn", CALL.replace("RETENTION", retention).encode())
    with pytest.raises(Refused) as refused, sqlite_database.unit_of_work() as session:
        deployments.deploy(session, [diagram], by=None)
    assert [finding.code for finding in refused.value.findings] == ["retention_invalid"]
    with pytest.raises(Invalid, match="retention_invalid"):
        Rules(tmp_path, retention)


def test_a_file_that_was_changed_or_is_gone_is_told(department, rules, frozen_clock, database):
    frozen_clock.advance(days=4 * 365)
    run_batch(rules)
    (file,) = rules.folder.rglob("*.gz")
    number = department[0].case_number
    file.write_bytes(file.read_bytes()[:-1])
    with database.reading() as session:
        with pytest.raises(Unavailable, match="archive_file_changed"):
            archive.find(session, rules.folder, number)
        file.unlink()
        with pytest.raises(Unavailable, match="archive_file_missing"):
            archive.find(session, rules.folder, number)
        assert archive.damaged(session, rules.folder) == [file.relative_to(rules.folder).as_posix()]


def test_every_row_that_names_an_instance_leaves_with_it(department, rules, frozen_clock, database):
    keys = [player.instance_key for player in department]
    frozen_clock.advance(days=4 * 365)
    run_batch(rules)
    left = []
    with database.reading() as session:
        for table in metadata.sorted_tables:
            for name in ("instance_key", "root_key", "parent_key"):
                if name in table.c and table is not archived_case:
                    query = select(func.count()).select_from(table).where(table.c[name].in_(keys))
                    left += [(table.name, name)] if session.scalar(query) else []
        assert session.scalar(select(func.count()).select_from(legal_hold)) == 0
    assert left == []


def test_the_commands_hold_archive_and_show(tmp_path, monkeypatch, frozen_clock):
    def laneway(*arguments: str):
        try:
            return CliRunner().invoke(cli.main, arguments, catch_exceptions=False)
        finally:
            laneway_database.disconnect()

    monkeypatch.setenv("LANEWAY_DATA", str(tmp_path))
    monkeypatch.setenv("LANEWAY_RETENTION", "P1Y")
    (tmp_path / "call.bpmn").write_text(CALL.replace("RETENTION", "P30D"), "utf-8")
    laneway("deploy", str(tmp_path / "call.bpmn"))
    number = laneway("start", "outer").output.strip()
    schema.upgrade(laneway_database.connect(f"sqlite:///{tmp_path / 'laneway.db'}"))
    drain()
    laneway_database.disconnect()
    frozen_clock.advance(days=31)
    assert laneway("history", "hold", number, "--reason", "audit").exit_code == 0
    assert number in laneway("history", "holds").output
    assert "0 cases archived" in laneway("history", "archive").output
    assert laneway("history", "release", number, "--reason", "done").exit_code == 0
    assert "outer  P30D" in laneway("history", "archive", "--dry-run").output
    assert laneway("history", "show", number).exit_code == 1
    assert "1 cases archived" in laneway("history", "archive", "--process", "outer").output
    assert "case_released" in laneway("history", "show", number).output
    rows = json.loads(laneway("history", "show", number, "--json").output)
    assert len(rows["process_instance"]) == 2
    assert laneway("history", "check").exit_code == 0
    next((tmp_path / "archive").rglob("*.gz")).unlink()
    assert laneway("history", "check").exit_code == 1
