"""The inbox: which user tasks a person sees, by view, most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)
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
from laneway.engine.tables.waiting import is_open_task
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


COUNT_LIMIT = 1000
"""How far the open user tasks of a group are counted."""


def items(session: Session, person: Person, view: View, *, at: Moment, limit: int) -> list[InboxItem]:
    """The first `limit` open user tasks of a view: earliest deadline first, then priority, then age."""
    columns = user_task.c
    query = _rows(person).order_by(columns.due_at.nulls_last(), columns.priority.desc(), columns.key)
    if _is_by_candidate(person, view):
        keys = session.scalars(_first_of_candidates(person, view, limit)).all()
        if not keys:
            return []
        query = query.where(columns.key.in_(keys))
    else:
        query = query.where(is_open_task, _in_view(person, view, at)).limit(limit)
    return [_item(row) for row in session.execute(query)]


def counts(session: Session, person: Person, *, at: Moment) -> dict[View, int]:
    """How many open user tasks each view holds, in one query; COUNT_LIMIT + 1 where there are more."""
    own = (View.MINE, View.TODAY, View.OVERDUE, View.DRAFTS)
    sums = [
        func.coalesce(func.sum(case((_in_view(person, view, at), 1), else_=0)), 0).label(view.value)
        for view in own
    ]
    limited = [
        select(func.count()).select_from(_some_of(person, view, at)).scalar_subquery().label(view.value)
        for view in (View.OPEN, View.TEAM)
    ]
    row = session.execute(
        select(*sums, *limited)
        .select_from(user_task.outerjoin(user_task_draft, _own_draft(person)))
        .where(is_open_task, user_task.c.assignee == person.username)
    ).one()
    found: Mapping[str, Any] = row._asdict()
    return {view: int(found[view.value]) for view in View}


# -- by candidate: each group's own list is in order already, so that the first ones of all are among their first ones


def _is_by_candidate(person: Person, view: View) -> bool:
    return view is View.OPEN or (view is View.TEAM and access.groups_visible(person) is not None)


def _candidates(person: Person, view: View) -> list[tuple[str, str]]:
    """Kind and candidate of the rows by which a view finds user tasks for this person."""
    own_groups = person.groups - {access.ADMIN, access.AUDITOR, access.WORKER}
    groups = own_groups if view is View.OPEN else access.groups_visible(person) or frozenset()
    found = [("group", group) for group in sorted(groups)] + [("user", person.username)]
    return [*found, ("staff", "")] if access.is_staff(person) else found


def _of_candidate(person: Person, view: View, kind: str, candidate: str) -> Select[Any]:
    named, columns = user_task_candidate.c, user_task.c
    of_task = (columns.instance_key == named.instance_key) & (columns.key == named.user_task_key)
    query = (
        select(named.user_task_key, named.due_at, named.priority)
        .join_from(user_task_candidate, user_task, of_task)
        .where(named.kind == kind, named.candidate == candidate, named.is_open, is_open_task)
    )
    if view is View.OPEN:
        # Said so that no index is tempted to begin with everybody's unclaimed tasks.
        return query.where(func.coalesce(columns.assignee, "") == "", not_(_is_kept_away(person)))
    return query.where(or_(columns.assignee.is_(None), columns.assignee != person.username))


def _first_of_candidates(person: Person, view: View, limit: int) -> Select[Any]:
    named = user_task_candidate.c
    order = (named.due_at.nulls_last(), named.priority.desc(), named.user_task_key)
    firsts = [
        select(_of_candidate(person, view, *one).order_by(*order).limit(limit).subquery())
        for one in _candidates(person, view)
    ]
    every = union_all(*firsts).subquery().c
    return (
        select(every.user_task_key)
        .group_by(every.user_task_key, every.due_at, every.priority)
        .order_by(every.due_at.nulls_last(), every.priority.desc(), every.user_task_key)
        .limit(limit)
    )


def _some_of(person: Person, view: View, at: Moment) -> Subquery:
    """User tasks of a view, no more of them than are counted."""
    enough = COUNT_LIMIT + 1
    if not _is_by_candidate(person, view):
        everyones = select(user_task.c.key).where(is_open_task, _in_view(person, view, at))
        return everyones.limit(enough).subquery()
    some = [
        select(_of_candidate(person, view, *one).limit(enough).subquery().c.user_task_key)
        for one in _candidates(person, view)
    ]
    # A task may be found by several of its candidates: twice as many rows are asked for, and no more.
    keys = union_all(*some).limit(2 * enough).subquery()
    return select(keys.c.user_task_key).distinct().limit(enough).subquery()


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


def _own_draft(person: Person) -> ColumnElement[bool]:
    return and_(
        user_task_draft.c.user_task_key == user_task.c.key, user_task_draft.c.person == person.username
    )


def _in_view(person: Person, view: View, at: Moment) -> ColumnElement[bool]:
    """Of an open user task: whether a view that is not found by candidate holds it."""
    mine = user_task.c.assignee == person.username
    # In a CASE, SQL's "unknown" must not count; comparing with an empty column needs the test beside it.
    due = user_task.c.due_at.is_not(None)
    match view:
        case View.TODAY:
            return and_(mine, due, user_task.c.due_at >= at.now, user_task.c.due_at < at.day_end)
        case View.OVERDUE:
            return and_(mine, due, user_task.c.due_at < at.now)
        case View.DRAFTS:
            return and_(user_task_draft.c.person.is_not(None), mine)
        case View.TEAM:
            return or_(user_task.c.assignee.is_(None), not_(mine))
        case _:
            return mine


def _is_kept_away(person: Person) -> ColumnElement[bool]:
    """Segregation of duties: this person is named, or completed an element that the user task must stay apart from."""
    done = user_task.alias("done")
    quoted = literal('%"').concat(func.replace(done.c.element_id, "_", "!_")).concat('"%')
    apart = cast(user_task.c.separate_from, SqlText)
    completed = exists().where(
        done.c.instance_key == user_task.c.instance_key,
        done.c.state == UserTaskState.COMPLETED.value,
        done.c.completed_by == person.username,
        apart.like(quoted, escape="!"),
    )
    named = apart.contains(f'"{access.PERSON}{person.username}"', autoescape=True)
    return and_(apart != "[]", or_(named, completed))


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
            "due_rule": row.due_rule or "",
            "process_definition_key": row.process_definition_key,
            "completed_at": row.completed_at,
            "completed_by": row.completed_by,
            "candidate_users": tuple(row.candidate_users),
        },
    )
