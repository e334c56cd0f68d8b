"""Lots: what they were made of, where they went, and blocks that keep them in the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import clock, database
from laneway.engine.tables import goods
from laneway.errors import Invalid, NotFound
from laneway.records.goods import quantities, stock


class Direction(StrEnum):
    """FORWARD: what a lot went into; BACKWARD: what it was made of."""

    FORWARD = "forward"
    BACKWARD = "backward"


def add(
    session: Session,
    number: str,
    kind: str,
    quantity: Decimal,
    *,
    product: str | None = None,
    made_of: Mapping[str, Decimal] | None = None,
    produced_on: date | None = None,
    expires_on: date | None = None,
) -> int:
    """Add a lot, with the quantities of the lots that went into it. Returns its key.

    A lot is made of lots that are there already, so that no lot can descend from itself. Raises NotFound, Invalid.
    """
    key = database.new_key()
    session.execute(
        insert(goods.lot).values(
            key=key,
            number=number,
            product_key=stock.product(session, product).key if product is not None else None,
            kind=kind,
            quantity=quantities.positive(quantity),
            produced_on=produced_on,
            expires_on=expires_on,
        )
    )
    for origin, share in (made_of or {}).items():
        if origin == number:
            raise Invalid("lot_made_of_itself", lot=number)
        session.execute(
            insert(goods.lot_origin).values(
                lot_key=key, from_key=lot(session, origin).key, quantity=quantities.positive(share)
            )
        )
    return key


def lot(session: Session, number: str) -> Any:
    """The row of a lot. Raises NotFound."""
    row = session.execute(select(goods.lot).where(goods.lot.c.number == number)).one_or_none()
    if row is None:
        raise NotFound("lot_not_found", lot=number)
    return row


def trace(session: Session, number: str, direction: Direction) -> list[Any]:
    """The rows of all lots that a lot went into, or was made of, over any number of steps; itself left out."""
    start = lot(session, number)
    family = _family(start.key, direction)
    query = select(goods.lot).where(goods.lot.c.key.in_(select(family.c.key)), goods.lot.c.key != start.key)
    return list(session.execute(query.order_by(goods.lot.c.number)))


def descendants(session: Session, number: str) -> dict[int, str]:
    """The numbers of a lot and of all lots that it went into, by key."""
    family = _family(lot(session, number).key, Direction.FORWARD)
    columns = goods.lot.c
    rows = session.execute(select(columns.key, columns.number).where(columns.key.in_(select(family.c.key))))
    return {row.key: row.number for row in rows}


def blocks(session: Session, number: str) -> list[Any]:
    """The rows of a lot's blocks, lifted ones too, the newest first."""
    columns = goods.lot_block.c
    query = select(goods.lot_block).where(columns.lot_key == lot(session, number).key)
    return list(session.execute(query.order_by(columns.blocked_at.desc(), columns.key.desc())))


def shipments(session: Session, number: str) -> list[Any]:
    """Who got anything of a lot: delivery `number`, `customer`, `shipped_at`, `lot` and `quantity` in thousandths."""
    family = _family(lot(session, number).key, Direction.FORWARD)
    line, sent = goods.delivery_line.c, goods.delivery.c
    query = (
        select(sent.number, sent.customer, sent.shipped_at, goods.lot.c.number.label("lot"), line.quantity)
        .join_from(goods.delivery_line, goods.delivery, sent.key == line.delivery_key)
        .join(goods.lot, goods.lot.c.key == line.lot_key)
        .where(line.lot_key.in_(select(family.c.key)))
    )
    return list(session.execute(query.order_by(sent.shipped_at, sent.number, line.line)))


def neighbours(session: Session, number: str) -> list[Any]:
    """The rows of lots that share an origin with a lot: what is wrong with one may be wrong with them."""
    start = lot(session, number)
    origin = goods.lot_origin.c
    shared = select(origin.from_key).where(origin.lot_key == start.key)
    siblings = select(origin.lot_key).where(origin.from_key.in_(shared))
    query = select(goods.lot).where(goods.lot.c.key.in_(siblings), goods.lot.c.key != start.key)
    return list(session.execute(query.order_by(goods.lot.c.number)))


def block(session: Session, number: str, kind: str, quantity: Decimal, *, reason: str, by: str) -> int:
    """Keep what is left of a lot in the warehouse, whoever has reserved it. Returns the key of the block.

    Raises NotFound, and Invalid without a reason or for a lot that is of no product.
    """
    row = lot(session, number)
    if not reason.strip() or row.product_key is None:
        raise Invalid("lot_block_incomplete", lot=number)
    key = database.new_key()
    session.execute(
        insert(goods.lot_block).values(
            key=key,
            lot_key=row.key,
            product_key=row.product_key,
            kind=kind,
            quantity=quantities.positive(quantity),
            reason=reason.strip(),
            blocked_at=clock.now(),
            blocked_by=by,
        )
    )
    return key


def block_rest(session: Session, number: str, kind: str, *, reason: str, by: str) -> int | None:
    """Block all that is left of a lot, unless it is blocked for this kind of reason already. Returns the block's key.

    Nothing is blocked of a lot that has left the warehouse. Raises NotFound, and Invalid as `block` does.
    """
    row, columns = lot(session, number), goods.lot_block.c
    same = (columns.lot_key == row.key) & (columns.kind == kind) & columns.released_at.is_(None)
    if session.scalar(select(columns.key).where(same).limit(1)) is not None:
        return None
    rest = left(session, number)
    return block(session, number, kind, rest, reason=reason, by=by) if rest > 0 else None


def left(session: Session, number: str) -> Decimal:
    """How much of a lot is still in the warehouse: by its movements, or where none name it, what was not delivered.

    Raises NotFound.
    """
    row, moved, sent = lot(session, number), goods.stock_movement.c, goods.delivery_line.c
    signed = case((moved.kind.in_(stock.INTO), moved.quantity), else_=-moved.quantity)
    by_movements = session.scalar(select(func.sum(signed)).where(moved.lot_key == row.key))
    if by_movements is not None:
        return quantities.shown(max(int(by_movements), 0))
    delivered = session.scalar(select(func.sum(sent.quantity)).where(sent.lot_key == row.key))
    return quantities.shown(max(row.quantity - int(delivered or 0), 0))


def named(session: Session, numbers: Iterable[str]) -> list[str]:
    """The lots that there are among these numbers, as they are stored; upper and lower case are the same."""
    wanted = [number.upper() for number in numbers]
    column = goods.lot.c.number
    return list(session.scalars(select(column).where(func.upper(column).in_(wanted)).order_by(column)))


def unblock(session: Session, block_key: int, *, by: str) -> None:
    """Lift a block. Raises NotFound when there is none."""
    columns = goods.lot_block.c
    is_open = session.scalar(
        select(columns.key).where(columns.key == block_key, columns.released_at.is_(None))
    )
    if is_open is None:
        raise NotFound("lot_block_not_found")
    values = {"released_at": clock.now(), "released_by": by}
    session.execute(update(goods.lot_block).where(columns.key == block_key).values(**values))


def _family(key: int, direction: Direction) -> Any:
    """Keys of a lot and all its descendants or ancestors. UNION and not UNION ALL: each is gone into once."""
    origin = goods.lot_origin.c
    here, there = (
        (origin.from_key, origin.lot_key)
        if direction is Direction.FORWARD
        else (origin.lot_key, origin.from_key)
    )
    family = select(goods.lot.c.key).where(goods.lot.c.key == key).cte("family", recursive=True)
    return family.union(select(there).where(here == family.c.key))
