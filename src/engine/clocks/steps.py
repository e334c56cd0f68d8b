"""What a step of an instance means to the clocks of its case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.bpmn.clock_settings import BUSINESS, NAMES, ClockRules
from laneway.engine.calendars import targets
from laneway.engine.clocks.book import Asked, Book, read
from laneway.engine.definitions import Definition
from laneway.engine.expressions import evaluate
from laneway.engine.feel import as_datetime
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note, StepFailed, TimerOpened, UserTaskOpened

_COMPLETED = frozenset({"element_completed", "multi_instance_completed", "loop_completed"})


def follow_step(
    session: Session, row: Any, definition: Definition, instance: Instance, *, party: str | None, is_new: bool
) -> list[Note]:
    """What a step of the instance `row` means to the clocks of its case; returns lines of history.

    To be called when the instance has come to rest and before its waits become rows: it gives user tasks that follow
    a clock, and timers that follow a calendar, their due dates. A process that says nothing of clocks costs nothing.
    """
    rules = definition.clocks
    if rules is None:
        return []
    is_case = row.parent_key is None
    met = _met(rules, instance.notes)
    was, waits = _reason(rules, row.waiting_at), _reason(rules, instance.waiting_at())
    if instance.completed:
        waits = ""
    dues = [
        request
        for request in instance.requests
        if (isinstance(request, UserTaskOpened) and request.node.id in rules.dues)
        or (isinstance(request, TimerOpened) and request.due_rule is not None)
    ]
    asks = is_case and bool(rules.expression) and (is_new or instance.variables_changed)
    ends = is_case and instance.completed
    if not (met or asks or dues or ends or bool(was) != bool(waits)):
        return []
    book = Book(session, row.root_key) if is_new and is_case else read(session, row.root_key, is_own=is_case)
    me = str(row.key)
    if asks:
        asked = _asked(rules.expression, instance.data, book)
        book.follow(asked, party=party, opened_at=row.started_at, held_by=me if waits else "")
    book.meet(met)
    if ends:
        book.close(is_completed=not instance.is_terminated)
    elif waits and not was:
        book.hold(me, waits)
    elif was and not waits:
        book.release(me)
    book.save()
    for request in dues:
        if isinstance(request, UserTaskOpened):
            request.due_rule = rules.dues[request.node.id]
            request.due_at = book.due_by(request.due_rule)
        elif request.due_rule is not None:
            request.due = replace(request.due, at=book.moment(request.due_rule))
    return book.notes


def recount(
    session: Session, row: Any, definition: Definition, variables: Mapping[str, Any], party: str | None
) -> list[Note]:
    """Count the running clocks of the locked case `row` anew, as its calendars and its customer stand now.

    Returns lines of history.
    """
    book = read(session, row.key, is_own=True)
    if definition.clocks is not None and definition.clocks.expression:
        asked = _asked(definition.clocks.expression, variables, book)
        book.follow(asked, party=party, opened_at=row.started_at)
    book.recount()
    book.save()
    return book.notes


def _met(rules: ClockRules, notes: Iterable[Note]) -> list[str]:
    if not rules.meets:
        return []
    return [
        name
        for note in notes
        if note.event in _COMPLETED
        for name in rules.meets.get(note.element_id or "", ())
    ]


def _reason(rules: ClockRules, elements: Iterable[str]) -> str:
    return next((rules.pauses[one] for one in elements if one in rules.pauses), "")


def _asked(expression: str, variables: Mapping[str, Any], book: Book) -> list[Asked]:
    """What the process wants now; what cannot be understood is told in the history, and stops no case."""
    try:
        value = evaluate(expression, variables).value
    except StepFailed as failure:
        book.refuse("", failure.message)
        return []
    if value is None:
        return []
    found = []
    for told in value if isinstance(value, list) else [value]:
        if not isinstance(told, Mapping) or told.get("name") not in NAMES:
            book.refuse("", f"{told!r} is no clock.")
            continue
        name, target, calendar = told["name"], told.get("target"), told.get("calendar")
        if target is not None and not targets.is_target(target):
            book.refuse(name, f"{target!r} is no target such as 8 bh, 5 wd, 24 h or 2 d.")
            continue
        code = calendar if isinstance(calendar, str) and calendar not in ("", BUSINESS) else None
        found.append(Asked(name, target, code, _moment(told.get("start"))))
    return found


def _moment(value: Any) -> datetime | None:
    return as_datetime(value, now=clock.now()) if isinstance(value, str) and value else None
