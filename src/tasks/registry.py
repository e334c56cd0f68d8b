"""Handlers by job type."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from laneway.engine import job_types
from laneway.engine.outbox import Mail, Webhook
from laneway.tasks.addresses import target_of

Outcome = Mapping[str, Any] | None
Tell = Callable[[float, str], None]

DEFAULT_TIMEOUT_SECONDS = 60.0
"""How long a handler may take that does not say so itself."""

_LONGEST_EVENT, _LONGEST_URL, _LARGEST_PAYLOAD = 400, 2000, 2**20
# Ours and those that shape the request are not for handlers to set.
_HEADER_NAME = re.compile(
    r"(?!(?:host|te|connection)$|(?:content|transfer|webhook|idempotency|user-agent))[a-z0-9-]+",
    re.IGNORECASE,
)
_HEADER_TEXT = re.compile(r"[\x20-\x7e]*")


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
    webhooks: list[Webhook] = field(default_factory=list)
    tell: Tell = field(default=lambda _fraction, _text: None, repr=False)
    """What `progress` calls."""

    def progress(self, fraction: float, text: str = "") -> None:
        """Tell how far the work has come, from 0 to 1, and in words; may be called as often as you like.

        The case shows it, and the job is held for longer. ValueError for a fraction outside 0 to 1.
        """
        if not 0 <= fraction <= 1:
            raise ValueError(f"a progress of {fraction} is not between 0 and 1")
        self.tell(fraction, text)

    @property
    def locale(self) -> str:
        """The customer's language (variable `language`): `zh` or `en`."""
        return str(self.variables.get("language") or "zh")

    def send_mail(
        self, *, to: str, subject: str, body: str, html: str = "", files: Sequence[tuple[int, int]] = ()
    ) -> None:
        """Let a mail leave when this job is reported done: once, however often the job is tried.

        `html` says the same as `body`; `files` are files of cases, each as key of the root instance and key.
        """
        self.mails.append(Mail(to, subject, body, html, tuple(files)))

    def send_webhook(
        self, *, url: str, payload: Any, event: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """Let a request leave when this job is reported done: a CloudEvent of type `event` with `payload` as its data.

        It may arrive more than once, with the same id. ValueError for what cannot be sent; TypeError for no JSON.
        """
        target_of(url)
        named = dict(headers or {})
        if not event.strip() or len(event) > _LONGEST_EVENT or len(url) > _LONGEST_URL:
            raise ValueError("a webhook needs an event and a URL that are not too long")
        if not all(
            _HEADER_NAME.fullmatch(name) and _HEADER_TEXT.fullmatch(text) for name, text in named.items()
        ):
            raise ValueError("a header of the webhook is none that may be set")
        if len(orjson.dumps(payload)) > _LARGEST_PAYLOAD:
            raise ValueError("the payload of the webhook is larger than 1 MB")
        self.webhooks.append(Webhook(url, event.strip(), payload, self.case_number, named))


@dataclass(frozen=True)
class Handler:
    """A function that serves a job type, how long it may take in seconds, and whether it is `async def`."""

    function: Callable[[Job], Any]
    timeout: float
    is_async: bool


_handlers: dict[str, Handler] = {}

F = TypeVar("F", bound=Callable[[Job], Outcome | Awaitable[Outcome]])


def handler(job_type: str, *, timeout: float = DEFAULT_TIMEOUT_SECONDS) -> Callable[[F], F]:
    """Serve jobs of this type with the decorated function, `def` or `async def`, whose result becomes variables.

    It raises BpmnError to take an error path of the diagram; any other exception costs a retry, and so does a run that
    takes longer than `timeout` seconds. ValueError for a timeout that is not more than 0.
    """
    if timeout <= 0:
        raise ValueError(f"a handler needs some time: {timeout}")

    def register(function: F) -> F:
        _handlers[job_type] = Handler(function, timeout, inspect.iscoroutinefunction(function))
        job_types.serve(job_type)
        return function

    return register


def handler_of(job_type: str) -> Callable[[Job], Any]:
    """The function that serves this type; KeyError if there is none."""
    return _handlers[job_type].function


def entry_of(job_type: str) -> Handler:
    """What is known of the function that serves this type; KeyError if there is none."""
    return _handlers[job_type]


def registered(*, is_async: bool | None = None) -> list[str]:
    """All job types with a handler; with `is_async`, only those whose handler is such a one, or is not."""
    return sorted(
        job_type for job_type, one in _handlers.items() if is_async is None or one.is_async == is_async
    )
