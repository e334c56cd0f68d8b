"""The managers' board: open cases in lanes, figures, who holds how much, where it takes long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import Blueprint, request

from laneway.engine import clock
from laneway.engine.queries import board, cases, names
from laneway.engine.queries.board import BoardFilter, Lanes, Tally, Waiting
from laneway.engine.queries.cases import CaseRow
from laneway.web import clocks
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _, length, local, number, pick
from laneway.web.looking import fold_statistics, looking
from laneway.words import Text

bp = Blueprint("board", __name__)

_CARDS = 6
_MOST_LANES = 12
_PEOPLE = 8
_STEPS = 5
_DAYS = 7
_MEASURED = timedelta(days=30)
_UNKNOWN = "–"

LANES_BY = {
    Lanes.CLOCK: N_("By clock"),
    Lanes.STEP: N_("By step"),
    Lanes.SEVERITY: N_("By severity"),
    Lanes.OWNER: N_("By owner"),
    Lanes.AGE: N_("By age"),
}
_FIXED = (Lanes.CLOCK, Lanes.AGE)
_CLOCK_LANES = {
    clocks.BREACH: ("alert", N_("Overdue")),
    clocks.RISK: ("clock", N_("At risk")),
    clocks.INCIDENT: ("bolt", N_("Failed steps")),
    clocks.WAIT: ("pause", N_("Waiting")),
    clocks.OK: ("check", N_("On time")),
}


_AGE_LANES = {
    "0": ("clock", N_("Under 1 day")),
    "1": ("clock", N_("1–3 days")),
    "2": ("clock", N_("3–7 days")),
    "3": ("clock", N_("1–4 weeks")),
    "4": ("clock", N_("Over 4 weeks")),
}


@dataclass(frozen=True)
class Card:
    """One case on the board: its clock, the step it stands at and who holds it."""

    case: CaseRow
    clock: clocks.Clock
    step: str
    holder: str | None


@dataclass
class Lane:
    """Cases side by side; `more` are not drawn."""

    name: str
    icon: str
    state: str
    tally: Tally
    cards: list[CaseRow] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.tally.total

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
    by = Lanes(asked["by"]) if asked.get("by") in LANES_BY else Lanes.CLOCK
    now = clock.now()
    week = local(now).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS - 1)
    fold_statistics()
    with looking() as session:
        tallies = board.tallies(session, person, wanted, by, now=now)
        people, groups = names.people(session), names.groups(session)
        lanes = _lanes(tallies, by, groups)
        shown = {
            lane.tally.lane: board.most_urgent(session, wanted, by, lane.tally.lane, now=now, limit=_CARDS)
            for lane in lanes
            if lane.tally.total
        }
        keys = [key for of_lane in shown.values() for key in of_lane]
        found = cases.by_key(session, keys)
        waits = board.waits(session, keys)
        by_clock = (
            tallies if by is Lanes.CLOCK else board.tallies(session, person, wanted, Lanes.CLOCK, now=now)
        )
        loads = board.workload(session, now=now, limit=_PEOPLE)
        punctuality = board.punctuality(session, since=now - _MEASURED)
        hours = board.in_and_out(session, since=week)
        slow = board.bottlenecks(session, since=now - _MEASURED, limit=_STEPS)
        failed = board.failed_steps(session)
        choices = cases.choices(session)
    for lane in lanes:
        lane.cards = [found[key] for key in shown.get(lane.tally.lane, ()) if key in found]
    return page(
        "board.html",
        nav="board",
        wanted=wanted,
        by=by,
        lanes_by=LANES_BY,
        lanes=lanes,
        hidden_lanes=len(tallies) - len(lanes) if by not in _FIXED else 0,
        card_of=lambda case: _card(case, waits.get(case.instance_key), now),
        figures=_figures(by_clock, now, failed, punctuality),
        loads=loads,
        fullest=max((load.open for load in loads), default=1),
        days=_days(hours, now),
        slow=[(one, length(timedelta(seconds=one.median_seconds))) for one in slow],
        choices=choices,
        people=people,
        groups=groups,
    )


def _state(case: CaseRow, now: datetime) -> str:
    first = clocks.first_due(case)
    if first is not None and now > first[0]:
        return clocks.BREACH
    if case.has_incident:
        return clocks.INCIDENT
    if case.clock is None and (first is None or any(one.paused_at for one in case.clocks)):
        return clocks.WAIT
    return clocks.state_at(*first[:2], now, first[2]) if first is not None else clocks.OK


def _card(case: CaseRow, waiting: Waiting | None, now: datetime) -> Card:
    state, shown = _state(case, now), clocks.most_urgent(case)
    if state == clocks.INCIDENT:
        shown = clocks.failed()
    elif state == clocks.WAIT and (shown is None or shown.state != clocks.WAIT):
        shown = clocks.waiting(waiting.since if waiting else case.opened_at, "")
    elif shown is None:
        age = length(now - (case.clock.created_at if case.clock else case.opened_at))
        shown = clocks.Clock(clocks.OK, "", _("for %(length)s", length=age))
    step = case.clock.name if case.clock else waiting.name if waiting else None
    return Card(case, shown, pick(step), case.clock.assignee if case.clock else None)


def _lanes(tallies: list[Tally], by: Lanes, groups: Mapping[str, Text]) -> list[Lane]:
    """The lanes to draw. Clocks and ages always have all of theirs; of the others the most urgent ones."""
    if by in _FIXED:
        known = {tally.lane[0]: tally for tally in tallies}
        fixed = _CLOCK_LANES if by is Lanes.CLOCK else _AGE_LANES
        return [
            Lane(
                _(name),
                icon,
                state if by is Lanes.CLOCK else "",
                known.get(state, Tally((state, ""), 0, None)),
            )
            for state, (icon, name) in fixed.items()
        ]
    lanes = [Lane(_name_of(tally, by, groups), "flow", "", tally) for tally in tallies[:_MOST_LANES]]
    return sorted(lanes, key=lambda lane: lane.name) if by is Lanes.SEVERITY else lanes


def _name_of(tally: Tally, by: Lanes, groups: Mapping[str, Text]) -> str:
    zh, en = tally.lane
    if by is Lanes.STEP:
        return pick(Text(zh, en)) if zh or en else _("Waiting")
    if by is Lanes.OWNER and zh in groups:
        return pick(groups[zh])
    return zh or _UNKNOWN


def _figures(tallies: list[Tally], now: datetime, failed: int, punctual: board.Punctuality) -> list[Figure]:
    states = Counter({tally.lane[0]: tally.total for tally in tallies})
    late = [now - tally.first_due for tally in tallies if tally.first_due is not None]
    longest = max(late, default=timedelta())
    share = f"{number(round(100 * punctual.in_time / punctual.completed, 1))}%" if punctual.completed else "–"
    return [
        Figure("case", "", _("Open"), number(states.total()), _("cases")),
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


def _days(hours: list[board.Hour], now: datetime) -> list[Day]:
    ins, outs = Counter[date](), Counter[date]()
    for hour in hours:
        ins[local(hour.at).date()] += hour.opened
        outs[local(hour.at).date()] += hour.ended
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
