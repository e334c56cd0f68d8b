"""Built-ins that read and write JSON texts: additions of the Camunda dialect."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import NoReturn

from laneway.engine.feel.arithmetic import number
from laneway.engine.feel.meter import Meter
from laneway.engine.feel.registry import builtin
from laneway.engine.feel.temporal import DateTime, Temporal, offset_text
from laneway.engine.feel.values import Value, kind, number_text


@builtin("from json", "value:s")
def from_json(m: Meter, text: str) -> Value:
    """The value of a JSON text; texts stay texts, also where they look like dates."""
    m.charge(len(text))
    m.list(text.count(",") + text.count("["))
    return _read(m, json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


def _read(m: Meter, v: Value) -> Value:
    m.charge(1)
    if type(v) is Decimal:
        return number(v)
    if type(v) is str:  # half of a surrogate pair could not be stored: refused with a ValueError
        return v.encode("utf-16", "surrogatepass").decode("utf-16")
    if type(v) is list:
        return [_read(m, x) for x in v]
    if type(v) is dict:
        return {_read(m, key): _read(m, x) for key, x in v.items()}
    return v


@builtin("to json", "value:a")
def to_json(m: Meter, v: Value) -> Value:
    """A value as JSON without blanks; temporal values as texts. Functions and ranges have none."""
    return _write(m, v)


def _write(m: Meter, v: Value) -> str:
    """The JSON text of a value. Raises ValueError for a value that JSON cannot hold."""
    k = type(v)
    if v is None or k is bool:
        m.charge(1)
        return {None: "null", True: "true", False: "false"}[v]
    if k is Decimal:
        return number_text(v)
    if k is list:
        return _joined(m, "[", [_write(m, x) for x in v], "]")
    if k is dict:
        return _joined(m, "{", [f"{_quoted(m, key)}:{_write(m, x)}" for key, x in v.items()], "}")
    if isinstance(v, Temporal):
        return _quoted(m, _java_text(v))
    if k is str:
        return _quoted(m, v)
    raise ValueError(f"no JSON for {kind(v)}")


def _java_text(v: Temporal) -> str:
    """A date and time in a region is written with its offset too, as Camunda does."""
    if isinstance(v, DateTime) and v.zone is not None:
        return f"{DateTime(v.date, v.ns)}{offset_text(v.utc_offset(), None)}[{v.zone}]"
    return str(v)


def _quoted(m: Meter, text: str) -> str:
    m.text(len(text))
    return json.dumps(text, ensure_ascii=False)


def _joined(m: Meter, opening: str, parts: list[str], closing: str) -> str:
    m.text(sum(map(len, parts)) + len(parts))
    return opening + ",".join(parts) + closing
