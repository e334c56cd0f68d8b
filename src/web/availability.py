"""The page of availability: what can be promised of a product now and on a day, with every term (DOMAIN C160)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, request

from laneway.engine import access, clock
from laneway.engine.access import Action
from laneway.engine.database import Session
from laneway.errors import Invalid
from laneway.records.goods import commitments, promises, quantities, stock
from laneway.records.goods.kinds import PRODUCT
from laneway.records.goods.promises import Availability
from laneway.records.kinds import listing
from laneway.records.kinds.listing import Wanted
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _, length
from laneway.web.looking import looking
from laneway.web.records.goods import written

bp = Blueprint("availability", __name__)

FRESH = timedelta(hours=4)
"""From here on the warehouse confirms the stock before anything is promised (C160)."""
TERMS = {
    "opening": ("+", N_("Opening")),
    "receipt": ("+", N_("Receipts")),
    "transfer_in": ("+", N_("Transfers in")),
    "consumption": ("−", N_("Consumed")),
    "transfer_out": ("−", N_("Transfers out")),
    "outflow": ("−", N_("Outflow")),
    "reserved": ("−", N_("Reserved")),
    "blocked": ("−", N_("Blocked")),
}
_MOST_PRODUCTS = 200
_DAYS_AHEAD = 7
_FURTHEST = timedelta(days=3650)


@bp.get("/availability")
def show() -> str:
    """One product, chosen in the address; the first one without a choice."""
    person = current_person()
    access.require(person, Action.SEE_RECORD)
    access.require(person, Action.SEE_RECORD, PRODUCT)
    today = clock.here().date()
    problems: list[str] = []
    day = _day(request.args.get("day", ""), today, problems)
    quantity = _quantity(request.args.get("quantity", ""), problems)
    with looking() as session:
        products = listing.page(session, PRODUCT, Wanted(limit=_MOST_PRODUCTS)).rows
        code = request.args.get("product", "").strip() or (products[0].code if products else "")
        told = _told(session, code, day, quantity) if code else {}
    return page(
        "availability.html",
        nav="records",
        products=[(row.code, PRODUCT.title_of(row.values)) for row in products],
        code=code,
        day=day,
        today=today,
        quantity=request.args.get("quantity", "").strip()[:20],
        problems=problems,
        terms=TERMS,
        written=written,
        may_start=access.is_staff(person),
        **told,
    )


def _told(session: Session, code: str, day: date, quantity: Decimal | None) -> dict[str, Any]:
    found = promises.availability(session, code, day)
    product = stock.product(session, code)
    return {
        "product": product,
        "found": found,
        "age": _age(found),
        "is_old": found.age is None or found.age > FRESH,
        "reservations": commitments.reservations(session, code),
        "blocks": commitments.blocks(session, code),
        "orders": commitments.orders(session, code),
        "wanted": quantity,
        "first_day": promises.first_day(session, code, quantity, earliest=day) if quantity else None,
    }


def _age(found: Availability) -> str:
    if found.age is None:
        return ""
    return length(found.age) if found.age >= timedelta(minutes=1) else _("less than a minute")


def _day(text: str, today: date, problems: list[str]) -> date:
    """The day in the address; in a week without one, or where it is none."""
    usual = today + timedelta(days=_DAYS_AHEAD)
    if not text:
        return usual
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        problems.append(_("That is no day; in a week is shown."))
        return usual
    if not today <= day <= today + _FURTHEST:
        problems.append(_("A day from today on can be asked for; in a week is shown."))
        return usual
    return day


def _quantity(text: str, problems: list[str]) -> Decimal | None:
    if not text.strip():
        return None
    try:
        return quantities.shown(quantities.positive(text.strip()[:20]))
    except Invalid:
        problems.append(_("That is no quantity: more than zero, with three decimals at most."))
        return None
