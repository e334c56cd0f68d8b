"""Cron texts of timers, as Camunda 8 reads them: six fields, seconds first, or one of the `@daily` kind."""

from __future__ import annotations

from datetime import datetime

from croniter import CroniterError, croniter

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
FIELDS = 6
_HOUR = 2


def is_cron(text: str) -> bool:
    """Whether a text is a cron expression of six fields."""
    fields = _MACROS.get(text.strip(), text).replace("?", "*").split()
    return len(fields) == FIELDS and bool(croniter.is_valid(" ".join(fields), second_at_beginning=True))


def next_moment(text: str, after: datetime) -> datetime:
    """The next time that a cron expression means, in the time zone of `after`. Raises ValueError.

    The hour that comes twice when clocks are set back counts once for a text that names its hours, and twice for one
    that means every hour.
    """
    fields = _MACROS.get(text.strip(), text).replace("?", "*")
    names_hours = "*" not in fields.split()[_HOUR]
    try:
        moments = croniter(fields, after, second_at_beginning=True)
        found: datetime = moments.get_next(datetime)
        while names_hours and found.fold:
            found = moments.get_next(datetime)
    except CroniterError as error:
        raise ValueError(str(error)) from error
    return found
