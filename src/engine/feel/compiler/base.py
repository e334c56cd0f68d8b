"""The ground of the compiler: dispatch over nodes, constants, names and types."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from laneway.engine.feel.arithmetic import number
from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.reader import Node
from laneway.engine.feel.scope import Code, Env
from laneway.engine.feel.types import ANY, NAMED, Type
from laneway.engine.feel.values import Value


def no_type(name: str) -> Type | None:
    """Where there are no item definitions."""
    return None


def _located(code: Code, pos: int) -> Code:
    """The closure of a node that stands at a position; around it is that of the enclosing node."""

    def run(env: Env) -> Value:
        m = env.m
        around, m.pos = m.pos, pos
        v = code(env)
        m.pos = around
        return v

    return run


def quiet(code: Code) -> Code:
    """The closure of a part that is asked whether it is null: that it is null is nothing to warn of."""

    def run(env: Env) -> Value:
        warnings = env.m.warnings
        told = len(warnings)
        v = code(env)
        if v is None:
            del warnings[told:]
        return v

    return run


class CompilerBase:
    """One method per kind of node, named `_<kind>`. `type_of` finds a Type (item definition) by name.

    `is_located`: the closures tell the meter where in the text they are. It is for finding the places of warnings
    afterwards, as it slows every step.
    """

    def __init__(
        self,
        type_of: Callable[[str], Type | None] = no_type,
        *,
        is_located: bool = False,
        is_strict: bool = False,
    ) -> None:
        self._type_of, self._is_located, self._is_strict = type_of, is_located, is_strict
        self.free: set[str] = set()

    def compile(self, node: Node | Code) -> Code:
        """The closure of a node; a closure stands for itself, so boxed expressions can be parts of nodes."""
        if callable(node):
            return node
        code: Code = getattr(self, "_" + node[0])(*node[1:])
        return _located(code, node.pos) if self._is_located else code

    def _const(self, v: Value) -> Code:
        return lambda env: v

    def _num(self, v: Decimal) -> Code:
        rounded = number(v)
        return lambda env: rounded

    def _group(self, node: Node) -> Code:
        return self.compile(node)

    def _at(self, v: Value, text: str) -> Code:
        if v is None:
            return lambda env: env.m.warn('@"%s" is no date, time or duration', text)
        return lambda env: v

    def _name(self, name: str) -> Code:
        self.free.add(name)
        builtin = BUILTINS.get(name)

        def run(env: Env) -> Value:
            variables = env.vars
            if name in variables:
                return variables[name]
            scope = env.parent
            while scope is not None:
                if name in scope.vars:
                    return scope.vars[name]
                scope = scope.parent
            return builtin or env.m.warn("no variable %r", name)

        return run

    def type(self, node: Node) -> Type | None:
        """The Type of a type node; None when a name is unknown."""
        if node[0] == "named":
            return NAMED.get(node[1]) or self._type_of(node[1])
        if node[0] == "of":
            return Type(node[1], item=self.type(node[2]) or ANY)
        if node[0] == "ctx":
            return Type("context", fields={k: self.type(field) or ANY for k, field in node[1]})
        return Type("function", params=[self.type(p) or ANY for p in node[1]], item=self.type(node[2]) or ANY)


def size(node: Node | Code | list[Node]) -> int:
    """The number of nodes, charged once per turn of a loop; what is compiled already counts nothing."""
    if isinstance(node, tuple | list):
        return isinstance(node, tuple) + sum(map(size, node))
    return 0


def mentions(node: Node | Code | list[Node], name: str) -> bool:
    """Whether a node may use a name; of what is compiled already, yes."""
    if isinstance(node, tuple) and node[:2] == ("name", name):
        return True
    if isinstance(node, tuple | list):
        return any(mentions(x, name) for x in node)
    return callable(node)
