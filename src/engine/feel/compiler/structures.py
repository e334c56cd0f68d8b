"""Compiles ranges, lists, contexts, paths and filters."""

from __future__ import annotations

from decimal import Decimal

from laneway.engine.feel.arithmetic import whole
from laneway.engine.feel.compiler.base import mentions, size
from laneway.engine.feel.compiler.operators import OperatorsCompiler
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.properties import member
from laneway.engine.feel.reader import Node
from laneway.engine.feel.scope import Code, Env
from laneway.engine.feel.values import Range, Value, make_range


def _pick(m: Meter, items: list[Value], index: Decimal) -> Value:
    """items[index], from 1, or from the end for a negative index."""
    i = whole(index)
    if i is None or i == 0 or abs(i) > len(items):
        return m.warn("no item %s", index)
    return items[i - 1 if i > 0 else i]


class StructuresCompiler(OperatorsCompiler):
    """Everything that holds other values."""

    def _range(self, start: Node, end: Node, start_included: bool, end_included: bool) -> Code:
        a, b = self.compile(start), self.compile(end)
        return lambda env: make_range(env.m, a(env), b(env), start_included, end_included)

    def _half(self, symbol: str, node: Node) -> Code:
        a = self.compile(node)

        def run(env: Env) -> Value:
            v = a(env)
            if v is None:
                return env.m.warn("a range needs an end")
            if symbol == "=":
                return Range(v, v, True, True)
            if symbol[0] == "<":
                return Range(None, v, False, symbol == "<=")
            return Range(v, None, symbol == ">=", False)

        return run

    def _list(self, items: list[Node]) -> Code:
        parts = [self.compile(n) for n in items]

        def run(env: Env) -> list[Value]:
            env.m.charge(len(parts))
            return [part(env) for part in parts]

        return run

    def _context(self, entries: list[tuple[str, Node]]) -> Code:
        parts = [(key, self.compile(n)) for key, n in entries]
        if len({key for key, _ in parts}) < len(parts):
            return lambda env: env.m.warn("a context has two entries of one name")

        def run(env: Env) -> dict[str, Value]:
            out: dict[str, Value] = {}
            inner = Env(out, env, env.m)  # an entry sees those before it
            env.m.charge(len(parts))
            for key, part in parts:
                out[key] = part(inner)
            return out

        return run

    def _path(self, node: Node, name: str) -> Code:
        a = self.compile(node)

        def run(env: Env) -> Value:
            v = a(env)
            if type(v) is dict and name in v:
                return v[name]
            return member(env.m, v, name)

        return run

    def _filter(self, node: Node, condition: Node) -> Code:
        if not callable(condition) and condition[0] == "num":
            return self._position(node, condition)
        source, test = self.compile(node), self.compile(condition)
        cost, uses_item = 2 + size(condition), mentions(condition, "item")

        def scope(env: Env, x: Value) -> Env:
            """The scope of one item: its entries hide outer names; `item` is there where it is used."""
            if type(x) is not dict:
                return Env({"item": x}, env, env.m)
            return Env(x, Env({"item": x}, env, env.m) if uses_item else env, env.m)

        def run(env: Env) -> Value:
            v, m = source(env), env.m
            if v is None:
                return m.warn("null has no items")
            items = v if type(v) is list else [v]
            out: list[Value] = []
            # An empty list is asked once as well, so that an index into it is noticed as one.
            for i, x in enumerate(items or [None]):
                m.charge(cost)
                r = test(scope(env, x))
                if r is True:
                    out.append(x)
                elif type(r) is Decimal and i == 0:
                    return _pick(m, items, r)
                elif r is not False and r is not None:
                    return m.warn("a filter is neither a boolean nor a number")
            return out if items else []

        return run

    def _position(self, node: Node, position: Node) -> Code:
        source, index = self.compile(node), self.compile(position)

        def run(env: Env) -> Value:
            v = source(env)
            if v is None:
                return env.m.warn("null has no items")
            return _pick(env.m, v if type(v) is list else [v], index(env))

        return run
