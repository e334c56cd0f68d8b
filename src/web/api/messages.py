"""Messages and signals from outside."""

from __future__ import annotations

from flask import Blueprint

from laneway.engine import access, database, messages
from laneway.engine.access import Action
from laneway.engine.search import TENANT
from laneway.web.api import shapes
from laneway.web.api.operations import Answer, Body, key, operation
from laneway.web.api.shapes import KEY, TEXT, nothing, nullable, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_messages", __name__, url_prefix="/v2")

_HANDOVER_SECONDS = 5.0
"""Correlation follows right after the commit, in a transaction of its own: a message lives at least until then."""


@operation(
    blueprint,
    "POST",
    "/messages/publication",
    name="publishMessage",
    summary="Publish a message; it is kept for timeToLive ms until someone waits for it",
    body=shapes.body(
        {"name": shapes.NAME},
        correlationKey=nullable({**TEXT, "maxLength": 200}),
        timeToLive={**shapes.MILLISECONDS, "default": 0},
        messageId=nullable({**TEXT, "maxLength": 200}),
        variables=nullable(shapes.VARIABLES),
        tenantId=shapes.TENANT,
        businessId=nothing({"type": "string"}, "A message is correlated by its key, not by a business id."),
    ),
    answer=record(messageKey=KEY, tenantId=TEXT),
)
def publish_message(body: Body) -> Answer:
    with database.unit_of_work() as session:
        message_key = messages.publish(
            session,
            name=body["name"],
            correlation_key=body.get("correlationKey") or None,
            variables=body.get("variables") or {},
            by=current_person(),
            ttl_seconds=max(body.get("timeToLive", 0) / 1000, _HANDOVER_SECONDS),
            message_id=body.get("messageId") or None,
        )
    return {"messageKey": key(message_key), "tenantId": TENANT}


@operation(
    blueprint,
    "POST",
    "/signals/broadcast",
    name="broadcastSignal",
    summary="Let everything that waits for a signal hear it",
    body=shapes.body(
        {"signalName": shapes.NAME}, variables=nullable(shapes.VARIABLES), tenantId=shapes.TENANT
    ),
    answer=record(signalKey=KEY, tenantId=TEXT),
)
def broadcast_signal(body: Body) -> Answer:
    access.require(current_person(), Action.PUBLISH_MESSAGE)
    with database.unit_of_work() as session:
        messages.broadcast(session, body["signalName"], body.get("variables") or {})
    # A signal is not kept, so nothing has this key: it only tells one broadcast from another in a client's log.
    return {"signalKey": key(database.new_key()), "tenantId": TENANT}
