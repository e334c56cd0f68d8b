"""Scopes of an evaluation, and what a compiled text is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from laneway.engine.feel.meter import Meter
from laneway.engine.feel.values import Value


class Env:
    """One scope: its variables as FEEL values, the enclosing scope, the meter."""

    __slots__ = ("m", "parent", "vars")

    def __init__(self, variables: dict[str, Value], parent: Env | None, meter: Meter) -> None:
        self.vars, self.parent, self.m = variables, parent, meter


Code: TypeAlias = Callable[[Env], Value]
"""A compiled text: gives its value in a scope."""
