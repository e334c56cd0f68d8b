"""Service orders to look at: the list of all that were ever entered, and what was told of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from laneway.engine.tables import work
from laneway.records.work import money, orders
from laneway.records.work.orders import Order, Report, State


@dataclass(frozen=True)
class Decided:
    """A change order with who decided it, and when; the price is in the order's currency."""

    description: str
    minutes: int
    price: Decimal
    is_approved: bool
    by: str
    at: datetime


@dataclass(frozen=True)
class Signed:
    """The report of a visit with its signature and what the customer pays."""

    report: Report
    signed_at: datetime
    charge: Decimal


def listed(session: Session, *, state: State | None = None, text: str = "", limit: int = 100) -> list[Order]:
    """Orders by number, the newest first: cancelled ones too. `text` is looked for in number, case and customer."""
    columns = work.service_order.c
    wanted = true() if state is None else columns.state == state
    if text:
        found = [
            column.icontains(text, autoescape=True)
            for column in (columns.number, columns.case_number, columns.customer, columns.site)
        ]
        wanted &= or_(*found)
    newest = select(columns.key).where(wanted).order_by(columns.key.desc()).limit(limit)
    keys = list(session.scalars(newest))
    return sorted(orders.read(session, columns.key.in_(keys)), key=lambda order: order.key, reverse=True)


def changes_of(session: Session, order: Order) -> list[Decided]:
    """The change orders, the earliest first."""
    columns = work.service_change.c
    rows = session.execute(
        select(work.service_change).where(columns.order_key == order.key).order_by(columns.decided_at)
    )
    return [
        Decided(
            row.description,
            row.minutes,
            money.shown(row.price),
            row.is_approved,
            row.decided_by,
            row.decided_at,
        )
        for row in rows
    ]


def report_of(session: Session, order: Order) -> Signed | None:
    """The signed report, if there is one."""
    row = session.execute(
        select(work.service_report).where(work.service_report.c.order_key == order.key)
    ).one_or_none()
    if row is None:
        return None
    report = Report(
        arrived_at=row.arrived_at,
        left_at=row.left_at,
        work=row.work,
        is_first_time_fixed=row.is_first_time_fixed,
        signed_by=row.signed_by,
        parts=row.parts,
        readings=row.readings,
        follow_up=row.follow_up,
    )
    return Signed(report, row.signed_at, money.shown(row.charge))
