"""Job types about stock: what can be promised of a product, the warehouse's confirmation, reservations (DOMAIN C160)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from laneway.engine import clock, doers
from laneway.engine.database import Session, reading, unit_of_work
from laneway.errors import BpmnError, Conflict, Invalid, NotFound
from laneway.records.goods import promises, quantities, stock
from laneway.records.goods.promises import Availability
from laneway.records.goods.stock import Movement, NewMovement
from laneway.tasks.registry import Job, handler

READ: Final = "laneway:read-availability"
CONFIRM: Final = "laneway:confirm-stock"
RESERVE: Final = "laneway:reserve-stock"
RELEASE: Final = "laneway:release-stock"
UNCLEAR: Final = "question_unclear"
"""The error of a question that names no product of ours, no quantity or no day."""
NOT_ENOUGH: Final = "stock_not_enough"
"""The error of a reservation that somebody else was faster with."""
_FRESH_HOURS: Final = 4
_WAREHOUSE: Final = "盘点"


def install() -> None:
    """Serve the job types."""
    handler(READ)(read)
    handler(CONFIRM)(confirm)
    handler(RESERVE)(reserve)
    handler(RELEASE)(release)


def read(job: Job) -> dict[str, Any]:
    """What can be promised of `product`, with every term, as the variable `availability` (docs/dialect.md).

    Inputs: `product`, `quantity`, `wanted_on`. Headers: `freshHours`, how old the last confirmation of the stock may be
    (4), and `handlingDays`, days between arrival and delivery (0). Throws the error `question_unclear`.
    """
    try:
        quantity = quantities.shown(quantities.positive(str(job.variables.get("quantity"))))
        wanted_on = _day(job.variables.get("wanted_on"))
        with reading() as session:
            return {"availability": _told(session, job, quantity, wanted_on)}
    except (Invalid, NotFound, ValueError) as error:
        raise BpmnError(UNCLEAR, str(error), {"unclear": _unclear(error)}) from error


def confirm(job: Job) -> None:
    """Note that the warehouse has confirmed the stock; a difference that was counted becomes a movement.

    Inputs: `product`, `count_difference` (below zero: less is there than the records say). The header `by` names the
    user task whose person has confirmed it.
    """
    difference = Decimal(str(job.variables.get("count_difference") or 0))
    code = str(job.variables.get("product") or "")
    with unit_of_work() as session:
        person = doers.doer_of(session, job.key, job.headers.get("by", ""))
        if difference:
            counted = NewMovement(
                product=code,
                kind=Movement.RECEIPT if difference > 0 else Movement.OUTFLOW,
                quantity=abs(difference),
                reference=f"{_WAREHOUSE}-{job.key}",
                warehouse=_WAREHOUSE,
                at=clock.now(),
                by=person.username,
            )
            stock.move(session, [counted])
        stock.confirm(session, code, by=person.username)


def reserve(job: Job) -> dict[str, Any]:
    """Keep `reserve_quantity` of `product` for `reserved_for`: the variables `reservation_key` and `reservation`.

    Throws the error `stock_not_enough` when less is left by now.
    """
    quantity = Decimal(str(job.variables.get("reserve_quantity") or 0))
    owner = str(job.variables.get("reserved_for") or job.case_number or "")[:200]
    with unit_of_work() as session:
        try:
            kept = promises.reserve(
                session, str(job.variables.get("product")), quantity, reserved_for=owner, job_key=job.key
            )
        except Conflict as refusal:
            raise BpmnError(NOT_ENOUGH, str(refusal)) from refusal
    until = kept.expires_at.astimezone(clock.here().tzinfo)
    told = {"quantity": _number(kept.quantity), "expires_at": until.isoformat(timespec="minutes")}
    return {"reservation_key": str(kept.key), "reservation": told}


def release(job: Job) -> dict[str, Any]:
    """Give back the reservation `reservation_key`; without one nothing is done."""
    key = str(job.variables.get("reservation_key") or "")
    if key:
        with unit_of_work() as session:
            promises.release(session, int(key))
    return {"reservation_key": None}


def _told(session: Session, job: Job, quantity: Decimal, wanted_on: date) -> dict[str, Any]:
    code = str(job.variables.get("product") or "").strip()
    found = promises.availability(session, code, wanted_on)
    product = stock.product(session, code)
    day = promises.first_day(session, code, quantity, earliest=wanted_on)
    handling = timedelta(days=int(job.headers.get("handlingDays") or 0))
    is_covered = day is not None and found.now < quantity
    fresh = timedelta(hours=float(job.headers.get("freshHours") or _FRESH_HOURS))
    return {
        **_terms(found),
        "name": {"zh": product.name_zh, "en": product.name_en},
        "requested": _number(quantity),
        "wanted_on": wanted_on.isoformat(),
        "is_fresh": found.age is not None and found.age <= fresh,
        "as_of": _moment(product.stock_as_of),
        "reservable": _number(max(Decimal(0), min(found.now, quantity))),
        "in_transit_covers": is_covered,
        "covered_on": (day + handling).isoformat() if day is not None and is_covered else None,
    }


def _terms(found: Availability) -> dict[str, Any]:
    return {
        "product": found.product,
        "unit": found.unit,
        "terms": {name: _number(quantity) for name, quantity in found.terms.items()},
        "now": _number(found.now),
        "on_day": _number(found.on_day or Decimal(0)),
        "incoming": [
            {"reference": reference, "expected_on": on.isoformat(), "quantity": _number(quantity)}
            for reference, on, quantity in found.incoming
        ],
        "age_hours": round(found.age.total_seconds() / 3600, 1) if found.age is not None else None,
        "substitutes": list(found.substitutes),
    }


def _day(written: Any) -> date:
    """A day as forms and programs write it; today without one. Raises ValueError."""
    text = str(written or "").strip()
    return date.fromisoformat(text[:10]) if text else clock.here().date()


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(clock.here().tzinfo).isoformat(timespec="minutes") if at is not None else None


def _number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def _unclear(error: Exception) -> str:
    """Which input was not understood."""
    if isinstance(error, NotFound):
        return "product"
    return "quantity" if isinstance(error, Invalid) else "wanted_on"
