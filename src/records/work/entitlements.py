"""What a customer is entitled to when somebody is sent: trial period, contract, or neither; and whether on credit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.errors import NotFound
from laneway.records.parties import country, starting

TRIAL, CONTRACT, NONE = "trial", "contract", "none"
_STOPPED_AT = "D"
"""The political risk of a country at which nobody there gets credit (DOMAIN C085)."""


@dataclass(frozen=True)
class Entitlement:
    """`kind` and `credit` as D12 calls them; `contract` is the number of the contract that holds, else empty."""

    kind: str
    contract: str = ""
    credit: str = "ok"


def check(session: Session, party: str | None, *, on: date, trial_until: date | None = None) -> Entitlement:
    """What holds for a party on the day of the service; a party that is not in the records is entitled to nothing."""
    is_on_trial = trial_until is not None and on <= trial_until
    try:
        found = starting.find(session, party) if party else None
    except NotFound:
        found = None
    if found is None:
        return Entitlement(TRIAL if is_on_trial else NONE)
    risk = country.state(session, found.values["country"], today=clock.here().date()).risk
    credit = "stopped" if found.values["type"] == "ended" or risk >= _STOPPED_AT else "ok"
    valid = [
        row["number"]
        for row in found.values["contracts"] or []
        if (row["valid_from"] is None or row["valid_from"] <= on)
        and (row["valid_to"] is None or on <= row["valid_to"])
    ]
    kind = TRIAL if is_on_trial else CONTRACT if valid else NONE
    return Entitlement(kind, valid[0] if valid else "", credit)
