"""The error tree. Every error has a stable code and parameters; words in both languages are looked up at the edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from laneway.words import Finding


class LanewayError(Exception):
    """Something went wrong."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code


class NotFound(LanewayError):
    """There is no such thing, or it is not visible to this person."""


class NotAllowed(LanewayError):
    """This person may not do this."""


class Conflict(LanewayError):
    """Someone else has changed this in the meantime."""


class Unavailable(LanewayError):
    """A part this depends on does not answer now; trying again later may help."""


class Invalid(LanewayError):
    """The values do not fit. `problems` are (field path, problem code, parameters)."""

    def __init__(
        self, code: str, problems: Sequence[tuple[str, str, dict[str, Any]]] = (), **params: Any
    ) -> None:
        super().__init__(code, **params)
        self.problems = list(problems)


class Refused(Invalid):
    """Files were not deployed. `findings` name file, element, reason and mend."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("deployment_refused", count=len(findings))
        self.findings = list(findings)
        self.issues = self.findings


class BpmnError(Exception):
    """Raised by a handler to take the error path that the diagram draws for `code`."""

    def __init__(self, code: str, message: str = "", variables: dict[str, Any] | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.variables = variables or {}
