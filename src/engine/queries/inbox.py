"""The inbox: which user tasks a person sees, by view, most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, cast, exists, func, literal, not_, or_, select, true
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import Session

from laneway.engine import access
from laneway.engine.model import InboxItem, Person, UserTaskState
from laneway.engine.tables import (
    case_file,
    process_definition,
    user_task,
    user_task_candidate,
    user_task_draft,
)
from laneway.engine.tables import person as person_table
from laneway.words import Text


class View(StrEnum):
    """The views of the inbox, as they stand in its address."""

    MINE = "mine"
    TODAY = "today"
    OVERDUE = "overdue"
    DRAFTS = "drafts"
    OPEN = "open"
    TEAM = "team"


@dataclass(frozen=True)
class Moment:
    """Now, and the instant at which the reader's day ends."""

    now: datetime
    day_end: datetime


def items(session: Session, person: Person, view: View, *, at: Moment, limit: int) -> list[InboxItem]:
    """The first `limit` open user tasks of a view: earliest deadline first, then priority, then age."""
    query = (
        _rows(person)
        .where(_open_and_visible(person), _in_view(person, view, at))
        .order_by(user_task.c.due_at.nulls_last(), user_task.c.priority.desc(), user_task.c.key)
        .limit(limit)
    )
    return [_item(row) for row in session.execute(query)]


def counts(session: Session, person: Person, *, at: Moment) -> dict[View, int]:
    """How many open user tasks each view holds, in one query."""
    sums = [
        func.coalesce(func.sum(case((_in_view(person, view, at), 1), else_=0)), 0).label(view.value)
        for view in View
    ]
    row = session.execute(
        select(*sums)
        .select_from(user_task.outerjoin(user_task_draft, _own_draft(person)))
        .where(_open_and_visible(person))
    ).one()
    found: Mapping[str, Any] = row._asdict()
    return {view: int(found[view.value]) for view in View}


def item(session: Session, person: Person, user_task_key: int) -> InboxItem | None:
    """One user task in any state, if this person may see it."""
    row = session.execute(_rows(person).where(user_task.c.key == user_task_key)).one_or_none()
    return _item(row) if row is not None and access.may(person, access.Action.SEE_USER_TASK, row) else None


def next_key(session: Session, person: Person, view: View, *, at: Moment, after: InboxItem) -> int | None:
    """The user task to go on with when `after` is done: the most urgent other one of the view."""
    for candidate in items(session, person, view, at=at, limit=2):
        if candidate.user_task_key != after.user_task_key:
            return candidate.user_task_key
    return None


def sees(person: Person) -> ColumnElement[bool]:
    """The rule of `access.may(person, SEE_USER_TASK, …)` as a condition on `user_task`."""
    groups = access.groups_visible(person)
    if groups is None:
        return true()
    return or_(user_task.c.assignee == person.username, _is_candidate(person, groups))


def _is_candidate(person: Person, groups: frozenset[str]) -> ColumnElement[bool]:
    of_task = user_task_candidate.c.user_task_key == user_task.c.key
    named = exists().where(
        of_task,
        or_(
            and_(user_task_candidate.c.kind == "group", user_task_candidate.c.candidate.in_(sorted(groups))),
            and_(user_task_candidate.c.kind == "user", user_task_candidate.c.candidate == person.username),
        ),
    )
    if not access.is_staff(person):
        return named
    return or_(named, not_(exists().where(of_task)))


def _open_and_visible(person: Person) -> ColumnElement[bool]:
    return and_(user_task.c.state == UserTaskState.CREATED.value, sees(person))


def _own_draft(person: Person) -> ColumnElement[bool]:
    return and_(
        user_task_draft.c.user_task_key == user_task.c.key, user_task_draft.c.person == person.username
    )


def _in_view(person: Person, view: View, at: Moment) -> ColumnElement[bool]:
    mine = user_task.c.assignee == person.username
    # In a CASE, SQL's "unknown" must not count; comparing with an empty column needs the test beside it.
    due = user_task.c.due_at.is_not(None)
    match view:
        case View.MINE:
            return and_(user_task.c.assignee.is_not(None), mine)
        case View.TODAY:
            return and_(mine, due, user_task.c.due_at >= at.now, user_task.c.due_at < at.day_end)
        case View.OVERDUE:
            return and_(mine, due, user_task.c.due_at < at.now)
        case View.DRAFTS:
            return and_(user_task_draft.c.person.is_not(None), mine)
        case View.OPEN:
            own_groups = person.groups - {access.ADMIN, access.AUDITOR, access.WORKER}
            return and_(
                user_task.c.assignee.is_(None), _is_candidate(person, own_groups), not_(_is_kept_away(person))
            )
        case View.TEAM:
            return or_(user_task.c.assignee.is_(None), not_(mine))


def _is_kept_away(person: Person) -> ColumnElement[bool]:
    """Segregation of duties: this person completed one of the elements that the user task must stay apart from."""
    done = user_task.alias("done")
    quoted = literal('%"').concat(func.replace(done.c.element_id, "_", "!_")).concat('"%')
    return exists().where(
        done.c.instance_key == user_task.c.instance_key,
        done.c.state == UserTaskState.COMPLETED.value,
        done.c.completed_by == person.username,
        cast(user_task.c.separate_from, SqlText).like(quoted, escape="!"),
    )


def _rows(person: Person) -> Select[Any]:
    holder = person_table.alias("holder")
    return (
        select(
            user_task,
            process_definition.c.name_zh.label("process_zh"),
            process_definition.c.name_en.label("process_en"),
            case_file.c.number,
            case_file.c.title,
            case_file.c.customer,
            case_file.c.severity,
            holder.c.name_zh.label("holder_zh"),
            holder.c.name_en.label("holder_en"),
            user_task_draft.c.saved_at,
        )
        .select_from(user_task)
        .join(process_definition, process_definition.c.key == user_task.c.process_definition_key)
        .outerjoin(case_file, case_file.c.instance_key == user_task.c.root_key)
        .outerjoin(holder, holder.c.username == user_task.c.assignee)
        .outerjoin(user_task_draft, _own_draft(person))
    )


def _item(row: Any) -> InboxItem:
    return InboxItem(
        user_task_key=row.key,
        name=Text(row.name_zh, row.name_en),
        process_id=row.process_id,
        process_name=Text(row.process_zh, row.process_en),
        element_id=row.element_id,
        instance_key=row.instance_key,
        case_number=row.number or str(row.root_key),
        case_title=row.title or "",
        customer=row.customer or "",
        severity=row.severity or "",
        assignee=row.assignee,
        candidate_groups=tuple(row.candidate_groups),
        created_at=row.created_at,
        due_at=row.due_at,
        priority=row.priority,
        state=UserTaskState(row.state),
        has_draft=row.saved_at is not None,
        extra={
            "assignee_name": Text(row.holder_zh or row.assignee or "", row.holder_en or row.assignee or ""),
            "root_key": row.root_key,
            "process_definition_key": row.process_definition_key,
            "completed_at": row.completed_at,
            "completed_by": row.completed_by,
            "candidate_users": tuple(row.candidate_users),
        },
    )
