"""Let a case go on after its closure, where its process says: the same case, with all that was known and done in it.

The property `laneway:case:reopenAt` of the process names the elements where it goes on. A case whose customer's side
alone is closed still runs, and goes on there besides (DOMAIN section 2, rules 5 and 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import access, cases, clock, definitions, runtime
from laneway.engine.access import Action
from laneway.engine.clocks.book import Book
from laneway.engine.database import new_key
from laneway.engine.model import OPEN_STATES, InstanceState, Person
from laneway.engine.operations.suspension import reason_of
from laneway.engine.spiff.changes import CannotChange, Start, modify
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.places import Places
from laneway.engine.spiff.requests import Note, StepFailed
from laneway.engine.tables.department.cases import case_reopening
from laneway.errors import Conflict, Invalid

REOPEN_AT = "laneway:case:reopenAt"


def reopen(session: Session, instance_key: int, *, by: Person | None, reason: str) -> None:
    """Let a closed case go on; the clock of its next steps starts now. Nobody (`by`) is the customer, by mail.

    Raises NotFound, NotAllowed, Invalid without a reason, and Conflict when the case is not closed, was cancelled, or
    its process does not say where it would go on.
    """
    if by is not None:
        access.require(by, Action.REOPEN_CASE)
    words = reason_of(reason)
    row = runtime.lock(session, instance_key)
    properties = definitions.load(session, row.process_definition_key).process.properties
    at = [one.strip() for one in properties.get(REOPEN_AT, "").split(",") if one.strip()]
    if not at or row.parent_key is not None:
        raise Conflict("case_reopens_nowhere", key=instance_key)
    if row.state == InstanceState.TERMINATED:
        raise Conflict("case_was_cancelled", key=instance_key)
    closed_at = cases.customer_closed_at(session, instance_key) or row.ended_at
    if closed_at is None:
        raise Conflict("case_is_open", key=instance_key)
    session.execute(
        insert(case_reopening).values(
            instance_key=instance_key,
            key=new_key(),
            closed_at=closed_at,
            reopened_at=clock.now(),
            reopened_by=by.username if by is not None else None,
            reason=words,
        )
    )
    go_on(session, row, at, by=by, note=Note("case_reopened", None, None, {"reason": words}))
    cases.reopen(session, instance_key, counts=True)
    runtime.change_clocks(session, instance_key, Book.restart, by=by)


def go_on(session: Session, row: Any, at: Sequence[str], *, by: Person | None, note: Note) -> None:
    """Start elements of an instance, which may have ended; `row` is locked.

    Raises Invalid when one of them cannot be started by itself.
    """
    definition = definitions.load(session, row.process_definition_key)
    places = Places(definition.process_id, definition.specs)

    def change(instance: Instance) -> None:
        instance.notes.append(note)
        if cases.CUSTOMER_CLOSED in instance.data:
            instance.set_own_variables({cases.CUSTOMER_CLOSED: None})
        modify(instance, places, [Start(element_id) for element_id in at])

    observed.step(session.info, "reopen")
    try:
        if row.state in OPEN_STATES:
            runtime.advance(session, row.key, change, by=by)
        else:
            runtime.reopen(session, row, change, by=by)
    except CannotChange as refused:
        raise Invalid(refused.code, **refused.params) from None
    except StepFailed as failure:
        raise Invalid(
            "modification_scope_failed", element_id=row.process_id, reason=failure.message
        ) from None
