"""What a step asks of the outside, in order. The runtime turns each into rows of the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from laneway.engine.bpmn.model import Called, Event, Node
from laneway.engine.feel import FeelWarning


class StepFailed(Exception):
    """An element could not be entered or left; the token stays there as an incident of `type`."""

    def __init__(self, type_: str, message: str, expression: str = "") -> None:
        super().__init__(message)
        self.type = type_
        self.message = message.replace("\0", "\\0")  # PostgreSQL takes no NUL in a text
        self.expression = expression
        """The text that failed, where that is what failed."""


class Evaluated(NamedTuple):
    """The JSON value of an expression, and what made parts of it null."""

    value: Any
    warnings: Sequence[FeelWarning] = ()


@dataclass(frozen=True)
class Due:
    """When a timer fires, and for cycles how it goes on (`repetitions` -1: without end)."""

    at: datetime
    cycle: str | None = None
    repetitions: int | None = None
    warnings: Sequence[FeelWarning] = ()


class Host(Protocol):
    """What the executor needs from its surroundings while it steps."""

    def evaluate(self, expression: str, variables: Mapping[str, Any]) -> Evaluated:
        """The JSON value of a FEEL text; StepFailed when it does not work."""

    def ask(self, condition: str, variables: Mapping[str, Any]) -> Evaluated:
        """Like `evaluate`, for a condition."""

    def decide(
        self, called: Called, variables: Mapping[str, Any], *, element_id: str, token: int
    ) -> tuple[Any, list[dict[str, Any]]]:
        """The value of a decision and one record per evaluated decision; StepFailed when it cannot be had."""

    def due(self, event: Event, variables: Mapping[str, Any]) -> Due:
        """When a timer event is due; StepFailed when its text is not understood."""


class Request:
    """Base of everything a step asks for. `opens` names the wait that it opens, if it opens one.

    None is ever changed; they are not frozen because a step makes many, and freezing doubles what each costs.
    """

    opens = ""


@dataclass
class UserTaskOpened(Request):
    """A person is needed. Expressions are evaluated already."""

    opens = "user_task"
    token: int
    node: Node
    assignee: str | None
    candidate_groups: list[str]
    candidate_users: list[str]
    due_at: datetime | None
    follow_up_at: datetime | None
    priority: int
    form_id: str | None
    external_form: str | None
    kept_away: list[str] = field(default_factory=list)
    due_rule: str | None = None
    """What gave the due date, where that is no date of the diagram's own."""


@dataclass
class JobOpened(Request):
    """A handler is needed."""

    opens = "job"
    token: int
    node: Node
    type: str
    retries: int
    priority: int


@dataclass
class TimerOpened(Request):
    """Time is awaited; `wait` is the id of the node that it triggers. `is_aside`: the instance does not stand there."""

    opens = "timer"
    token: int
    wait: str
    element_id: str
    due: Due
    is_aside: bool
    due_rule: str | None = None
    """A length by the case's calendar, such as "5 wd", that goes before `due`."""


@dataclass
class MessageOpened(Request):
    """A message is awaited."""

    opens = "message"
    token: int
    wait: str
    node: Node
    message_name: str
    correlation_key: str
    is_aside: bool


@dataclass
class SignalOpened(Request):
    """A signal is awaited."""

    opens = "signal"
    token: int
    wait: str
    element_id: str
    signal_name: str
    is_aside: bool


@dataclass
class WaitsClosed(Request):
    """Nothing of this token is awaited any more. `kinds` are those of the requests that opened its waits."""

    token: int
    kinds: tuple[str, ...]


@dataclass
class IncidentRaised(Request):
    """A person must look at this token."""

    opens = "incident"
    token: int
    element_id: str
    type: str
    message: str


@dataclass
class SignalThrown(Request):
    """Every instance that waits for the signal hears it."""

    name: str
    variables: dict[str, Any]


@dataclass
class ChildCalled(Request):
    """A call activity needs a child instance. `catches` are error codes that a caller would catch (`*`: all)."""

    opens = "child"
    token: int
    called: Called
    process_id: str
    variables: dict[str, Any]
    catches: list[str]


@dataclass
class ChildCanceled(Request):
    """The call activity has ended without its child."""

    token: int


@dataclass
class ThrownToParent(Request):
    """An error (`kind` error) or escalation that only the calling instance can catch."""

    kind: str
    code: str
    variables: dict[str, Any]


@dataclass(slots=True)
class Note:
    """One line of history."""

    event: str
    element_id: str | None
    token: int | None
    details: dict[str, Any] = field(default_factory=dict)
