"""Process instances: start, cancel, look at their variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import access, definitions, forms, runtime
from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.engine.runtime import Started
from laneway.engine.spiff import state as live_state
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import form_definition, process_instance
from laneway.errors import Conflict, Invalid, NotFound


def start(
    session: Session,
    *,
    process_id: str = "",
    variables: Mapping[str, Any],
    by: Person | None,
    version: int | None = None,
    definition_key: int | None = None,
    business_key: str | None = None,
) -> Started:
    """Start the latest version of a process, or the one asked for, at its none start event.

    Raises NotFound for an unknown process, NotAllowed, and Conflict when only an event can start it.
    """
    key = definition_key or definitions.find_process(session, process_id, version=version)
    definition = definitions.load(session, key)
    if by is not None:
        access.require(by, Action.START_PROCESS, definition)
    if not definition.has_none_start:
        raise Conflict("process_starts_by_event_only", process_id=definition.process_id)
    observed.step(session.info, "start")
    return runtime.start(session, key, variables, by=by, business_key=business_key)


def start_by_event(
    session: Session, process_id: str, element_id: str, *, variables: Mapping[str, Any], by: Person | None
) -> Started:
    """Start the latest version at a message start event, as its message would. Raises NotFound, NotAllowed."""
    key = definitions.find_process(session, process_id)
    if by is not None:
        access.require(by, Action.START_PROCESS, definitions.load(session, key))
    observed.step(session.info, "start")
    return runtime.start(session, key, variables, by=by, at=element_id)


def start_from_form(
    session: Session,
    process_id: str,
    *,
    values: Mapping[str, Any],
    by: Person,
    besides: Mapping[str, Any] | None = None,
) -> Started:
    """Start the latest version with the values of its start form, and variables that the form does not ask for.

    Raises Invalid with the fields that do not fit, besides what `start` raises.
    """
    key = definitions.find_process(session, process_id)
    form_id = definitions.load(session, key).start_form_id
    clean = dict(values)
    if form_id:
        columns = form_definition.c
        query = select(columns.schema).where(columns.form_id == form_id)
        stored = session.scalar(query.order_by(columns.version.desc()).limit(1))
        if stored is None:
            raise NotFound("form_not_found", form_id=form_id)
        clean = forms.validate(forms.read_schema(stored), values, variables={})
    return start(session, definition_key=key, variables={**clean, **(besides or {})}, by=by)


def cancel(session: Session, instance_key: int, *, by: Person, reason: str) -> None:
    """End an instance, its open work and its children. The reason stands in the history.

    Raises Conflict when it has ended already, Invalid without a reason, or for a child instance.
    """
    access.require(by, Action.CANCEL_CASE)
    if not reason.strip():
        raise Invalid("reason_required", [("reason", "required", {})])
    if runtime.lock(session, instance_key).parent_key is not None:
        raise Conflict("process_instance_is_a_child", key=instance_key)

    def terminate(instance: Instance) -> None:
        instance.notes.append(Note("instance_canceled", None, None, {"reason": reason.strip()}))
        instance.terminate()

    observed.step(session.info, "cancel")
    runtime.advance(session, instance_key, terminate, by=by, suspended_too=True)


def variables(session: Session, instance_key: int) -> dict[str, Any]:
    """The variables of the instance's own scope. Raises NotFound."""
    query = select(process_instance.c.live_state).where(process_instance.c.key == instance_key)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("process_instance_not_found", key=instance_key)
    return live_state.variables_of(row.live_state)
