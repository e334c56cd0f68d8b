"""Reopening: within the days that policy gives the same case goes on, later a new case follows it (DOMAIN section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from laneway.engine import access, clock, definitions, forms, instances
from laneway.engine.access import Action
from laneway.engine.model import InstanceState, Person
from laneway.engine.operations import reopening
from laneway.engine.queries import cases
from laneway.engine.queries.cases import CaseRow
from laneway.engine.tables import case_file, form_definition
from laneway.engine.tables.department.cases import case_reopening
from laneway.errors import Conflict, Invalid
from laneway.records.cases import figures, links


@dataclass(frozen=True)
class Reopened:
    """The case that goes on: the same, or a new one."""

    number: str
    is_new: bool


@dataclass(frozen=True)
class Rate:
    """K11 of a period: closures in it, and reopenings in it."""

    closed: int
    reopened: int

    @property
    def share(self) -> float | None:
        """Reopened ÷ closed; nothing where nothing was closed."""
        return self.reopened / self.closed if self.closed else None


def closed_at(row: CaseRow) -> datetime | None:
    """When the case was closed as its customer sees it; nothing while it is open or after it was cancelled."""
    if row.state == InstanceState.TERMINATED:
        return None
    return row.customer_closed_at or row.closed_at


def is_same_case(session: Session, row: CaseRow) -> bool:
    """Whether reopening now goes on with the same case."""
    closed = closed_at(row)
    days = figures.amount(session, "reopen_days")
    return closed is not None and clock.now() <= closed + timedelta(days=days)


def reopen(session: Session, number: str, *, by: Person, reason: str) -> Reopened:
    """Take a closed case up again, because the customer was not content or was heard of again.

    Raises NotFound, NotAllowed, Invalid without a reason, and Conflict when the case is not closed.
    """
    access.require(by, Action.REOPEN_CASE)
    row = cases.find(session, by, number)
    if closed_at(row) is None:
        raise Conflict(
            "case_is_open" if row.closed_at is None else "case_was_cancelled", key=row.instance_key
        )
    return take_up(session, row, by=by, reason=reason)


def take_up(session: Session, row: CaseRow, *, by: Person | None, reason: str) -> Reopened:
    """As `reopen`, of a case that is closed; asks for no rights. Nobody (`by`) is the customer, by mail."""
    if is_same_case(session, row):
        reopening.reopen(session, row.instance_key, by=by, reason=reason)
        return Reopened(row.number, is_new=False)
    return Reopened(_follow(session, row, by=by, reason=reason), is_new=True)


def _follow(session: Session, row: CaseRow, *, by: Person | None, reason: str) -> str:
    """A new case of the same process with what was asked when the old one was opened; returns its number."""
    if not reason.strip():
        raise Invalid("reason_required", [("reason", "required", {})])
    started = instances.start(
        session,
        process_id=row.process_id,
        variables=_asked_at_start(session, row)
        | {"follows_case": row.number, "follow_up_reason": reason.strip()},
        by=by,
    )
    links.add(session, started.instance_key, row.instance_key, links.Kind.FOLLOWS, by=by, reason=reason)
    return started.case_number or str(started.instance_key)


def _asked_at_start(session: Session, row: CaseRow) -> dict[str, object]:
    """The values of the process's start form, as the old case knows them."""
    definition = definitions.load(session, definitions.find_process(session, row.process_id))
    columns = form_definition.c
    query = select(columns.schema).where(columns.form_id == definition.start_form_id)
    stored = session.scalar(query.order_by(columns.version.desc()).limit(1))
    if stored is None:
        return {}
    known = instances.variables(session, row.instance_key)
    return forms.prefill(forms.read_schema(stored), known)


def rate(session: Session, since: datetime, until: datetime) -> Rate:
    """K11: closures and reopenings from `since` up to `until`; a closure that was taken back counts as one."""
    files, again = case_file.c, case_reopening.c
    closed = func.coalesce(files.customer_closed_at, files.closed_at)
    still = select(func.count()).where(
        closed >= since, closed < until, files.state != InstanceState.TERMINATED
    )
    taken_back = select(func.count()).where(again.closed_at >= since, again.closed_at < until)
    reopened = select(func.count()).where(again.reopened_at >= since, again.reopened_at < until)
    closures = (session.scalar(still) or 0) + (session.scalar(taken_back) or 0)
    return Rate(closures, session.scalar(reopened) or 0)
