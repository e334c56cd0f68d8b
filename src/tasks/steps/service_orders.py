"""Job types that enter and plan a service order (DOMAIN section 3, C100, steps 1 to 6; docs/dialect.md).

Each may be done again: an order is entered once for its job, and planning the same once more books the same.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from laneway.engine import accounts, clock, working_calendars
from laneway.engine.calendars import durations, hours
from laneway.engine.database import Session, reading, unit_of_work
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.work import entitlements, money, orders, plans, resources
from laneway.records.work.orders import Need, Order
from laneway.records.work.plans import Plan
from laneway.records.work.resources import PERSON, Slot
from laneway.tasks.registry import Job, handler
from laneway.tasks.steps import said
from laneway.words import Text

OFFER, ENTER = "laneway:offer-service-types", "laneway:enter-service-order"
ENTITLE, CHECK, PLAN = "laneway:check-entitlement", "laneway:check-resources", "laneway:plan-service-order"
_STATES = {
    "free": Text("空闲", "free"),
    "busy": Text("已占用", "taken"),
    "unable": Text("缺技能或证书", "lacks a skill or certificate"),
}
_PROBLEMS = {
    "resource_taken": Text("该时段已被占用：{resource}", "taken at that time: {resource}"),
    "resource_unable": Text(
        "{resource} 缺少技能或有效证书：{skill}", "{resource} lacks the skill or a valid certificate: {skill}"
    ),
    "nobody_goes": Text("没有选择人员或合作伙伴", "nobody was chosen to go"),
    "span_ends_before_it_begins": Text("结束早于开始", "it ends before it begins"),
    "service_plan_changed": Text("计划已在调度板上改动", "it was planned on the dispatch board meanwhile"),
    "resource_not_found": Text("没有此资源：{resource}", "there is no such resource: {resource}"),
}


def install() -> None:
    """Serve the job types."""
    handler(OFFER)(offer)
    handler(ENTER)(enter)
    handler(ENTITLE)(entitle)
    handler(CHECK)(check)
    handler(PLAN)(plan)


def both(words: Text) -> str:
    """A name for people of both languages: options that a step makes are not translated."""
    return words.zh if words.zh == words.en else f"{words.zh} · {words.en}"


def shown_at(at: datetime) -> str:
    """A moment as forms and letters show it: in the department's time."""
    return at.astimezone(clock.zone()).isoformat(timespec="seconds")


def offer(_job: Job) -> dict[str, Any]:
    """The service types in use, for the form that describes the need."""
    with reading() as session:
        types = orders.types(session)
    return {"service_type_options": [{"label": both(name), "value": code} for code, name in types]}


def enter(job: Job) -> dict[str, Any]:
    """Enter the order with its number: that of its own case, or the next of the series in a case of another kind."""
    kind = said.required(job, "service_type", longest=40)
    need = Need(
        service_type=kind,
        customer=said.required(job, "customer", longest=200),
        description=said.required(job, "description"),
        service_date=said.day(job, "service_date") or _next_open_day(),
        case_number=job.case_number or "",
        site=said.text(job, "site", longest=400),
        contact=said.text(job, "contact", longest=400),
        severity=said.text(job, "severity", longest=2) or "S4",
        hazards=said.text(job, "hazards"),
        project=said.text(job, "project", longest=200),
        trial_until=said.day(job, "trial_until"),
        minutes=_minutes(job),
    )
    own = job.case_number if (job.case_number or "").startswith(f"{orders.SERIES}-") else None
    with unit_of_work() as session:
        order = orders.enter(session, need, job_key=job.key, by=None, number=own)
        row = orders.template(session, kind)
    items = zip(row.safety_zh.splitlines(), row.safety_en.splitlines(), strict=False)
    language = 0 if job.locale == "zh" else 1
    safety = [both(Text(zh.strip(), en.strip())) for zh, en in items if zh.strip()]
    return {
        "service_order_number": order.number,
        "service_date": order.service_date.isoformat(),
        "service_minutes": order.minutes,
        "service_type_name": (row.name_zh, row.name_en)[language],
        "skills_needed": list(order.skills),
        "price_estimate": float(order.price_estimate),
        "currency": order.currency,
        "safety_items": [{"label": item, "value": item} for item in safety],
        "safety_brief": "\n".join((row.safety_zh, row.safety_en)[language].splitlines()),
        "service_result": "open",
    }


def entitle(job: Job) -> dict[str, Any]:
    """Whether trial period or contract cover the visit, and whether the customer has credit."""
    on = said.day(job, "service_date") or clock.here().date()
    until = said.day(job, "trial_until")
    with reading() as session:
        found = entitlements.check(
            session, said.text(job, "party", longest=40) or None, on=on, trial_until=until
        )
    credit = said.text(job, "credit") or found.credit
    return {"entitlement": found.kind, "contract_number": found.contract, "credit": credit}


def check(job: Job) -> dict[str, Any]:
    """Who is able and free on the day that is wanted, what the plan is or could be, and the next free date."""
    with reading() as session:
        order = orders.find(session, said.required(job, "service_order_number"))
        start, end = _wanted(session, order)
        slot = _next_free(session, order)
        free = resources.free(session, order.skills, start, end, but_order=order.key)
        booked = plans.booked_for(session, order)
        chosen = booked or ([slot.resource] if slot is not None and slot.start == start else free[:1])
        answer = {
            "resource_options": _options(session, order, start, end),
            "centre_options": [
                {"label": both(name), "value": code} for code, name in resources.centres(session)
            ],
            "resource": plans.kind_of(booked or free),
            "planned_start": shown_at(start),
            "planned_end": shown_at(end),
            "planned_resources": [one.code for one in chosen],
            "plan_revision": order.revision,
            "work_centre": order.work_centre
            or next((one.work_centre for one in chosen if one.work_centre), None),
        }
    return answer | _offered(slot)


def plan(job: Job) -> dict[str, Any]:
    """Book what was planned. What cannot be booked is told in `plan_problem`; `resource` is `none` if nobody else can.

    Without resources it only asks who could go at that time. ValueError when a time is missing.
    """
    number = said.required(job, "service_order_number")
    wanted = Plan(
        said.required_moment(job, "planned_start"),
        said.required_moment(job, "planned_end"),
        tuple(said.texts(job, "planned_resources")),
    )
    order, problem = _book(job, number, wanted)
    with reading() as session:
        booked = plans.booked_for(session, order)
        free = resources.free(session, order.skills, wanted.start, wanted.end) if problem else []
        answer = _offered(_next_free(session, order, after=wanted.start)) | _recipients(session, job)
    return answer | {
        "resource": plans.kind_of(booked or free),
        "plan_booked": problem is None and bool(booked),
        "plan_problem": None if problem is None else both(problem),
        "planned_start": shown_at(wanted.start),
        "planned_end": shown_at(wanted.end),
        "plan_revision": order.revision,
        "work_centre": order.work_centre,
        "resources_shown": ", ".join(one.name.pick(job.locale) for one in booked),
        "release_people": [one.username for one in booked if one.kind == PERSON and one.username],
        "release_groups": ["technician"],
    }


def _book(job: Job, number: str, wanted: Plan) -> tuple[Order, Text | None]:
    """The order with its new plan, or as it was with the reason. A plan that it has already is left alone."""
    seen = job.variables.get("plan_revision")
    revision = seen if isinstance(seen, int) else None
    centre = said.text(job, "work_centre", longest=40) or None
    try:
        with unit_of_work() as session:
            _note_price(session, number, job)
            order = orders.find(session, number, is_locked=True)
            codes = {one.code for one in plans.booked_for(session, order)}
            if (order.starts_at, order.ends_at) != (wanted.start, wanted.end) or codes != {*wanted.resources}:
                order = plans.make(session, number, wanted, revision=revision, centre=centre)
            return order, None
    except (Conflict, Invalid, NotFound) as refused:
        if refused.code not in _PROBLEMS:
            raise
        problem, is_ours = _worded(refused), refused.code != "service_plan_changed"
    with unit_of_work() as session:
        if is_ours:
            plans.give_up(session, number)
        return orders.find(session, number), problem


def _minutes(job: Job) -> int | None:
    given = job.variables.get("service_minutes")
    return (
        int(given) if isinstance(given, int | float) and not isinstance(given, bool) and given > 0 else None
    )


def _note_price(session: Session, number: str, job: Job) -> None:
    """What the planner says of project and price goes onto the order."""
    price = job.variables.get("price_estimate")
    estimate: Decimal | None = None if price is None else money.of(price)
    orders.estimate(session, number, price=estimate, project=said.text(job, "project", longest=200))


def _next_open_day() -> date:
    """The next working day."""
    with reading() as session:
        calendar = working_calendars.own(session)
    tomorrow = hours.moment(clock.here().date(), 86_400, calendar.tz)
    return hours.next_opening(calendar, tomorrow).astimezone(calendar.tz).date()


def _wanted(session: Session, order: Order) -> tuple[datetime, datetime]:
    """The plan of the order, or the working time that begins on the day that is wanted."""
    if order.starts_at is not None and order.ends_at is not None:
        return order.starts_at, order.ends_at
    calendar = working_calendars.own(session)
    morning = hours.moment(order.service_date, 0, calendar.tz)
    start = hours.next_opening(calendar, max(morning, clock.now()))
    return start, durations.add_working_time(calendar, start, timedelta(minutes=order.minutes))


def _next_free(session: Session, order: Order, *, after: datetime | None = None) -> Slot | None:
    start = max(after or _wanted(session, order)[0], clock.now())
    return resources.next_free(session, order.skills, order.minutes, start, but_order=order.key)


def _offered(slot: Slot | None) -> dict[str, Any]:
    if slot is None:
        return {"next_free_start": None, "next_free_end": None, "next_free_resource": None}
    return {
        "next_free_start": shown_at(slot.start),
        "next_free_end": shown_at(slot.end),
        "next_free_resource": both(slot.resource.name),
    }


def _options(session: Session, order: Order, start: datetime, end: datetime) -> list[dict[str, str]]:
    """Every resource with whether it can go at that time; who cannot is shown, so that one sees why."""
    zone = clock.zone()
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    able = {one.key for one in resources.able(session, order.skills, first, last)}
    everyone = resources.all_active(session)
    taken = resources.busy(session, [one.key for one in everyone], start, end, but_order=order.key)
    options = []
    for one in everyone:
        is_unable = one.kind in resources.WORKERS and one.key not in able
        state = _STATES["unable" if is_unable else "busy" if taken.get(one.key) else "free"]
        label = Text(f"{one.name.zh}（{state.zh}）", f"{one.name.en} ({state.en})")
        options.append({"label": both(label), "value": one.code})
    return options


def _recipients(session: Session, job: Job) -> dict[str, Any]:
    """Whom the order may be given out to."""
    people = [one.person for one in accounts.list_people(session) if one.is_active]
    return {
        "group_options": [
            {"label": both(one.name), "value": one.group_id}
            for one in accounts.list_groups(session)
            if one.members
        ],
        "person_options": [{"label": both(one.name), "value": one.username} for one in people],
    }


def _worded(refused: Conflict | Invalid | NotFound) -> Text:
    words = _PROBLEMS[refused.code]
    named = {name: str(value) for name, value in refused.params.items()}
    return Text(words.zh.format_map(named), words.en.format_map(named))
