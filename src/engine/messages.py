"""Messages: publish, keep until they expire, and bring each to whoever waits for it.

As in Camunda 8: a message is correlated by name and correlation key, to each process at most once, and waits for a
subscription until its time to live is over. Signals, which everyone hears at once, are here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select
from sqlalchemy.orm import Session

from laneway.engine import access, clock, due, runtime
from laneway.engine.access import Action
from laneway.engine.bpmn.model import Event, Node
from laneway.engine.database import is_postgresql, new_key
from laneway.engine.model import OPEN_STATES, InstanceState, Person
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import Note
from laneway.engine.tables import (
    STARTS,
    message,
    message_correlation,
    message_subscription,
    process_definition,
    process_instance,
    signal_subscription,
)
from laneway.engine.waits import queue_effect
from laneway.errors import Conflict, Invalid


def publish(
    session: Session,
    *,
    name: str,
    correlation_key: str | None,
    variables: Mapping[str, Any],
    by: Person | None,
    ttl_seconds: float = 3600,
    message_id: str | None = None,
) -> int:
    """Publish a message; returns its key. It is correlated in the background, right after the commit.

    Nobody (`by`) is a step of a diagram, which needs no right to it. Raises Conflict when a message of this name, key
    and `message_id` still waits.
    """
    if by is not None:
        access.require(by, Action.PUBLISH_MESSAGE)
    if not name.strip():
        raise Invalid("message_name_required", [("name", "required", {})])
    now = clock.now()
    columns = message.c
    if message_id is not None:
        _wait_for_same(session, name, correlation_key, message_id)
        same = (columns.name == name) & (columns.message_id == message_id) & (columns.expires_at > now)
        if session.scalar(select(columns.key).where(same, columns.correlation_key == correlation_key)):
            raise Conflict("message_already_published", message_id=message_id)
    key = new_key()
    session.execute(
        insert(message).values(
            key=key,
            name=name,
            correlation_key=correlation_key,
            message_id=message_id,
            variables=dict(variables),
            published_at=now,
            expires_at=now + timedelta(seconds=ttl_seconds),
        )
    )
    queue_effect(session, "correlate_message", message_key=key, person=by and by.username)
    return key


def _wait_for_same(session: Session, *named: str | None) -> None:
    """Let whoever publishes the same message at this moment go first. SQLite has one writer anyway."""
    if is_postgresql():
        lock = func.hashtextextended("\n".join(map(str, named)), 0)
        session.execute(select(func.pg_advisory_xact_lock(lock)))


def correlate_message(session: Session, message_key: int, person: str | None) -> None:
    """Bring a message to the next subscription that fits, one instance per call."""
    row = session.execute(select(message).where(message.c.key == message_key)).one_or_none()
    if row is None:
        return
    found = session.execute(_fitting(row).limit(2)).all()
    if found:
        _deliver(session, row, found[0], person)
    if len(found) > 1:
        queue_effect(session, "correlate_message", message_key=message_key, person=person)


def _fitting(row: Any) -> Any:
    """Subscriptions for a message in processes that it has not reached yet, oldest first.

    Those of suspended instances are looked at when they are resumed; a process that a message of this correlation
    key has started is not started again until that instance has ended (as in Camunda 8).
    """
    columns, running = message_subscription.c, process_instance.alias("running")
    suspended = runtime.is_suspended(columns.instance_key)
    reached = exists().where(
        message_correlation.c.message_key == row.key,
        message_correlation.c.process_id == process_definition.c.process_id,
    )
    held_back = exists().where(
        running.c.start_key == (row.correlation_key or ""),  # no instance has the empty key
        columns.token.is_(None),
        running.c.process_id == process_definition.c.process_id,
        running.c.state.in_(OPEN_STATES),
    )
    fits = or_(columns.token.is_(None), columns.correlation_key == row.correlation_key)
    return (
        select(message_subscription, process_definition.c.process_id)
        .join(process_definition, process_definition.c.key == columns.process_definition_key)
        .where(columns.message_name == row.name, fits, ~reached, ~suspended, ~held_back)
        .order_by(columns.key)
    )


def correlate_held_back(session: Session, start_key: str) -> None:
    """An instance that a message started has ended: kept messages of its key may start the next, in their order."""
    columns = message.c
    query = select(columns.key).where(columns.correlation_key == start_key, columns.expires_at > clock.now())
    for key in session.scalars(query.order_by(columns.key)).all():
        queue_effect(session, "correlate_message", message_key=key, person=None)


def correlate_subscription(session: Session, subscription_key: int) -> None:
    """Give a new subscription the oldest kept message that fits."""
    columns = message_subscription.c
    query = (
        select(message_subscription, process_definition.c.process_id)
        .join(process_definition, process_definition.c.key == columns.process_definition_key)
        .where(columns.key == subscription_key)
    )
    subscription = session.execute(query).one_or_none()
    if subscription is None:
        return
    reached = exists().where(
        message_correlation.c.message_key == message.c.key,
        message_correlation.c.process_id == subscription.process_id,
    )
    kept = (
        select(message)
        .where(
            message.c.name == subscription.message_name,
            message.c.correlation_key == subscription.correlation_key,
            message.c.expires_at > clock.now(),
            ~reached,
        )
        .order_by(message.c.key)
        .limit(1)
    )
    row = session.execute(kept).one_or_none()
    if row is not None:
        _deliver(session, row, subscription, None)


def _deliver(session: Session, row: Any, subscription: Any, person: str | None) -> None:
    if subscription.token is None:
        if not _may_start(session, row, subscription.key):
            return
        runtime.start(
            session,
            subscription.process_definition_key,
            row.variables,
            by=None,
            at=subscription.element_id,
            start_key=row.correlation_key or None,
        )
    else:
        instance_row = runtime.lock(session, subscription.instance_key)
        columns = message_subscription.c
        query = select(columns.key).where(columns.key == subscription.key)
        # It has ended or was suspended since; the message may fit another.
        if session.scalar(query) is None or instance_row.state == InstanceState.SUSPENDED:
            queue_effect(session, "correlate_message", message_key=row.key, person=person)
            return

        def receive(instance: Instance) -> None:
            details = {"name": row.name, "by": person}
            instance.notes.append(
                Note("message_correlated", subscription.element_id, subscription.token, details)
            )
            instance.trigger(subscription.token, subscription.wait, row.variables)

        runtime.advance(session, subscription.instance_key, receive)
    session.execute(
        insert(message_correlation).values(message_key=row.key, process_id=subscription.process_id)
    )


def _may_start(session: Session, row: Any, subscription_key: int) -> bool:
    """Whether a message still starts a process, asked again behind the lock: another of its key may have just done so."""
    columns = message_subscription.c
    if is_postgresql():
        session.execute(select(columns.key).where(columns.key == subscription_key).with_for_update())
    return session.execute(_fitting(row).where(columns.key == subscription_key)).one_or_none() is not None


def has_expired() -> ColumnElement[bool]:
    """Of a message: whether its time to live is over."""
    return message.c.expires_at <= due.now()


def forget_expired(session: Session, *, limit: int = 500) -> int:
    """Delete messages whose time to live is over, at most `limit` of them; how many."""
    keys = select(message.c.key).where(has_expired()).order_by(message.c.expires_at).limit(limit)
    if is_postgresql():
        keys = keys.with_for_update(skip_locked=True)
    found = list(session.scalars(keys))
    if found:
        session.execute(delete(message).where(message.c.key.in_(found)))
    return len(found)


def watch_start(session: Session, definition_key: int, node: Node, event: Event) -> None:
    """Let a message start event of a new definition start instances."""
    session.execute(
        insert(message_subscription).values(
            instance_key=STARTS,
            key=new_key(),
            wait=node.id,
            is_aside=False,
            element_id=node.id,
            name_zh=node.name.pick("zh") or node.id,
            name_en=node.name.pick("en") or node.id,
            process_definition_key=definition_key,
            message_name=event.ref,
            created_at=clock.now(),
        )
    )


# -- signals


def broadcast(session: Session, name: str, variables: Mapping[str, Any]) -> None:
    """Let everyone who waits for a signal hear it, each in a transaction of its own."""
    query = select(signal_subscription).where(signal_subscription.c.signal_name == name)
    for row in session.execute(query.order_by(signal_subscription.c.key)).all():
        payload = {"subscription_key": row.key, "variables": dict(variables)}
        queue_effect(session, "receive_signal", instance_key=row.instance_key or None, **payload)


def receive_signal(session: Session, subscription_key: int, variables: Mapping[str, Any]) -> None:
    """One subscriber hears a signal, if it still waits."""
    query = select(signal_subscription).where(signal_subscription.c.key == subscription_key)
    row = session.execute(query).one_or_none()
    if row is None:
        return
    if row.token is None:
        runtime.start(session, row.process_definition_key, variables, by=None, at=row.element_id)
        return
    runtime.advance(
        session, row.instance_key, lambda instance: instance.trigger(row.token, row.wait, variables)
    )


def watch_start_signal(session: Session, definition_key: int, node: Node, event: Event) -> None:
    """Let a signal start event of a new definition start instances."""
    session.execute(
        insert(signal_subscription).values(
            instance_key=STARTS,
            key=new_key(),
            wait=node.id,
            is_aside=False,
            element_id=node.id,
            process_definition_key=definition_key,
            signal_name=event.ref,
        )
    )
