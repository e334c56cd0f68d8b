"""The built-in functions of FEEL (DMN 1.5, 10.3.4), one module per kind; importing them registers them."""

from __future__ import annotations

from laneway.engine.feel.builtins import (
    aggregates,
    contexts,
    conversion,
    dates,
    json_text,
    lists,
    numbers,
    ranges,
    strings,
)
from laneway.engine.feel.registry import BUILTINS, Builtin

__all__ = [
    "BUILTINS",
    "Builtin",
    "aggregates",
    "contexts",
    "conversion",
    "dates",
    "json_text",
    "lists",
    "numbers",
    "ranges",
    "strings",
]
