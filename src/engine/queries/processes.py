"""What is deployed, as the process pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from laneway.engine import access, definitions
from laneway.engine.model import Person
from laneway.engine.tables import (
    definition_draft,
    deployment,
    incident,
    process_definition,
    process_instance,
)
from laneway.engine.tables.running import is_open_case
from laneway.engine.tables.waiting import is_active_incident
from laneway.words import Text


@dataclass(frozen=True)
class ProcessRow:
    """The newest version of one process."""

    process_id: str
    key: int
    version: int
    name: Text
    version_tag: str | None
    deployed_at: datetime
    deployed_by: str | None
    open_cases: int
    failed_steps: int
    warnings: int
    draft_by: str | None
    draft_at: datetime | None
    start_groups: tuple[str, ...]
    has_none_start: bool


def newest(session: Session, person: Person) -> list[ProcessRow]:
    """Every process in its newest version, by process id. Raises NotAllowed."""
    access.require(person, access.Action.SEE_PROCESSES)
    columns = process_definition.c
    rows = session.execute(
        select(
            columns.process_id,
            columns.key,
            columns.version,
            columns.name_zh,
            columns.name_en,
            columns.version_tag,
            columns.warnings,
            columns.start_groups,
            columns.has_none_start,
            deployment.c.deployed_at,
            deployment.c.deployed_by,
            definition_draft.c.saved_by,
            definition_draft.c.saved_at,
        )
        .where(definitions.is_newest(columns.process_id))
        .join(deployment, deployment.c.key == columns.deployment_key)
        .outerjoin(definition_draft, definition_draft.c.process_id == columns.process_id)
        .order_by(columns.process_id)
    ).all()
    running = open_cases(session)
    failed = _failed_steps(session)
    return [
        ProcessRow(
            process_id=row.process_id,
            key=row.key,
            version=row.version,
            name=Text(row.name_zh, row.name_en),
            version_tag=row.version_tag,
            deployed_at=row.deployed_at,
            deployed_by=row.deployed_by,
            open_cases=sum(running.get(row.process_id, {}).values()),
            failed_steps=failed.get(row.process_id, 0),
            warnings=len(row.warnings),
            draft_by=row.saved_by,
            draft_at=row.saved_at,
            start_groups=tuple(row.start_groups),
            has_none_start=row.has_none_start,
        )
        for row in rows
    ]


def open_cases(session: Session) -> dict[str, dict[int, int]]:
    """How many cases are open, by process id and version."""
    rows = session.execute(
        select(process_instance.c.process_id, process_instance.c.version, func.count().label("running"))
        .where(is_open_case)
        .group_by(process_instance.c.process_id, process_instance.c.version)
    )
    found: dict[str, dict[int, int]] = {}
    for row in rows:
        found.setdefault(row.process_id, {})[row.version] = int(row.running)
    return found


def _failed_steps(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(incident.c.process_id, func.count().label("failed"))
        .where(is_active_incident)
        .group_by(incident.c.process_id)
    )
    return {row.process_id: int(row.failed) for row in rows}
