"""The job type `laneway:count-time`: a diagram asks when so much working time will have passed, for its timers."""

from __future__ import annotations

from typing import Final

from laneway.engine import clock
from laneway.engine.calendars import durations
from laneway.engine.database import reading
from laneway.engine.working_calendars import Calendars
from laneway.tasks.registry import Job, handler

JOB_TYPE: Final = "laneway:count-time"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(count)


def count(job: Job) -> dict[str, str]:
    """From now, for every header: its name is the variable that takes the moment, its value "4 bh", "10 wd", "24 h".

    Counted by the calendar with the code in the variable `calendar`, else our own. ValueError for any other text.
    """
    now = clock.now()
    if not job.headers:
        raise ValueError(f"{JOB_TYPE}: 没有时长 / no length of time is named")
    with reading() as session:
        ours = Calendars(session).of(str(job.variables.get("calendar") or ""))
    return {
        name: durations.add(ours, now, length.strip()).isoformat(timespec="seconds")
        for name, length in job.headers.items()
    }
