"""What every text of a file gets around it: the element that its warnings are about, and the type of its value."""

from __future__ import annotations

from laneway.engine.dmn.xmlns import Xml
from laneway.engine.feel import Code, Env
from laneway.engine.feel.types import Type, coerce
from laneway.engine.feel.values import Value


def placed(element: Xml, code: Code) -> Code:
    """The code, with its warnings about an element; about the nearest around it with an id if it has none."""
    around = [element, *element.iterancestors()]
    element_id = next((e.get("id") for e in around if e.get("id")), None)

    def run(env: Env) -> Value:
        m = env.m
        outer, m.element_id = m.element_id, element_id
        v = code(env)
        m.element_id = outer
        return v

    return run


def typed(code: Code, ty: Type | None, place: str) -> Code:
    """The code, with its value in a type; `place` is named in the warning when it does not fit."""
    return code if ty is None else lambda env: coerce(env.m, code(env), ty, place)
