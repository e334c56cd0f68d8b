"""The managers' board: open cases in lanes, figures, who holds how much, where it takes long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint, request

from laneway.engine import clock
from laneway.engine.queries import board, cases, names
from laneway.engine.queries.board import BoardCase, BoardFilter, Waiting
from laneway.web import clocks
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _, length, local, number, pick
from laneway.web.looking import looking

bp = Blueprint("board", __name__)

_CARDS = 6
_PEOPLE = 8
_STEPS = 5
_DAYS = 7
_MEASURED = timedelta(days=30)
_UNKNOWN = "–"

LANES_BY = {
    "clock": N_("By clock"),
    "step": N_("By step"),
    "severity": N_("By severity"),
    "owner": N_("By owner"),
    "age": N_("By age"),
}
_CLOCK_LANES = {
    clocks.BREACH: ("alert", N_("Overdue")),
    clocks.RISK: ("clock", N_("At risk")),
    clocks.INCIDENT: ("bolt", N_("Failed steps")),
    clocks.WAIT: ("pause", N_("Waiting")),
    clocks.OK: ("check", N_("On time")),
}


@dataclass(frozen=True)
class Card:
    """One case on the board: its clock, the step it stands at and who holds it."""

    case: BoardCase
    clock: clocks.Clock
    step: str
    holder: str | None


@dataclass
class Lane:
    """Cases side by side; `more` are not drawn."""

    name: str
    icon: str
    state: str
    total: int = 0
    cards: list[BoardCase] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.total - len(self.cards)


@dataclass(frozen=True)
class Figure:
    """One key figure with a quiet second line."""

    icon: str
    state: str
    name: str
    amount: str
    note: str


@dataclass(frozen=True)
class Day:
    """How many cases came in and went out on one day; heights are shares of the busiest, 0 to 100."""

    name: str
    opened: int
    ended: int
    opened_height: int
    ended_height: int


@bp.get("/board")
def show() -> str:
    """The board, narrowed and arranged as the address says."""
    person, asked = current_person(), request.args
    wanted = BoardFilter(asked.get("process", ""), asked.get("severity", ""), asked.get("owner", ""))
    by = asked.get("by", "clock") if asked.get("by") in LANES_BY else "clock"
    now = clock.now()
    week = local(now).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS - 1)
    with looking() as session:
        open_cases = board.open_cases(session, person, wanted)
        people, groups = names.people(session), names.groups(session)
        lanes = _lanes(open_cases, by, now, lambda group: pick(groups[group]) if group in groups else group)
        waits = board.waits(session, [case.instance_key for lane in lanes for case in lane.cards])
        loads = board.workload(session, now=now, limit=_PEOPLE)
        punctuality = board.punctuality(session, since=now - _MEASURED)
        opened, ended = board.in_and_out(session, since=week)
        slow = board.bottlenecks(session, since=now - _MEASURED, limit=_STEPS)
        failed = board.failed_steps(session)
        choices = cases.choices(session)
    return page(
        "board.html",
        nav="board",
        wanted=wanted,
        by=by,
        lanes_by=LANES_BY,
        lanes=lanes,
        card_of=lambda case: _card(case, waits.get(case.instance_key), now),
        figures=_figures(open_cases, now, failed, punctuality),
        loads=loads,
        fullest=max((load.open for load in loads), default=1),
        days=_days(opened, ended, now),
        slow=[(one, length(timedelta(seconds=one.median_seconds))) for one in slow],
        choices=choices,
        people=people,
        groups=groups,
    )


def _state(case: BoardCase, now: datetime) -> str:
    if case.clock is not None and case.clock.due_at is not None and now > case.clock.due_at:
        return clocks.BREACH
    if case.has_incident:
        return clocks.INCIDENT
    if case.clock is None:
        return clocks.WAIT
    if case.clock.due_at is None:
        return clocks.OK
    return clocks.state_at(case.clock.due_at, case.clock.created_at, now)


def _card(case: BoardCase, waiting: Waiting | None, now: datetime) -> Card:
    state = _state(case, now)
    if state == clocks.INCIDENT:
        shown = clocks.failed()
    elif case.clock is None:
        shown = clocks.waiting(waiting.since if waiting else case.opened_at, "")
    elif case.clock.due_at is None:
        age = length(now - case.clock.created_at)
        shown = clocks.Clock(clocks.OK, "", _("for %(length)s", length=age))
    else:
        shown = clocks.running(case.clock.due_at, case.clock.created_at)
    step = case.clock.name if case.clock else waiting.name if waiting else None
    return Card(case, shown, pick(step), case.clock.assignee if case.clock else None)


def _lanes(
    open_cases: list[BoardCase], by: str, now: datetime, name_of_group: Callable[[str], str]
) -> list[Lane]:
    lanes: dict[str, Lane] = {}
    if by == "clock":
        lanes = {state: Lane(_(name), icon, state) for state, (icon, name) in _CLOCK_LANES.items()}
    if by == "age":
        lanes = {name: Lane(name, "clock", "") for name in _ages()}
    for case in open_cases:
        match by:
            case "clock":
                name = _state(case, now)
            case "age":
                name = _age(case, now)
            case "severity":
                name = case.severity or _UNKNOWN
            case "owner":
                name = name_of_group(case.owner_group) or _UNKNOWN
            case _:
                name = pick(case.clock.name) if case.clock else _("Waiting")
        lane = lanes.setdefault(name, Lane(name, "flow", ""))
        lane.total += 1
        if len(lane.cards) < _CARDS:
            lane.cards.append(case)
    if by == "severity":
        return [lanes[name] for name in sorted(lanes)]
    return list(lanes.values())


def _ages() -> list[str]:
    return [_("Under 1 day"), _("1–3 days"), _("3–7 days"), _("1–4 weeks"), _("Over 4 weeks")]


def _age(case: BoardCase, now: datetime) -> str:
    days = (now - case.opened_at).total_seconds() / 86400
    at = sum(days >= limit for limit in (1, 3, 7, 28))
    return _ages()[at]


def _figures(
    open_cases: list[BoardCase], now: datetime, failed: int, punctual: board.Punctuality
) -> list[Figure]:
    states = Counter(_state(case, now) for case in open_cases)
    late = [now - case.clock.due_at for case in open_cases if case.clock and case.clock.due_at]
    longest = max(late, default=timedelta())
    share = f"{number(round(100 * punctual.in_time / punctual.completed, 1))}%" if punctual.completed else "–"
    return [
        Figure("case", "", _("Open"), number(len(open_cases)), _("cases")),
        Figure(
            "alert",
            "breach",
            _("Overdue"),
            number(states[clocks.BREACH]),
            _("longest %(length)s", length=length(longest)) if states[clocks.BREACH] else _("none"),
        ),
        Figure("clock", "risk", _("At risk"), number(states[clocks.RISK]), _("past 75% of the time")),
        Figure("pause", "wait", _("Waiting"), number(states[clocks.WAIT]), _("for an answer or a date")),
        Figure("bolt", "incident", _("Failed steps"), number(failed), _("to look at")),
        Figure("check", "ok", _("On time"), share, _("30 days, %(count)s tasks", count=punctual.completed)),
    ]


def _days(opened: list[datetime], ended: list[datetime], now: datetime) -> list[Day]:
    ins, outs = (Counter(local(at).date() for at in moments) for moments in (opened, ended))
    dates = [local(now).date() - timedelta(days=back) for back in range(_DAYS - 1, -1, -1)]
    highest = max([*ins.values(), *outs.values(), 1])
    return [
        Day(
            _("Today") if date == dates[-1] else str(date.day),
            ins[date],
            outs[date],
            round(100 * ins[date] / highest),
            round(100 * outs[date] / highest),
        )
        for date in dates
    ]
