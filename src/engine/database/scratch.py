"""Databases that are made, copied and thrown away again, beside those that people work with."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import DBAPIError

from laneway.engine.database import connections
from laneway.errors import Invalid, Unavailable


class Scratch:
    """A place for such databases: SQLite files in a folder of their own, or databases of a PostgreSQL server.

    All of them are gone at the end of the `with` block. Nothing must be connected to one that is copied.
    """

    def __init__(self, server_url: str = "") -> None:
        """`server_url`: a database of a PostgreSQL server whose role may create others. Raises Invalid for SQLite."""
        self._server = connections.address(server_url) if server_url else None
        if self._server is not None and self._server.get_backend_name() != "postgresql":
            raise Invalid("scratch_needs_postgresql", url=self._server.render_as_string())
        self._folder = Path()
        self._made: set[str] = set()

    def __enter__(self) -> Self:
        if self._server is None:
            self._folder = Path(tempfile.mkdtemp(prefix="laneway-scratch-"))
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for url in list(self._made):
            self.drop(url)
        if self._server is None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def new(self, like: str = "") -> str:
        """The address of a new database, empty or a copy of the one at the address `like`.

        Raises Unavailable when the server does not make one.
        """
        name = f"laneway_scratch_{secrets.token_hex(6)}"
        if self._server is None:
            path = self._folder / f"{name}.db"
            if like:
                shutil.copy(like.removeprefix("sqlite:///"), path)
            url = f"sqlite:///{path}"
        else:
            template = f' TEMPLATE "{make_url(like).database}"' if like else ""
            self._run(f'CREATE DATABASE "{name}"{template}')
            url = self._server.set(database=name).render_as_string(hide_password=False)
        self._made.add(url)
        return url

    def drop(self, url: str) -> None:
        """Throw away a database that was made here."""
        self._made.remove(url)
        if self._server is None:
            path = Path(url.removeprefix("sqlite:///"))
            for one in path.parent.glob(f"{path.name}*"):
                one.unlink(missing_ok=True)
        else:
            self._run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        assert self._server is not None
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(statement)
        except DBAPIError as error:
            raise Unavailable("scratch_not_made", reason=str(error.orig).strip()) from error
        finally:
            engine.dispose()
