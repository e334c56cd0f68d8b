"""Legal holds for programs: keep a case whatever its retention, and let it go again."""

from __future__ import annotations

from flask import Blueprint

from laneway.engine import database
from laneway.engine.keeping import retention as keeping
from laneway.web.api import shapes
from laneway.web.api.operations import Answer, Body, operation
from laneway.web.auth import current_person

blueprint = Blueprint("api_holds", __name__, url_prefix="/api/v1")

_REASON = {"type": "string", "maxLength": 2000}


@operation(
    blueprint,
    "POST",
    "/process-instances/{processInstanceKey}/hold",
    name="holdCase",
    summary="Keep a case in the database whatever its retention; the reason stays in its history",
    body=shapes.body({"reason": _REASON}),
)
def hold_case(process_instance_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        keeping.hold(session, str(process_instance_key), reason=body["reason"], by=current_person())
    return None


@operation(
    blueprint,
    "POST",
    "/process-instances/{processInstanceKey}/release",
    name="releaseCase",
    summary="End such a hold; the reason stays in its history",
    body=shapes.body({"reason": _REASON}),
)
def release_case(process_instance_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        keeping.release(session, str(process_instance_key), reason=body["reason"], by=current_person())
    return None
