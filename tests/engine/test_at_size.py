"""Keys by which a distributed database can shard, data through the migration, and plans that scan nothing large."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, Table, event, insert, inspect, select, text
from sqlalchemy.orm import Session

from laneway.engine import database, statistics, tables
from laneway.engine.database import schema
from laneway.engine.model import Person
from laneway.engine.queries import board, cases, inbox, processes
from laneway.engine.queries.board import BoardFilter, Lanes
from laneway.engine.queries.cases import CaseFilter
from laneway.engine.queries.inbox import Moment, View
from laneway.engine.waits import candidate_rows

HOT = (
    tables.user_task,
    tables.user_task_candidate,
    tables.user_task_draft,
    tables.job,
    tables.timer,
    tables.message_subscription,
    tables.signal_subscription,
    tables.incident,
    tables.decision_instance,
    tables.outgoing,
    tables.history,
)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
AT = Moment(NOW, NOW + timedelta(hours=15))
LARGE = ("user_task", "user_task_candidate", "process_instance", "case_file", "history", "incident")


@pytest.mark.parametrize("table", HOT, ids=lambda table: str(table.name))
def test_a_hot_table_can_be_distributed_by_its_instance(table: Table, database: ModuleType) -> None:
    """What Citus asks: the column is never empty, stands in every unique key, and no foreign key leads elsewhere."""
    found = inspect(database.engine())
    [instance_key] = [column for column in found.get_columns(table.name) if column["name"] == "instance_key"]
    assert not instance_key["nullable"]
    assert found.get_pk_constraint(table.name)["constrained_columns"][0] == "instance_key"
    uniques = [one["column_names"] for one in found.get_unique_constraints(table.name)]
    uniques += [one["column_names"] for one in found.get_indexes(table.name) if one["unique"]]
    assert all("instance_key" in names for names in uniques)
    assert found.get_foreign_keys(table.name) == []


# -- through the migration


def test_rows_get_their_new_keys_and_their_old_ones_back(database: ModuleType) -> None:
    with database.engine().begin() as connection:
        command.downgrade(schema._config(connection), "0008")
        old = MetaData()
        old.reflect(connection)
        for name, rows in _old_rows().items():
            connection.execute(insert(old.tables[name]), rows)
    schema.upgrade(database.engine())
    with database.unit_of_work() as session:
        found = session.execute(
            select(tables.user_task_candidate).order_by(tables.user_task_candidate.c.kind)
        )
        sought = [
            (row.instance_key, row.user_task_key, row.kind, row.candidate, row.is_open) for row in found
        ]
        timers = session.execute(select(tables.timer.c.instance_key, tables.timer.c.token)).all()
        assert statistics.fold(session) == 2
        [case] = session.execute(select(tables.open_case)).all()
        [hour] = session.execute(select(tables.case_hour)).all()
        [day] = session.execute(select(tables.step_day)).all()
    assert sought == [(14, 15, "group", "desk", True), (14, 16, "staff", "", False)]
    assert [tuple(row) for row in timers] == [(tables.STARTS, None)]
    assert (case.root_key, case.task_key, hour.opened, hour.ended, day.times) == (14, 15, 1, 0, 1)
    with database.engine().begin() as connection:
        command.downgrade(schema._config(connection), "0008")
        assert connection.execute(text("SELECT user_task_key, candidate FROM user_task_candidate")).all() == [
            (15, "desk")
        ]
        assert connection.execute(text("SELECT person FROM user_task_draft")).all() == [("mei",)]
        assert connection.execute(text("SELECT key, instance_key FROM timer")).all() == [(17, None)]
        assert connection.execute(text("SELECT job_key FROM incident")).all() == [(18,)]
        assert inspect(connection).get_pk_constraint("user_task")["constrained_columns"] == ["key"]
        assert len(inspect(connection).get_foreign_keys("incident")) == 2
    schema.upgrade(database.engine())
    with database.reading() as session:
        assert session.scalar(select(tables.user_task_draft.c.instance_key)) == 14


def _old_rows() -> dict[str, list[dict[str, Any]]]:
    names = {"name_zh": "P", "name_en": "P"}
    of_case = {"instance_key": 14, "process_definition_key": 13, "process_id": "P"}
    task = of_case | names | {"token": 2, "element_id": "u", "root_key": 14, "candidate_users": []}
    task |= {"separate_from": [], "priority": 50, "revision": 1, "created_at": NOW}
    definition = {"key": 13, "deployment_key": 10, "process_id": "P", "version": 1, "sha256": "0"} | names
    definition |= {"resource_name": "p.bpmn", "xml": b"<x/>", "warnings": [], "start_groups": []}
    case = {"key": 14, "process_definition_key": 13, "process_id": "P", "version": 1, "state": "ACTIVE"}
    case |= {"root_key": 14, "revision": 1, "waiting_at": [], "has_incident": False, "started_at": NOW}
    job = of_case | {"key": 18, "token": 3, "element_id": "j", "type": "t", "state": "FAILED", "retries": 0}
    job |= {"custom_headers": {}, "created_at": NOW, "priority": 0, "in_order": False, "failures": 0}
    incident = of_case | {"key": 19, "token": 3, "job_key": 18, "type": "JOB_NO_RETRIES", "message": "?"}
    timer = {"key": 17, "wait": "s", "is_aside": False, "element_id": "s", "process_definition_key": 13}
    return {
        "deployment": [{"key": 10, "deployed_at": NOW, "unchanged": []}],
        "process_definition": [definition | {"has_none_start": True}],
        "process_instance": [case | {"last_seq": 0}],
        "user_task": [
            task | {"key": 15, "state": "CREATED", "candidate_groups": ["desk"], "completed_at": None},
            task | {"key": 16, "state": "COMPLETED", "candidate_groups": [], "completed_at": NOW},
        ],
        "user_task_candidate": [{"user_task_key": 15, "kind": "group", "candidate": "desk"}],
        "user_task_draft": [{"user_task_key": 15, "person": "mei", "form_values": {}, "saved_at": NOW}],
        "job": [job | {"leases": 1}],
        "incident": [incident | {"state": "ACTIVE", "created_at": NOW}],
        "timer": [timer | {"due_at": NOW}],
    }


# -- plans


def _items(view: View, is_lead: bool, session: Session, mei: Person, chen: Person) -> object:
    return inbox.items(session, chen if is_lead else mei, view, at=AT, limit=20)


def _tallies(by: Lanes, session: Session, _mei: Person, chen: Person) -> object:
    return board.tallies(session, chen, BoardFilter(), by, now=NOW)


def _listed(wanted: CaseFilter, offset: int, session: Session, mei: Person, _chen: Person) -> object:
    return cases.search(session, mei, wanted, limit=5, offset=offset)


QUESTIONS: dict[str, Callable[[Session, Person, Person], object]] = {
    **{f"inbox {view} of a member": partial(_items, view, False) for view in View},
    **{f"inbox {view} of a lead": partial(_items, view, True) for view in View},
    **{f"board by {by}": partial(_tallies, by) for by in Lanes},
    "counts of a member": lambda session, mei, _chen: inbox.counts(session, mei, at=AT),
    "open cases": partial(_listed, CaseFilter(), 0),
    "open cases with a word": partial(_listed, CaseFilter(text="torn"), 40),
    "ended cases of a group": partial(_listed, CaseFilter(state="closed", owner_group="team3"), 0),
    "choices": lambda session, _mei, _chen: cases.choices(session),
    "one case": lambda session, mei, _chen: cases.find(session, mei, "T-40"),
    "workload": lambda session, _mei, _chen: board.workload(session, now=NOW, limit=8),
    "failed steps": lambda session, _mei, _chen: board.failed_steps(session),
    "processes": lambda session, _mei, chen: processes.newest(session, chen),
}


@pytest.fixture
def thousands(database: ModuleType) -> ModuleType:
    """Four thousand cases, one in twenty of them open with one user task."""
    with database.unit_of_work() as session:
        session.execute(insert(tables.deployment), [{"key": 10, "deployed_at": NOW, "unchanged": []}])
        session.execute(insert(tables.process_definition), _old_rows()["process_definition"])
        cases_, files, tasks, candidates, incidents = [], [], [], [], []
        lot = random.Random(7)
        for number in range(1, 4001):
            is_open = number % 20 == 0
            ended_at = None if is_open else NOW
            state = "ACTIVE" if is_open else "COMPLETED"
            case = _old_rows()["process_instance"][0] | {"key": number * 10, "root_key": number * 10}
            cases_.append(case | {"state": state, "ended_at": ended_at, "live_state": lot.randbytes(1500)})
            files.append(
                {"number": f"T-{number}", "instance_key": number * 10, "process_id": "P", "state": state}
                | {"title": f"torn {number} ".ljust(400, "."), "customer": "", "severity": f"S{number % 4}"}
                | {"owner_group": f"team{number % 40}", "opened_at": NOW}
            )
            task = _old_rows()["user_task"][0] | {"key": number * 10 + 1, "instance_key": number * 10}
            task |= {"root_key": number * 10, "candidate_groups": ["complaint_desk"]}
            task |= {"state": "CREATED" if is_open else "COMPLETED", "completed_at": ended_at}
            tasks.append(task | {"external_form": "form".ljust(400, ".")})
            incidents.append(
                _old_rows()["incident"][0]
                | {"key": number * 10 + 2, "instance_key": number * 10, "state": "RESOLVED"}
            )
            rows = candidate_rows(
                number * 10, number * 10 + 1, ["complaint_desk"], [], due_at=None, priority=50
            )
            candidates += [row | {"is_open": is_open} for row in rows]
        session.execute(insert(tables.process_instance), cases_)
        session.execute(insert(tables.case_file), files)
        session.execute(insert(tables.user_task), tasks)
        session.execute(insert(tables.user_task_candidate), candidates)
        session.execute(insert(tables.incident), incidents)
    with database.unit_of_work() as session:
        statistics.rebuild(session)
        session.execute(text("ANALYZE"))
    return database


@contextmanager
def _plans(engine: Any) -> Iterator[list[str]]:
    """The plans of all questions that are asked meanwhile, line by line."""
    lines: list[str] = []
    prefix = "EXPLAIN " if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            cursor = connection.connection.cursor()
            cursor.execute(prefix + statement, parameters)
            lines.extend(str(row[-1] if prefix.endswith("PLAN ") else row[0]) for row in cursor.fetchall())
            cursor.close()

    event.listen(engine, "before_cursor_execute", explain)
    yield lines
    event.remove(engine, "before_cursor_execute", explain)


def test_no_page_scans_what_grows_with_the_years(thousands: ModuleType, mei: Person, chen: Person) -> None:
    engine = database.engine()
    scans: dict[str, list[str]] = {}
    for name, ask in QUESTIONS.items():
        with _plans(engine) as lines, thousands.reading() as session:
            ask(session, mei, chen)
        assert lines
        found = [line.strip() for line in lines if _is_scan(line)]
        if found:
            scans[name] = found
    assert scans == {}


def _is_scan(line: str) -> bool:
    """Whether a line of a plan says that every row of a large table is read, of PostgreSQL or of SQLite."""
    words = line.replace("->", " ").split()
    if "Seq" in words:
        return words[words.index("on") + 1] in LARGE
    return words[0] == "SCAN" and words[1] in LARGE and "INDEX" not in words
