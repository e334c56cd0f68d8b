"""What a customer's calendar means to the clocks of its cases."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine.tables import case_clock, case_file, is_running_clock
from laneway.engine.waits import queue_effect
from laneway.engine.working_calendars import Calendars
from laneway.records.kinds.declared import Problem, Values


def calendar_is_kept(session: Session, before: Values, after: Values) -> list[Problem]:
    """A customer's calendar is one of those that are kept."""
    code = after.get("calendar")
    if not code or code == before.get("calendar") or Calendars(session).find(str(code)) is not None:
        return []
    return [("calendar", "no_such_record", {"code": str(code)})]


def count_anew(session: Session, batch: Mapping[int, Values]) -> None:
    """Let the running clocks of these customers' cases be counted anew, in case the calendar is another one now."""
    codes = [found["code"] for found in batch.values() if found.get("code")]
    files = case_file.c
    running = (
        select(files.party_code)
        .join(case_clock, case_clock.c.instance_key == files.instance_key)
        .where(files.party_code.in_(codes), is_running_clock)
        .distinct()
    )
    for code in session.scalars(running):
        queue_effect(session, "recount_party", code=code)
