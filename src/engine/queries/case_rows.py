"""What stands around a case, as values: its instances, tasks, waits, failures, letters and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from laneway.engine.feel import FeelWarning
from laneway.engine.model import InstanceState, JobState, OutgoingKind, OutgoingState, UserTaskState
from laneway.words import Text


@dataclass(frozen=True)
class Instance:
    """The root instance or one that it called."""

    key: int
    process_id: str
    process_definition_key: int
    name: Text
    version: int
    state: InstanceState
    waiting_at: tuple[str, ...]
    parent_key: int | None


@dataclass(frozen=True)
class UserTaskRow:
    """A user task of the case in any state."""

    key: int
    instance_key: int
    element_id: str
    name: Text
    state: UserTaskState
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    created_at: datetime
    claimed_at: datetime | None
    due_at: datetime | None
    completed_at: datetime | None
    completed_by: str | None
    due_rule: str  # what gave its due date, such as clock:reply, else empty
    missing_form: str  # the id of its form where no version of that form is deployed, else empty


@dataclass(frozen=True)
class TimerRow:
    """A moment that the case waits for. `is_aside`: it only watches a step, the case does not stand there."""

    element_id: str
    name: Text
    due_at: datetime
    is_aside: bool


@dataclass(frozen=True)
class MessageRow:
    """A message that the case waits for. `is_aside`: it may come at any time, the case does not stand there."""

    key: int
    element_id: str
    name: Text
    message_name: str
    correlation_key: str | None
    since: datetime
    is_aside: bool
    note_variable: str  # takes what was said with it (property `laneway:note`), else empty


@dataclass(frozen=True)
class JobRow:
    """Automatic work that is not done yet."""

    key: int
    element_id: str
    name: Text
    type: str
    state: JobState
    retries: int
    worker: str | None
    retry_at: datetime | None
    error_message: str | None
    created_at: datetime
    progress: float | None
    """From 0 to 1, as its handler tells."""
    progress_text: str


@dataclass(frozen=True)
class IncidentRow:
    """A step that failed and waits for someone to look at it."""

    key: int
    element_id: str | None
    name: Text
    type: str
    message: str
    created_at: datetime


@dataclass(frozen=True)
class OutgoingRow:
    """A letter or webhook of the case. `next_at` is when it is tried again while it waits."""

    key: int
    kind: OutgoingKind
    state: OutgoingState
    recipient: str
    subject: str
    body: str
    created_at: datetime
    sent_at: datetime | None
    next_at: datetime
    attempts: int
    failure: str
    error: str | None


@dataclass(frozen=True)
class Happening:
    """One row of the history. `name` is the element's."""

    instance_key: int
    seq: int
    at: datetime
    event: str
    element_id: str | None
    name: Text
    person: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True)
class ExpressionWarning:
    """What one expression of the diagram warned of when it was evaluated. `use` says what the expression is for."""

    instance_key: int
    at: datetime
    element_id: str
    element_name: Text
    use: Text
    expression: str
    warnings: list[FeelWarning]


@dataclass(frozen=True)
class Surroundings:
    """Everything that stands around a case now."""

    instances: list[Instance]
    open_tasks: list[UserTaskRow]
    ended_tasks: list[UserTaskRow]
    timers: list[TimerRow]
    messages: list[MessageRow]
    jobs: list[JobRow]
    incidents: list[IncidentRow]
    outgoing: list[OutgoingRow]


@dataclass(frozen=True)
class DiagramState:
    """What to draw on the diagram of one instance."""

    visited: list[str]
    flows: list[str]
    current: list[str]
    failed: list[str]
    counts: dict[str, int]
