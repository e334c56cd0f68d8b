"""Everything that happened in a case, line by line: for checks that look through all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine.tables import history_line, process_instance


@dataclass(frozen=True)
class Line:
    """One line of history."""

    at: datetime
    event: str
    element_id: str | None
    person: str | None
    details: Mapping[str, Any]


def lines(session: Session, root_key: int) -> list[Line]:
    """The history of an instance and of those that it called, oldest first."""
    columns = history_line.c
    query = (
        select(columns.at, columns.event, columns.element_id, columns.person, columns.details)
        .join(process_instance, process_instance.c.key == columns.instance_key)
        .where(process_instance.c.root_key == root_key)
        .order_by(columns.at, columns.instance_key, columns.seq)
    )
    return [
        Line(row.at, row.event, row.element_id, row.person, row.details) for row in session.execute(query)
    ]
