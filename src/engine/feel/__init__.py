"""FEEL of DMN 1.5: the expression language of diagrams and decisions.

    evaluate_json('=amount > 1000 and status = "open"', {"amount": 1500, "status": "open"})

gives True without warnings. A text becomes tokens (`lexer`), a tree (`reader`, `primaries`, `parser`) and
Python closures (`compiler`) that run in a scope under a meter (`scope`, `meter`); no text is run as Python.
Names that contain operators or numbers (`net-total`, `rate 2`) are found when they are passed as `names`, or
as `members` if they stand after a dot. Errors of an evaluation give null and a warning.
"""

from __future__ import annotations

from laneway.engine.feel.errors import FeelAssertion, FeelError, FeelLimit, FeelSyntaxError
from laneway.engine.feel.exchange import from_feel, to_feel
from laneway.engine.feel.expressions import (
    Expression,
    Result,
    compile_expression,
    compile_unary_tests,
    evaluate_json,
    parse_and_compile,
)
from laneway.engine.feel.meter import GATEWAY, SCRIPT, Budget, Meter
from laneway.engine.feel.moments import add_duration, as_datetime
from laneway.engine.feel.names import Names
from laneway.engine.feel.scope import Code, Env
from laneway.engine.feel.sentences import FeelWarning

__all__ = [
    "GATEWAY",
    "SCRIPT",
    "Budget",
    "Code",
    "Env",
    "Expression",
    "FeelAssertion",
    "FeelError",
    "FeelLimit",
    "FeelSyntaxError",
    "FeelWarning",
    "Meter",
    "Names",
    "Result",
    "add_duration",
    "as_datetime",
    "compile_expression",
    "compile_unary_tests",
    "evaluate_json",
    "from_feel",
    "parse_and_compile",
    "to_feel",
]
