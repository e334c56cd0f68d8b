"""Checks of decisions that can be evaluated and yet may not mean what was meant; they give warnings.

`sheets` reads tables, `cells` their cells, `universe` cuts the values of a column into atoms (`scales`), `regions`
searches combinations of them. `texts`, `kinds`, `policies` and `combinations` hold what is checked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from laneway.engine.dmn.checks.combinations import check_combinations
from laneway.engine.dmn.checks.kinds import check_inputs, check_outputs
from laneway.engine.dmn.checks.policies import check_policy
from laneway.engine.dmn.checks.sheets import Scope, sheets
from laneway.engine.dmn.checks.texts import Texts
from laneway.engine.dmn.document import Document
from laneway.engine.dmn.problems import Problems
from laneway.words import Finding, Severity, Text

MOST_FINDINGS: Final = 200
"""Warnings that are told for one file."""


def check_documents(documents: Sequence[Document]) -> list[Finding]:
    """What is worth a warning in files that were read without errors and linked."""
    findings: list[Finding] = []
    for document in documents:
        problems = Problems(document.file, Severity.WARNING)
        scope = Scope(document)
        for owner in document.elements.values():
            texts = Texts(scope, owner, problems)
            texts.check_boxed()
            for sheet in sheets(scope, owner):
                check_inputs(sheet, texts, problems)
                check_outputs(sheet, texts, problems)
                check_policy(sheet, texts, problems)
                check_combinations(sheet, problems)
        findings += problems.findings[:MOST_FINDINGS]
        more = len(problems.findings) - MOST_FINDINGS
        if more > 0:
            words = Text(f"另有 {more} 项意见", f"there are {more} more findings")
            findings.append(Finding("more_findings", words, document.file, severity=Severity.WARNING))
    return findings
