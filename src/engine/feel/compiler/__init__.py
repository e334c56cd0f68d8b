"""Compiles syntax trees to Python closures over a scope. Nothing of a text is ever given to eval or exec."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from laneway.engine.feel.arithmetic import whole
from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.calls import invoke, invoke_named
from laneway.engine.feel.compiler.base import mentions, quiet, size
from laneway.engine.feel.compiler.structures import StructuresCompiler
from laneway.engine.feel.errors import FeelLimit
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.reader import Node
from laneway.engine.feel.registry import Builtin
from laneway.engine.feel.scope import Code, Env
from laneway.engine.feel.temporal import Date
from laneway.engine.feel.values import Function, Range, Value, kind

__all__ = ["Compiler"]

_FUNCTION_STEPS: Final = 20
"""Charged for each Function made: it keeps its scope alive."""
_ASK_FOR_NULL: Final = frozenset({"is defined", "get or else"})
"""Functions whose first argument may well be null."""


def _steps(start: int, end: int) -> range:
    return range(start, end + 1) if start <= end else range(start, end - 1, -1)


def _span(m: Meter, a: Value, b: Value) -> list[Value] | None:
    """The values from a to b, up or down: whole numbers or dates."""
    if type(a) is Decimal and type(b) is Decimal:
        first, last = whole(a), whole(b)
        if first is None or last is None:
            m.warn("an iteration needs whole numbers")
            return None
        m.list(abs(last - first) + 1)
        return [Decimal(i) for i in _steps(first, last)]
    if type(a) is Date and type(b) is Date:
        m.list(abs(b.days - a.days) + 1)
        return [Date.of_days(i) for i in _steps(a.days, b.days)]
    m.warn("no iteration from %s to %s", kind(a), kind(b))
    return None


def _iterable(m: Meter, v: Value) -> list[Value] | None:
    """The items to iterate over: a list, the values of a closed range, or a single value."""
    if type(v) is list:
        return v
    if type(v) is Range:
        items = _span(m, v.start, v.end)
        if items:
            items = items[0 if v.start_included else 1 : len(items) if v.end_included else -1]
        return items
    return None if v is None else [v]


def _values_of(parts: list[Code]) -> Callable[[Env], list[Value]]:
    """The values of some codes; few are quicker without a loop."""
    if len(parts) == 1:
        (only,) = parts
        return lambda env: [only(env)]
    if len(parts) == 2:
        first, second = parts
        return lambda env: [first(env), second(env)]
    return lambda env: [part(env) for part in parts]


def _of_builtin(name: str, builtin: Builtin, values: Callable[[Env], list[Value]], otherwise: Code) -> Code:
    """A call of a built-in, unless a variable hides its name: then `otherwise`."""
    call = builtin.call

    def run(env: Env) -> Value:
        scope: Env | None = env
        while scope is not None:
            if name in scope.vars:
                return otherwise(env)
            scope = scope.parent
        return call(env.m, values(env))

    return run


class Compiler(StructuresCompiler):
    """One compilation; `free` collects the names that the text uses. Adds control and functions."""

    def _if(self, cases: list[tuple[Node, Node]], otherwise: Node) -> Code:
        parts = [(self.compile(condition), self.compile(n)) for condition, n in cases]
        last = self.compile(otherwise)

        def run(env: Env) -> Value:
            for condition, branch in parts:
                if condition(env) is True:
                    return branch(env)
            return last(env)

        return run

    # loops

    def _span(self, start: Node, end: Node) -> Code:
        a, b = self.compile(start), self.compile(end)
        return lambda env: _span(env.m, a(env), b(env))

    def _loops(self, loops: list[tuple[str, Node]]) -> list[tuple[str, Code]]:
        return [(variable, self.compile(source)) for variable, source in loops]

    def _for(self, loops: list[tuple[str, Node]], body: Node) -> Code:
        parts, code, cost = self._loops(loops), self.compile(body), 2 + size(body)
        last, uses_partial = len(parts) - 1, mentions(body, "partial")

        def run(env: Env) -> Value:
            out: list[Value] = []
            m = env.m

            def turn(level: int, outer: Env) -> bool:
                variable, source = parts[level]
                items = _iterable(m, source(outer))
                if items is None:
                    return False
                for x in items:
                    inner = Env({variable: x}, outer, m)
                    if level < last:
                        if not turn(level + 1, inner):
                            return False
                        continue
                    m.charge(cost)
                    if len(out) >= m.budget.max_list:
                        raise FeelLimit("a list would become too long", "列表过长")
                    if uses_partial:
                        m.charge(len(out))
                        inner.vars["partial"] = list(out)
                    out.append(code(inner))
                return True

            return out if turn(0, env) else m.warn("`for` needs a list")

        return run

    def _some(self, loops: list[tuple[str, Node]], body: Node) -> Code:
        return self._quantified(loops, body, True)

    def _every(self, loops: list[tuple[str, Node]], body: Node) -> Code:
        return self._quantified(loops, body, False)

    def _quantified(self, loops: list[tuple[str, Node]], body: Node, decides: bool) -> Code:
        parts, code, cost = self._loops(loops), self.compile(body), 2 + size(body)
        last = len(parts) - 1

        def turn(level: int, outer: Env) -> Value:
            variable, source = parts[level]
            m = outer.m
            items, out = _iterable(m, source(outer)), not decides
            if items is None:
                return m.warn("`some` and `every` need a list")
            unknown = False
            for x in items:
                m.charge(cost)
                inner = Env({variable: x}, outer, m)
                v = code(inner) if level == last else turn(level + 1, inner)
                if v is None:
                    unknown = True
                elif type(v) is not bool:
                    return m.warn("the condition of `some` or `every` is not a boolean")
                elif v is decides:
                    return decides
            return None if unknown else out

        return lambda env: turn(0, env)

    # functions

    def _function(self, params: list[tuple[str, Node | None]], body: Node) -> Code:
        names = [name for name, _ in params]
        types = [self.type(ty) if ty else None for _, ty in params]
        code, cost = self.compile(body), 2 + size(body)

        def make(env: Env) -> Function:
            env.m.charge(_FUNCTION_STEPS)

            def call(m: Meter, *args: Value) -> Value:
                m.enter(cost)
                out = code(Env(dict(zip(names, args, strict=True)), env, m))
                m.leave()
                return out

            return Function(names, call, types)

        return make

    def _call(self, target: Node, args: list[Node]) -> Code:
        f, parts = self.compile(target), [self.compile(a) for a in args]
        if target[0] == "name" and target[1] in _ASK_FOR_NULL and parts:
            parts[0] = quiet(parts[0])
        values = _values_of(parts)

        def run(env: Env) -> Value:
            called = f(env)
            args = values(env)
            return called.call(env.m, args) if type(called) is Builtin else invoke(env.m, called, args)

        name = target[1] if target[0] == "name" else ""
        return _of_builtin(name, BUILTINS[name], values, run) if name in BUILTINS else run

    def _named(self, target: Node, args: list[tuple[str, Node]]) -> Code:
        f, parts = self.compile(target), [(key, self.compile(a)) for key, a in args]
        return lambda env: invoke_named(env.m, f(env), [(key, part(env)) for key, part in parts])
