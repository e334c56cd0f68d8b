"""Compiles arithmetic, comparison, logic and tests (`in`, unary tests, `instance of`)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeAlias

from laneway.engine.feel.arithmetic import ARITHMETIC, PLAIN_ARITHMETIC, Operator, negate
from laneway.engine.feel.compiler.base import CompilerBase, mentions, quiet
from laneway.engine.feel.compiler.constants import PLAIN, constant, is_comparable, quick_tests
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.reader import Node
from laneway.engine.feel.scope import Code, Env
from laneway.engine.feel.types import instance_of
from laneway.engine.feel.values import Range, Value, equal, in_range, less, less_equal

_Test: TypeAlias = Callable[[Env, Value], Value]


_NULL: Final = ("const", None)


def _unequal(m: Meter, a: Value, b: Value) -> Value:
    same = equal(m, a, b)
    return None if same is None else not same


_COMPARE: Final[dict[str, Operator]] = {
    "=": equal,
    "!=": _unequal,
    "<": less,
    "<=": less_equal,
    ">": lambda m, a, b: less(m, b, a),
    ">=": lambda m, a, b: less_equal(m, b, a),
}


def _matches(m: Meter, v: Value, x: Value) -> Value:
    """v in x for a value x: in the range, an item of the list, or equal."""
    if type(x) is Range:
        return in_range(m, v, x)
    if type(x) is list:
        m.charge(len(x))
        if any((type(i) is Range and in_range(m, v, i) is True) or equal(m, v, i) is True for i in x):
            return True
        return type(v) is list and equal(m, v, x) is True
    return equal(m, v, x)


def _asked(m: Meter, v: Value, x: Value) -> Value:
    """v in x for the value x of a text that asks for ?: its answer, or else as for any value."""
    return x if type(x) is bool else _matches(m, v, x)


_PARAMETERISED: Final = frozenset(["list", "range", "context", "function"])
"""Types that the standard knows with parameters only; Camunda takes them alone as well."""
_NEVER_QUICK: Final = (None, bool, ())


class OperatorsCompiler(CompilerBase):
    """Everything written with operators."""

    def _arith(self, first: Node, rest: list[tuple[str, Node]]) -> Code:
        a = self.compile(first)
        parts = [(ARITHMETIC[symbol], self.compile(n)) for symbol, n in rest]
        if len(parts) == 1:
            operate, b = parts[0]
            plain = PLAIN_ARITHMETIC.get(rest[0][0])
            if plain is None:
                return lambda env: operate(env.m, a(env), b(env))

            def run_one(env: Env) -> Value:
                x, y = a(env), b(env)
                if type(x) is Decimal and type(y) is Decimal:
                    try:
                        return plain(x, y)
                    except ArithmeticError:
                        return operate(env.m, x, y)  # which warns
                return operate(env.m, x, y)

            return run_one

        def run(env: Env) -> Value:
            v = a(env)
            for operate, b in parts:
                v = operate(env.m, v, b(env))
            return v

        return run

    def _neg(self, node: Node) -> Code:
        a = self.compile(node)
        return lambda env: negate(env.m, a(env))

    def _cmp(self, symbol: str, left: Node, right: Node) -> Code:
        a, b, c = self.compile(left), self.compile(right), constant(right)
        compare, plain = _COMPARE[symbol], PLAIN[symbol]
        if symbol in ("=", "!=") and _NULL in (left, right):
            a, b = quiet(a), quiet(b)
        if is_comparable(symbol, c):
            return self._cmp_constant(symbol, left, a, c)

        def run(env: Env) -> Value:
            x, y = a(env), b(env)
            if type(x) is Decimal and type(y) is Decimal:
                return plain(x, y)
            return compare(env.m, x, y)

        return run

    def _cmp_constant(self, symbol: str, left: Node, code: Code, c: Value) -> Code:
        """A comparison with a constant; the left side is mostly a variable of the innermost scope."""
        compare, plain, of = _COMPARE[symbol], PLAIN[symbol], type(c)
        name = left[1] if left[0] == "name" else None

        def run(env: Env) -> Value:
            variables = env.vars
            v = variables[name] if name in variables else code(env)
            return plain(v, c) if type(v) is of else compare(env.m, v, c)

        return run

    def _and(self, items: list[Node]) -> Code:
        return self._logic(items, False)

    def _or(self, items: list[Node]) -> Code:
        return self._logic(items, True)

    def _logic(self, items: list[Node], decides: bool) -> Code:
        """Logic of three values: one deciding part decides, else anything but a boolean gives null."""
        parts, otherwise = [self.compile(n) for n in items], not decides
        if len(parts) == 2:
            first, second = parts

            def run_two(env: Env) -> Value:
                v = first(env)
                if v is decides:
                    return decides
                w = second(env)
                if w is decides:
                    return decides
                return otherwise if v is otherwise and w is otherwise else None

            return run_two

        def run(env: Env) -> Value:
            out: bool | None = otherwise
            for part in parts:
                v = part(env)
                if v is decides:
                    return decides
                if v is not otherwise:
                    out = None
            return out

        return run

    def _between(self, value: Node, low: Node, high: Node) -> Code:
        v, a, b = self.compile(value), self.compile(low), self.compile(high)

        def run(env: Env) -> bool | None:
            x, m = v(env), env.m
            above, below = less_equal(m, a(env), x), less_equal(m, x, b(env))
            return None if above is None or below is None else above and below

        return run

    def _instance(self, value: Node, type_node: Node) -> Code:
        v, ty = self.compile(value), self.type(type_node)
        if ty is None or (self._is_strict and type_node[0] == "named" and type_node[1] in _PARAMETERISED):
            return lambda env: env.m.warn("unknown type in `instance of`")
        return lambda env: instance_of(env.m, v(env), ty)

    def _in(self, value: Node, tests: list[Node]) -> Code:
        v, run_tests = self.compile(value), [self._right_of_in(n) for n in tests]
        of, holds, _ = quick_tests(tests) or _NEVER_QUICK

        def run(env: Env) -> bool | None:
            x, unknown = v(env), False
            if type(x) is of:
                return holds(x)
            for test in run_tests:
                r = test(env, x)
                if r is True:
                    return True
                unknown = unknown or r is None
            return None if unknown else False

        return run

    def _right_of_in(self, node: Node) -> _Test:
        """A test on the right side of `in`; ? in it is the value on the left (table 55)."""
        if node[0] == "compare":
            return self._compare_test(node)
        code = self.compile(node[1])
        if mentions(node[1], "?"):
            return self._located_test(lambda env, x: _asked(env.m, x, code(Env({"?": x}, env, env.m))), node)
        return self._located_test(lambda env, x: _matches(env.m, x, code(env)), node)

    def _compare_test(self, node: Node) -> _Test:
        compare, right = _COMPARE[node[1]], self.compile(node[2])
        return self._located_test(lambda env, x: compare(env.m, x, right(env)), node)

    def _located_test(self, test: _Test, node: Node) -> _Test:
        """The test, telling the meter its place if that is wanted."""
        if not self._is_located:
            return test

        def run(env: Env, x: Value) -> Value:
            m = env.m
            around, m.pos = m.pos, node.pos
            v = test(env, x)
            m.pos = around
            return v

        return run

    def _unary_test(self, node: Node) -> _Test:
        """One test of a cell as a closure (env, input)."""
        if node[0] == "compare":
            return self._compare_test(node)
        outer, self.free = self.free, set()
        code = self.compile(node[1])
        asks, is_literal = "?" in self.free, node[1][0] == "const"
        self.free |= outer
        if asks:
            return lambda env, x: code(env) is True

        def run(env: Env, x: Value) -> Value:
            y = code(env)
            if y is None:
                return x is None
            # A cell such as `a > b` decides by itself, unless the input is a boolean to compare with;
            # the literal `true` asks for a true input, and a missing one is none.
            if y is True and type(x) is not bool and not is_literal:
                return True
            return _matches(env.m, x, y)

        return self._located_test(run, node)

    def unary_tests(self, node: Node) -> Code:
        """Unary tests of a cell as a closure that gives a boolean; the input is the variable ?."""
        if node[0] == "any":
            return lambda env: True
        tests = [self._unary_test(n) for n in node[1]]
        negated = node[0] == "not"
        of, holds, _ = quick_tests(node[1], is_negated=negated) or _NEVER_QUICK

        def run(env: Env) -> bool:
            x, unknown = env.vars.get("?"), False
            if type(x) is of:
                return holds(x)
            for test in tests:
                r = test(env, x)
                if r is True:
                    return not negated
                unknown = unknown or r is None
            return negated and not unknown

        return run
