"""By which time waiting things are judged due: the database's own, as hosts' clocks may be wrong by minutes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, literal

from laneway.engine import clock
from laneway.engine.database import is_postgresql
from laneway.engine.tables import Instant


def now() -> ColumnElement[datetime]:
    """The present instant for a statement. SQLite's is this machine's; a time that a test sets goes before."""
    return func.now(type_=Instant()) if is_told_by_database() else literal(clock.now(), Instant())


def is_told_by_database() -> bool:
    """Whether `now` is asked of the database itself."""
    return is_postgresql() and not clock.is_replaced()
