"""The outbox for programs: search it, look at one message, send it again, or cancel it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from laneway.engine import database, outbox, search
from laneway.engine.model import OutgoingKind, OutgoingState
from laneway.engine.outbox import Failure
from laneway.web.api import shapes
from laneway.web.api.operations import Answer, Body, instant, key, operation, page, read_query
from laneway.web.api.shapes import COUNT, INSTANT, KEY, TEXT, nullable, one_of, page_of, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_outbox", __name__, url_prefix="/api/v1")

MESSAGE = record(
    outgoingKey=KEY,
    kind=one_of(*OutgoingKind),
    state=one_of(*OutgoingState),
    messageId=TEXT,
    recipient=TEXT,
    subject=TEXT,
    attempts=COUNT,
    failure=nullable(one_of(*Failure)),
    error=nullable(TEXT),
    responseStatus=nullable(COUNT),
    creationTime=INSTANT,
    nextAttemptTime=nullable(INSTANT),
    sentTime=nullable(INSTANT),
    elementId=nullable(TEXT),
    caseNumber=nullable(TEXT),
    processDefinitionId=TEXT,
    processInstanceKey=KEY,
    rootProcessInstanceKey=KEY,
)
_REASON = {"type": "string", "maxLength": 2000}


@operation(
    blueprint,
    "POST",
    "/outbox/search",
    name="searchOutbox",
    summary="Search mails and webhooks",
    body=shapes.search_body("outgoing"),
    is_body_required=False,
    answer=page_of(MESSAGE),
)
def search_outbox(body: Body) -> Answer:
    with database.reading() as session:
        found = search.outgoing(session, read_query(body), by=current_person())
    return page(found, _render)


@operation(
    blueprint,
    "GET",
    "/outbox/{outgoingKey}",
    name="getOutgoing",
    summary="One mail or webhook with its body",
    answer=record(**MESSAGE["properties"], body=TEXT),
)
def get_outgoing(outgoing_key: int) -> Answer:
    with database.reading() as session:
        row = outbox.find(session, outgoing_key, by=current_person())
    return {**_render(row), "body": row.body}


@operation(
    blueprint,
    "POST",
    "/outbox/{outgoingKey}/resend",
    name="resendOutgoing",
    summary="Send it again, with the same id",
    body=shapes.body(reason=_REASON),
    is_body_required=False,
)
def resend_outgoing(outgoing_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        outbox.resend(session, outgoing_key, by=current_person(), reason=body.get("reason", ""))
    return None


@operation(
    blueprint,
    "POST",
    "/outbox/{outgoingKey}/cancellation",
    name="cancelOutgoing",
    summary="Do not send it; the reason stays in the history of the case",
    body=shapes.body({"reason": _REASON}),
)
def cancel_outgoing(outgoing_key: int, body: Body) -> Answer:
    with database.unit_of_work() as session:
        outbox.cancel(session, outgoing_key, by=current_person(), reason=body["reason"])
    return None


def _render(row: Any) -> Mapping[str, Any]:
    return {
        "outgoingKey": key(row.key),
        "kind": row.kind,
        "state": row.state,
        "messageId": row.dedupe_key,
        "recipient": row.recipient,
        "subject": row.subject,
        "attempts": row.attempts,
        "failure": row.failure,
        "error": row.error,
        "responseStatus": row.response_status,
        "creationTime": instant(row.created_at),
        "nextAttemptTime": instant(row.not_before) if row.state == OutgoingState.QUEUED else None,
        "sentTime": instant(row.sent_at),
        "elementId": row.element_id,
        "caseNumber": row.case_number,
        "processDefinitionId": row.process_id,
        "processInstanceKey": key(row.instance_key),
        "rootProcessInstanceKey": key(row.root_key),
    }
