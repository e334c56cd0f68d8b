"""Clocks of user tasks and of cases: how they stand against their deadlines. One component shows them everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from laneway.engine import clock as engine_clock
from laneway.engine.bpmn.clock_settings import BY_CLOCK
from laneway.engine.queries import case_clocks
from laneway.engine.queries.case_clocks import ClockRow
from laneway.engine.queries.cases import CaseRow
from laneway.web import clock_texts
from laneway.web.i18n import _, day, length, moment, pick

RISK_SHARE = 0.75
_DATE_FROM = timedelta(hours=48)

OK, RISK, BREACH, WAIT, INCIDENT, DONE = "ok", "risk", "breach", "wait", "incident", "done"


@dataclass(frozen=True)
class Clock:
    """What the chip shows. `left` is the share of time left, 0 to 1.

    `due`, `start` and `risk` let it tick in the browser. `tip` tells deadline, calendar and rule.
    """

    state: str
    name: str
    text: str
    left: float = 1.0
    due: datetime | None = None
    start: datetime | None = None
    risk: datetime | None = None
    tip: str = ""


def state_at(due: datetime, start: datetime, now: datetime, risk: datetime | None = None) -> str:
    """`ok` below three quarters of the time, `risk` up to the deadline, `breach` after it.

    `risk` is when three quarters are over, where that time is not counted by the wall clock.
    """
    if now > due:
        return BREACH
    if risk is not None:
        return RISK if now >= risk else OK
    whole = (due - start).total_seconds()
    used = (now - start).total_seconds()
    return RISK if whole > 0 and used / whole >= RISK_SHARE else OK


def running(
    due: datetime, start: datetime, name: str = "", *, risk: datetime | None = None, tip: str = ""
) -> Clock:
    """The clock of work that is not done."""
    now = engine_clock.now()
    state = state_at(due, start, now, risk)
    if state == BREACH:
        return Clock(state, name, _("%(length)s over", length=length(now - due)), 0.0, due, start, risk, tip)
    rest = due - now
    text = day(due) if rest >= _DATE_FROM else length(rest)
    whole = (due - start).total_seconds()
    left = min(1.0, rest.total_seconds() / whole) if whole > 0 else 1.0
    return Clock(state, name, text, left, due, start, risk, tip)


def waiting(since: datetime, name: str) -> Clock:
    """The clock of a case that waits for something outside the department."""
    return Clock(WAIT, name, _("waiting %(length)s", length=length(engine_clock.now() - since)))


def failed() -> Clock:
    """The mark of a step that failed."""
    return Clock(INCIDENT, "", _("Step failed"))


def done(took: timedelta, name: str = "") -> Clock:
    """The clock of work that was done."""
    return Clock(DONE, name, _("in %(length)s", length=length(took)))


def of_case_clock(one: ClockRow) -> Clock:
    """A clock of a case: running, standing still, or met."""
    name, tip = clock_texts.name(one.name), tip_of(one)
    if one.met_at is not None:
        return Clock(DONE, name, _("in %(length)s", length=length(one.met_at - one.started_at)), tip=tip)
    if one.paused_at is not None:
        return Clock(WAIT, name, _("paused %(length)s", length=_roughly(one.paused_at)), tip=tip)
    return running(one.due_at, one.started_at, name, risk=one.risk_at, tip=tip)


def _roughly(since: datetime) -> str:
    """How long ago, in one unit."""
    passed = engine_clock.now() - since
    unit = timedelta(days=1) if passed >= timedelta(days=1) else timedelta(hours=1)
    return length(passed // unit * unit if passed >= unit else passed)


def tip_of(one: ClockRow) -> str:
    """Deadline, rule and calendar of a clock of a case."""
    parts = {
        "at": moment(one.due_at),
        "target": clock_texts.target(one.target),
        "calendar": pick(one.calendar_name),
    }
    return _("Due %(at)s · %(target)s · calendar: %(calendar)s", **parts)


def of_task(due_rule: str, due: datetime, start: datetime, of_case: Iterable[ClockRow]) -> Clock:
    """The clock of an open user task; one that follows a clock of its case is shown as that clock."""
    followed = due_rule.removeprefix(BY_CLOCK) if due_rule.startswith(BY_CLOCK) else ""
    one = next((one for one in of_case if one.name == followed and one.met_at is None), None)
    return of_case_clock(one) if one is not None else running(due, start)


def most_urgent(case: CaseRow) -> Clock | None:
    """The clock of an open case that lists show: of its clocks and the deadlines of its tasks, what is due first."""
    first = case_clocks.most_urgent(case.clocks)
    task = case.clock
    is_task_first = (
        first is None
        or not first.is_running
        or (task is not None and task.due_at is not None and task.due_at < first.due_at)
    )
    if task is not None and task.due_at is not None and is_task_first:
        return running(task.due_at, task.created_at)
    if first is None:
        return None
    shown = of_case_clock(first)
    paused = next((one for one in case.clocks if one.paused_at is not None), None)
    if paused is not None and task is None and shown.state == OK:
        shown = of_case_clock(paused)  # the case waits; what the law sets is not pressing yet
    return replace(shown, name=_("With customer")) if shown.state == WAIT else shown


def first_due(case: CaseRow) -> tuple[datetime, datetime, datetime | None] | None:
    """Deadline, start and beginning of the risk of what `most_urgent` shows, unless it stands still."""
    first = case_clocks.most_urgent([one for one in case.clocks if one.is_running])
    task = case.clock
    if task is not None and task.due_at is not None and (first is None or task.due_at < first.due_at):
        return task.due_at, task.created_at, None
    return (first.due_at, first.started_at, first.risk_at) if first is not None else None
