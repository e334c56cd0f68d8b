"""What a step of the product reads from its job: texts, days and moments, checked and told in both languages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from laneway.engine import clock
from laneway.tasks.registry import Job

BLANK = ""


def text(job: Job, name: str, *, longest: int = 4000) -> str:
    """A text, cut at what its column takes; empty without one."""
    value = job.variables.get(name)
    return (value if isinstance(value, str) else BLANK).strip()[:longest]


def required(job: Job, name: str, *, longest: int = 4000) -> str:
    """A text that there has to be. Raises ValueError."""
    value = text(job, name, longest=longest)
    if not value:
        raise ValueError(f"{job.type}: 缺少 {name} / {name} is missing")
    return value


def day(job: Job, name: str) -> date | None:
    """A day, also that of a moment. Raises ValueError for a text that is none."""
    value = text(job, name)
    if not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise ValueError(f"{job.type}: {name} 不是日期 / {name} is no date: {value}") from None


def moment(job: Job, name: str) -> datetime | None:
    """A moment; one without an offset is meant in the department's time. Raises ValueError for a text that is none."""
    value = text(job, name).partition("[")[0]
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{job.type}: {name} 不是时间 / {name} is no moment: {value}") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=clock.here().tzinfo)


def required_moment(job: Job, name: str) -> datetime:
    """A moment that there has to be. Raises ValueError."""
    found = moment(job, name)
    if found is None:
        raise ValueError(f"{job.type}: 缺少 {name} / {name} is missing")
    return found


def texts(job: Job, name: str) -> list[str]:
    """A list of texts, as a check list of a form gives them; empty without one."""
    value = job.variables.get(name)
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []


def rows(job: Job, name: str) -> list[dict[str, Any]]:
    """Rows of a list of a form; empty without one."""
    value = job.variables.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
