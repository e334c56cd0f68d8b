"""Telling processes that the data of a party have changed: the message `customer.changed` (DOMAIN C080)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from laneway.engine import messages
from laneway.engine.model import Person
from laneway.errors import Conflict
from laneway.records.kinds import store
from laneway.records.parties.kinds import PARTY

MESSAGE = "customer.changed"


def publish(session: Session, key: int, *, by: Person | None = None, source_key: int | None = None) -> None:
    """Publish that a party has changed; its code is the correlation key. Done again for the same job, it stays one.

    `by` is nobody for a step of a diagram.

    The variables are `party` (its code), `party_name`, `party_type` and `revision`.
    """
    record = store.get(session, PARTY, key)
    told = {
        "party": record.code,
        "party_name": record.values["name"],
        "party_type": record.values["type"],
        "revision": record.revision,
    }
    message_id = f"{MESSAGE}:{source_key}" if source_key is not None else None
    try:
        messages.publish(
            session, name=MESSAGE, correlation_key=record.code, variables=told, by=by, message_id=message_id
        )
    except Conflict as refusal:
        if refusal.code != "message_already_published":
            raise
