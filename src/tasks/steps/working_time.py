"""The job type `laneway:count-working-time`: the moment that lies some working days ahead, for timers of a diagram."""

from __future__ import annotations

from typing import Final

from laneway.engine import clock
from laneway.engine.calendars import durations
from laneway.engine.database import reading
from laneway.engine.working_calendars import Calendars
from laneway.tasks.registry import Job, handler

JOB_TYPE: Final = "laneway:count-working-time"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(count)


def count(job: Job) -> dict[str, str]:
    """For each header the moment that lies so far ahead: `silent_at` = `5 wd` gives the variable `silent_at`.

    Counted by the calendar with the code in the variable `calendar`, else our own. ValueError for what is no time.
    """
    now = clock.now()
    with reading() as session:
        calendars = Calendars(session)
        ours = calendars.of(str(job.variables.get("calendar") or ""))
    return {
        name: durations.add(ours, now, target).isoformat(timespec="seconds")
        for name, target in job.headers.items()
    }
