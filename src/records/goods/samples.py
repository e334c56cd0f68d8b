"""Goods of the demonstration organisation: products, lots and where they came from, stock, orders, what is on its way."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.tables import goods
from laneway.records.goods import deliveries, lots, promises, stock
from laneway.records.goods.stock import Movement, NewMovement
from laneway.records.kinds import known, store
from laneway.words import Text

Row = dict[str, Any]


def load(session: Session) -> int:
    """Bring the goods into the database, unless there are products already; how many products and lots."""
    if session.scalar(select(goods.product.c.key).limit(1)) is not None:
        return 0
    told = tomllib.loads((files("laneway.records.goods") / "demo.toml").read_text("utf-8"))
    for name, add in _ADDS.items():
        for row in told[name]:
            add(session, row)
    for kind in known.all_():
        if kind.table in _FOUND:
            keys = session.scalars(select(kind.table.c.key)).all()
            store.keep_words(session, kind, {key: store.get(session, kind, key).values for key in keys})
    return len(told["product"]) + len(told["lot"])


def _product(session: Session, row: Row) -> None:
    stock.add_product(
        session,
        row["code"],
        Text(row["name_zh"], row["name_en"]),
        row["unit"],
        hazard=row["hazard"],
        sds_version=row["sds_version"],
        shelf_life_days=row["shelf_life_days"],
    )
    confirmed_at = clock.now() - timedelta(hours=row["confirmed_hours_ago"])
    stock.confirm(session, row["code"], by="he.ping", at=confirmed_at)


def _substitute(session: Session, row: Row) -> None:
    stock.approve_substitute(session, row["product"], row["substitute"], by=row["by"])


def _lot(session: Session, row: Row) -> None:
    produced_on = _day(-row["days_ago"])
    code = row.get("product")
    shelf_life = stock.product(session, code).shelf_life_days if code else None
    lots.add(
        session,
        row["number"],
        row["kind"],
        Decimal(row["quantity"]),
        product=code,
        made_of={number: Decimal(share) for number, share in row.get("made_of", {}).items()},
        produced_on=produced_on,
        expires_on=produced_on + timedelta(days=shelf_life) if shelf_life else None,
    )


def _block(session: Session, row: Row) -> None:
    lots.block(session, row["lot"], row["kind"], Decimal(row["quantity"]), reason=row["reason"], by=row["by"])


def _movements(session: Session, row: Row) -> None:
    moved = [
        NewMovement(
            product=row["product"],
            kind=kind,
            quantity=Decimal(row[kind]),
            reference=f"{row['product']}-{kind}",
            warehouse=row["warehouse"],
            at=_moment(row["days_ago"]),
            by="he.ping",
        )
        for kind in Movement
        if kind in row
    ]
    stock.move(session, moved)


def _reservation(session: Session, row: Row) -> None:
    promises.reserve(session, row["product"], Decimal(row["quantity"]), reserved_for=row["for"])


def _incoming(session: Session, row: Row) -> None:
    on = _day(row["in_days"])
    deliveries.expect(session, row["reference"], row["product"], Decimal(row["quantity"]), on=on)


def _order(session: Session, row: Row) -> None:
    lines = [(one["product"], Decimal(one["quantity"]), _day(one["in_days"])) for one in row["lines"]]
    at, state = _moment(row["days_ago"]), row.get("state", "OPEN")
    deliveries.order(session, row["number"], row["customer"], lines, at=at, state=state)


def _delivery(session: Session, row: Row) -> None:
    order = goods.customer_order.c
    lines = [(one["lot"], Decimal(one["quantity"])) for one in row["lines"]]
    order_key = session.scalar(select(order.key).where(order.number == row.get("order")))
    at = _moment(row["days_ago"])
    deliveries.ship(session, row["number"], row["customer"], lines, at=at, order_key=order_key)


def _day(days: int) -> date:
    return clock.here().date() + timedelta(days=days)


def _moment(days_ago: int) -> datetime:
    return clock.now() - timedelta(days=days_ago)


_FOUND = (goods.product, goods.lot, goods.incoming_stock, goods.customer_order, goods.delivery)
"""What lists of records find by words."""
_ADDS: dict[str, Callable[[Session, Row], None]] = {
    "product": _product,
    "substitute": _substitute,
    "lot": _lot,
    "movement": _movements,
    "block": _block,
    "reservation": _reservation,
    "incoming": _incoming,
    "order": _order,
    "delivery": _delivery,
}
