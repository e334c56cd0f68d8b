"""The clocks of one case, as one transaction changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from laneway.engine import clock, statistics
from laneway.engine.bpmn.clock_settings import BY_CLOCK, NAMES, STATUTORY
from laneway.engine.calendars.durations import add
from laneway.engine.calendars.hours import NeverOpen
from laneway.engine.calendars.targets import ROUND_THE_CLOCK
from laneway.engine.clocks.case_clock import CaseClock
from laneway.engine.database import is_postgresql, storage
from laneway.engine.database.storage import Command
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import case_clock, process_instance, user_task, user_task_candidate
from laneway.engine.tables.waiting import is_open_task
from laneway.engine.working_calendars import Calendars

_AGAIN = ("reply", "resolve")
"""What a reopened case begins anew: it goes on at the stage of its reply."""
_LAST = "resolve"
"""The clock that the end of a case meets, whatever its process says."""
_REASON_LENGTH = 300

_CHANGED = tuple(
    column.name for column in case_clock.c if column.name not in ("instance_key", "name", "round")
)
_THIS = (
    (case_clock.c.instance_key == bindparam("this_case"))
    & (case_clock.c.name == bindparam("this_name"))
    & (case_clock.c.round == bindparam("this_round"))
)
_SAVE = Command(
    case_clock,
    lambda _pg: update(case_clock).where(_THIS).values({name: bindparam(name) for name in _CHANGED}),
)


@dataclass(frozen=True)
class Asked:
    """A clock as its process tells it; no target: there is none, or none yet."""

    name: str
    target: str | None
    calendar: str | None
    start: datetime | None


class Book:
    """The clocks of one case, as one transaction changes them. `save` writes what is new."""

    def __init__(self, session: Session, root_key: int, clocks: Iterable[CaseClock] = ()) -> None:
        self.session = session
        self.root_key = root_key
        self.calendars = Calendars(session)
        self.notes: list[Note] = []
        self._clocks = {(one.name, one.round): one for one in clocks}
        self._before = {key: dict(vars(one)) for key, one in self._clocks.items()}
        self._refused: set[str] = set()

    def latest(self) -> dict[str, CaseClock]:
        """The last round of each clock, by name."""
        return {one.name: one for one in sorted(self._clocks.values(), key=lambda one: one.round)}

    def running(self) -> list[CaseClock]:
        """Those that are neither met nor given up."""
        return [one for one in self.latest().values() if one.is_running]

    def note(self, event: str, one: CaseClock, **details: Any) -> None:
        """Tell the history of the case."""
        self.notes.append(Note(event, None, None, {"clock": one.name, **details}))

    # -- what the process tells

    def follow(
        self, asked: Iterable[Asked], *, party: str | None, opened_at: datetime, held_by: str = ""
    ) -> None:
        """Begin what is new, count anew what has changed, withdraw what has no target any more."""
        known = self.latest()
        for wanted in asked:
            one = known.get(wanted.name)
            if wanted.target is None:
                if one is not None and one.is_running:
                    one.ended_at, one.is_withdrawn = clock.now(), True
                    one.plan()
                    self.note("clock_withdrawn", one)
            elif one is None:
                self._begin(wanted, party, opened_at, held_by)
            elif one.is_running or one.is_withdrawn:
                self._compare(one, wanted, party)
        self._call()

    def _begin(self, wanted: Asked, party: str | None, opened_at: datetime, held_by: str) -> None:
        one = CaseClock(
            instance_key=self.root_key,
            name=wanted.name,
            round=0,
            target=wanted.target or "",
            asked_calendar=wanted.calendar,
            calendar=self._calendar(wanted, party),
            started_at=min(wanted.start or opened_at, clock.now()),
        )
        if not self._counted(one):
            return
        self._clocks[one.name, 0] = one
        self.note("clock_started", one, **_told(one))
        if held_by and one.name != STATUTORY:
            self.hold(held_by, "customer", [one])

    def _compare(self, one: CaseClock, wanted: Asked, party: str | None) -> None:
        before = dict(vars(one))
        start = one.started_at
        if one.round == 0 and wanted.start is not None:
            start = min(start, wanted.start)  # a case keeps its earliest clock
        calendar = self._calendar(wanted, party)
        if (one.target, one.calendar, one.started_at) == (wanted.target, calendar, start) and one.is_running:
            one.asked_calendar = wanted.calendar
            return
        one.target, one.calendar, one.started_at = wanted.target or "", calendar, start
        one.asked_calendar = wanted.calendar
        one.ended_at, one.is_withdrawn = None, False
        if self._counted(one, is_new_target=True):
            self._tell_recount(one, before)
        else:
            vars(one).update(before)

    def _counted(self, one: CaseClock, *, is_new_target: bool = False) -> bool:
        try:
            one.count(self.calendars, is_new_target=is_new_target)
        except (NeverOpen, OverflowError):
            self.refuse(one.name, f"The calendar {one.calendar} does not open in time for {one.target}.")
            return False
        return True

    def _tell_recount(self, one: CaseClock, before: Mapping[str, Any]) -> None:
        self.note(
            "clock_recomputed",
            one,
            **_told(one),
            before={"due": _iso(before["due_at"]), "target": before["target"]},
        )

    def _calendar(self, wanted: Asked, party: str | None) -> str:
        if wanted.calendar and self.calendars.find(wanted.calendar) is not None:
            return wanted.calendar
        if wanted.calendar:
            self.refuse(wanted.name, f"There is no calendar {wanted.calendar}; our own is used.")
        return self.calendars.of_party(party)

    def _call(self) -> None:
        """Let the first clock of a case that runs round the clock call whoever is on duty, once for the case."""
        running = [one for one in self.running() if one.calendar == ROUND_THE_CLOCK]
        if not running or any(one.call_at is not None for one in self._clocks.values()):
            return
        first = min(running, key=lambda one: NAMES.index(one.name))
        first.call_at = clock.now()
        first.plan()

    def refuse(self, name: str, why: str) -> None:
        """Tell, once in a step, that a clock cannot run as its process wants it."""
        if name not in self._refused:
            self._refused.add(name)
            details = {"clock": name, "reason": why[:_REASON_LENGTH]}
            self.notes.append(Note("clock_refused", None, None, details))

    # -- what happens to them

    def meet(self, names: Iterable[str]) -> None:
        """They are met now, on time or late; those that are not running stay as they are."""
        latest, now = self.latest(), clock.now()
        for name in names:
            one = latest.get(name)
            if one is None or not one.is_running:
                continue
            if one.paused_by:
                one.resume(now)
                self._counted(one)
                one.paused_by = []
            one.met_at = now
            one.plan()
            self.note("clock_met", one, due=_iso(one.due_at), on_time=now <= one.due_at)

    def hold(self, by: str, reason: str, clocks: Iterable[CaseClock] | None = None) -> None:
        """Let clocks stand still while the instance `by` waits; those that the law sets go on."""
        for one in self.running() if clocks is None else clocks:
            if one.name == STATUTORY or by in one.paused_by:
                continue
            if not one.paused_by:
                one.pause(clock.now(), reason)
                self.note("clock_paused", one, reason=reason)
            one.paused_by = [*one.paused_by, by]
            one.plan()

    def release(self, by: str) -> None:
        """The instance `by` waits no longer: the working time that has passed is added to what it held up."""
        for one in self.running():
            if by not in one.paused_by:
                continue
            one.paused_by = [key for key in one.paused_by if key != by]
            if not one.paused_by:
                one.resume(clock.now())
                self._counted(one)
                self.note("clock_resumed", one, due=_iso(one.due_at))
            one.plan()

    def close(self, *, is_completed: bool) -> None:
        """The case has ended: its resolution is met if it was completed, whatever else runs counts no longer."""
        if is_completed:
            self.meet([_LAST])
        now = clock.now()
        for one in self.running():
            one.ended_at = now
            one.plan()

    def restart(self, names: Iterable[str] = _AGAIN) -> None:
        """Begin another round of clocks that were there before, now."""
        latest, now = self.latest(), clock.now()
        for name in names:
            last = latest.get(name)
            if last is None or last.is_withdrawn:
                continue
            if last.is_running:
                last.ended_at = now
                last.plan()
            one = CaseClock(
                instance_key=self.root_key,
                name=name,
                round=last.round + 1,
                target=last.target,
                asked_calendar=last.asked_calendar,
                calendar=last.calendar,
                started_at=now,
            )
            if self._counted(one):
                self._clocks[name, one.round] = one
                self.note("clock_restarted", one, **_told(one))

    def revive(self) -> None:
        """The case had ended by mistake: what its end gave up counts again, from its own start."""
        for one in self.latest().values():
            if one.ended_at is not None and one.met_at is None and not one.is_withdrawn:
                one.ended_at, one.paused_by = None, []
                one.resume(clock.now())
                self._counted(one)

    def take_earlier(self, others: Mapping[str, CaseClock]) -> None:
        """Count from the start of another case's clock where that began earlier."""
        for one in self.running():
            other = others.get(one.name)
            if other is not None and other.started_at < one.started_at and one.round == 0:
                before = dict(vars(one))
                one.started_at = other.started_at
                if self._counted(one):
                    self._tell_recount(one, before)
                else:
                    vars(one).update(before)

    def recount(self) -> None:
        """Count everything that runs anew: a calendar has changed."""
        for one in self.running():
            before = dict(vars(one))
            if self._counted(one, is_new_target=True) and one.due_at != before["due_at"]:
                self._tell_recount(one, before)

    # -- user tasks

    def due_by(self, rule: str) -> datetime | None:
        """When a user task of this case is due whose rule is "2 wd" or "clock:reply"; nothing without that clock."""
        if rule.startswith(BY_CLOCK):
            one = self.latest().get(rule.removeprefix(BY_CLOCK))
            return one.due_at if one is not None and one.ended_at is None else None
        return self.moment(rule)

    def moment(self, target: str) -> datetime:
        """When a target such as "5 wd", counted from now by the calendar of the case, is reached (UTC)."""
        return add(self.calendars.of(self.calendar()), clock.now(), target)

    def calendar(self) -> str:
        """Code of the calendar that the case runs by: that of its clocks, else its customer's, else our own."""
        for one in self.latest().values():
            if one.ended_at is None and one.name != STATUTORY:
                return one.calendar
        return self.calendars.of_case(self.root_key)

    # -- writing

    def save(self) -> None:
        """Write what has changed, the due dates of user tasks that follow a clock with it."""
        changed = {key: one for key, one in self._clocks.items() if vars(one) != self._before.get(key)}
        if not changed:
            return
        new = [dict(vars(one)) for key, one in changed.items() if key not in self._before]
        storage.insert_later(self.session, case_clock, new)
        for key, one in changed.items():
            if key in self._before:
                this = {"this_case": one.instance_key, "this_name": one.name, "this_round": one.round}
                _SAVE.later(self.session, **this, **{name: getattr(one, name) for name in _CHANGED})
        statistics.note(self.session, self.root_key)
        moved = [
            one
            for key, one in changed.items()
            if one.ended_at is None and one.due_at != self._before.get(key, {}).get("due_at")
        ]
        if moved and self._before:
            self._move_tasks(moved)

    def _move_tasks(self, moved: Iterable[CaseClock]) -> None:
        columns, named = user_task.c, user_task_candidate.c
        rules = {BY_CLOCK + one.name: one.due_at for one in moved}
        of_clock = (columns.root_key == self.root_key) & columns.due_rule.in_(rules) & is_open_task
        query = select(columns.instance_key, columns.key, columns.due_rule).where(of_clock)
        for row in self.session.execute(query).all():
            due = {"due_at": rules[row.due_rule]}
            self.session.execute(update(user_task).where(columns.key == row.key).values(due))
            this = (named.instance_key == row.instance_key) & (named.user_task_key == row.key)
            self.session.execute(update(user_task_candidate).where(this).values(due))


def read(session: Session, root_key: int, *, is_own: bool) -> Book:
    """The clocks of a case, kept from others until the transaction ends, with the case itself if it `is_own`.

    The lock of the instance comes first, so that a step which has not taken it yet waits for no other at the clocks.
    """
    query = select(case_clock).where(case_clock.c.instance_key == root_key)
    if is_postgresql():
        of = [process_instance, case_clock] if is_own else [case_clock]
        query = query.join(process_instance, process_instance.c.key == case_clock.c.instance_key)
        query = query.with_for_update(of=of, key_share=True)
    rows = session.execute(query.order_by(case_clock.c.name, case_clock.c.round)).all()
    return Book(session, root_key, [CaseClock(**row._mapping) for row in rows])


def _told(one: CaseClock) -> dict[str, Any]:
    return {"target": one.target, "calendar": one.calendar, "due": _iso(one.due_at)}


def _iso(moment: datetime) -> str:
    return moment.isoformat()
