"""Job types about countries' credit files: what holds today, and writing what was agreed to (DOMAIN C085, F20)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from laneway.engine import access, clock, doers
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, unit_of_work
from laneway.errors import BpmnError, Invalid, NotFound
from laneway.records.kinds import changes, store
from laneway.records.parties import country
from laneway.records.parties.kinds import COUNTRY_FILE
from laneway.tasks.registry import Job, handler

READ: Final = "laneway:read-country-file"
SAVE: Final = "laneway:save-country-file"
NOT_SAVED: Final = "record_invalid"
_FIELDS = ("political_risk", "credit_terms", "rules", "source_branch", "valid_to")


def install() -> None:
    """Serve the job types."""
    handler(READ)(read)
    handler(SAVE)(save)


def read(job: Job) -> dict[str, Any]:
    """What holds for `country` today: `country_risk` (C where the file is missing or outdated), `country_file_valid`,
    `country_terms`, `country_valid_to`."""
    code = str(job.variables.get("country") or "").strip().upper()
    with reading() as session:
        found = country.state(session, code)
    return {
        "country_risk": found.risk,
        "country_terms": found.credit_terms,
        "country_file_valid": found.is_valid,
        "country_valid_to": found.valid_to.isoformat() if found.valid_to else None,
    }


def save(job: Job) -> dict[str, Any]:
    """Write the file of `country` with the values of F20, valid for twelve months unless `valid_to` says otherwise.

    The header `by` names the user task of who has agreed. Variables as of `laneway:read-country-file`. Throws
    `record_invalid`.
    """
    code = str(job.variables.get("country") or "").strip().upper()
    given = {name: job.variables.get(name) for name in _FIELDS}
    given["valid_to"] = given["valid_to"] or in_a_year(clock.here().date()).isoformat()
    with unit_of_work() as session:
        by = doers.doer_of(session, job.key, job.headers.get("by", ""))
        access.require(by, Action.EDIT_RECORD, COUNTRY_FILE)
        if changes.made_by(session, COUNTRY_FILE.id, job.key) is None:
            try:
                _write(session, code, given, job, by.username)
            except Invalid as refusal:
                raise BpmnError(NOT_SAVED, str(refusal)) from refusal
    return read(job)


def _write(session: Session, code: str, given: dict[str, Any], job: Job, by: str) -> None:
    reason = job.case_number or ""
    try:
        key = store.key_of(session, COUNTRY_FILE, code)
    except NotFound:
        created = {"country": code, **given}
        store.create(session, COUNTRY_FILE, created, by=by, reason=reason, source_key=job.key)
        return
    store.change(session, COUNTRY_FILE, key, given, by=by, reason=reason, source_key=job.key)


def in_a_year(day: date) -> date:
    """The same day a year later, the last of February for a leap day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return date(day.year + 1, 2, 28)
