"""Plans of service orders: when, by whom, with what. Nobody and nothing is booked twice for the same time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import clock, database
from laneway.engine.tables import work
from laneway.errors import Conflict, Invalid
from laneway.records.work import orders, resources
from laneway.records.work.orders import Order, State
from laneway.records.work.resources import PARTNER, PERSON, Resource

UNPLANNED = 200
"""At most so many orders wait beside the board."""


@dataclass(frozen=True)
class Plan:
    """From when to when, with which resources by their codes."""

    start: datetime
    end: datetime
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Planned:
    """An order on the board, with the codes of what is booked for it."""

    order: Order
    resources: tuple[str, ...]


def make(
    session: Session, number: str, plan: Plan, *, revision: int | None = None, centre: str | None = None
) -> Order:
    """Plan an order anew: bookings change with it, and the customer has to agree again.

    The resources are locked first, so that of two who book the same person one is refused. Together those who go must
    have every skill that the order asks for, on every day of it.
    Raises Invalid (`span_ends_before_it_begins`, `nobody_goes`, `resource_unable`), Conflict (`resource_taken`,
    `service_plan_changed` for another revision than is given, `service_order_not_planning`), NotFound.
    """
    if plan.end <= plan.start:
        raise Invalid("span_ends_before_it_begins")
    booked = resources.by_code(session, plan.resources, is_locked=True)
    order = orders.find(session, number, is_locked=True)
    if order.state != State.PLANNING:
        raise Conflict("service_order_not_planning", number=number)
    if revision is not None and order.revision != revision:
        raise Conflict("service_plan_changed", number=number)
    _require_able(session, order, plan, booked)
    _require_free(session, order, plan, booked)
    columns = work.resource_booking.c
    session.execute(delete(work.resource_booking).where(columns.order_key == order.key))
    session.execute(
        insert(work.resource_booking),
        [
            {
                "key": database.new_key(),
                "order_key": order.key,
                "resource_key": one.key,
                "starts_at": plan.start,
                "ends_at": plan.end,
            }
            for one in booked
        ],
    )
    centre = centre or order.work_centre or next((one.work_centre for one in booked if one.work_centre), None)
    centre_key = None if centre is None else resources.key_of(session, work.work_centre, centre)
    session.execute(
        update(work.service_order)
        .where(work.service_order.c.key == order.key)
        .values(
            starts_at=plan.start,
            ends_at=plan.end,
            work_centre_key=centre_key,
            customer_agreed_at=None,
            revision=order.revision + 1,
        )
    )
    return orders.find(session, number)


def give_up(session: Session, number: str) -> None:
    """Take the plan of an order back: who was booked is free, and the order waits beside the board again."""
    order = orders.find(session, number, is_locked=True)
    if order.state == State.PLANNING:
        session.execute(delete(work.resource_booking).where(work.resource_booking.c.order_key == order.key))
        values = {"starts_at": None, "ends_at": None, "customer_agreed_at": None}
        this = work.service_order.c.key == order.key
        session.execute(update(work.service_order).where(this).values(revision=order.revision + 1, **values))


def booked_for(session: Session, order: Order) -> list[Resource]:
    """What is booked for an order."""
    columns = work.resource_booking.c
    codes = select(work.work_resource.c.code).join(
        work.resource_booking, columns.resource_key == work.work_resource.c.key
    )
    found = session.scalars(codes.where(columns.order_key == order.key)).all()
    return resources.by_code(session, found)


def kind_of(booked: list[Resource]) -> str:
    """What D12 calls the resource of an order: `own`, `partner` or `none`."""
    kinds = {one.kind for one in booked}
    if PERSON in kinds:
        return "own"
    return "partner" if PARTNER in kinds else "none"


def week(session: Session, start: datetime, end: datetime) -> list[Planned]:
    """Orders that are planned in this time and not cancelled, the earliest first."""
    columns = work.service_order.c
    found = orders.read(
        session,
        (columns.starts_at < end) & (columns.ends_at > start) & (columns.state != State.CANCELLED),
    )
    booking, resource = work.resource_booking.c, work.work_resource.c
    rows = session.execute(
        select(booking.order_key, resource.code)
        .join_from(work.resource_booking, work.work_resource, resource.key == booking.resource_key)
        .where(booking.starts_at < end, booking.ends_at > start)
        .order_by(resource.code)
    )
    codes: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        codes[row.order_key].append(row.code)
    return [Planned(order, tuple(codes[order.key])) for order in found]


def unplanned(session: Session) -> list[Order]:
    """Orders that wait for a plan, the most severe first and of these the one that is wanted first; 200 at most."""
    columns = work.service_order.c
    found = orders.read(session, (columns.state == State.PLANNING) & columns.starts_at.is_(None))
    return sorted(found, key=lambda order: (order.severity, order.service_date))[:UNPLANNED]


def absences(session: Session, start: datetime, end: datetime) -> list[tuple[str, datetime, datetime, str]]:
    """Code of the resource, from, to and reason of every absence that touches this time."""
    columns, resource = work.resource_absence.c, work.work_resource.c
    rows = session.execute(
        select(resource.code, columns.starts_at, columns.ends_at, columns.reason)
        .join_from(work.resource_absence, work.work_resource, resource.key == columns.resource_key)
        .where(columns.starts_at < end, columns.ends_at > start)
        .order_by(columns.starts_at)
    )
    return [(row.code, row.starts_at, row.ends_at, row.reason) for row in rows]


def is_late(order: Order) -> bool:
    """Whether an order should have begun and is still being planned."""
    return order.state == State.PLANNING and order.starts_at is not None and order.starts_at < clock.now()


def _require_able(session: Session, order: Order, plan: Plan, booked: list[Resource]) -> None:
    going = [one for one in booked if one.kind in resources.WORKERS]
    if not going:
        raise Invalid("nobody_goes", number=order.number)
    zone = clock.zone()
    first, last = plan.start.astimezone(zone).date(), plan.end.astimezone(zone).date()
    for skill in order.skills:
        able = {one.key for one in resources.able(session, (skill,), first, last)}
        if not any(one.key in able for one in going):
            raise Invalid("resource_unable", resource=", ".join(one.code for one in going), skill=skill)


def _require_free(session: Session, order: Order, plan: Plan, booked: list[Resource]) -> None:
    keys = [one.key for one in booked]
    taken = resources.busy(session, keys, plan.start, plan.end, but_order=order.key)
    for one in booked:
        if taken.get(one.key):
            raise Conflict("resource_taken", resource=one.code)
