"""The words that cross layers: states, people, bilingual text and the read models that screens and the API show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

Variables = Mapping[str, Any]
"""JSON values by variable name."""


class Text(NamedTuple):
    """The same words in both languages; where one is missing the other stands in."""

    zh: str
    en: str

    def pick(self, locale: str) -> str:
        """The words for a locale such as `zh`, `zh-CN` or `en`."""
        first, second = (self.zh, self.en) if locale.lower().startswith("zh") else (self.en, self.zh)
        return first or second


class InstanceState(StrEnum):
    """States of a process instance, as in the Camunda 8 API."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


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


class Severity(StrEnum):
    """How much a finding of a deployment check weighs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Person:
    """Someone who can log in. `groups` are candidate group ids."""

    username: str
    name: Text
    groups: frozenset[str] = frozenset()
    email: str = ""
    locale: str = "zh"


@dataclass(frozen=True)
class Finding:
    """One result of a deployment check, told where it stands and how to mend it."""

    code: str
    message: Text
    file: str = ""
    element_id: str | None = None
    element_name: str = ""
    severity: Severity = Severity.ERROR

    def as_json(self) -> dict[str, Any]:
        """The finding as it is stored and sent; `from_json` reads it."""
        return {
            "code": self.code,
            "zh": self.message.zh,
            "en": self.message.en,
            "file": self.file,
            "element_id": self.element_id,
            "element_name": self.element_name,
            "severity": self.severity,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Finding:
        """The finding that `as_json` gave."""
        message = Text(stored["zh"], stored["en"])
        rest = {name: stored[name] for name in ("file", "element_id", "element_name")}
        return cls(stored["code"], message, severity=Severity(stored["severity"]), **rest)


@dataclass(frozen=True)
class Resource:
    """A file to deploy: its name (with folders) and its bytes."""

    name: str
    content: bytes


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
