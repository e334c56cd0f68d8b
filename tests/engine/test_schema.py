from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, insert, inspect, select, text

from laneway.engine import database, tables
from laneway.engine.database import schema
from laneway.engine.queries import case_detail
from laneway.engine.tables import metadata
from laneway.errors import Unavailable


def test_migrations_lead_to_the_tables_that_the_code_uses(database):
    with database.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert schema.is_current(database.engine())


def test_an_empty_database_is_not_current(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    assert not schema.is_current(engine)
    engine.dispose()


def test_a_second_upgrade_changes_nothing(database):
    with database.reading() as session:
        before = session.scalar(text("select count(*) from person"))
    schema.upgrade(database.engine())
    with database.reading() as session:
        assert session.scalar(text("select count(*) from person")) == before


def test_the_first_schema_can_be_taken_back(database):
    with database.engine().begin() as connection:
        command.downgrade(schema._config(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]


def of_later_release(engine, minimum: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9000'"))
        connection.execute(text("UPDATE compatibility SET minimum_revision = :minimum"), {"minimum": minimum})


def test_a_schema_of_a_later_release_that_only_added_something_is_worked_with(database):
    of_later_release(database.engine(), "0001")
    schema.upgrade(database.engine())
    assert schema.is_current(database.engine())


def test_a_schema_of_a_later_release_that_took_something_away_is_refused(database):
    of_later_release(database.engine(), "9000")
    assert not schema.is_current(database.engine())
    with pytest.raises(Unavailable, match="database_of_later_release"):
        schema.upgrade(database.engine())


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_may_upgrade_at_once(kind, tmp_path: Path, request):
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'twice.db'}"
    else:
        address = request.getfixturevalue("postgresql")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE DATABASE twice")
        url = address.replace("/postgres?", "/twice?")
    engine = database.connect(url)
    failures: list[BaseException] = []

    def upgrade() -> None:
        try:
            schema.upgrade(engine)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert schema.is_current(engine)
    database.disconnect()


def test_what_the_history_told_of_decisions_becomes_decision_instances(database):
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    details = {
        "decision_id": "grade",
        "version": 1,
        "name": ["等级", "Grade"],
        "inputs": [[["重量", "Weight"], 12], ["pieces", 3]],
        "rules": [["r1", 1]],
        "output": "heavy",
    }
    with database.engine().begin() as connection:
        command.downgrade(schema._config(connection), "0001")
        old = MetaData()
        old.reflect(connection)
        for name, row in {
            "deployment": {"key": 10, "deployed_at": at},
            "decision_requirements": {
                "key": 11,
                "deployment_key": 10,
                "requirements_id": "rates",
                "name": "rates",
            }
            | {"version": 1, "resource_name": "rates.dmn", "xml": b"<x/>", "sha256": "0"},
            "decision_definition": {"key": 12, "requirements_key": 11, "decision_id": "grade", "version": 1}
            | {"name_zh": "等级", "name_en": "Grade"},
            "process_definition": {
                "key": 13,
                "deployment_key": 10,
                "process_id": "P",
                "version": 1,
                "sha256": "0",
            }
            | {"name_zh": "P", "name_en": "P", "resource_name": "p.bpmn", "xml": b"<x/>", "warnings": []}
            | {"start_groups": [], "has_none_start": True},
            "process_instance": {"key": 14, "process_definition_key": 13, "process_id": "P", "version": 1}
            | {"state": "ACTIVE", "root_key": 14, "revision": 1, "waiting_at": [], "has_incident": False}
            | {"started_at": at, "last_seq": 2},
            "history": {
                "instance_key": 14,
                "seq": 1,
                "at": at,
                "event": "decision_evaluated",
                "element_id": "d",
            }
            | {"token": 2, "details": details},
        }.items():
            connection.execute(insert(old.tables[name]), row)
        unknown = {"instance_key": 14, "seq": 2, "at": at, "event": "decision_evaluated"}
        gone = details | {"decision_id": "gone"}
        connection.execute(insert(old.tables["history"]), unknown | {"details": gone})
    schema.upgrade(database.engine())
    with database.reading() as session:
        [row] = session.execute(select(tables.decision_instance)).all()
        assert case_detail.last_decisions(session, 14)[0]["name"] == ["等级", "Grade"]
    assert (row.instance_key, row.root_key, row.element_id, row.token) == (14, 14, "d", 2)
    assert (row.decision_key, row.output, row.duration_us) == (12, "heavy", None)
    assert row.evaluated_at == at
    assert row.inputs == [
        {"id": "", "label": ["重量", "Weight"], "value": 12},
        {"id": "", "label": ["", "pieces"], "value": 3},
    ]
    assert row.rules == [{"id": "r1", "number": 1, "outputs": []}]
