"""The database schema: bring it up to date, or tell whether it is.

A migration that only adds leaves the table `compatibility` alone, so that programs of the release before go on beside
the new ones. One that takes away or changes the meaning of something puts its own revision there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from laneway.engine.tables import compatibility
from laneway.errors import Unavailable

_MIGRATIONS = Path(__file__).parents[1] / "migrations"
_UPGRADE_LOCK = 6_104_717_332_089_351_224  # any number, the same in every process of every version


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing, all of them or none.

    Several processes may start at once: PostgreSQL's advisory lock, SQLite's single writer let one go first, and
    the others find nothing left to do. A schema that a later release has made is left as it is; raises Unavailable
    when this one cannot work with it.
    """
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            # A migration may take its time, and so may the wait for another process that migrates.
            for limit in ("lock_timeout", "statement_timeout"):
                connection.execute(text(f"SET LOCAL {limit} = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        if not _is_later(connection):
            command.upgrade(_config(connection), "head")
        elif not _bears_us(connection):
            raise Unavailable("database_of_later_release")


def is_current(engine: Engine) -> bool:
    """Whether this version may work with the schema: it is its own, or a later one that bears programs as old."""
    # Read-only, or SQLite would have it wait for whoever writes.
    with engine.connect().execution_options(laneway_read_only=True) as connection:
        if _is_later(connection):
            return _bears_us(connection)
        return _applied(connection) == _head()


def revision(engine: Engine) -> str | None:
    """The revision of the newest migration that has been run; None in an empty database."""
    with engine.connect().execution_options(laneway_read_only=True) as connection:
        return _applied(connection)


def is_of_later_release(found: str) -> bool:
    """Whether a revision is newer than this version knows."""
    return found > _head()


def _applied(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


@cache
def _head() -> str:
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    assert head is not None
    return head


def _is_later(connection: Connection) -> bool:
    # Revisions are numbers of one width, so their texts compare as they do.
    return (_applied(connection) or "") > _head()


def _bears_us(connection: Connection) -> bool:
    try:
        least = connection.scalar(select(compatibility.c.minimum_revision))
    except DBAPIError:  # a later release may have taken even this table away
        return False
    return least is not None and least <= _head()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
