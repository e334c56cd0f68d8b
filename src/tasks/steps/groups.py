"""The job type `laneway:notify-groups`: a diagram writes to the people of groups who should know of a case."""

from __future__ import annotations

from laneway.engine import accounts
from laneway.engine.database import reading
from laneway.engine.model import Person
from laneway.tasks.registry import Job, handler

JOB_TYPE = "laneway:notify-groups"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(notify)


def notify(job: Job) -> dict[str, list[str]]:
    """Send everyone in `groups` a mail in their own language (docs/dialect.md); each person gets one.

    `subject_zh`, `subject_en`, `text_zh` and `text_en` come from input mappings; `kept_away` names people who get none.
    The result `notified` lists the usernames. ValueError when a text is missing.
    """
    told = job.variables
    groups = {str(one) for one in told.get("groups") or []}
    away = told.get("kept_away") or []
    names = {away} if isinstance(away, str) else set(away)
    with reading() as session:
        people = [account.person for account in accounts.list_people(session) if account.is_active]
    wanted = [one for one in people if one.groups & groups and one.email and one.username not in names]
    for person in wanted:
        job.send_mail(to=person.email, subject=_said(job, "subject", person), body=_said(job, "text", person))
    return {"notified": [person.username for person in wanted]}


def _said(job: Job, what: str, person: Person) -> str:
    name = f"{what}_{'en' if person.locale == 'en' else 'zh'}"
    text = job.variables.get(name)
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{JOB_TYPE}: 缺少 {name} / {name} is missing")
    return text.strip()
