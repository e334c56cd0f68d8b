"""What can be promised of a product, term by term, and reservations (DOMAIN section 3, C160)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, exists, func, insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import clock, database
from laneway.engine.calendars import durations
from laneway.engine.tables import goods
from laneway.engine.working_calendars import Calendars
from laneway.errors import Conflict, NotFound
from laneway.records.goods import quantities, stock
from laneway.records.goods.stock import Movement

_RESERVATION = "3 wd"


@dataclass(frozen=True)
class Availability:
    """What can be promised. `terms` are the quantities of the formula by name, all zero or above but for corrections.

    `on_day` is None when no day was asked for; `age` is None when the stock was never confirmed.
    """

    product: str
    unit: str
    terms: Mapping[str, Decimal]
    now: Decimal
    on_day: Decimal | None
    incoming: tuple[tuple[str, date, Decimal], ...]
    """Reference, day and quantity of all that is on its way, the earliest first."""
    age: timedelta | None
    substitutes: tuple[str, ...]


@dataclass(frozen=True)
class Reservation:
    """What is kept for somebody until `expires_at`."""

    key: int
    quantity: Decimal
    expires_at: datetime


def availability(session: Session, code: str, day: date | None = None) -> Availability:
    """What can be promised of a product now and on a day, with every term. Raises NotFound.

    Reservations of a blocked lot do not count: the block takes the lot away from everybody, whoever reserved it.
    """
    product = stock.product(session, code)
    balance = goods.stock_balance.c
    by_kind = select(balance.kind, func.sum(balance.quantity)).where(balance.product_key == product.key)
    moved = {kind: int(total) for kind, total in session.execute(by_kind.group_by(balance.kind))}
    terms = {kind.lower(): moved.get(kind, 0) for kind in Movement}
    terms["reserved"] = _total(session, _reserved(product.key))
    terms["blocked"] = _total(session, _blocked(product.key))
    added = sum(terms[kind.lower()] for kind in stock.INTO)
    now = added - (sum(terms.values()) - added)
    on_day = None
    if day is not None:
        terms["in_transit"] = _total(session, _incoming(product.key, day))
        terms["demand"] = _total(session, _demand(product.key, day))
        on_day = quantities.shown(now + terms["in_transit"] - terms["demand"])
    coming = goods.incoming_stock.c
    on_its_way = (
        select(coming.reference, coming.expected_on, coming.quantity)
        .where(coming.product_key == product.key, coming.arrived_at.is_(None))
        .order_by(coming.expected_on, coming.key)
    )
    return Availability(
        product=product.code,
        unit=product.unit,
        terms={name: quantities.shown(quantity) for name, quantity in terms.items()},
        now=quantities.shown(now),
        on_day=on_day,
        incoming=tuple(
            (row.reference, row.expected_on, quantities.shown(row.quantity))
            for row in session.execute(on_its_way)
        ),
        age=clock.now() - product.stock_as_of if product.stock_as_of is not None else None,
        substitutes=tuple(_substitutes(session, product.key)),
    )


def first_day(session: Session, code: str, quantity: Decimal, *, earliest: date) -> date | None:
    """The first day, `earliest` or one when something arrives, on which so much can be promised; None when there is none.

    Raises NotFound, Invalid.
    """
    wanted = quantities.shown(quantities.positive(quantity))
    found = availability(session, code, earliest)
    if found.on_day is not None and found.on_day >= wanted:
        return earliest
    product = stock.product(session, code)
    for day in sorted({expected_on for _, expected_on, _ in found.incoming if expected_on > earliest}):
        coming = _total(session, _incoming(product.key, day)) - _total(session, _demand(product.key, day))
        if found.now + quantities.shown(coming) >= wanted:
            return day
    return None


def reserve(
    session: Session,
    code: str,
    quantity: Decimal,
    *,
    reserved_for: str,
    job_key: int | None = None,
    lot_key: int | None = None,
) -> Reservation:
    """Keep a quantity for somebody for three working days; for a job that is done again, the one it made before.

    The days are those of our own calendar.
    The product's row is locked first, so that two cannot promise the same stock.
    Raises Conflict `stock_not_enough` when less can be promised or the lot is blocked, NotFound, Invalid.
    """
    wanted = quantities.positive(quantity)
    product = stock.product(session, code, is_locked=True)
    columns = goods.stock_reservation.c
    if job_key is not None:
        before = session.execute(
            select(goods.stock_reservation).where(columns.job_key == job_key)
        ).one_or_none()
        if before is not None:
            return Reservation(before.key, quantities.shown(before.quantity), before.expires_at)
    left = availability(session, code).now
    is_blocked = lot_key is not None and session.scalar(select(_is_blocked(lot_key)))
    if left < quantities.shown(wanted) or is_blocked:
        raise Conflict("stock_not_enough", product=code, left=str(left), unit=product.unit)
    key, at = database.new_key(), clock.now()
    expires_at = durations.add(Calendars(session).of(""), at, _RESERVATION)
    session.execute(
        insert(goods.stock_reservation).values(
            key=key,
            job_key=job_key,
            product_key=product.key,
            lot_key=lot_key,
            quantity=wanted,
            reserved_for=reserved_for,
            reserved_at=at,
            expires_at=expires_at,
        )
    )
    return Reservation(key, quantities.shown(wanted), expires_at)


def release(session: Session, reservation_key: int) -> None:
    """Give back what was reserved; once more changes nothing. Raises NotFound."""
    columns = goods.stock_reservation.c
    is_known = session.scalar(select(columns.key).where(columns.key == reservation_key))
    if is_known is None:
        raise NotFound("reservation_not_found")
    open_ = (columns.key == reservation_key) & columns.released_at.is_(None)
    session.execute(update(goods.stock_reservation).where(open_).values(released_at=clock.now()))


def _total(session: Session, query: Select[Any]) -> int:
    return int(session.scalar(query) or 0)


def _reserved(product_key: int) -> Select[Any]:
    columns = goods.stock_reservation.c
    return select(func.sum(columns.quantity)).where(
        columns.product_key == product_key,
        columns.released_at.is_(None),
        columns.expires_at > clock.now(),
        ~_is_blocked(columns.lot_key),
    )


def _is_blocked(lot_key: Any) -> Any:
    columns = goods.lot_block.c
    return exists().where(columns.lot_key == lot_key, columns.released_at.is_(None))


def _blocked(product_key: int) -> Select[Any]:
    # Of a lot that is blocked twice, for a recall and for its quality, the larger quantity counts, not both.
    columns = goods.lot_block.c
    by_lot = (
        select(func.max(columns.quantity).label("quantity"))
        .where(columns.product_key == product_key, columns.released_at.is_(None))
        .group_by(columns.lot_key)
        .subquery()
    )
    return select(func.sum(by_lot.c.quantity))


def _incoming(product_key: int, day: date) -> Select[Any]:
    columns = goods.incoming_stock.c
    return select(func.sum(columns.quantity)).where(
        columns.product_key == product_key, columns.arrived_at.is_(None), columns.expected_on <= day
    )


def _demand(product_key: int, day: date) -> Select[Any]:
    line, order = goods.order_line.c, goods.customer_order.c
    return (
        select(func.sum(line.quantity))
        .join_from(goods.order_line, goods.customer_order, order.key == line.order_key)
        .where(line.product_key == product_key, line.wanted_on <= day, order.state == "OPEN")
    )


def _substitutes(session: Session, product_key: int) -> list[str]:
    columns = goods.product_substitute.c
    query = (
        select(goods.product.c.code)
        .join(goods.product_substitute, columns.substitute_key == goods.product.c.key)
        .where(columns.product_key == product_key, goods.product.c.is_active)
    )
    return list(session.scalars(query.order_by(goods.product.c.code)))
