"""The dispatch board: a week of resources and their orders, what is not planned yet, and one order with its plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, accounts, clock, working_calendars
from laneway.engine.access import Action
from laneway.engine.database import Session, transact
from laneway.engine.model import Person
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.documents import attachments, templates
from laneway.records.work import orders, plans, resources, told
from laneway.records.work.orders import Order, State
from laneway.records.work.plans import Plan, Planned
from laneway.records.work.resources import Resource
from laneway.web.auth import current_person
from laneway.web.errors import message
from laneway.web.frame import page
from laneway.web.i18n import N_, _, day, local
from laneway.web.looking import looking
from laneway.words import Text

bp = Blueprint("dispatch", __name__, url_prefix="/dispatch")

_DAYS = 7
_LISTED = 100
STATES = {
    State.PLANNING: N_("Planning"),
    State.ISSUED: N_("Given out"),
    State.DONE: N_("Done"),
    State.CANCELLED: N_("Cancelled"),
}
WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
KINDS = {
    "PERSON": N_("Person"),
    "PARTNER": N_("Partner"),
    "VEHICLE": N_("Vehicle"),
    "TOOL": N_("Tool"),
}


@dataclass(frozen=True)
class Slot:
    """What fills a part of a day of a resource: an order, or an absence with its reason."""

    begins: datetime
    ends: datetime
    order: Order | None
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """A resource with what it has on each day of the week."""

    resource: Resource
    days: Sequence[Sequence[Slot]]


@dataclass(frozen=True)
class Day:
    """A day of the week that is shown; closed ones are drawn quietly."""

    on: date
    name: str
    is_today: bool
    is_open: bool


@dataclass(frozen=True)
class Entered:
    """A plan as the form has it, right or wrong."""

    start: str
    end: str
    chosen: tuple[str, ...]
    centre: str


@bp.get("")
def board() -> str:
    """The week that the address names, of everybody or of the person alone."""
    person = current_person()
    access.require(person, Action.SEE_DISPATCH)
    may_plan = access.may(person, Action.PLAN_SERVICE)
    monday = _monday(request.args.get("week", ""))
    start, end = _midnight(monday), _midnight(monday + timedelta(days=_DAYS))
    with looking() as session:
        everyone = resources.all_active(session)
        mine = [one for one in everyone if one.username == person.username]
        is_mine = bool(mine) and request.args.get("who", "all" if may_plan else "mine") == "mine"
        planned = plans.week(session, start, end)
        absences = plans.absences(session, start, end)
        waiting = plans.unplanned(session)
        days = _week(session, monday)
    return page(
        "dispatch/board.html",
        nav="dispatch",
        days=days,
        rows=[_row(one, days, planned, absences) for one in (mine if is_mine else everyone)],
        waiting=[] if is_mine else waiting,
        late={one.order.number for one in planned if plans.is_late(one.order)},
        is_mine=is_mine,
        has_own=bool(mine),
        may_plan=may_plan,
        monday=monday,
        before=(monday - timedelta(days=_DAYS)).isoformat(),
        after=(monday + timedelta(days=_DAYS)).isoformat(),
        kinds=KINDS,
        span=span,
    )


@bp.get("/orders")
def listed() -> str:
    """Every order that was ever entered, the newest first; cancelled ones stay."""
    access.require(current_person(), Action.SEE_DISPATCH)
    asked = request.args
    state = State(asked["state"]) if asked.get("state") in set(State) else None
    text = asked.get("q", "").strip()[:200]
    with looking() as session:
        found = told.listed(session, state=state, text=text, limit=_LISTED)
    return page(
        "dispatch/orders.html",
        nav="dispatch",
        found=found,
        states=STATES,
        state=state,
        text=text,
        is_full=len(found) == _LISTED,
    )


@bp.get("/orders/<number>")
def show(number: str) -> str:
    """One order: its plan, who has acknowledged, changes, report, charge and documents."""
    access.require(current_person(), Action.SEE_DISPATCH)
    with looking() as session:
        return _order_page(session, number, is_suggested="suggest" in request.args)


@bp.post("/orders/<number>/plan")
def plan(number: str) -> BaseResponse | tuple[str, int]:
    """Plan an order, or move it; what cannot be booked is said above the form, which keeps what was entered."""
    access.require(current_person(), Action.PLAN_SERVICE)
    asked = request.form
    entered = Entered(
        asked.get("start", ""),
        asked.get("end", ""),
        tuple(asked.getlist("resource")),
        asked.get("centre", ""),
    )
    try:
        wanted = Plan(_moment(entered.start), _moment(entered.end), entered.chosen)
        revision = asked.get("revision", -1, type=int)
        transact(
            lambda session: plans.make(
                session, number, wanted, revision=revision, centre=entered.centre or None
            )
        )
    except (Invalid, Conflict, NotFound) as refusal:
        if refusal.code == "service_order_not_found":
            raise
        with looking() as session:
            shown = _order_page(session, number, entered=entered, problem=message(refusal))
        return shown, 409 if isinstance(refusal, Conflict) else 422
    flash(_("Planned. The customer has to agree to these dates."))
    return redirect(url_for("dispatch.show", number=number), 303)


@bp.post("/orders/<number>/unplan")
def unplan(number: str) -> BaseResponse:
    """Take a plan back: the order waits beside the board again."""
    access.require(current_person(), Action.PLAN_SERVICE)
    transact(lambda session: plans.give_up(session, number))
    flash(_("The plan is taken back. Who was booked is free again."))
    return redirect(url_for("dispatch.show", number=number), 303)


def _order_page(
    session: Session,
    number: str,
    *,
    entered: Entered | None = None,
    problem: str = "",
    is_suggested: bool = False,
) -> str:
    person = current_person()
    order = orders.find(session, number)
    booked = plans.booked_for(session, order)
    may_plan = order.state == State.PLANNING and access.may(person, Action.PLAN_SERVICE)
    slot = _next_free(session, order) if may_plan else None
    if entered is None:
        entered = _offered(order, booked, slot if is_suggested or order.starts_at is None else None)
    return page(
        "dispatch/order.html",
        nav="dispatch",
        order=order,
        booked=booked,
        states=STATES,
        may_plan=may_plan,
        slot=slot,
        entered=entered,
        problem=problem,
        choices=_choices(session, order, entered) if may_plan else [],
        centres=resources.centres(session) if may_plan else [],
        acknowledged=orders.acknowledgements(session, number),
        changes=told.changes_of(session, order),
        signed=told.report_of(session, order),
        people={one.person.username: one.person.name for one in accounts.list_people(session)},
        groups={one.group_id: one.name for one in accounts.list_groups(session)},
        files=_documents(session, person, order),
        recipient_name=recipient_name,
    )


def _documents(session: Session, person: Person, order: Order) -> list[object]:
    """The files of the order's case, for those who may see it."""
    if not access.may(person, Action.SEE_CASE):
        return []
    try:
        root_key = templates.root_key_of(session, order.case_number)
    except NotFound:
        return []  # the case has been archived; the order stays
    return list(attachments.listed(session, root_key))


def _next_free(session: Session, order: Order) -> resources.Slot | None:
    wanted = datetime.combine(order.service_date, time(), clock.here().tzinfo)
    after = max(wanted, clock.now())
    return resources.next_free(session, order.skills, order.minutes, after, but_order=order.key)


def _offered(order: Order, booked: list[Resource], slot: resources.Slot | None) -> Entered:
    """The plan as it is, or the next free time."""
    if slot is not None:
        centre = order.work_centre or slot.resource.work_centre or ""
        return Entered(_input(slot.start), _input(slot.end), (slot.resource.code,), centre)
    codes = tuple(one.code for one in booked)
    return Entered(_input(order.starts_at), _input(order.ends_at), codes, order.work_centre or "")


def _choices(session: Session, order: Order, entered: Entered) -> list[tuple[Resource, str]]:
    """Every resource, with why it cannot go at that time: empty for one that can."""
    everyone = resources.all_active(session)
    try:
        start, end = _moment(entered.start), _moment(entered.end)
    except Invalid:
        return [(one, "") for one in everyone]
    able = {one.key for one in resources.able(session, order.skills, local(start).date(), local(end).date())}
    taken = resources.busy(session, [one.key for one in everyone], start, end, but_order=order.key)
    return [
        (
            one,
            _("taken or absent")
            if taken.get(one.key)
            else _("skill or certificate missing")
            if one.kind in resources.WORKERS and one.key not in able
            else "",
        )
        for one in everyone
    ]


def _row(
    resource: Resource,
    days: Sequence[Day],
    planned: Sequence[Planned],
    absences: Sequence[tuple[str, datetime, datetime, str]],
) -> Row:
    slots = [
        Slot(one.order.starts_at, one.order.ends_at, one.order)
        for one in planned
        if resource.code in one.resources and one.order.starts_at and one.order.ends_at
    ]
    slots += [
        Slot(begins, ends, None, reason) for code, begins, ends, reason in absences if code == resource.code
    ]
    by_day: dict[date, list[Slot]] = defaultdict(list)
    for slot in sorted(slots, key=lambda one: one.begins):
        for one in days:
            if slot.begins < _midnight(one.on + timedelta(days=1)) and slot.ends > _midnight(one.on):
                by_day[one.on].append(slot)
    return Row(resource, [by_day[one.on] for one in days])


def _week(session: Session, monday: date) -> list[Day]:
    calendar, today = working_calendars.own(session), clock.here().date()
    return [
        Day(on, _(WEEKDAYS[number]), on == today, bool(calendar.openings(on)))
        for number, on in enumerate(monday + timedelta(days=more) for more in range(_DAYS))
    ]


def _monday(asked: str) -> date:
    """The Monday of the week that holds the day that was asked for, else today's."""
    try:
        found = date.fromisoformat(asked)
        found = found if 2000 <= found.year <= 2100 else clock.here().date()
    except ValueError:
        found = clock.here().date()
    return found - timedelta(days=found.weekday())


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), clock.here().tzinfo)


def _input(at: datetime | None) -> str:
    """A moment as a date and time field of a browser has it."""
    return "" if at is None else at.astimezone(clock.here().tzinfo).strftime("%Y-%m-%dT%H:%M")


def _moment(written: str) -> datetime:
    """What a date and time field gives, in the department's time. Raises Invalid("plan_time_wrong")."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise Invalid("plan_time_wrong") from None
    if not 2000 <= found.year <= 2100:
        raise Invalid("plan_time_wrong")
    return found if found.tzinfo is not None else found.replace(tzinfo=clock.here().tzinfo)


def span(begins: datetime, ends: datetime) -> str:
    """From when to when, the day only where it lasts for several."""
    begun, ended = local(begins), local(ends)
    if begun.date() == ended.date():
        return f"{begun:%H:%M}–{ended:%H:%M}"
    return f"{day(begun)} {begun:%H:%M} – {day(ended)} {ended:%H:%M}"


def recipient_name(recipient: str, people: dict[str, Text], groups: dict[str, Text]) -> Text:
    """Whom an order was given out to, in words."""
    kind, _colon, name = recipient.partition(":")
    known = groups if kind == "group" else people
    return known.get(name, Text(name, name))
