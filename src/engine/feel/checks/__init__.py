"""Checks of FEEL texts before anything is evaluated: what can never work, and what is probably not meant.

    check_expression('=amont > "10"', {"amount": NAMED["number"]})

tells that there is no variable “amont”, and asks whether “amount” was meant. A text that may give a value is
never called wrong: where types are in doubt, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable

from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.checks.base import no_type
from laneway.engine.feel.checks.calls import Walker
from laneway.engine.feel.checks.kinds import is_known, join, list_of, stored, word
from laneway.engine.feel.checks.problems import MARK, Problem, marked
from laneway.engine.feel.checks.texts import mend
from laneway.engine.feel.checks.vocabulary import Variables, Vocabulary
from laneway.engine.feel.errors import FeelSyntaxError
from laneway.engine.feel.names import Names
from laneway.engine.feel.parser import Parser
from laneway.engine.feel.types import ANY, Type
from laneway.words import Text

__all__ = [
    "MARK",
    "Problem",
    "Vocabulary",
    "check_expression",
    "is_known",
    "join",
    "kind_of",
    "list_of",
    "marked",
    "stored",
    "word",
]

_BUILTIN_NAMES = Names(BUILTINS)


def check_expression(
    text: str,
    variables: Variables | Vocabulary | None = None,
    *,
    is_unary: bool = False,
    input_type: Type | None = None,
    is_open: bool = False,
    type_of: Callable[[str], Type | None] = no_type,
) -> list[Problem]:
    """What is wrong with an expression, or with unary tests, in the order of the text; positions count from 0.

    `variables` are the names that may be used, with their types (None: not known). Without `variables`, names
    are not judged; with `is_open` there may be others as well, so that only a name that looks like a known
    one is told. A `Vocabulary` is both, prepared for many texts. `input_type` is that of the input of unary
    tests; `type_of` finds item definitions.
    A leading = (Camunda) is allowed before an expression.
    """
    try:
        known = variables if isinstance(variables, Vocabulary) else Vocabulary(variables, is_open=is_open)
        walker, parser = _begun(text, known, is_unary, type_of)
        if is_unary:
            walker.unary(parser.unary_tests_only(), input_type or ANY)
        else:
            walker.of(parser.expression_only())
    except FeelSyntaxError as error:
        hint = mend(_body(text, is_unary), error)
        return [Problem("syntax", hint.text, hint.pos + len(text) - len(_body(text, is_unary)))]
    except RecursionError:
        return [Problem("syntax", Text("嵌套过深", "nested too deeply"), 0)]
    offset = len(text) - len(walker.text)
    problems = [problem._replace(pos=problem.pos + offset) for problem in dict.fromkeys(walker.problems)]
    return sorted(problems, key=lambda problem: problem.pos)


def kind_of(
    text: str,
    variables: Variables | Vocabulary | None = None,
    *,
    type_of: Callable[[str], Type | None] = no_type,
) -> Type:
    """The type of the values that an expression gives, unless they are null; Any when it cannot be told.

    A text that is wrong is of type Any.
    """
    try:
        known = variables if isinstance(variables, Vocabulary) else Vocabulary(variables)
        walker, parser = _begun(text, known, False, type_of, tells=False)
        return walker.of(parser.expression_only())
    except (FeelSyntaxError, RecursionError):
        return ANY


def _body(text: str, is_unary: bool) -> str:
    """The text without what may stand before an expression."""
    stripped = text if is_unary else text.lstrip()
    return stripped[1:] if not is_unary and stripped.startswith("=") else stripped


def _begun(
    text: str,
    known: Vocabulary,
    is_unary: bool,
    type_of: Callable[[str], Type | None],
    *,
    tells: bool = True,
) -> tuple[Walker, Parser]:
    """What reads a text and what walks over it. Raises FeelSyntaxError when it cannot be cut into tokens."""
    body = _body(text, is_unary)
    parser = Parser(body, known.names, _BUILTIN_NAMES, known.members)
    return Walker(body, known, type_of, tells=tells), parser
