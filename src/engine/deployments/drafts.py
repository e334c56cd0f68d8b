"""Drafts of diagrams: one per process, saved while an owner edits, gone when it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from laneway.engine import access, clock, deployments
from laneway.engine.access import Action
from laneway.engine.deployments import DeployedProcess
from laneway.engine.model import Person
from laneway.engine.tables import definition_draft
from laneway.errors import Conflict, Refused
from laneway.words import Finding, Resource, Text


@dataclass(frozen=True)
class Draft:
    """A diagram being edited. `revision` 0 is the published version `base_version` itself."""

    process_id: str
    revision: int
    base_version: int
    xml: bytes
    saved_at: datetime
    saved_by: str | None


def get_draft(session: Session, process_id: str) -> Draft:
    """The draft of a process, or its latest version when nobody has edited it. Raises NotFound."""
    query = select(definition_draft).where(definition_draft.c.process_id == process_id)
    row = session.execute(query).one_or_none()
    if row is not None:
        return Draft(**row._mapping)
    latest = deployments.latest(session, process_id)
    return Draft(process_id, 0, latest.version, latest.xml, latest.deployed_at, latest.deployed_by)


def save_draft(
    session: Session, process_id: str, *, xml: bytes, revision: int, by: Person, force: bool = False
) -> Draft:
    """Keep an edited diagram, unchecked; returns it with its new revision.

    Raises Conflict (`saved_by`, `saved_at`) when someone else has saved since `revision`, unless `force`.
    """
    access.require(by, Action.EDIT_PROCESS)
    seen = _require_revision(session, process_id, revision, force=force)
    values = {
        "revision": seen.revision + 1,
        "xml": xml,
        "saved_at": clock.now(),
        "saved_by": by.username,
    }
    this = definition_draft.c.process_id == process_id
    if seen.revision:
        same = this & (definition_draft.c.revision == seen.revision)
        result = session.execute(update(definition_draft).where(same).values(values))
        if result.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result counts rows
            raise _changed(get_draft(session, process_id))
    else:
        base = {"process_id": process_id, "base_version": seen.base_version}
        try:
            with session.begin_nested():
                session.execute(insert(definition_draft).values(**base, **values))
        except IntegrityError as error:
            raise _changed(get_draft(session, process_id)) from error
    return get_draft(session, process_id)


def _require_revision(session: Session, process_id: str, revision: int, *, force: bool) -> Draft:
    draft = get_draft(session, process_id)
    if draft.revision != revision and not force:
        raise _changed(draft)
    return draft


def _changed(draft: Draft) -> Conflict:
    return Conflict("draft_changed", saved_by=draft.saved_by, saved_at=draft.saved_at)


def publish(session: Session, process_id: str, *, xml: bytes, revision: int, by: Person) -> DeployedProcess:
    """Deploy an edited diagram as the next version; its draft is gone then.

    New cases run the new version, running ones keep theirs. Raises Refused with the findings, and Conflict when
    someone else has saved since `revision`.
    """
    access.require(by, Action.EDIT_PROCESS)
    _require_revision(session, process_id, revision, force=False)
    latest = deployments.latest(session, process_id)
    deployed = deployments.deploy(session, [Resource(latest.resource_name, xml)], by=by)
    published = next((p for p in deployed.processes if p.process_id == process_id), None)
    if published is None:
        words = Text(
            f"流程的标识已改：请改回 {process_id}，或作为新流程部署",
            f"the id of the process has changed: set it back to {process_id}, or deploy it as a new process",
        )
        raise Refused([Finding("process_id_changed", words, latest.resource_name)])
    discard_draft(session, process_id, by=by)
    return published


def discard_draft(session: Session, process_id: str, *, by: Person) -> None:
    """Forget the edited diagram; what is published stays."""
    access.require(by, Action.EDIT_PROCESS)
    session.execute(delete(definition_draft).where(definition_draft.c.process_id == process_id))
