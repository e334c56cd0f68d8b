"""Changing a user task that waits: its times, its candidates, its priority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from laneway.engine import access, history, statistics, user_tasks
from laneway.engine.access import Action
from laneway.engine.model import Person, UserTaskState
from laneway.engine.tables import user_task, user_task_candidate
from laneway.engine.waits import candidate_rows
from laneway.errors import Conflict


@dataclass(frozen=True)
class Changes:
    """What to change; None leaves it as it is. `cleared` names the times (`due_at`, `follow_up_at`) to take away."""

    due_at: datetime | None = None
    follow_up_at: datetime | None = None
    priority: int | None = None
    candidate_groups: Sequence[str] | None = None
    candidate_users: Sequence[str] | None = None
    cleared: frozenset[str] = frozenset()


def change(session: Session, user_task_key: int, changes: Changes, *, by: Person) -> None:
    """Change a user task that is still open, and note in the history what is new.

    Raises NotFound, NotAllowed unless this person may assign it, and Conflict when it has ended.
    """
    row = user_tasks.get(session, user_task_key, locked=True)
    access.require(by, Action.ASSIGN_USER_TASK, row)
    if row.state == UserTaskState.COMPLETED:
        raise Conflict("user_task_already_completed", holder=row.completed_by, at=row.completed_at)
    if row.state != UserTaskState.CREATED:
        raise Conflict("user_task_canceled")
    values: dict[str, Any] = {
        name: value for name, value in vars(changes).items() if name != "cleared" and value is not None
    } | dict.fromkeys(changes.cleared)
    if not values:
        return
    if "due_at" in values:
        values["due_rule"] = None  # a date that a person sets follows no clock
    for column in ("candidate_groups", "candidate_users"):
        if column in values:
            values[column] = list(dict.fromkeys(values[column]))
    _replace_candidates(session, row, {**vars(row), **values})
    statistics.note(session, row.root_key)
    this = user_task.c.key == row.key
    session.execute(update(user_task).where(this).values(revision=user_task.c.revision + 1, **values))
    shown = {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()
    }
    history.record(
        session,
        row.instance_key,
        "user_task_changed",
        by=by,
        element_id=row.element_id,
        token=row.token,
        user_task_key=str(row.key),
        changes=shown,
    )


def _replace_candidates(session: Session, row: Any, values: Mapping[str, Any]) -> None:
    """Let lists find the user task by its candidates, its deadline and its priority as they are now."""
    columns = user_task_candidate.c
    session.execute(
        delete(user_task_candidate).where(
            columns.instance_key == row.instance_key, columns.user_task_key == row.key
        )
    )
    rows = candidate_rows(
        row.instance_key,
        row.key,
        values["candidate_groups"],
        values["candidate_users"],
        due_at=values["due_at"],
        priority=values["priority"],
    )
    session.execute(insert(user_task_candidate), rows)
