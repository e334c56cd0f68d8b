"""The job type `laneway:count-time`: a diagram asks when so much working time will have passed, for its timers."""

from __future__ import annotations

from laneway.engine import clock
from laneway.engine.calendars import durations
from laneway.records.calendars import shipped
from laneway.tasks.registry import Job, handler

JOB_TYPE = "laneway:count-time"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(count)


def count(job: Job) -> dict[str, str]:
    """From now, for every header: its name is the variable that takes the moment, its value "4 bh", "10 wd", "24 h".

    Working time is that of the organisation's calendar. Raises ValueError for any other text.
    """
    calendar, now = shipped.china(), clock.now()
    if not job.headers:
        raise ValueError(f"{JOB_TYPE}: 没有时长 / no length of time is named")
    return {
        name: durations.add(calendar, now, length.strip())
        .astimezone(calendar.tz)
        .isoformat(timespec="seconds")
        for name, length in job.headers.items()
    }
