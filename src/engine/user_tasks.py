"""User tasks: work for people. Open it, claim it, fill its form, complete it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import access, clock, definitions, forms, history, memory, runtime
from laneway.engine.access import PERSON, Action
from laneway.engine.database import storage
from laneway.engine.database.storage import Command, Query
from laneway.engine.model import InstanceState, Person, UserTaskState
from laneway.engine.spiff import state as live_state
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import form_definition, process_instance, user_task, user_task_draft
from laneway.errors import Conflict, NotAllowed, NotFound


@dataclass(frozen=True)
class TaskView:
    """A user task opened by a person: its row, its form, and what this person may do with it."""

    task: Any
    schema: dict[str, Any] | None
    values: dict[str, Any]
    draft_saved_at: datetime | None
    variables: dict[str, Any]
    may: frozenset[str]
    is_suspended: bool = False
    """Whether its case stands still, so that nobody may do anything with it."""


_THIS = user_task.c.key == bindparam("user_task_key")
_READ = Query(lambda _pg: select(user_task).where(_THIS), user_task)
_LOCK = Query(
    # Both rows are locked, the instance first: a row that one has waited for is read as it stands then.
    lambda _pg: (
        select(process_instance, user_task)
        .select_from(process_instance.join(user_task, user_task.c.instance_key == process_instance.c.key))
        .where(_THIS)
        .with_for_update(key_share=True)
    ),
    process_instance,
    user_task,
)
_COMPLETE = Command(
    user_task,
    lambda _pg: (
        update(user_task)
        .where(_THIS)
        .values(
            state=UserTaskState.COMPLETED,
            assignee=bindparam("assignee"),
            completed_at=bindparam("now"),
            completed_by=bindparam("person"),
            revision=user_task.c.revision + 1,
        )
    ),
)
_ASSIGN = Command(
    user_task,
    lambda _pg: (
        update(user_task)
        .where(_THIS)
        .values(
            assignee=bindparam("assignee"), claimed_at=bindparam("now"), revision=user_task.c.revision + 1
        )
    ),
)
_FORGET_DRAFTS = Command(
    user_task_draft,
    lambda _pg: delete(user_task_draft).where(
        user_task_draft.c.instance_key == bindparam("instance_key"),
        user_task_draft.c.user_task_key == bindparam("user_task_key"),
    ),
)


def get(session: Session, user_task_key: int, *, locked: bool = False) -> Any:
    """The row of a user task with `excluded`, the people whom segregation of duties keeps away.

    With `locked`, its instance is locked first, so that what is read stays true. Raises NotFound.
    """
    row = (
        _locked(session, user_task_key)
        if locked
        else _only(_READ.first(session, user_task_key=user_task_key))
    )
    if row is None:
        raise NotFound("user_task_not_found", key=user_task_key)
    row.excluded = _excluded(session, row)
    return row


def _only(found: tuple[Any, ...] | None) -> Any:
    return None if found is None else found[0]


def _locked(session: Session, user_task_key: int) -> Any:
    guessed = memory.guess_by_task(session, user_task_key)
    if guessed is not None:
        return guessed
    found = _LOCK.first(session, user_task_key=user_task_key)
    if found is None:
        return None
    instance, row = found
    memory.locked(session, instance)
    storage.hold(session, user_task, row)
    return row


def _excluded(session: Session, row: Any) -> frozenset[str]:
    """Who is named in `separate_from`, or completed an element named there (DOMAIN section 2, rule 7)."""
    named = frozenset(one.removeprefix(PERSON) for one in row.separate_from if one.startswith(PERSON))
    elements = [one for one in row.separate_from if not one.startswith(PERSON)]
    if not elements:
        return named
    columns = user_task.c
    query = select(columns.completed_by).where(
        columns.instance_key == row.instance_key,
        columns.element_id.in_(elements),
        columns.completed_by.is_not(None),
    )
    return named | {name for name in session.scalars(query) if name is not None}


def open_under(session: Session, root_key: int) -> list[Any]:
    """The rows of all open user tasks of an instance and its children, as `get` gives them, oldest first."""
    columns = user_task.c
    query = select(columns.key).where(columns.root_key == root_key, columns.state == UserTaskState.CREATED)
    return [get(session, key) for key in session.scalars(query.order_by(columns.key)).all()]


def open_task(session: Session, user_task_key: int, *, by: Person) -> TaskView:
    """What a person sees of a user task: form, values from the variables under their own draft, rights."""
    row = get(session, user_task_key)
    access.require(by, Action.SEE_USER_TASK, row)
    schema = _schema(session, row)
    variables = _variables(session, row)
    draft = _draft(session, row.key, by)
    values = forms.prefill(schema, variables) if schema is not None else {}
    if draft is not None:
        values |= draft.form_values
    saved_at = draft.saved_at if draft is not None else None
    is_suspended = row.state == UserTaskState.CREATED and _is_suspended(session, row)
    may = frozenset[str]() if is_suspended else _rights(by, row)
    return TaskView(row, schema, values, saved_at, variables, may, is_suspended)


def _is_suspended(session: Session, row: Any) -> bool:
    columns = process_instance.c
    state = session.scalar(select(columns.state).where(columns.key == row.instance_key))
    return bool(state == InstanceState.SUSPENDED)


def _rights(by: Person, row: Any) -> frozenset[str]:
    if row.state != UserTaskState.CREATED:
        return frozenset()
    asked = {
        "claim": row.assignee is None and access.may(by, Action.CLAIM_USER_TASK, row),
        "release": row.assignee is not None and access.may(by, Action.RELEASE_USER_TASK, row),
        "complete": access.may(by, Action.COMPLETE_USER_TASK, row),
        "assign": access.may(by, Action.ASSIGN_USER_TASK, row),
    }
    return frozenset(verb for verb, granted in asked.items() if granted)


def _schema(session: Session, row: Any) -> dict[str, Any] | None:
    if row.form_id is None:
        return None
    if row.form_key is not None:
        return forms.read_schema(definitions.form(session, row.form_key))
    # The form was missing when the task began; a later deployment may have brought it.
    columns = form_definition.c
    query = select(columns.schema).where(columns.form_id == row.form_id)
    stored = session.scalar(query.order_by(columns.version.desc()).limit(1))
    return forms.read_schema(stored) if stored is not None else None


def _variables(session: Session, row: Any) -> dict[str, Any]:
    held = storage.held(session, process_instance, row.instance_key)
    if held is None:
        query = select(process_instance.c.live_state).where(process_instance.c.key == row.instance_key)
        stored = session.scalar(query)
    else:
        stored = held.live_state
    assert stored is not None
    if row.state != UserTaskState.CREATED:
        return live_state.variables_of(stored)
    merged: dict[str, Any] = {}
    for scope in reversed(live_state.scope_chain(stored, row.token)):
        merged |= scope
    return merged


def _draft(session: Session, user_task_key: int, by: Person) -> Any:
    columns = user_task_draft.c
    mine = (columns.user_task_key == user_task_key) & (columns.person == by.username)
    return session.execute(select(user_task_draft).where(mine)).one_or_none()


# -- the verbs


def claim(session: Session, user_task_key: int, *, by: Person) -> None:
    """Put an open user task on this person's own list.

    Raises Conflict when someone else was first (`holder`, `at`) or it is no longer open.
    """
    row = _open_row(session, user_task_key)
    if row.assignee == by.username:
        return
    if row.assignee is not None:
        raise Conflict("user_task_already_claimed", holder=row.assignee, at=row.claimed_at)
    _require(by, Action.CLAIM_USER_TASK, row)
    _assign(session, row, by.username, "user_task_claimed", by=by)


def _require(by: Person, action: Action, row: Any) -> None:
    """As `access.require`; a refusal because of segregation of duties names the task in `kept_from`."""
    if by.username in row.excluded:
        raise NotAllowed(f"not_allowed_{action}", person=by.username, kept_from=row.key)
    access.require(by, action, row)


def note_refusal(session: Session, refused: NotAllowed, *, by: Person) -> None:
    """Keep in the history of its case that segregation of duties kept someone from a task; nothing for other refusals.

    The work that was refused is undone with its transaction: this is told in one of its own.
    """
    key = refused.params.get("kept_from")
    if key is None:
        return
    row = get(session, key, locked=True)
    history.record(
        session,
        row.instance_key,
        "user_task_refused",
        by=by,
        element_id=row.element_id,
        token=row.token,
        user_task_key=str(key),
        kept_away=str(refused.params["person"]),
    )


def release(session: Session, user_task_key: int, *, by: Person) -> None:
    """Give a claimed user task back to its candidates."""
    row = _open_row(session, user_task_key)
    access.require(by, Action.RELEASE_USER_TASK, row)
    if row.assignee is not None:
        _assign(session, row, None, "user_task_released", by=by)


def assign(
    session: Session,
    user_task_key: int,
    *,
    assignee: str | None,
    by: Person,
    allow_override: bool = True,
) -> None:
    """Give a user task to a person, or to nobody.

    Raises NotAllowed for someone whom segregation of duties keeps away, and Conflict when it has an assignee
    and may not be overridden.
    """
    row = _open_row(session, user_task_key)
    if assignee != by.username or not access.may(by, Action.CLAIM_USER_TASK, row):
        access.require(by, Action.ASSIGN_USER_TASK, row)
    if assignee is not None and assignee in row.excluded:
        raise NotAllowed("user_task_needs_someone_else", person=assignee, kept_from=row.key)
    if row.assignee is not None and not allow_override:
        raise Conflict("user_task_already_claimed", holder=row.assignee, at=row.claimed_at)
    _assign(session, row, assignee, "user_task_assigned", by=by)


def _open_row(session: Session, user_task_key: int) -> Any:
    """The locked row of a user task that still waits. Raises Conflict with who ended it and when."""
    row = get(session, user_task_key, locked=True)
    if row.state == UserTaskState.COMPLETED:
        raise Conflict("user_task_already_completed", holder=row.completed_by, at=row.completed_at)
    if row.state != UserTaskState.CREATED:
        raise Conflict("user_task_canceled")
    runtime.lock_open(session, row.instance_key)
    return row


def _assign(session: Session, row: Any, assignee: str | None, event: str, *, by: Person) -> None:
    claimed_at = clock.now() if assignee else None
    _ASSIGN.later(session, user_task_key=row.key, assignee=assignee, now=claimed_at)
    row.assignee, row.claimed_at, row.revision = assignee, claimed_at, row.revision + 1
    history.record(
        session,
        row.instance_key,
        event,
        by=by,
        element_id=row.element_id,
        token=row.token,
        user_task_key=str(row.key),
        assignee=assignee,
    )


def save_draft(session: Session, user_task_key: int, *, by: Person, values: Mapping[str, Any]) -> datetime:
    """Keep what this person has typed so far, unchecked; returns when. Raises Conflict when it has ended."""
    row = get(session, user_task_key)
    access.require(by, Action.SEE_USER_TASK, row)
    if row.state != UserTaskState.CREATED:
        _open_row(session, user_task_key)
    now = clock.now()
    mine = (user_task_draft.c.user_task_key == row.key) & (user_task_draft.c.person == by.username)
    session.execute(delete(user_task_draft).where(mine))
    session.execute(
        insert(user_task_draft).values(
            instance_key=row.instance_key,
            user_task_key=row.key,
            person=by.username,
            form_values=dict(values),
            saved_at=now,
        )
    )
    return now


def complete(
    session: Session,
    user_task_key: int,
    *,
    by: Person,
    values: Mapping[str, Any],
    revision: int | None = None,
) -> None:
    """Complete a claimed user task with the values of its form.

    Raises Invalid with the fields that do not fit, NotAllowed unless it is this person's, and Conflict when
    someone was faster (`holder`, `at`) or, with `revision`, when it has changed since it was opened.
    """
    row = _open_row(session, user_task_key)
    if row.assignee not in (None, by.username) and not access.may(by, Action.COMPLETE_USER_TASK, row):
        raise Conflict("user_task_already_claimed", holder=row.assignee, at=row.claimed_at)
    _require(by, Action.COMPLETE_USER_TASK, row)
    if revision is not None and revision != row.revision:
        raise Conflict("user_task_changed", holder=row.assignee, at=row.claimed_at)
    schema = _schema(session, row)
    clean = dict(values)
    if schema is not None:
        clean = forms.validate(schema, values, variables=_variables(session, row))
    _complete(session, row, clean, by=by)


def complete_via_api(
    session: Session, user_task_key: int, *, by: Person, variables: Mapping[str, Any]
) -> None:
    """Complete a user task with any variables: for programs, which bring no form.

    A candidate may complete a task that nobody has claimed; otherwise as `complete`.
    """
    row = _open_row(session, user_task_key)
    if row.assignee is None and access.may(by, Action.CLAIM_USER_TASK, row):
        row.assignee = by.username
    _require(by, Action.COMPLETE_USER_TASK, row)
    _complete(session, row, dict(variables), by=by)


def _complete(session: Session, row: Any, variables: dict[str, Any], *, by: Person) -> None:
    done = {"assignee": row.assignee, "person": by.username, "now": clock.now()}
    _COMPLETE.later(session, user_task_key=row.key, **done)
    row.state = UserTaskState.COMPLETED
    _FORGET_DRAFTS.later(session, instance_key=row.instance_key, user_task_key=row.key)

    def go_on(instance: Instance) -> None:
        details = {"user_task_key": str(row.key)}
        instance.notes.append(Note("user_task_completed", row.element_id, row.token, details))
        kept_in = instance.live[row.token].task_spec.node.assignment.completed_by
        who = {kept_in: by.username} if kept_in else {}
        instance.complete(row.token, variables | who)

    observed.step(session.info, "complete_user_task")
    runtime.advance(session, row.instance_key, go_on, by=by)
