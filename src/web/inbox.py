"""The inbox: views, the list, one task with its form; claim, release, hand over, save, complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import user_tasks
from laneway.engine.bpmn.clock_settings import BY_CLOCK
from laneway.engine.database import Session, reading, transact, unit_of_work
from laneway.engine.model import InboxItem, Person, UserTaskState
from laneway.engine.queries import case_clocks, case_detail, inbox, names
from laneway.engine.queries.case_clocks import ClockRow
from laneway.engine.queries.inbox import View
from laneway.engine.user_tasks import TaskView
from laneway.errors import Invalid, NotFound
from laneway.web import clocks
from laneway.web.auth import current_person
from laneway.web.bodies import read_json
from laneway.web.frame import at_now, page, piece
from laneway.web.i18n import N_, _, local, pick
from laneway.web.repetition import done_by, harmless
from laneway.web.story import SHORT, Entry, Teller, Why
from laneway.words import Text

bp = Blueprint("inbox", __name__)

_ROWS = 100
_HAPPENINGS = 8
_FACTS = 6


@dataclass(frozen=True)
class ViewLink:
    """A view in the list of views."""

    view: View
    icon: str
    label: str


VIEWS = (
    ViewLink(View.MINE, "user", N_("My tasks")),
    ViewLink(View.TODAY, "clock", N_("Due today")),
    ViewLink(View.OVERDUE, "alert", N_("Overdue")),
    ViewLink(View.DRAFTS, "form", N_("Drafts")),
)
TEAM_VIEWS = (
    ViewLink(View.OPEN, "hand", N_("To claim")),
    ViewLink(View.TEAM, "users", N_("Whole team")),
)


@dataclass(frozen=True)
class Detail:
    """An opened task with everything beside it."""

    item: InboxItem
    opened: TaskView
    clock: clocks.Clock | None
    case_clocks: list[clocks.Clock]
    """The other clocks of the case."""
    why: Why
    facts: list[tuple[str, str]]
    timeline: list[Entry]
    steps: list[Text]
    assignable: Mapping[str, Text]


@bp.get("/inbox")
def first() -> BaseResponse:
    """The inbox opens with one's own tasks."""
    return redirect(url_for("inbox.show", view=View.MINE.value))


@bp.get("/inbox/<view>")
@bp.get("/inbox/<view>/<int:key>")
def show(view: str, key: int | None = None) -> str:
    """A view with its list, and one task: the one in the address, else the most urgent."""
    person, wanted = current_person(), _view(view)
    at = at_now()
    with reading() as session:
        if request.headers.get("HX-Target") == "detail" and key is not None:
            return piece("inbox/detail.html", view=wanted, detail=_detail(session, key, person))
        counts = inbox.counts(session, person, at=at)
        limit = min(request.args.get("limit", _ROWS, type=int), 10 * _ROWS)
        items = inbox.items(session, person, wanted, at=at, limit=limit)
        of_cases = case_clocks.of_cases(session, {item.extra["root_key"] for item in items})
        chosen = key if key is not None else next((item.user_task_key for item in items), None)
        detail = _detail(session, chosen, person) if chosen is not None else None
    return page(
        "inbox/page.html",
        nav="inbox",
        counts=counts,
        told=_told(counts),
        view=wanted,
        views=VIEWS,
        team_views=TEAM_VIEWS,
        title=next(link.label for link in (*VIEWS, *TEAM_VIEWS) if link.view is wanted),
        groups=_by_day(items, at.now, at.day_end),
        clock_of=lambda item: _clock(item, of_cases.get(item.extra["root_key"], ())),
        shown=len(items),
        newest=max((item.user_task_key for item in items), default=0),
        next_limit=limit + _ROWS,
        detail=detail,
        is_chosen=key is not None,
    )


@bp.get("/inbox/<view>/news")
def news(view: str) -> str:
    """What has changed since the list was shown: the counts, and how many tasks are new."""
    person, wanted = current_person(), _view(view)
    since = request.args.get("since", 0, type=int)
    with reading() as session:
        counts = inbox.counts(session, person, at=at_now())
        items = inbox.items(session, person, wanted, at=at_now(), limit=_ROWS)
    fresh = sum(item.user_task_key > since for item in items) if counts[wanted] else 0
    return piece(
        "inbox/news.html",
        view=wanted,
        counts=counts,
        told=_told(counts),
        fresh=fresh,
        since=since,
        views=(*VIEWS, *TEAM_VIEWS),
    )


def _told(counts: Mapping[View, int]) -> dict[View, str]:
    return {
        view: str(count) if count <= inbox.COUNT_LIMIT else f"{inbox.COUNT_LIMIT}+"
        for view, count in counts.items()
    }


@bp.post("/tasks/<int:key>/claim")
def claim(key: int) -> BaseResponse:
    """Put an open task on one's own list."""
    person = current_person()
    transact(lambda session: user_tasks.claim(session, key, by=person), settle=harmless)
    return redirect(url_for("inbox.show", view=View.MINE.value, key=key), 303)


@bp.post("/tasks/<int:key>/release")
def release(key: int) -> BaseResponse:
    """Give a task back to its group."""
    person = current_person()
    transact(lambda session: user_tasks.release(session, key, by=person))
    flash(_("Released. Your group can claim it again."))
    return redirect(_back())


@bp.post("/tasks/<int:key>/assign")
def assign(key: int) -> BaseResponse:
    """Hand a task to someone else, or back to its group."""
    assignee = request.form.get("assignee") or None
    with unit_of_work() as session:
        user_tasks.assign(session, key, assignee=assignee, by=current_person())
        known = names.people(session, [assignee]) if assignee else {}
    who = pick(known[assignee]) if assignee in known else assignee
    flash(_("Handed to %(name)s.", name=who) if assignee else _("Given back to the group."))
    return redirect(_back())


@bp.put("/tasks/<int:key>/draft")
def save_draft(key: int) -> Response:
    """Keep what has been typed so far."""
    values = read_json().get("values")
    if not isinstance(values, dict):
        raise Invalid("body_invalid", [("values", "type", {})])
    person = current_person()
    saved_at = transact(
        lambda session: user_tasks.save_draft(session, key, by=person, values=values), settle=harmless
    )
    return jsonify(saved_at=saved_at.isoformat())


@bp.post("/tasks/<int:key>/complete")
def complete(key: int) -> BaseResponse:
    """Complete a task with its form's values, and go on with the next one if asked to."""
    person, wanted = current_person(), _view(request.args.get("view", View.MINE.value))
    sent = read_json() if request.is_json else {"values": {}, "next": request.form.get("next") == "1"}
    values, revision = sent.get("values"), sent.get("revision")
    if not isinstance(values, dict) or not isinstance(revision, int | None):
        raise Invalid("body_invalid", [("values", "type", {})])
    before: InboxItem | None = None

    def work(session: Session) -> None:
        nonlocal before
        before = inbox.item(session, person, key) or before
        user_tasks.complete(session, key, by=person, values=values, revision=revision)

    transact(work, settle=done_by(person))
    if before is None:
        raise NotFound("user_task_not_found", key=key)
    following = None
    if sent.get("next"):
        with reading() as session:
            following = inbox.next_key(session, person, wanted, at=at_now(), after=before)
    flash(_("“%(step)s” done.", step=pick(before.name)))
    location = url_for("inbox.show", view=wanted.value, key=following)
    return jsonify(location=location) if request.is_json else redirect(location, 303)


def _view(name: str) -> View:
    try:
        return View(name)
    except ValueError:
        raise PageNotFound from None


def _back() -> str:
    view = _view(request.args.get("view", View.MINE.value))
    return url_for("inbox.show", view=view.value)


def _clock(item: InboxItem, of_case: Sequence[ClockRow]) -> clocks.Clock | None:
    """The deadline by which lists sort a task, as the clock of the case that it follows or as its own."""
    if item.state is UserTaskState.COMPLETED and item.extra["completed_at"] is not None:
        return clocks.done(item.extra["completed_at"] - item.created_at)
    if item.due_at is None:
        return None
    return clocks.of_task(item.extra["due_rule"], item.due_at, item.created_at, of_case)


def _detail(session: Session, key: int, person: Person) -> Detail:
    """Raises NotFound for a task that is not there or not for this person."""
    item = inbox.item(session, person, key)
    if item is None:
        raise NotFound("user_task_not_found", key=key)
    opened = user_tasks.open_task(session, key, by=person)
    root_key = item.extra["root_key"]
    of_case = case_clocks.of_cases(session, [root_key]).get(root_key, ())
    teller = Teller(session, names.fields(session, item.extra["process_definition_key"]))
    around = case_detail.surroundings(session, root_key)
    around.open_tasks.sort(key=lambda task: task.key != key)  # told first: the step that is open here
    happenings = case_detail.happenings(session, root_key, events=SHORT, limit=_HAPPENINGS)
    elements = names.elements(session, item.extra["process_definition_key"])
    here = next((one for one in around.instances if one.key == item.instance_key), None)
    facts = [
        (teller.label(name), teller.shown(name, content))
        for name, content in opened.variables.items()
        if teller.has_label(name) and content not in (None, "", [])
    ]
    assignable = {
        name: text for group in item.candidate_groups for name, text in teller.members(group).items()
    }
    return Detail(
        item=item,
        opened=opened,
        clock=_clock(item, of_case),
        case_clocks=[
            clocks.of_case_clock(one) for one in of_case if item.extra["due_rule"] != BY_CLOCK + one.name
        ],
        why=teller.why(around, case_detail.last_decisions(session, root_key), item.severity),
        facts=facts[:_FACTS],
        timeline=teller.entries(happenings),
        steps=[elements.get(one, Text(one, one)) for one in here.waiting_at] if here else [],
        assignable=assignable,
    )


def _by_day(items: list[InboxItem], now: datetime, day_end: datetime) -> list[tuple[str, list[InboxItem]]]:
    """The list under headings, in its order: overdue, today, tomorrow, later, no deadline."""

    def heading(item: InboxItem) -> str:
        if item.due_at is None:
            return _("No deadline")
        if item.due_at < now:
            return _("Overdue")
        if item.due_at < day_end:
            return _("Today")
        return _("Tomorrow") if local(item.due_at) < local(day_end) + timedelta(days=1) else _("Later")

    return [(name, list(group)) for name, group in groupby(items, key=heading)]
