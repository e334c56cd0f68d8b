"""The heart: lock an instance, change it, let it step, turn its waits into rows, save it. Nothing here commits.

One call changes one instance. What it asks of other instances becomes rows that a later transaction picks up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, select, update
from sqlalchemy.orm import Session

from laneway import metrics, observed
from laneway.engine import cases, clock, definitions, history, memory, statistics
from laneway.engine.clocks.book import Book
from laneway.engine.clocks.book import read as read_clocks
from laneway.engine.clocks.steps import follow_step, recount
from laneway.engine.database import is_postgresql, new_key, storage
from laneway.engine.database.storage import Command, Query
from laneway.engine.definitions import Definition
from laneway.engine.expressions import StepHost
from laneway.engine.model import OPEN_STATES, IncidentState, InstanceState, Person
from laneway.engine.spiff import state as live_state
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.requests import IncidentRaised, Note
from laneway.engine.tables import incident, process_instance
from laneway.engine.waits import Rows, queue_effect
from laneway.errors import Conflict, NotFound

Change = Callable[[Instance], object]


@dataclass(frozen=True)
class Parent:
    """The call activity that a child instance reports to, and what it would catch."""

    key: int
    token: int
    root_key: int
    catches: list[str]


@dataclass(frozen=True)
class Started:
    """A new instance."""

    instance_key: int
    process_definition_key: int
    process_id: str
    version: int
    case_number: str | None


_SAVED = (
    "live_state",
    "waiting_at",
    "state",
    "ended_at",
    "suspended_at",
    "has_incident",
    "last_seq",
    "revision",
)
_THIS = process_instance.c.key == bindparam("instance_key")
_READ = Query(lambda _pg: select(process_instance).where(_THIS), process_instance)
_LOCK = Query(
    lambda _pg: select(process_instance).where(_THIS).with_for_update(key_share=True), process_instance
)
_SAVE = Command(
    process_instance,
    lambda _pg: (
        update(process_instance)
        .where(_THIS, process_instance.c.revision == bindparam("seen_revision"))
        .values({name: bindparam(name) for name in _SAVED})
    ),
    must_hit=True,
)


def lock(session: Session, instance_key: int) -> Any:
    """The instance's row, locked until the transaction ends. Raises NotFound.

    SQLite's units of work hold the one write lock already.
    """
    row = storage.held(session, process_instance, instance_key)
    if row is None:
        began = time.perf_counter()
        row = _found(_LOCK.first(session, instance_key=instance_key), instance_key)
        if is_postgresql():
            metrics.LOCK_WAIT_SECONDS.observe(time.perf_counter() - began)
        memory.locked(session, row)
    return row


def _found(rows: tuple[Any, ...] | None, instance_key: int) -> Any:
    if rows is None:
        raise NotFound("process_instance_not_found", key=instance_key)
    return rows[0]


def start(
    session: Session,
    definition_key: int,
    variables: Mapping[str, Any],
    *,
    by: Person | None,
    business_key: str | None = None,
    at: str | None = None,
    start_key: str | None = None,
    parent: Parent | None = None,
) -> Started:
    """A new instance of a definition, stepped until every branch waits; `at` is a triggered start event.

    `start_key` is the correlation key of the message that starts it.
    """
    definition = definitions.load(session, definition_key)
    number = cases.allot(session, definition.process) if parent is None else None
    values = dict(variables) | ({"case_number": number} if number else {})
    key = new_key()
    row = {
        "key": key,
        "process_definition_key": definition.key,
        "process_id": definition.process_id,
        "version": definition.version,
        "state": InstanceState.ACTIVE,
        "business_key": business_key or number,
        "root_key": parent.root_key if parent else key,
        "parent_key": parent.key if parent else None,
        "parent_token": parent.token if parent else None,
        "revision": new_key(),
        "waiting_at": [],
        "has_incident": False,
        "started_at": clock.now(),
        "started_by": by.username if by is not None else None,
        "start_key": start_key,
        "last_seq": 0,
        "live_state": b"",
        "ended_at": None,
        "suspended_at": None,
    }
    storage.insert_later(session, process_instance, [row])
    observed.instance(session.info, key, definition.process_id)
    if number:
        cases.open_(session, definition.process, number=number, instance_key=key, variables=values, by=by)
    instance = Instance(StepHost(session, definition), definition.process_id, definition.specs)
    instance.parent_catches = parent.catches if parent else []
    instance.notes.append(Note("instance_started", None, None, {"version": definition.version}))
    instance.start(values, at)
    _step_and_save(session, SimpleNamespace(**row), definition, instance, by=by, new=row)
    return Started(key, definition.key, definition.process_id, definition.version, number)


def is_suspended(instance_key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the instance that a row belongs to is suspended: nothing of it moves then."""
    columns = process_instance.c
    return exists().where(columns.key == instance_key, columns.state == InstanceState.SUSPENDED)


def lock_open(session: Session, instance_key: int, *, suspended_too: bool = False) -> Any:
    """As `lock`; raises Conflict when the instance has ended or, unless `suspended_too`, is suspended."""
    row = _must_be_open(lock(session, instance_key))
    if row.state == InstanceState.SUSPENDED and not suspended_too:
        raise Conflict("process_instance_suspended", key=instance_key, at=row.suspended_at)
    return row


def read_open(session: Session, instance_key: int) -> Any:
    """The instance's row, only to look at it. Raises NotFound, and Conflict when the instance has ended."""
    return _must_be_open(_found(_READ.first(session, instance_key=instance_key), instance_key))


def _must_be_open(row: Any) -> Any:
    if row.state not in OPEN_STATES:
        raise Conflict("process_instance_ended", key=row.key, at=row.ended_at)
    return row


def advance(
    session: Session,
    instance_key: int,
    change: Change,
    *,
    by: Person | None = None,
    suspended_too: bool = False,
) -> Instance:
    """Apply one change to an instance and step it until every branch waits; returns it as it stands then.

    With `suspended_too`, the change is made to a suspended instance as well; what follows from it waits in the
    instance's queue until it is resumed. Raises NotFound, and Conflict as `lock_open`.
    """
    row = lock_open(session, instance_key, suspended_too=suspended_too)
    observed.instance(session.info, row.key, row.process_id)
    definition, instance = _resumed(session, row)
    memory.of(
        session, row
    ).instance = None  # until it is saved: what fails on the way is no instance any more
    change(instance)
    _step_and_save(session, row, definition, instance, by=by)
    return instance


def migrate(
    session: Session, row: Any, target: Definition, stored: bytes, change: Change, *, by: Person | None
) -> None:
    """Go on under another definition, with a live state that is rewritten for it; `row` is locked."""
    moved = {
        "process_definition_key": target.key,
        "process_id": target.process_id,
        "version": target.version,
    }
    this = process_instance.c.key == row.key
    session.execute(update(process_instance).where(this).values(moved))
    row = lock(session, row.key)
    observed.instance(session.info, row.key, row.process_id)
    instance = live_state.load(StepHost(session, target), target.process_id, target.specs, stored)
    change(instance)
    instance.variables_changed = True  # what lists show is told by the new version now
    _step_and_save(session, row, target, instance, by=by)


def reopen(session: Session, row: Any, change: Change, *, by: Person | None) -> None:
    """Let an instance that has ended go on where `change` puts it; `row` is locked.

    Raises StepFailed when a wait of the process itself cannot be opened.
    """
    observed.instance(session.info, row.key, row.process_id)
    definition, instance = _restore(session, row)
    statistics.take_back_end(session, row)
    vars(row).update(state=InstanceState.ACTIVE, ended_at=None)
    memory.of(session, row).instance = None
    instance.begin_again()
    change(instance)
    instance.variables_changed = True  # lists show the case again
    _step_and_save(session, row, definition, instance, by=by)


def look(session: Session, row: Any) -> Instance:
    """An instance as its row stands, to look at and then discard."""
    return _restore(session, row)[1]


def _restore(session: Session, row: Any) -> tuple[Definition, Instance]:
    definition = definitions.load(session, row.process_definition_key)
    host = StepHost(session, definition)
    return definition, live_state.load(host, definition.process_id, definition.specs, row.live_state)


def _resumed(session: Session, row: Any) -> tuple[Definition, Instance]:
    """As `_restore`, from memory where this process made the step before."""
    instance = memory.of(session, row).instance
    if instance is None:
        return _restore(session, row)
    definition = definitions.load(session, row.process_definition_key)
    instance.go_on(StepHost(session, definition))
    return definition, instance


def _step_and_save(
    session: Session,
    row: Any,
    definition: Definition,
    instance: Instance,
    *,
    by: Person | None,
    new: dict[str, Any] | None = None,
) -> None:
    """`new` is the row of an instance that is just being started."""
    if row.state != InstanceState.SUSPENDED:
        instance.run()
    clock_notes = _follow_clocks(session, row, definition, instance, is_new=new is not None)
    rows = Rows(session, row, definition)
    rows.take(instance.requests)
    rows.write()
    assert isinstance(instance.host, StepHost)
    instance.host.keep_decisions(row.key, row.root_key)
    state = _state_of(instance, row)
    notes = instance.notes + rows.notes + clock_notes
    if state not in OPEN_STATES:
        notes.append(Note(f"instance_{state.lower()}", None, None))
    last_seq = history.append(session, row.key, row.last_seq, notes, by=by)
    statistics.note_step(
        session,
        row,
        notes,
        is_start=new is not None,
        is_end=state not in OPEN_STATES,
        is_renamed=instance.variables_changed,
    )
    _save(session, row, instance, state, last_seq, new)
    if instance.variables_changed and row.parent_key is None:
        cases.refresh(session, definition.process, row.key, instance.data)
    if state not in OPEN_STATES:
        _ended(session, row, instance, state)


def _follow_clocks(
    session: Session, row: Any, definition: Definition, instance: Instance, *, is_new: bool
) -> list[Note]:
    if definition.clocks is None:
        return []
    party = cases.party_of(definition.process, instance.data)
    return follow_step(session, row, definition, instance, party=party, is_new=is_new)


def recount_clocks(session: Session, instance_key: int) -> None:
    """Count the running clocks of a case anew: a calendar or its customer has changed. Nothing where it has ended."""
    row = lock(session, instance_key)
    if row.state not in OPEN_STATES:
        return
    definition, instance = _restore(session, row)
    party = cases.party_of(definition.process, instance.data)
    notes = recount(session, row, definition, instance.data, party)
    history.record_all(session, instance_key, notes)


def change_clocks(
    session: Session, instance_key: int, change: Callable[[Book], None], *, by: Person | None = None
) -> None:
    """Change the clocks of a case outside a step, and tell its history."""
    lock(session, instance_key)
    book = read_clocks(session, instance_key, is_own=True)
    change(book)
    book.save()
    history.record_all(session, instance_key, book.notes, by=by)


def _state_of(instance: Instance, row: Any) -> InstanceState:
    if instance.is_terminated:
        return InstanceState.TERMINATED
    return InstanceState.COMPLETED if instance.completed else InstanceState(row.state)


def _save(
    session: Session,
    row: Any,
    instance: Instance,
    state: InstanceState,
    last_seq: int,
    new: dict[str, Any] | None,
) -> None:
    """Write the live state; the revision is the fence against a second writer."""
    ended = state not in OPEN_STATES
    may_have_incident = row.has_incident or any(isinstance(e, IncidentRaised) for e in instance.requests)
    values = {
        "live_state": live_state.dump(instance),
        "waiting_at": [] if ended else instance.waiting_at(),
        "state": state,
        "ended_at": clock.now() if ended else None,
        "suspended_at": None if ended else row.suspended_at,
        "has_incident": not ended and may_have_incident and has_incident(session, row.key),
        "last_seq": last_seq,
        "revision": new_key(),
    }
    if new is None or not storage.amend(session, process_instance, new, values):
        _SAVE.later(session, instance_key=row.key, seen_revision=row.revision, **values)
    vars(row).update(values)
    memory.of(session, row).instance = instance


def has_incident(session: Session, instance_key: int) -> bool:
    """Whether some step of the instance waits for a person to look at it."""
    active = (incident.c.instance_key == instance_key) & (incident.c.state == IncidentState.ACTIVE)
    return session.scalar(select(incident.c.key).where(active).limit(1)) is not None


def _ended(session: Session, row: Any, instance: Instance, state: InstanceState) -> None:
    if row.start_key is not None:
        queue_effect(session, "correlate_held_back", start_key=row.start_key)
    if row.parent_key is None:
        cases.close(session, row.key, state)
    elif state is InstanceState.COMPLETED:
        queue_effect(
            session,
            "child_completed",
            instance_key=row.parent_key,
            parent_token=row.parent_token,
            variables=instance.data,
        )
