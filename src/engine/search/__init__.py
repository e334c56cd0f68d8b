"""Searching what runs and what is deployed, within what the person may see.

Rows have the columns of the thing's own table, and a few of what it belongs to (see `sources`).
Every function takes the person who asks, and raises NotAllowed when nothing of the kind is theirs to see, and
Invalid("search_invalid") when the query cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select, true
from sqlalchemy.orm import Session

from laneway.engine import access, definitions, tables
from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.engine.search.paging import (
    DEFAULT_LIMIT,
    PAGE_LIMIT,
    Field,
    Kind,
    Page,
    Query,
    Source,
    instant_of,
    search,
)
from laneway.engine.search.sources import SOURCES, TENANT, source
from laneway.errors import NotAllowed, NotFound
from laneway.words import Text

__all__ = [
    "DEFAULT_LIMIT",
    "PAGE_LIMIT",
    "SOURCES",
    "TENANT",
    "Field",
    "Found",
    "Kind",
    "Page",
    "Query",
    "cases_and_processes",
    "decision_definitions",
    "decision_instances",
    "decision_requirements",
    "forms",
    "incidents",
    "instant_of",
    "jobs",
    "one",
    "outgoing",
    "process_definitions",
    "process_instances",
    "source",
    "user_tasks",
]


def process_definitions(session: Session, query: Query, *, by: Person) -> Page:
    """Deployed process definitions, every version."""
    return search(session, _seen("process_definitions", by, Action.SEE_PROCESSES), query)


def decision_definitions(session: Session, query: Query, *, by: Person) -> Page:
    """Deployed decisions, every version, with the requirements (the DMN file) they belong to."""
    return search(session, _seen("decision_definitions", by, Action.SEE_PROCESSES), query)


def decision_instances(session: Session, query: Query, *, by: Person) -> Page:
    """Evaluated decisions, in cases and by themselves; `id` is evaluation key and place, joined by a hyphen."""
    return search(session, _seen("decision_instances", by, Action.SEE_CASE), query)


def decision_requirements(session: Session, query: Query, *, by: Person) -> Page:
    """Deployed DMN files, every version, with their bytes in `xml`."""
    return search(session, _seen("decision_requirements", by, Action.SEE_PROCESSES), query)


def forms(session: Session, query: Query, *, by: Person) -> Page:
    """Deployed forms, every version, with their bytes in `schema`."""
    return search(session, _seen("forms", by, Action.SEE_PROCESSES), query)


def process_instances(session: Session, query: Query, *, by: Person) -> Page:
    """Process instances, running and ended."""
    return search(session, _seen("process_instances", by, Action.SEE_CASE), query)


def jobs(session: Session, query: Query, *, by: Person) -> Page:
    """Jobs, waiting, leased and ended; without variables."""
    return search(session, _seen("jobs", by, Action.SEE_CASE, Action.WORK_JOBS, Action.RETRY_INCIDENT), query)


def incidents(session: Session, query: Query, *, by: Person) -> Page:
    """Incidents, open and resolved."""
    return search(session, _seen("incidents", by, Action.SEE_CASE, Action.RETRY_INCIDENT), query)


def outgoing(session: Session, query: Query, *, by: Person) -> Page:
    """Mails and webhooks of the outbox, without their bodies."""
    return search(session, _seen("outgoing", by, Action.SEE_OUTBOX), query)


def user_tasks(session: Session, query: Query, *, by: Person) -> Page:
    """User tasks that this person may see, open and ended; the same rule as `access` decides one by one."""
    found = source("user_tasks", _locale(by))
    return search(session, Source(found.rows.where(_visible_user_tasks(by)), found.key, found.fields), query)


def one(page: Page, code: str, **params: Any) -> Row[Any]:
    """The only row of a page; raises NotFound(code) when it is not there or hidden from this person."""
    if not page.items:
        raise NotFound(code, **params)
    return page.items[0]


def _locale(person: Person) -> str:
    return "zh" if person.locale.lower().startswith("zh") else "en"


def _seen(name: str, by: Person, *actions: Action) -> Source:
    """The source, when at least one of `actions` is granted."""
    if not any(access.may(by, action) for action in actions):
        raise NotAllowed(f"not_allowed_{actions[0]}", person=by.username)
    return source(name, _locale(by))


def _visible_user_tasks(by: Person) -> ColumnElement[bool]:
    groups = access.groups_visible(by)
    if groups is None:
        return true()
    task, candidate = tables.user_task.c, tables.user_task_candidate.c
    kinds = [
        and_(candidate.kind == "group", candidate.candidate.in_(groups)),
        and_(candidate.kind == "user", candidate.candidate == by.username),
    ]
    if access.is_staff(by):
        kinds.append(candidate.kind == "staff")
    named = exists().where(
        candidate.instance_key == task.instance_key, candidate.user_task_key == task.key, or_(*kinds)
    )
    return or_(task.assignee == by.username, named)


# -- a word typed into the command palette


@dataclass(frozen=True)
class Found:
    """A case or a process that a typed word fits; `key` is the case number or the process id."""

    kind: str
    key: str
    name: Text


def cases_and_processes(session: Session, text: str, *, by: Person, limit: int = 8) -> list[Found]:
    """Cases whose number, title or customer, and processes whose name or id contain `text`.

    What the person may not see is not there; at most `limit` of each kind, the newest cases first.
    """
    found: list[Found] = []
    if access.may(by, Action.SEE_CASE):
        case_file = tables.case_file.c
        fits = _contains(text, case_file.number, case_file.title, case_file.customer)
        statement = select(case_file.number, case_file.title, case_file.customer)
        for row in session.execute(statement.where(fits).order_by(case_file.opened_at.desc()).limit(limit)):
            label = " · ".join(part for part in (row.number, row.title, row.customer) if part)
            found.append(Found("case", row.number, Text(label, label)))
    if access.may(by, Action.SEE_PROCESSES):
        for row in session.execute(_latest_processes(text).limit(limit)):
            found.append(Found("process", row.process_id, Text(row.name_zh, row.name_en)))
    return found


def _latest_processes(text: str) -> Select[Any]:
    columns = tables.process_definition.c
    fits = _contains(text, columns.process_id, columns.name_zh, columns.name_en)
    return (
        select(columns.process_id, columns.name_zh, columns.name_en)
        .where(definitions.is_newest(columns.process_id), fits)
        .order_by(columns.process_id)
    )


def _contains(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    return or_(*(column.icontains(text, autoescape=True) for column in columns))
