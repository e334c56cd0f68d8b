"""Findings in the notation of the exams."""

from __future__ import annotations

from typing import Any

from laneway.words import Finding


class Refusal(Exception):
    """Files were not deployed; `issues` say why."""

    def __init__(self, findings: list[Finding]) -> None:
        self.issues = [issue_of(finding) for finding in findings]
        super().__init__("; ".join(str(issue["message"]) for issue in self.issues))


def issue_of(finding: Finding) -> dict[str, Any]:
    """A finding as `{code, element, message}`."""
    return {"code": finding.code, "element": finding.element_id, "message": finding.message.en}
