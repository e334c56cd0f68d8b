"""What is on its way to us, what customers have ordered, and what was shipped to them from which lot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from laneway.engine import clock, database
from laneway.engine.tables import goods
from laneway.errors import Conflict
from laneway.records.goods import lots, quantities, stock


def expect(session: Session, reference: str, product: str, quantity: Decimal, *, on: date) -> int:
    """Note what is on its way to us; returns its key. Raises NotFound, Invalid, Conflict for a known reference."""
    columns = goods.incoming_stock.c
    if session.scalar(select(columns.key).where(columns.reference == reference)) is not None:
        raise Conflict("delivery_known", reference=reference)
    key = database.new_key()
    session.execute(
        insert(goods.incoming_stock).values(
            key=key,
            reference=reference,
            product_key=stock.product(session, product).key,
            quantity=quantities.positive(quantity),
            expected_on=on,
        )
    )
    return key


def order(
    session: Session,
    number: str,
    customer: str,
    lines: Sequence[tuple[str, Decimal, date]],
    *,
    at: datetime | None = None,
    state: str = "OPEN",
) -> int:
    """Enter an order of a customer, with product, quantity and day of each line; returns its key.

    Raises NotFound, Invalid, Conflict for a known number.
    """
    columns = goods.customer_order.c
    if session.scalar(select(columns.key).where(columns.number == number)) is not None:
        raise Conflict("delivery_known", reference=number)
    key = database.new_key()
    values = {"key": key, "number": number, "customer": customer, "state": state}
    session.execute(insert(goods.customer_order).values(ordered_at=at or clock.now(), **values))
    for line, (product, quantity, wanted_on) in enumerate(lines, 1):
        session.execute(
            insert(goods.order_line).values(
                order_key=key,
                line=line,
                product_key=stock.product(session, product).key,
                quantity=quantities.positive(quantity),
                wanted_on=wanted_on,
            )
        )
    return key


def ship(
    session: Session,
    number: str,
    customer: str,
    lines: Sequence[tuple[str, Decimal]],
    *,
    at: datetime,
    order_key: int | None = None,
) -> int:
    """Enter a delivery, with lot and quantity of each line; returns its key. The stock is moved by itself.

    Raises NotFound, Invalid, Conflict for a known number.
    """
    columns = goods.delivery.c
    if session.scalar(select(columns.key).where(columns.number == number)) is not None:
        raise Conflict("delivery_known", reference=number)
    key = database.new_key()
    values = {"key": key, "number": number, "customer": customer, "order_key": order_key, "shipped_at": at}
    session.execute(insert(goods.delivery).values(**values))
    for line, (lot, quantity) in enumerate(lines, 1):
        told = {"delivery_key": key, "line": line, "lot_key": lots.lot(session, lot).key}
        session.execute(insert(goods.delivery_line).values(quantity=quantities.positive(quantity), **told))
    return key
