"""Trying a FEEL expression: a text and variables in, its value, its warnings and what the check says out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, request

from laneway.engine import access, clock, feel
from laneway.engine.access import Action
from laneway.engine.feel.checks import Problem, check_expression
from laneway.engine.feel.types import NAMED, Type
from laneway.web import trials
from laneway.web.auth import current_person
from laneway.web.decision_tables import Warned
from laneway.web.frame import page
from laneway.words import Text

bp = Blueprint("expressions", __name__)

_LONGEST = 20_000
_TYPES = {bool: "boolean", int: "number", float: "number", str: "string"}


@dataclass(frozen=True)
class Typed:
    """What the form holds, as it was typed."""

    text: str = ""
    is_unary: bool = False
    input: str = ""
    variables: str = ""


@dataclass
class TriedExpression:
    """What came of it. `failed_at` is the character that a syntax error is about."""

    is_asked: bool = False
    is_done: bool = False
    value: Any = None
    failure: Text | None = None
    failed_at: int | None = None
    input_error: str = ""
    variables_error: str = ""
    duration: int = 0
    warnings: list[Warned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@bp.get("/decisions/try")
def show() -> str:
    """The form, empty."""
    access.require(current_person(), Action.EDIT_PROCESS)
    return _page(Typed(), TriedExpression())


@bp.post("/decisions/try")
def evaluate() -> str:
    """Evaluate what was typed, within the limits of a gateway; the page keeps all of it."""
    access.require(current_person(), Action.EDIT_PROCESS)
    form = request.form
    typed = Typed(
        text=form.get("text", "")[:_LONGEST],
        is_unary=form.get("kind") == "tests",
        input=form.get("input", ""),
        variables=form.get("variables", ""),
    )
    return _page(typed, _tried(typed))


def _page(typed: Typed, tried: TriedExpression) -> str:
    return page("decisions/expression.html", nav="decisions", typed=typed, tried=tried)


def _tried(typed: Typed) -> TriedExpression:
    tried = TriedExpression(is_asked=True)
    variables, tried.variables_error = trials.read_object(typed.variables)
    if typed.is_unary and typed.input.strip():
        variables["?"], tried.input_error = trials.read_value(typed.input)
    known = None if tried.variables_error else {name: _type(value) for name, value in variables.items()}
    tried.problems = check_expression(
        typed.text, known, is_unary=typed.is_unary, input_type=_type(variables.get("?"))
    )
    if not tried.variables_error and not tried.input_error:
        _evaluate(typed, variables, tried)
    return tried


def _type(value: Any) -> Type | None:
    """The type of a JSON value, as far as the check can use it."""
    name = _TYPES.get(type(value))
    return NAMED[name] if name is not None else None


def _evaluate(typed: Typed, variables: dict[str, Any], tried: TriedExpression) -> None:
    began = time.perf_counter_ns()
    meter = feel.Meter(feel.GATEWAY, clock.here)
    compile_text = feel.compile_unary_tests if typed.is_unary else feel.compile_expression
    try:
        compiled = compile_text(typed.text)
        tried.value = feel.from_feel(compiled.evaluate_metered(variables, meter).value, meter)
        tried.is_done = True
    except feel.FeelSyntaxError as error:
        tried.failure, tried.failed_at = error.text, error.pos
    except feel.FeelError as error:
        tried.failure = error.text
    tried.duration = (time.perf_counter_ns() - began) // 1000
    tried.warnings = [Warned(one.text, one.pos, None, typed.text) for one in meter.warnings]
