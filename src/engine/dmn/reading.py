"""Variables are JSON, which has no dates: ISO texts become temporal values where a type asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from laneway.engine.feel import Code, Env
from laneway.engine.feel.iso import parse_date, parse_date_time, parse_duration, parse_time
from laneway.engine.feel.types import Type
from laneway.engine.feel.values import Value

_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "days and time duration": parse_duration,
    "years and months duration": parse_duration,
}


def read_text(v: Value, ty: Type | None) -> Value:
    """The temporal value of an ISO text where the type is temporal; anything else as it is."""
    parse = _PARSERS.get(ty.base or "") if ty is not None and type(v) is str else None
    return v if parse is None else parse(v) or v


def read_typed(code: Code, ty: Type) -> Code:
    """The code with its texts read as the type."""
    if ty.base not in _PARSERS:
        return code

    def run(env: Env) -> Value:
        return read_text(code(env), ty)

    return run
