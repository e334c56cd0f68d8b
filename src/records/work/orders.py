"""Service orders (DOMAIN F8, F9): entered with a number that has no gap, issued, acknowledged, reported and charged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import clock, database, numbers
from laneway.engine.tables import work
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.work import money
from laneway.words import Text

SERIES = "SO"
_SAID = (
    *("case_number", "service_type", "customer", "site", "contact", "severity"),
    *("description", "hazards", "service_date", "trial_until", "project"),
)
FREE = ("trial", "contract")
"""Entitlements under which a visit costs the customer nothing (D12 rule 7)."""


class State(StrEnum):
    """How far an order has come."""

    PLANNING = "PLANNING"
    ISSUED = "ISSUED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


OPEN = (State.PLANNING, State.ISSUED)


@dataclass(frozen=True)
class Need:
    """What is asked for; the service type gives what is not said."""

    service_type: str
    customer: str
    description: str
    service_date: date
    case_number: str
    site: str = ""
    contact: str = ""
    severity: str = "S4"
    hazards: str = ""
    project: str = ""
    trial_until: date | None = None
    skills: tuple[str, ...] = ()
    minutes: int | None = None


@dataclass(frozen=True)
class Order:
    """A service order as it stands. `price_estimate` is in the unit of `currency`."""

    key: int
    number: str
    case_number: str
    state: State
    service_type: str
    customer: str
    site: str
    contact: str
    severity: str
    description: str
    hazards: str
    skills: tuple[str, ...]
    minutes: int
    service_date: date
    trial_until: date | None
    project: str
    price_estimate: Decimal
    currency: str
    work_centre: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    customer_agreed_at: datetime | None
    revision: int


@dataclass(frozen=True)
class Change:
    """More work than was ordered, with its price; `minutes` are added to the order when it is approved."""

    description: str
    minutes: int
    price: Decimal
    is_approved: bool


@dataclass(frozen=True)
class Report:
    """What was done on site, signed by the customer."""

    arrived_at: datetime
    left_at: datetime
    work: str
    is_first_time_fixed: bool
    signed_by: str
    parts: str = ""
    readings: str = ""
    follow_up: str = ""


def enter(session: Session, need: Need, *, job_key: int, by: str | None, number: str | None = None) -> Order:
    """Enter an order; for a job that is done again, the one that it entered before.

    `number` is one of the series that its case carries already, else the next one is allotted with the record.
    Raises Invalid for an unknown service type, Conflict when the order of that number is no longer being planned.
    """
    columns = work.service_order.c
    before = session.scalar(select(columns.number).where(columns.job_key == job_key))
    if before is not None:
        return find(session, before)
    told = _asked(session, need)
    if number is not None and session.scalar(select(columns.key).where(columns.number == number)) is not None:
        return _enter_anew(session, number, told)
    if number is None:
        number = numbers.allot(session, SERIES, thing="service_order", by=by, at=clock.now())
    session.execute(
        insert(work.service_order).values(
            key=database.new_key(),
            number=number,
            job_key=job_key,
            state=State.PLANNING,
            opened_at=clock.now(),
            revision=0,
            **told,
        )
    )
    return find(session, number)


def _asked(session: Session, need: Need) -> dict[str, Any]:
    """The columns that a need fills, with what the service type gives where it says nothing."""
    kind = template(session, need.service_type)
    minutes = kind.minutes if need.minutes is None else need.minutes
    return {
        **{name: getattr(need, name) for name in _SAID},
        "skills": sorted({*skills_of(session, kind.key), *need.skills}),
        "minutes": minutes,
        "price_estimate": money.for_minutes(kind.hourly_rate, minutes),
        "currency": kind.currency,
    }


def _enter_anew(session: Session, number: str, told: dict[str, Any]) -> Order:
    """A case that went back to an earlier step describes its order anew: the number stays, the plan is given up."""
    order = find(session, number, is_locked=True)
    if order.state != State.PLANNING:
        raise Conflict("service_order_not_planning", number=number)
    session.execute(delete(work.resource_booking).where(work.resource_booking.c.order_key == order.key))
    nothing = {"starts_at": None, "ends_at": None, "customer_agreed_at": None}
    _set(session, order, revision=order.revision + 1, **told, **nothing)
    return find(session, number)


def find(session: Session, number: str, *, is_locked: bool = False) -> Order:
    """The order with this number; `is_locked` lets nobody else change it in the meantime. Raises NotFound."""
    found = read(session, work.service_order.c.number == number, is_locked=is_locked)
    if not found:
        raise NotFound("service_order_not_found", number=number)
    return found[0]


def read(
    session: Session, condition: ColumnElement[bool], *, limit: int | None = None, is_locked: bool = False
) -> list[Order]:
    """Orders for which the condition holds, the earliest planned first."""
    columns, centre = work.service_order.c, work.work_centre.c
    if is_locked:
        session.execute(select(columns.key).where(condition).with_for_update()).all()
    rows = session.execute(
        select(work.service_order, centre.code.label("work_centre"))
        .outerjoin_from(work.service_order, work.work_centre, centre.key == columns.work_centre_key)
        .where(condition)
        .order_by(columns.starts_at, columns.service_date, columns.key)
        .limit(limit)
    )
    return [_order(row) for row in rows]


def template(session: Session, service_type: str) -> Any:
    """The row of a service type. Raises Invalid."""
    columns = work.service_template.c
    row = session.execute(
        select(work.service_template).where(columns.code == service_type, columns.is_active)
    ).one_or_none()
    if row is None:
        raise Invalid("service_type_unknown", service_type=service_type)
    return row


def types(session: Session) -> list[tuple[str, Text]]:
    """Code and name of the service types in use."""
    columns = work.service_template.c
    rows = session.execute(select(work.service_template).where(columns.is_active).order_by(columns.code))
    return [(row.code, Text(row.name_zh, row.name_en)) for row in rows]


def skills_of(session: Session, template_key: int) -> list[str]:
    """Codes of the skills that a service type asks for."""
    columns = work.service_template_skill.c
    query = select(columns.skill).where(columns.template_key == template_key)
    return list(session.scalars(query.order_by(columns.position)))


def agreed(session: Session, number: str, *, revision: int) -> None:
    """The customer has agreed to the plan with this revision. Raises Conflict when it was changed meanwhile."""
    order = find(session, number, is_locked=True)
    if order.revision != revision:
        raise Conflict("service_plan_changed", number=number)
    _set(session, order, customer_agreed_at=clock.now())


def issue(session: Session, number: str) -> Order:
    """Give the order out; once more changes nothing.

    Raises Conflict when it has no plan or the customer has not agreed to it.
    """
    order = find(session, number, is_locked=True)
    if order.state == State.ISSUED:
        return order
    if order.state != State.PLANNING or order.starts_at is None or order.customer_agreed_at is None:
        raise Conflict("service_order_not_ready", number=number)
    _set(session, order, state=State.ISSUED)
    return find(session, number)


def acknowledge(session: Session, number: str, recipient: str, *, by: str) -> None:
    """A recipient, `group:<id>` or `person:<username>`, has acknowledged the order; once more changes nothing."""
    order = find(session, number, is_locked=True)
    columns = work.service_acknowledgement.c
    same = (columns.order_key == order.key) & (columns.recipient == recipient)
    if session.scalar(select(columns.key).where(same)) is None:
        session.execute(
            insert(work.service_acknowledgement).values(
                key=database.new_key(),
                order_key=order.key,
                recipient=recipient,
                acknowledged_by=by,
                acknowledged_at=clock.now(),
            )
        )


def acknowledgements(session: Session, number: str) -> list[tuple[str, str, datetime]]:
    """Recipient, who acknowledged, and when."""
    columns = work.service_acknowledgement.c
    query = select(columns.recipient, columns.acknowledged_by, columns.acknowledged_at)
    rows = session.execute(
        query.where(columns.order_key == find(session, number).key).order_by(columns.acknowledged_at)
    )
    return [(row.recipient, row.acknowledged_by, row.acknowledged_at) for row in rows]


def add_change(session: Session, number: str, change: Change, *, job_key: int, by: str) -> None:
    """Enter a decided change order; for a job that is done again, nothing."""
    order = find(session, number, is_locked=True)
    columns = work.service_change.c
    if session.scalar(select(columns.key).where(columns.job_key == job_key)) is None:
        session.execute(
            insert(work.service_change).values(
                key=database.new_key(),
                order_key=order.key,
                job_key=job_key,
                description=change.description,
                minutes=change.minutes,
                price=money.stored(change.price),
                is_approved=change.is_approved,
                decided_by=by,
                decided_at=clock.now(),
            )
        )


def charge(session: Session, number: str, entitlement: str) -> Decimal:
    """What the customer pays: nothing under trial or contract but for approved changes, else the estimate besides."""
    order = find(session, number)
    columns = work.service_change.c
    more = select(func.coalesce(func.sum(columns.price), 0)).where(
        columns.order_key == order.key, columns.is_approved
    )
    total = int(session.scalar(more) or 0)
    return money.shown(total) + (Decimal(0) if entitlement in FREE else order.price_estimate)


def report(session: Session, number: str, told: Report, *, charged: Decimal) -> None:
    """File the signed report; the order is done. Once more changes nothing.

    Raises Invalid when leaving comes before arriving, Conflict for an order that was not given out.
    """
    if told.left_at <= told.arrived_at:
        raise Invalid("span_ends_before_it_begins")
    order = find(session, number, is_locked=True)
    if order.state == State.DONE:
        return
    if order.state != State.ISSUED:
        raise Conflict("service_order_not_issued", number=number)
    session.execute(
        insert(work.service_report).values(
            order_key=order.key,
            arrived_at=told.arrived_at,
            left_at=told.left_at,
            work=told.work,
            parts=told.parts,
            readings=told.readings,
            is_first_time_fixed=told.is_first_time_fixed,
            follow_up=told.follow_up,
            signed_by=told.signed_by,
            signed_at=clock.now(),
            charge=money.stored(charged),
        )
    )
    _set(session, order, state=State.DONE, closed_at=clock.now())


def cancel(session: Session, number: str, *, reason: str, by: str) -> None:
    """Cancel an order: who was booked is free again, the number stays in the list as cancelled.

    Once more changes nothing. Raises Conflict for an order that is done, Invalid without a reason.
    """
    order = find(session, number, is_locked=True)
    if order.state == State.CANCELLED:
        return
    if order.state == State.DONE:
        raise Conflict("service_order_done", number=number)
    session.execute(delete(work.resource_booking).where(work.resource_booking.c.order_key == order.key))
    _set(session, order, state=State.CANCELLED, closed_at=clock.now())
    numbers.cancel(session, number, reason=reason, by=by)


def estimate(session: Session, number: str, *, price: Decimal | None, project: str) -> None:
    """What the planner says of price and project. Raises Conflict for an order that was given out already."""
    order = find(session, number, is_locked=True)
    if order.state != State.PLANNING:
        raise Conflict("service_order_not_planning", number=number)
    hundredths = money.stored(order.price_estimate if price is None else price)
    _set(session, order, price_estimate=hundredths, project=project or order.project)


def _set(session: Session, order: Order, **values: Any) -> None:
    session.execute(update(work.service_order).where(work.service_order.c.key == order.key).values(**values))


def _order(row: Any) -> Order:
    return Order(
        key=row.key,
        number=row.number,
        case_number=row.case_number,
        state=State(row.state),
        service_type=row.service_type,
        customer=row.customer,
        site=row.site,
        contact=row.contact,
        severity=row.severity,
        description=row.description,
        hazards=row.hazards,
        skills=tuple(row.skills),
        minutes=row.minutes,
        service_date=row.service_date,
        trial_until=row.trial_until,
        project=row.project,
        price_estimate=money.shown(row.price_estimate),
        currency=row.currency,
        work_centre=row.work_centre,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        customer_agreed_at=row.customer_agreed_at,
        revision=row.revision,
    )
