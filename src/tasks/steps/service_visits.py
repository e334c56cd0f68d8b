"""Job types around the visit of a service order: given out, acknowledged, changed, reported, cancelled (docs/dialect.md).

Each may be done again: what an order has taken in already changes nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from laneway.engine.database import unit_of_work
from laneway.errors import BpmnError, Conflict
from laneway.records.work import money, orders, plans
from laneway.records.work.orders import Change, Order, Report, State
from laneway.tasks.registry import Job, handler
from laneway.tasks.steps import said
from laneway.tasks.steps.service_orders import shown_at

ISSUE, ACKNOWLEDGE = "laneway:issue-service-order", "laneway:acknowledge-service-order"
CHANGE, REPORT = "laneway:change-service-order", "laneway:report-service-order"
CANCEL = "laneway:cancel-service-order"
PLAN_CHANGED = "PLAN_CHANGED"
"""The BPMN error for a plan that was moved after the customer had agreed to it."""


def install() -> None:
    """Serve the job types."""
    handler(ISSUE)(issue)
    handler(ACKNOWLEDGE)(acknowledge)
    handler(CHANGE)(change)
    handler(REPORT)(report)
    handler(CANCEL)(cancel)


def issue(job: Job) -> dict[str, Any]:
    """Give the order out to the groups and people that were named: `recipients`, one for each.

    Raises BpmnError `PLAN_CHANGED`, with the new times, when it was planned anew since the customer agreed, and
    ValueError when nobody is named.
    """
    number = said.required(job, "service_order_number")
    recipients = [_recipient("group", one) for one in said.texts(job, "release_groups")]
    recipients += [_recipient("person", one) for one in said.texts(job, "release_people")]
    if not recipients:
        raise ValueError(f"{job.type}: 没有收件的组或人 / no group and no person is named")
    moved: Order | None = None
    with unit_of_work() as session:
        order = orders.find(session, number, is_locked=True)
        if order.state == State.PLANNING:
            if order.revision != job.variables.get("plan_revision") or order.starts_at is None:
                moved = order
            else:
                orders.agreed(session, number, revision=order.revision)
                order = orders.issue(session, number)
        elif order.state != State.ISSUED:
            raise Conflict("service_order_not_ready", number=number)
        booked = plans.booked_for(session, order)
    if moved is not None:
        raise BpmnError(PLAN_CHANGED, "the plan was moved meanwhile", _times(moved))
    return {
        "recipients": recipients,
        "resources_shown": ", ".join(one.name.pick(job.locale) for one in booked),
    }


def acknowledge(job: Job) -> None:
    """A recipient has taken note of the order."""
    recipient = job.variables.get("recipient")
    if not isinstance(recipient, dict) or not recipient.get("id"):
        raise ValueError(f"{job.type}: 缺少 recipient / recipient is missing")
    with unit_of_work() as session:
        orders.acknowledge(
            session,
            said.required(job, "service_order_number"),
            str(recipient["id"]),
            by=said.required(job, "acknowledged_by", longest=120),
        )


def change(job: Job) -> dict[str, Any]:
    """Enter a decided change order, approved or not, with its price."""
    number = said.required(job, "service_order_number")
    is_approved = said.text(job, "change_decision") == "approve"
    minutes = job.variables.get("change_minutes")
    entered = Change(
        description=said.required(job, "change_description"),
        minutes=int(minutes) if isinstance(minutes, int | float) else 0,
        price=money.of(job.variables.get("change_price") or 0),
        is_approved=is_approved,
    )
    with unit_of_work() as session:
        orders.add_change(
            session, number, entered, job_key=job.key, by=said.required(job, "change_decided_by", longest=120)
        )
    return {"change_approved": is_approved}


def report(job: Job) -> dict[str, Any]:
    """File the signed report: the order is done, and what the customer pays is known."""
    number = said.required(job, "service_order_number")
    told = Report(
        arrived_at=said.required_moment(job, "arrived_at"),
        left_at=said.required_moment(job, "left_at"),
        work=said.required(job, "work_done"),
        is_first_time_fixed=said.text(job, "fixed") == "yes",
        signed_by=said.required(job, "signed_by", longest=200),
        parts=_lines(job, "parts", ("part", "lot", "quantity")),
        readings=_lines(job, "readings", ("what", "value")),
        follow_up=said.text(job, "follow_up"),
    )
    with unit_of_work() as session:
        order = orders.find(session, number, is_locked=True)
        charged = orders.charge(session, number, said.text(job, "entitlement") or "none")
        orders.report(session, number, told, charged=charged)
    return {
        "service_result": "done",
        "first_time_fixed": told.is_first_time_fixed,
        "charge": float(charged),
        "currency": order.currency,
        "service_signed_by": told.signed_by,
        "report_summary": told.work,
    }


def cancel(job: Job) -> dict[str, Any]:
    """Cancel the order, whose number stays in the list; `service_result` is `done` when it came too late for that."""
    number = said.text(job, "service_order_number")
    reason = said.text(job, "cancel_reason") or "客户取消 · cancelled by the customer"
    if not number:
        return {"service_result": "cancelled", "charge": 0}
    try:
        with unit_of_work() as session:
            orders.cancel(session, number, reason=reason, by=said.text(job, "cancelled_by") or "system")
    except Conflict as refused:
        if refused.code != "service_order_done":
            raise
        return {"service_result": "done"}
    return {"service_result": "cancelled", "charge": 0, "first_time_fixed": False, "service_signed_by": None}


def _recipient(kind: str, name: str) -> dict[str, str]:
    return {
        "id": f"{kind}:{name}",
        "group": name if kind == "group" else "",
        "person": name if kind == "person" else "",
    }


def _times(order: Order) -> dict[str, Any]:
    start, end = order.starts_at, order.ends_at
    return {
        "planned_start": None if start is None else shown_at(start),
        "planned_end": None if end is None else shown_at(end),
        "plan_revision": order.revision,
    }


def _lines(job: Job, name: str, columns: tuple[str, ...]) -> str:
    """Rows of a list as text, one a line: the report is kept as it was told."""
    cells = [[_cell(row.get(column)) for column in columns] for row in said.rows(job, name)]
    return "\n".join(" · ".join(filter(None, row)) for row in cells if any(row))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{Decimal(str(value)).normalize():f}"
    return "" if value is None else str(value)
