"""Element instances, as far as they have a key: that of the process instance, or of the work that waits in them."""

from __future__ import annotations

from flask import Blueprint

from laneway.engine import database
from laneway.engine.operations import modification, variables
from laneway.web.api import shapes
from laneway.web.api.operations import Answer, Body, operation
from laneway.web.api.shapes import FLAG, NUMBER
from laneway.web.auth import current_person
from laneway.web.i18n import _

blueprint = Blueprint("api_element_instances", __name__, url_prefix="/v2")


@operation(
    blueprint,
    "PUT",
    "/element-instances/{elementInstanceKey}/variables",
    name="createElementInstanceVariables",
    summary="Set variables of a process instance, or as one of its user tasks, jobs or incidents sees them",
    body=shapes.body(
        {"variables": shapes.VARIABLES},
        local={
            **FLAG,
            "description": "Only in the element's own scope; else where the variable is, or outermost.",
        },
        operationReference={**NUMBER, "description": "Taken and not kept: there are no exported records."},
    ),
)
def create_element_instance_variables(element_instance_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        instance_key, token = modification.element_instance(session, element_instance_key)
        variables.change(
            session,
            instance_key,
            values=body["variables"],
            token=token,
            is_local=bool(body.get("local")),
            by=current_person(),
            reason=_("Set through the API"),
        )
    return None
