"""What holds for the values of a party beyond single fields: contacts for recalls, completeness, when a review is due."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from laneway.engine import clock
from laneway.records.kinds.declared import Problem, Values
from laneway.records.kinds.values import is_empty

REVIEW_MONTHS = 12
REVIEW_MONTHS_KEY = 6
_SUPPLIED = ("customer", "permanent", "distributor")
_EXPECTED_OF_ALL = ("name", "type", "country", "addresses", "phone", "email", "language", "contacts")
_EXPECTED_IF_SUPPLIED = (
    "name_latin",
    "tax_number",
    "payment_terms",
    "currency",
    "calendar",
    "transport_requirements",
    "document_requirements",
)


def check(values: Values) -> list[Problem]:
    """What DOMAIN form F1 asks of a party as a whole.

    One that is supplied has an address, a telephone and someone to call in a recall; of a prospect some way to answer
    is enough, because nobody is turned away for what is not known yet.
    """
    problems: list[Problem] = []
    contacts = values.get("contacts") or []
    is_supplied = values.get("type") in _SUPPLIED
    if is_supplied:
        problems += [(name, "required", {}) for name in ("addresses", "phone") if is_empty(values.get(name))]
    elif is_empty(values.get("phone")) and is_empty(values.get("email")):
        problems.append(("phone", "phone_or_email", {}))
    if is_supplied and not any(
        one.get("is_recall_contact") and (one.get("phone") or one.get("email")) for one in contacts
    ):
        problems.append(("contacts", "recall_contact_missing", {}))
    if values.get("credit_limit") is not None and not values.get("currency"):
        problems.append(("currency", "required", {}))
    for at, contract in enumerate(values.get("contracts") or []):
        begins, ends = contract.get("valid_from"), contract.get("valid_to")
        if begins and ends and ends < begins:
            problems.append((f"contracts.{at}.valid_to", "ends_before_it_begins", {}))
    return problems


def expected(values: Values) -> tuple[str, ...]:
    """The fields that a party of this type should have filled in (K17)."""
    return _EXPECTED_OF_ALL + (_EXPECTED_IF_SUPPLIED if values.get("type") in _SUPPLIED else ())


def gaps(values: Values) -> list[str]:
    """The expected fields without a value; `recall_contact` where nobody can be called in a recall."""
    found = [name for name in expected(values) if is_empty(values.get(name))]
    if values.get("type") in _SUPPLIED and not any(
        one.get("is_recall_contact") for one in values.get("contacts") or []
    ):
        found.append("recall_contact")
    return found


def derive(values: Values) -> Values:
    """Completeness in percent, and the days of the last and the next review."""
    wanted = len(expected(values)) + (1 if values.get("type") in _SUPPLIED else 0)
    reviewed = values.get("reviewed_on") or clock.here().date()
    return {
        "reviewed_on": reviewed,
        "review_due_on": review_due(reviewed, is_key=bool(values.get("is_key"))),
        "completeness": Decimal((wanted - len(gaps(values))) * 100 // wanted),
    }


def review_due(reviewed: date, *, is_key: bool) -> date:
    """The day from which a review is due: the same day of the month a year later, for key customers half a year."""
    months = reviewed.month - 1 + (REVIEW_MONTHS_KEY if is_key else REVIEW_MONTHS)
    year, month = reviewed.year + months // 12, months % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - date.resolution).day
    return date(year, month, min(reviewed.day, last))
