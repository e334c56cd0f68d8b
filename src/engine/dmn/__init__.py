"""DMN 1.1 to 1.5: decision tables and boxed expressions, on top of `laneway.engine.feel`.

`read_decisions` reads and checks files that are deployed together; `DecisionModel.evaluate` decides.
"""

from __future__ import annotations

from laneway.engine.dmn.decisions import (
    Decision,
    DecisionModel,
    DecisionResult,
    Linkage,
    read_decisions,
    read_linkage,
)
from laneway.engine.dmn.problems import UNSUPPORTED
from laneway.engine.dmn.trace import DecisionFailed, EvaluatedDecision, MatchedRule, RuleOutput, SeenInput

__all__ = [
    "UNSUPPORTED",
    "Decision",
    "DecisionFailed",
    "DecisionModel",
    "DecisionResult",
    "EvaluatedDecision",
    "Linkage",
    "MatchedRule",
    "RuleOutput",
    "SeenInput",
    "read_decisions",
    "read_linkage",
]
