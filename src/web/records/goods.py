"""What is special about goods: where a lot came from and went, what of a product there is, and corrections of stock."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import Session, transact
from laneway.errors import Invalid
from laneway.records.goods import kinds, lots, promises, quantities, stock
from laneway.records.goods.lots import Direction
from laneway.records.kinds import changes
from laneway.records.kinds.changes import Event
from laneway.records.kinds.store import Record
from laneway.web.auth import current_person
from laneway.web.i18n import N_, _

bp = Blueprint("record_goods", __name__, url_prefix="/records")

_MOST_LOTS = 500


@bp.post("/stock_movement/<int:key>/correct")
def correct(key: int) -> BaseResponse:
    """Take a movement back with one of the opposite sign."""
    person = current_person()
    access.require(person, Action.EDIT_RECORD, kinds.MOVEMENT)
    reference = request.form.get("reference", "").strip()
    if not 0 < len(reference) <= kinds.MOVEMENT.by_name["reference"].longest:
        raise Invalid("movement_reference_missing")

    def take_back(session: Session) -> int:
        made = stock.correct(session, key, reference=reference, by=person.username)
        told = {"reference": (None, reference)}
        reason = request.form.get("reason", "")
        changes.add(
            session, kinds.MOVEMENT.id, made, told, event=Event.CREATED, by=person.username, reason=reason
        )
        return made

    made = transact(take_back)
    flash(_("Taken back by a movement of the opposite sign."))
    return redirect(url_for("records.show", kind=kinds.MOVEMENT.id, key=made), 303)


def tabs_of(kind_id: str) -> dict[str, str]:
    """The tabs that records of this kind have besides their data and changes."""
    if kind_id == kinds.LOT.id:
        return {"genealogy": N_("Genealogy")}
    return {"stock": N_("Stock")} if kind_id == kinds.PRODUCT.id else {}


def shown_on_tab(session: Session, record: Record, tab: str) -> dict[str, Any]:
    """What the tab shows."""
    return _genealogy(session, record.code) if tab == "genealogy" else _stock(session, record)


def shown_of_movement(session: Session, record: Record) -> dict[str, Any]:
    """What this movement takes back and what takes it back, each as its key or None."""
    takes_back, taken_back_by = stock.corrections(session, record.key)
    return {"takes_back": takes_back, "taken_back_by": taken_back_by}


def _genealogy(session: Session, number: str) -> dict[str, Any]:
    found = {
        direction.value: lots.trace(session, number, direction)[: _MOST_LOTS + 1] for direction in Direction
    }
    return {
        **found,
        "most": _MOST_LOTS,
        "shipments": lots.shipments(session, number),
        "blocks": lots.blocks(session, number),
        "lot_kinds": kinds.LOT_KINDS,
        "quantity_of": lambda thousandths: written(quantities.shown(thousandths)),
    }


def _stock(session: Session, record: Record) -> dict[str, Any]:
    return {
        "balances": stock.balances(session, record.key),
        "available": promises.availability(session, record.code),
        "movement_kinds": kinds.MOVEMENT_KINDS,
        "written": written,
    }


def written(quantity: Decimal) -> str:
    """A quantity with thousands apart and no needless noughts."""
    text = f"{quantity:,.3f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
