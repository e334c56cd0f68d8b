"""Who has a claim on the stock of a product: reservations, blocked lots, orders that are not delivered yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.tables import goods
from laneway.records.goods import quantities, stock

_MOST = 200


@dataclass(frozen=True)
class Reserved:
    """A reservation that counts; one of a blocked lot does not."""

    reserved_for: str
    quantity: Decimal
    reserved_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Blocked:
    """A lot, or what is left of it, that nobody gets."""

    lot: str
    kind: str
    quantity: Decimal
    reason: str
    blocked_at: datetime


@dataclass(frozen=True)
class Ordered:
    """A line of an open order."""

    number: str
    customer: str
    quantity: Decimal
    wanted_on: date


def reservations(session: Session, code: str) -> list[Reserved]:
    """The reservations of a product that count now, the first to lapse first. Raises NotFound."""
    columns, block = goods.stock_reservation.c, goods.lot_block.c
    blocked_lots = select(block.lot_key).where(block.released_at.is_(None))
    counts = (
        (columns.product_key == stock.product(session, code).key)
        & columns.released_at.is_(None)
        & (columns.expires_at > clock.now())
        & (columns.lot_key.is_(None) | columns.lot_key.not_in(blocked_lots))
    )
    query = select(goods.stock_reservation).where(counts).order_by(columns.expires_at, columns.key)
    return [
        Reserved(row.reserved_for, quantities.shown(row.quantity), row.reserved_at, row.expires_at)
        for row in session.execute(query.limit(_MOST))
    ]


def blocks(session: Session, code: str) -> list[Blocked]:
    """The open blocks of a product's lots, by lot. Raises NotFound."""
    columns = goods.lot_block.c
    query = (
        select(goods.lot_block, goods.lot.c.number)
        .join(goods.lot, goods.lot.c.key == columns.lot_key)
        .where(columns.product_key == stock.product(session, code).key, columns.released_at.is_(None))
        .order_by(goods.lot.c.number, columns.key)
    )
    return [
        Blocked(row.number, row.kind, quantities.shown(row.quantity), row.reason, row.blocked_at)
        for row in session.execute(query.limit(_MOST))
    ]


def orders(session: Session, code: str) -> list[Ordered]:
    """The lines of open orders for a product, the first to be delivered first. Raises NotFound."""
    line, order = goods.order_line.c, goods.customer_order.c
    query = (
        select(order.number, order.customer, line.quantity, line.wanted_on)
        .join_from(goods.order_line, goods.customer_order, order.key == line.order_key)
        .where(line.product_key == stock.product(session, code).key, order.state == "OPEN")
        .order_by(line.wanted_on, order.number)
    )
    return [
        Ordered(row.number, row.customer, quantities.shown(row.quantity), row.wanted_on)
        for row in session.execute(query.limit(_MOST))
    ]
