"""Calls of functions and built-ins, by position and by name."""

from __future__ import annotations

from collections.abc import Sequence

from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import Builtin
from laneway.engine.feel.types import coerce
from laneway.engine.feel.values import Function, Value, kind


def invoke(m: Meter, f: Value, args: list[Value]) -> Value:
    """f(args); arguments and result are converted to the declared types."""
    if isinstance(f, Builtin):
        return f.call(m, args)
    if not isinstance(f, Function):
        return m.warn("%s is not a function", kind(f))
    if len(args) != len(f.params):
        return m.warn("%s wants %d arguments", f.name, len(f.params))
    for i, ty in enumerate(f.types):
        if ty is not None and args[i] is not None:
            args[i] = coerce(m, args[i], ty, f.params[i])
            if args[i] is None:
                return None
    out = f.code(m, *args)
    return out if f.result is None else coerce(m, out, f.result, f.name)


def invoke_named(m: Meter, f: Value, pairs: Sequence[tuple[str, Value]]) -> Value:
    """f(name: value, ...); parameters that are left out are null."""
    named = dict(pairs)
    if len(named) < len(pairs):
        return m.warn("an argument is given twice")
    if isinstance(f, Builtin):
        return f.call_named(m, named)
    if not isinstance(f, Function):
        return m.warn("%s is not a function", kind(f))
    if set(named) - set(f.params):
        return m.warn("%s has no such parameter", f.name)
    return invoke(m, f, [named.get(p) for p in f.params])
