"""Alembic's entry: runs migrations on the connection that `schema` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from laneway.engine.tables import metadata

_connection = context.config.attributes["connection"]
assert isinstance(_connection, Connection)
context.configure(connection=_connection, target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
