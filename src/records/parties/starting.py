"""What a party's record says already when a case is started for it, by the names that start forms use."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from laneway.records.kinds import store
from laneway.records.kinds.store import Record
from laneway.records.parties import merging
from laneway.records.parties.kinds import PARTY

_LETTERS_IN = ("zh", "en")


def find(session: Session, code: str) -> Record:
    """The party with this code, or the one that it was merged into. Raises NotFound."""
    record = store.find(session, PARTY, code)
    kept = merging.kept_code(session, record.key)
    return record if kept is None else store.find(session, PARTY, kept)


def values_for_form(record: Record) -> dict[str, Any]:
    """Values of fields that start forms share: customer, tier, reporter, language, contact_email, contact_phone.

    Letters go out in Chinese or English; who writes in any other language gets English.
    """
    party = record.values
    contacts = party["contacts"] or []
    first = contacts[0] if contacts else {}
    known = {
        "customer": party["name"],
        "tier": "key" if party["is_key"] else "prospect" if party["type"] == "prospect" else "standard",
        "reporter": first.get("name"),
        "language": party["language"] if party["language"] in _LETTERS_IN else "en",
        "contact_email": first.get("email") or party["email"],
        "contact_phone": first.get("phone") or party["phone"],
    }
    return {name: value for name, value in known.items() if value}
