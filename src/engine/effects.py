"""Work that one instance's step left for another transaction: messages, signals, children. One row, one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import clock, definitions, due, messages, runtime
from laneway.engine.database import is_postgresql
from laneway.engine.model import OPEN_STATES, InstanceState
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note, StepFailed
from laneway.engine.tables import case_clock, case_file, effect, is_running_clock, process_instance
from laneway.engine.waits import queue_effect
from laneway.errors import Conflict, NotFound

_LONGEST_PAUSE_SECONDS = 3600


def is_due() -> ColumnElement[bool]:
    """Of a piece of work: whether it may be done now. What is for a suspended instance waits."""
    return (effect.c.not_before <= due.now()) & ~runtime.is_suspended(effect.c.instance_key)


def run_next(session: Session) -> bool:
    """Do the oldest piece of work that is due, and delete its row with it; whether there was one.

    What is for a suspended instance waits until that is resumed.
    """
    columns = effect.c
    query = select(effect).where(is_due()).order_by(columns.key).limit(1)
    if is_postgresql():
        query = query.with_for_update(skip_locked=True)
    row = session.execute(query).one_or_none()
    if row is None:
        return False
    session.info["effect_key"] = row.key  # tells the worker which one, should it fail
    observed.step(session.info, row.kind, effect_key=row.key)
    _DOERS[row.kind](session, row)
    session.execute(delete(effect).where(columns.key == row.key))
    return True


def postpone(session: Session, effect_key: int, problem: str) -> None:
    """A piece of work failed: try it again later, each time waiting twice as long, at last once an hour.

    It is never given up: a case would wait for it without an end and without a word.
    """
    columns = effect.c
    row = session.execute(select(effect).where(columns.key == effect_key)).one_or_none()
    if row is None:
        return
    pause = timedelta(seconds=min(2 ** min(row.attempts, 20), _LONGEST_PAUSE_SECONDS))
    session.execute(
        update(effect)
        .where(columns.key == effect_key)
        .values(attempts=row.attempts + 1, not_before=clock.now() + pause, error=problem)
    )


def _correlate_message(session: Session, row: Any) -> None:
    messages.correlate_message(session, row.payload["message_key"], row.payload["person"])


def _correlate_held_back(session: Session, row: Any) -> None:
    messages.correlate_held_back(session, row.payload["start_key"])


def _correlate_subscription(session: Session, row: Any) -> None:
    messages.correlate_subscription(session, row.payload["subscription_key"])


def _broadcast_signal(session: Session, row: Any) -> None:
    messages.broadcast(session, row.payload["name"], row.payload["variables"])


def _receive_signal(session: Session, row: Any) -> None:
    messages.receive_signal(session, row.payload["subscription_key"], row.payload["variables"])


def _start_child(session: Session, row: Any) -> None:
    asked = row.payload
    parent = runtime.lock(session, asked["parent_key"])
    if parent.state == InstanceState.SUSPENDED:  # this very moment: later
        raise Conflict("process_instance_suspended", key=parent.key, at=parent.suspended_at)
    if parent.state != InstanceState.ACTIVE or not _still_waits(session, parent, asked["parent_token"]):
        return
    bound = None
    if asked["binding"] == "deployment":
        bound = definitions.load(session, parent.process_definition_key).deployment_key
    try:
        key = definitions.find_process(
            session,
            asked["process_id"],
            version_tag=asked["version_tag"] if asked["binding"] == "versionTag" else None,
            deployment_key=bound,
        )
    except NotFound:
        words = f"The called process '{asked['process_id']}' is not deployed. Deploy it, then retry."
        failure = StepFailed("CALLED_ELEMENT_ERROR", words)
        runtime.advance(session, parent.key, lambda instance: instance.fail(asked["parent_token"], failure))
        return
    caller = runtime.Parent(parent.key, asked["parent_token"], parent.root_key, asked["catches"])
    runtime.start(session, key, asked["variables"], by=None, parent=caller)


def _still_waits(session: Session, parent: Any, token: int) -> bool:
    """Whether the call activity still stands where it called; the parent is locked."""
    instance = runtime.look(session, parent)
    return token in instance.live and "child" in instance.live[token].internal_data


def _cancel_child(session: Session, row: Any) -> None:
    runtime.lock(session, row.payload["parent_key"])  # waits for a child that is just being started
    columns = process_instance.c
    query = select(columns.key).where(
        columns.parent_key == row.payload["parent_key"],
        columns.parent_token == row.payload["parent_token"],
        columns.state.in_(OPEN_STATES),
    )
    for key in session.scalars(query):

        def terminate(instance: Instance) -> None:
            instance.notes.append(
                Note("instance_canceled", None, None, {"reason": "The calling step has ended."})
            )
            instance.terminate()

        runtime.advance(session, key, terminate, suspended_too=True)


def _child_completed(session: Session, row: Any) -> None:
    token, variables = row.payload["parent_token"], row.payload["variables"]

    def report(instance: Instance) -> None:
        if token in instance.live:
            instance.child_completed(token, variables)

    _advance_if_active(session, row.instance_key, report)


def _throw_in_parent(session: Session, row: Any) -> None:
    asked = row.payload

    def throw(instance: Instance) -> None:
        instance.throw_from_child(asked["parent_token"], asked["kind"], asked["code"], asked["variables"])

    _advance_if_active(session, row.instance_key, throw)


def _advance_if_active(session: Session, instance_key: int, change: runtime.Change) -> None:
    try:
        runtime.advance(session, instance_key, change)
    except Conflict as conflict:
        if conflict.code != "process_instance_ended":
            raise


def _recount_calendar(session: Session, row: Any) -> None:
    """A calendar has changed: each case with a running clock is counted anew in a transaction of its own.

    Without a code, all are: the organisation has another calendar now.
    """
    code, columns = row.payload["code"], case_clock.c
    query = select(columns.instance_key).where(is_running_clock).distinct()
    for key in session.scalars(query.where(columns.calendar == code) if code else query):
        queue_effect(session, "recount_clocks", instance_key=key)


def _recount_party(session: Session, row: Any) -> None:
    files, columns = case_file.c, case_clock.c
    query = select(columns.instance_key).join(case_file, files.instance_key == columns.instance_key)
    named = (files.party_code == row.payload["code"]) & is_running_clock
    for key in session.scalars(query.where(named).distinct()):
        queue_effect(session, "recount_clocks", instance_key=key)


def _recount_clocks(session: Session, row: Any) -> None:
    runtime.recount_clocks(session, row.instance_key)


_DOERS: dict[str, Callable[[Session, Any], None]] = {
    "correlate_message": _correlate_message,
    "correlate_held_back": _correlate_held_back,
    "correlate_subscription": _correlate_subscription,
    "broadcast_signal": _broadcast_signal,
    "receive_signal": _receive_signal,
    "start_child": _start_child,
    "cancel_child": _cancel_child,
    "child_completed": _child_completed,
    "throw_in_parent": _throw_in_parent,
    "recount_calendar": _recount_calendar,
    "recount_party": _recount_party,
    "recount_clocks": _recount_clocks,
}
