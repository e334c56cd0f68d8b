from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from laneway.engine import database, schema
from laneway.engine.tables import metadata


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
