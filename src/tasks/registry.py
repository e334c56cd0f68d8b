"""Handlers by job type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from laneway.engine import job_types
from laneway.engine.jobs import Mail

Outcome = Mapping[str, Any] | None


@dataclass
class Job:
    """What a handler gets: the variables its element sees, its headers, and where it stands.

    `key` stays the same when a job is tried again, so that a handler can tell a repeat.
    """

    key: int
    type: str
    variables: dict[str, Any]
    headers: dict[str, str]
    case_number: str | None
    process_id: str
    element_id: str
    retries: int
    mails: list[Mail] = field(default_factory=list)

    @property
    def locale(self) -> str:
        """The customer's language (variable `language`): `zh` or `en`."""
        return str(self.variables.get("language") or "zh")

    def send_mail(self, *, to: str, subject: str, body: str) -> None:
        """Let a mail leave when this job is reported done: once, however often the job is tried."""
        self.mails.append(Mail(to, subject, body))


Handler = Callable[[Job], Outcome]

_handlers: dict[str, Handler] = {}


def handler(job_type: str) -> Callable[[Handler], Handler]:
    """Serve jobs of this type with the decorated function, whose result becomes variables.

    It raises BpmnError to take an error path of the diagram; any other exception costs a retry.
    """

    def register(function: Handler) -> Handler:
        _handlers[job_type] = function
        job_types.serve(job_type)
        return function

    return register


def handler_of(job_type: str) -> Handler:
    """The function that serves this type; KeyError if there is none."""
    return _handlers[job_type]


def registered() -> list[str]:
    """All job types with a handler."""
    return sorted(_handlers)
