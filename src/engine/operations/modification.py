"""Modify a running process instance: start elements, end them, move tokens, or rewind to an earlier element.

As in Camunda 8: all instructions of a request are done in one transaction, or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import access, definitions, runtime
from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.engine.operations.suspension import reason_of
from laneway.engine.operations.variables import check_values
from laneway.engine.spiff.changes import CannotChange, End, Instruction, Move, Start, check_start, modify
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.places import Places, scopes_of, tokens_of
from laneway.engine.spiff.requests import Note
from laneway.engine.spiff.rewind import Past, Step, rewind
from laneway.engine.tables import history_line, incident, job, process_instance, user_task
from laneway.errors import Invalid, NotFound
from laneway.words import Text

__all__ = ["End", "Instruction", "Move", "Start", "apply", "back_to", "element_instance", "outline"]


@dataclass(frozen=True)
class Element:
    """An element by its names; `inside` are those of the sub-processes around it, outermost first."""

    element_id: str
    name: Text
    inside: tuple[Text, ...]


@dataclass(frozen=True)
class Standing:
    """A token: where it stands, and the variables of its own scope."""

    token: int
    element: Element
    local: Mapping[str, Any]


@dataclass(frozen=True)
class Outline:
    """What can be changed of an instance: its tokens, the elements that can start, and where it has been."""

    tokens: list[Standing]
    startable: list[Element]
    past: list[Element]
    """Where it can rewind to, the latest first."""
    variables: Mapping[str, Any]


def outline(session: Session, instance_key: int, *, by: Person) -> Outline:
    """What an operator can choose from. Raises NotFound, NotAllowed, Conflict when the instance has ended."""
    access.require(by, Action.OPERATE_CASE)
    row = runtime.read_open(session, instance_key)
    places = _places(session, row)
    instance = runtime.look(session, row)
    startable = [element_id for element_id in places.elements() if _can_start(places, element_id)]
    entered = [step.element_id for step in _steps(session, instance_key) if step.event.endswith("_entered")]
    been = [name for name in dict.fromkeys(reversed(entered)) if name in startable]
    return Outline(
        [
            Standing(token.id, _element(places, token.task_spec.name), dict(token.data))
            for scope in scopes_of(instance)
            for token in tokens_of(scope)
        ],
        [_element(places, element_id) for element_id in startable],
        [_element(places, element_id) for element_id in been if element_id is not None],
        dict(instance.data),
    )


def _can_start(places: Places, element_id: str) -> bool:
    try:
        check_start(places, Start(element_id))
    except CannotChange:
        return False
    return True


def _element(places: Places, element_id: str) -> Element:
    level_id = places.level_of(element_id)
    assert level_id is not None
    around = [place.owner for place in places.path(level_id)[1:]]
    return Element(element_id, _name(places, element_id), tuple(_name(places, one) for one in around))


def apply(
    session: Session, instance_key: int, instructions: Sequence[Instruction], *, by: Person, reason: str
) -> None:
    """Do all of these to a running instance; the reason and each of them stand in its history.

    What follows in a suspended instance waits until it is resumed. Raises NotFound, NotAllowed, Conflict when the
    instance has ended, and Invalid when an instruction cannot be done: nothing is changed then.
    """
    access.require(by, Action.OPERATE_CASE)
    words = reason_of(reason)
    if not instructions:
        raise Invalid("modification_empty")
    for one in instructions:
        if not isinstance(one, End):
            for _scope, values in one.variables:
                check_values(values)
    row = runtime.lock_open(session, instance_key, suspended_too=True)
    places = _places(session, row)

    def change(instance: Instance) -> None:
        told = [_told(instance, one) for one in instructions]
        instance.notes.append(Note("instance_modified", None, None, {"reason": words, "instructions": told}))
        modify(instance, places, instructions)

    _advance(session, row, change, places, by=by)


def back_to(
    session: Session,
    instance_key: int,
    element_id: str,
    *,
    by: Person,
    reason: str,
    near: int | None = None,
    with_variables: bool = False,
) -> None:
    """Let the instance stand at an element again where it has been: what came after is cancelled.

    With `with_variables`, its own variables become what they were when the element was last entered. `near` is a
    token whose scopes are meant where there are several. Raises as `apply`.
    """
    access.require(by, Action.OPERATE_CASE)
    words = reason_of(reason)
    row = runtime.lock_open(session, instance_key, suspended_too=True)
    places = _places(session, row)
    past = Past(_steps(session, instance_key))

    def change(instance: Instance) -> None:
        details = {"reason": words, "with_variables": with_variables}
        instance.notes.append(Note("instance_rewound", element_id, None, details))
        rewind(instance, places, past, element_id, near=near, with_variables=with_variables)

    _advance(session, row, change, places, by=by)


def element_instance(session: Session, key: int) -> tuple[int, int]:
    """(instance key, token) of an element instance, which has the key of the user task, job or incident in it.

    A process instance is its own outermost element instance, with token 0. Raises NotFound.
    """
    if session.scalar(select(process_instance.c.key).where(process_instance.c.key == key)):
        return key, 0
    for table in (user_task, job, incident):
        columns = table.c
        row = session.execute(select(columns.instance_key, columns.token).where(columns.key == key)).first()
        if row is not None and row.token is not None:
            return row.instance_key, row.token
    raise NotFound("element_instance_not_found", key=key)


def _advance(session: Session, row: Any, change: runtime.Change, places: Places, *, by: Person) -> None:
    try:
        observed.step(session.info, "modify")
        runtime.advance(session, row.key, change, by=by, suspended_too=True)
    except CannotChange as refused:
        params = dict(refused.params)
        for name, known in (("name", "element_id"), ("scope", "scope"), ("target", "target")):
            element_id = params.get(known)
            if isinstance(element_id, str):
                params[name] = _name(places, element_id)
        raise Invalid(refused.code, **params) from None


def _name(places: Places, element_id: str) -> Text:
    """What people call an element; its id where it has no name."""
    if places.level_of(element_id) is None:
        return Text(element_id, element_id)
    name = places.node(element_id).name
    return name if name.zh or name.en else Text(element_id, element_id)


def _places(session: Session, row: Any) -> Places:
    definition = definitions.load(session, row.process_definition_key)
    return Places(definition.process_id, definition.specs)


def _steps(session: Session, instance_key: int) -> list[Step]:
    """What has happened to the instance, oldest first."""
    columns = history_line.c
    query = select(columns.event, columns.element_id, columns.details).where(
        columns.instance_key == instance_key
    )
    steps: list[Step] = []
    for row in session.execute(query.order_by(columns.seq)):
        if row.event == "instance_migrated":  # what was before is told by the ids of now
            names = row.details["mapping"]
            steps = [one._replace(element_id=names.get(one.element_id, one.element_id)) for one in steps]
        steps.append(Step(*row))
    return steps


def _told(instance: Instance, one: Instruction) -> dict[str, Any]:
    """An instruction as the history keeps it; a token with the element where it stood."""
    told: dict[str, Any] = {"kind": type(one).__name__.lower()}
    if one.element_id:
        told["element_id"] = one.element_id
    if isinstance(one, Move):
        told["target"] = one.target
    token = None if isinstance(one, Start) else one.token
    if token is not None:
        told["token"] = token
        if token in instance.live:
            told["element_id"] = instance.live[token].task_spec.name
    return told
