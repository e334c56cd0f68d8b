"""The words that cross the engine's layers: states, people and the read models that screens and the API show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from laneway.words import Text

Variables = Mapping[str, Any]
"""JSON values by variable name."""


class InstanceState(StrEnum):
    """States of a process instance, as in the Camunda 8 API."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


OPEN_STATES = (InstanceState.ACTIVE, InstanceState.SUSPENDED)
"""Of an instance that has not ended."""


class UserTaskState(StrEnum):
    """States of a user task, as in the Camunda 8 API; whether it is claimed shows in its assignee."""

    CREATED = "CREATED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


class JobState(StrEnum):
    """States of a job, as in the Camunda 8 API."""

    CREATED = "CREATED"
    ACTIVATED = "ACTIVATED"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"
    ERROR_THROWN = "ERROR_THROWN"
    CANCELED = "CANCELED"


class IncidentState(StrEnum):
    """States of an incident, as in the Camunda 8 API."""

    ACTIVE = "ACTIVE"
    RESOLVED = "RESOLVED"


class OutgoingKind(StrEnum):
    """What the outbox holds."""

    MAIL = "mail"
    WEBHOOK = "webhook"


class OutgoingState(StrEnum):
    """States of a message in the outbox. FAILED: given up, until someone sends it again."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


@dataclass(frozen=True)
class Person:
    """Someone who can log in. `groups` are candidate group ids."""

    username: str
    name: Text
    groups: frozenset[str] = frozenset()
    email: str = ""
    locale: str = "zh"


@dataclass(frozen=True)
class InboxItem:
    """One user task as lists show it."""

    user_task_key: int
    name: Text
    process_id: str
    process_name: Text
    element_id: str
    instance_key: int
    case_number: str
    case_title: str
    customer: str
    severity: str
    assignee: str | None
    candidate_groups: tuple[str, ...]
    created_at: datetime
    due_at: datetime | None
    priority: int
    state: UserTaskState
    has_draft: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
