"""Compiled texts: parse, compile, cache, evaluate."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.compiler import Compiler
from laneway.engine.feel.compiler.base import no_type
from laneway.engine.feel.compiler.constants import Quick, quick_tests
from laneway.engine.feel.errors import FeelError, FeelLimit, FeelSyntaxError
from laneway.engine.feel.exchange import from_feel
from laneway.engine.feel.meter import SCRIPT, Budget, Meter
from laneway.engine.feel.names import Names
from laneway.engine.feel.parser import Parser
from laneway.engine.feel.properties import WORDY
from laneway.engine.feel.reader import Node
from laneway.engine.feel.reads import Reads, reads_of, select
from laneway.engine.feel.scope import Code, Env
from laneway.engine.feel.sentences import FeelWarning
from laneway.engine.feel.types import Type
from laneway.engine.feel.values import Value

CACHED_TEXTS: Final = 4096
_BUILTIN_NAMES: Final = Names(BUILTINS)


class Result(NamedTuple):
    """A FEEL value, and what went wrong on the way (errors give null)."""

    value: Value
    warnings: list[FeelWarning]


class Expression:
    """A compiled text. Safe to share between threads.

    `free` are the names that it uses. Of unary tests, `quick` decides alone for the values that it is for.
    """

    def __init__(
        self,
        text: str,
        code: Code,
        free: frozenset[str],
        reads: Reads,
        quick: Quick | None,
        compile_located: Callable[[], Code],
    ) -> None:
        self.text, self.free, self.quick = text, free, quick
        self._code = code
        self._reads = [(name, reads.get(name)) for name in free]
        self._compile_located = compile_located
        self._located: Code | None = None

    def evaluate(self, variables: Mapping[str, Any], budget: Budget = SCRIPT) -> Result:
        """The Result for variables of JSON (or FEEL) values; only those that the text uses are looked at.

        Raises `FeelLimit` when the budget is exceeded, `FeelAssertion` when an `assert` of the text does not hold,
        and nothing else.
        """
        return self.evaluate_metered(variables, Meter(budget))

    def evaluate_metered(self, variables: Mapping[str, Any], m: Meter) -> Result:
        """Like `evaluate`, on a meter of the caller."""
        return Result(self.value(variables, m), m.warnings)

    def value(self, variables: Mapping[str, Any], m: Meter) -> Value:
        """The value alone; warnings are with the meter."""
        known: dict[str, Value] = {}
        try:
            for name, parts in self._reads:
                if name in variables:
                    v = variables[name]
                    of = type(v)
                    if of is str or of is bool:
                        known[name] = v
                    else:
                        known[name] = Decimal(v) if of is int else select(v, parts, m)
        except RecursionError:
            raise FeelLimit("a variable is nested too deeply", "变量嵌套过深") from None
        return self.run(Env(known, None, m))

    def run(self, env: Env) -> Value:
        """The value in a scope of FEEL values. Raises `FeelLimit` and `FeelAssertion`."""
        m = env.m
        if m.is_locating:
            return self._run_located(env)
        before = len(m.warnings)
        try:
            v = self._code(env)
        except RecursionError:
            raise FeelLimit("the expression is nested too deeply", "表达式嵌套过深") from None
        if len(m.warnings) > before:
            self._locate(env, before)
        return v

    def _run_located(self, env: Env) -> Value:
        if self._located is None:
            self._located = self._compile_located()
        return self._located(env)

    def _locate(self, env: Env, before: int) -> None:
        """Find the places of the warnings since `before` by evaluating once more, as far as the budget goes."""
        warnings = env.m.warnings
        if all(warning.pos is not None for warning in warnings[before:]):
            return  # they are of a text inside, which has found them already
        m = env.m.again()
        with contextlib.suppress(FeelError, RecursionError):  # of another random number, for one
            self._run_located(Env(env.vars, env.parent, m))
        for i, located in zip(range(before, len(warnings)), m.warnings, strict=False):
            if warnings[i].text == located.text:
                warnings[i] = located


def parse_and_compile(
    text: str,
    names: Names | Iterable[str] = (),
    members: Names | Iterable[str] = (),
    type_of: Callable[[str], Type | None] = no_type,
    *,
    is_unary: bool = False,
    is_strict: bool = False,
) -> Expression:
    """The Expression of a text, or of unary tests (a boolean; the input is the variable `?`).

    `names` and `members` (after a dot) need to hold only those with operators or numbers in them.
    `type_of` finds item definitions. `is_strict`: by the standard also where Camunda differs (see docs/feel.md).
    Raises `FeelSyntaxError`.
    """
    known = names if isinstance(names, Names) else Names(names)
    seen = members if isinstance(members, Names) else Names([*WORDY, *members])
    asked = {"?"} if is_unary else set()

    def read() -> Node:
        parser = Parser(text, known, _BUILTIN_NAMES, seen)
        return parser.unary_tests_only() if is_unary else parser.expression_only()

    def compile_located() -> Code:
        compiler = Compiler(type_of, is_located=True, is_strict=is_strict)
        return compiler.unary_tests(read()) if is_unary else compiler.compile(read())

    try:
        node, compiler = read(), Compiler(type_of, is_strict=is_strict)
        code = compiler.unary_tests(node) if is_unary else compiler.compile(node)
        reads = reads_of(node)
    except RecursionError:
        raise FeelSyntaxError("nested too deeply", "嵌套过深") from None
    quick = quick_tests(node[1], is_negated=node[0] == "not") if is_unary and len(node) > 1 else None
    return Expression(text, code, frozenset(compiler.free | asked), reads, quick, compile_located)


def without_equals(text: str) -> str:
    """The text with a blank for the = that Camunda writes before it, so that positions stay."""
    return f" {text[1:]}" if text.startswith("=") else text


@functools.lru_cache(maxsize=CACHED_TEXTS)
def compile_expression(text: str, names: tuple[str, ...] = (), members: tuple[str, ...] = ()) -> Expression:
    """Cached compilation; a leading = (Camunda) is allowed. Raises `FeelSyntaxError`."""
    return parse_and_compile(without_equals(text), names, members)


@functools.lru_cache(maxsize=CACHED_TEXTS)
def compile_unary_tests(text: str, names: tuple[str, ...] = (), members: tuple[str, ...] = ()) -> Expression:
    """Cached compilation of unary tests; evaluate with the variable `?`. Raises `FeelSyntaxError`."""
    return parse_and_compile(text, names, members, is_unary=True)


def evaluate_json(
    text: str, variables: Mapping[str, Any], *, now: datetime | None = None, budget: Budget = SCRIPT
) -> tuple[Any, list[FeelWarning]]:
    """(JSON value, warnings) of a text: compiled (cached), evaluated and converted.

    `now` is the aware time that now() and today() tell; The budget includes the conversion.
    Raises `FeelSyntaxError` for a bad text, `FeelLimit` when a limit is exceeded, and `FeelAssertion`.
    """
    m = Meter(budget, None if now is None else lambda: now)
    value = compile_expression(text).value(variables, m)
    return value if value is True or value is False else from_feel(value, m), m.warnings
