"""Products and the movements of their stock, with balances that are kept in the transaction of each movement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from laneway.engine import clock, database
from laneway.engine.tables import goods
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.goods import quantities
from laneway.words import Text


class Movement(StrEnum):
    """What moves stock (DOMAIN section 3, C160)."""

    OPENING = "OPENING"
    RECEIPT = "RECEIPT"
    TRANSFER_IN = "TRANSFER_IN"
    CONSUMPTION = "CONSUMPTION"
    TRANSFER_OUT = "TRANSFER_OUT"
    OUTFLOW = "OUTFLOW"


INTO = (Movement.OPENING, Movement.RECEIPT, Movement.TRANSFER_IN)
"""The kinds that bring stock into a warehouse; the others take it out."""


@dataclass(frozen=True)
class NewMovement:
    """A movement to be entered. `reference` is its number where it comes from: it is not entered twice."""

    product: str
    kind: Movement
    quantity: Decimal
    reference: str
    warehouse: str
    at: datetime
    by: str | None = None
    lot_key: int | None = None


def add_product(
    session: Session,
    code: str,
    name: Text,
    unit: str,
    *,
    hazard: str = "",
    sds_version: str = "",
    shelf_life_days: int | None = None,
) -> int:
    """Add a product, or bring the one with this code up to date. Returns its key."""
    values: dict[str, Any] = {
        "name_zh": name.zh,
        "name_en": name.en,
        "unit": unit,
        "hazard": hazard,
        "sds_version": sds_version,
        "shelf_life_days": shelf_life_days,
    }
    columns = goods.product.c
    key = session.scalar(select(columns.key).where(columns.code == code))
    if key is not None:
        session.execute(update(goods.product).where(columns.key == key).values(**values))
        return int(key)
    key = database.new_key()
    session.execute(insert(goods.product).values(key=key, code=code, is_active=True, **values))
    return key


def approve_substitute(session: Session, code: str, substitute: str, *, by: str) -> None:
    """Approve that one product may be offered for another. Raises Invalid for a product and itself."""
    if code == substitute:
        raise Invalid("substitute_is_itself", product=code)
    row = {"product_key": product(session, code).key, "substitute_key": product(session, substitute).key}
    insert_ = (postgresql if database.is_postgresql() else sqlite).insert(goods.product_substitute)
    values = insert_.values(**row, approved_by=by, approved_at=clock.now())
    session.execute(values.on_conflict_do_nothing())


def product(session: Session, code: str, *, is_locked: bool = False) -> Any:
    """The row of a product; `is_locked` lets nobody else promise it before this transaction ends.

    Raises NotFound.
    """
    query = select(goods.product).where(goods.product.c.code == code)
    row = session.execute(query.with_for_update() if is_locked else query).one_or_none()
    if row is None:
        raise NotFound("product_not_found", product=code)
    return row


def move(session: Session, movements: Iterable[NewMovement]) -> int:
    """Enter movements and bring the balances up to date. Returns how many were new: known references are left out."""
    given = list(movements)
    keys = {code: product(session, code).key for code in sorted({each.product for each in given})}
    rows = [_row(each, keys[each.product]) for each in given]
    return _enter(session, rows)


def correct(session: Session, movement_key: int, *, reference: str, by: str) -> int:
    """Take a movement back with one of the opposite sign; returns its key.

    Raises NotFound, or Conflict when that was done before.
    """
    columns = goods.stock_movement.c
    wrong = session.execute(select(goods.stock_movement).where(columns.key == movement_key)).one_or_none()
    if wrong is None:
        raise NotFound("movement_not_found")
    if wrong.corrects_key is not None:
        raise Conflict("movement_is_correction")
    row = dict(wrong._mapping)
    row |= {"key": database.new_key(), "quantity": -wrong.quantity, "reference": reference}
    row |= {"corrects_key": movement_key, "at": clock.now(), "entered_by": by}
    if not _enter(session, [row]):
        raise Conflict("movement_corrected_already")
    return int(row["key"])


def corrections(session: Session, movement_key: int) -> tuple[int | None, int | None]:
    """The keys of the movement that this one takes back, and of the one that takes this one back."""
    columns = goods.stock_movement.c
    takes_back = session.scalar(select(columns.corrects_key).where(columns.key == movement_key))
    taken_back_by = session.scalar(select(columns.key).where(columns.corrects_key == movement_key))
    return takes_back, taken_back_by


def confirm(session: Session, code: str, *, by: str, at: datetime | None = None) -> None:
    """The warehouse has confirmed that what is stored about this product's stock is right; `at` without it is now."""
    key = product(session, code).key
    values = {"stock_as_of": at or clock.now(), "stock_confirmed_by": by}
    session.execute(update(goods.product).where(goods.product.c.key == key).values(**values))


def balances(session: Session, product_key: int) -> dict[str, dict[str, Decimal]]:
    """{warehouse: {kind of movement: quantity}} of a product."""
    columns = goods.stock_balance.c
    found: dict[str, dict[str, Decimal]] = {}
    query = select(goods.stock_balance).where(columns.product_key == product_key).order_by(columns.warehouse)
    for row in session.execute(query):
        found.setdefault(row.warehouse, {})[row.kind] = quantities.shown(row.quantity)
    return found


def _row(movement: NewMovement, product_key: int) -> dict[str, Any]:
    return {
        "key": database.new_key(),
        "product_key": product_key,
        "lot_key": movement.lot_key,
        "warehouse": movement.warehouse,
        "kind": movement.kind,
        "quantity": quantities.positive(movement.quantity),
        "at": movement.at,
        "reference": movement.reference,
        "corrects_key": None,
        "entered_by": movement.by,
    }


def _enter(session: Session, rows: list[dict[str, Any]]) -> int:
    table = goods.stock_movement
    insert_ = (postgresql if database.is_postgresql() else sqlite).insert(table)
    statement = insert_.on_conflict_do_nothing().returning(table.c.key)
    new: set[int] = set()
    for start in range(0, len(rows), 1000):
        new |= set(session.scalars(statement, rows[start : start + 1000]))
    _add(session, (row for row in rows if row["key"] in new))
    return len(new)


def add_to_balances(session: Session, movements: Iterable[Mapping[str, Any]]) -> None:
    """Bring balances up to date with movements that are in the list already, as records with `quantity` in units."""
    _add(session, ({**one, "quantity": quantities.stored(one["quantity"])} for one in movements))


def _add(session: Session, movements: Iterable[Mapping[str, Any]]) -> None:
    added: Counter[tuple[int, str, str]] = Counter()
    for one in movements:
        added[one["product_key"], one["warehouse"], one["kind"]] += one["quantity"]
    balance = goods.stock_balance
    insert_ = (postgresql if database.is_postgresql() else sqlite).insert(balance)
    statement = insert_.on_conflict_do_update(
        index_elements=["product_key", "warehouse", "kind"],
        set_={"quantity": balance.c.quantity + insert_.excluded.quantity},
    )
    rows = [
        {"product_key": product_key, "warehouse": warehouse, "kind": kind, "quantity": quantity}
        for (product_key, warehouse, kind), quantity in sorted(added.items())  # one order: no deadlocks
    ]
    if rows:
        session.execute(statement, rows)
