"""Operations on a running process instance: suspend, resume, modify, migrate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint

from laneway.engine import database
from laneway.engine.operations import migration, modification, suspension
from laneway.engine.operations.modification import End, Instruction, Move, Start
from laneway.errors import Invalid
from laneway.web.api import shapes
from laneway.web.api.operations import Answer, Body, operation, read_key
from laneway.web.api.shapes import KEY, NAME, NUMBER, list_of
from laneway.web.auth import current_person
from laneway.web.i18n import _

blueprint = Blueprint("api_changes", __name__, url_prefix="/v2")

_ANYWHERE = -1
"""The key by which Camunda's clients say: whichever scope there is."""

_REFERENCE = {**NUMBER, "description": "Taken and not kept: there are no exported records."}
_VARIABLES = list_of(
    shapes.body(
        {"variables": shapes.VARIABLES},
        scopeId={**shapes.TEXT, "description": "Element id of a scope; empty: the instance."},
    )
)
_ANCESTOR = {
    **KEY,
    "description": "An element instance in or of the scope that is meant, where there are several; -1: any.",
}
_MODIFICATION = shapes.body(
    activateInstructions=list_of(
        shapes.body(
            {"elementId": NAME}, variableInstructions=_VARIABLES, ancestorElementInstanceKey=_ANCESTOR
        )
    ),
    moveInstructions=list_of(
        shapes.body(
            {
                "sourceElementInstruction": shapes.body(
                    {"sourceType": shapes.one_of("byId", "byKey")},
                    sourceElementId=NAME,
                    sourceElementInstanceKey=KEY,
                ),
                "targetElementId": NAME,
            },
            ancestorScopeInstruction=shapes.body(
                {"ancestorScopeType": shapes.one_of("direct", "inferred", "sourceParent")},
                ancestorElementInstanceKey=_ANCESTOR,
            ),
            variableInstructions=_VARIABLES,
        )
    ),
    terminateInstructions=list_of(shapes.body(None, elementId=NAME, elementInstanceKey=KEY)),
    operationReference=_REFERENCE,
)
_MIGRATION = shapes.body(
    {
        "targetProcessDefinitionKey": KEY,
        "mappingInstructions": list_of(shapes.body({"sourceElementId": NAME, "targetElementId": NAME})),
    },
    operationReference=_REFERENCE,
)


@operation(
    blueprint,
    "POST",
    "/process-instances/{processInstanceKey}/suspension",
    name="suspendProcessInstance",
    summary="Let a process instance and everything it called stand still",
    body=shapes.body(operationReference=_REFERENCE),
    is_body_required=False,
)
def suspend_process_instance(process_instance_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        reason = _("Suspended through the API")
        suspension.suspend(session, process_instance_key, by=current_person(), reason=reason)
    return None


@operation(
    blueprint,
    "POST",
    "/process-instances/{processInstanceKey}/resumption",
    name="resumeProcessInstance",
    summary="Let a suspended process instance go on; what came due meanwhile happens now",
    body=shapes.body(operationReference=_REFERENCE),
    is_body_required=False,
)
def resume_process_instance(process_instance_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        reason = _("Resumed through the API")
        suspension.resume(session, process_instance_key, by=current_person(), reason=reason)
    return None


@operation(
    blueprint,
    "POST",
    "/process-instances/{processInstanceKey}/modification",
    name="modifyProcessInstance",
    summary="Start, move and terminate elements of a running process instance: all of it, or nothing",
    body=_MODIFICATION,
)
def modify_process_instance(process_instance_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        keys = _Keys(session, process_instance_key)
        modification.apply(
            session,
            process_instance_key,
            _instructions(body, keys),
            by=current_person(),
            reason=_("Modified through the API"),
        )
    return None


@operation(
    blueprint,
    "POST",
    "/process-instances/{processInstanceKey}/migration",
    name="migrateProcessInstance",
    summary="Let a process instance go on under another definition; equal element ids need no mapping",
    body=_MIGRATION,
)
def migrate_process_instance(process_instance_key: int, body: Body) -> Answer:
    mapping = {one["sourceElementId"]: one["targetElementId"] for one in body["mappingInstructions"]}
    with database.unit_of_work() as session:
        migration.migrate(
            session,
            process_instance_key,
            read_key(body["targetProcessDefinitionKey"]),
            mapping,
            by=current_person(),
            reason=_("Migrated through the API"),
        )
    return None


class _Keys:
    """Reads keys of element instances of one process instance."""

    def __init__(self, session: database.Session, instance_key: int) -> None:
        self._session = session
        self._instance_key = instance_key

    def token(self, text: str) -> int:
        """The token that a key stands for."""
        instance_key, token = modification.element_instance(self._session, read_key(text))
        if instance_key != self._instance_key:
            raise Invalid("modification_token_not_found", token=text)
        return token

    def near(self, text: str | None) -> int | None:
        """The token that names a scope, or None for any."""
        return None if text is None or int(text) == _ANYWHERE else self.token(text)


def _instructions(body: Body, keys: _Keys) -> list[Instruction]:
    found: list[Instruction] = [
        Start(
            one["elementId"],
            keys.near(one.get("ancestorElementInstanceKey")),
            _variables(one.get("variableInstructions", ())),
        )
        for one in body.get("activateInstructions", ())
    ]
    for number, one in enumerate(body.get("moveInstructions", ())):
        source = one["sourceElementInstruction"]
        name = "sourceElementId" if source["sourceType"] == "byId" else "sourceElementInstanceKey"
        if name not in source:
            path = f"moveInstructions[{number}].sourceElementInstruction.{name}"
            raise Invalid("body_invalid", [(path, "missing", {})])
        by_id = source["sourceType"] == "byId"
        found.append(
            Move(
                one["targetElementId"],
                source["sourceElementId"] if by_id else "",
                None if by_id else keys.token(source["sourceElementInstanceKey"]),
                keys.near(one.get("ancestorScopeInstruction", {}).get("ancestorElementInstanceKey")),
                _variables(one.get("variableInstructions", ())),
            )
        )
    for number, one in enumerate(body.get("terminateInstructions", ())):
        if len(one) != 1:
            path, allowed = f"terminateInstructions[{number}]", "elementId, elementInstanceKey"
            raise Invalid("body_invalid", [(path, "give_one_of", {"allowed": allowed})])
        key = one.get("elementInstanceKey")
        found.append(End(one.get("elementId", ""), None if key is None else keys.token(key)))
    return found


def _variables(instructions: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(one.get("scopeId", ""), one["variables"]) for one in instructions]
