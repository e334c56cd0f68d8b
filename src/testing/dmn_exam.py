"""The adapter of the DMN conformance suite, and FEEL values in the notation of the suite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from laneway.engine.dmn.decisions import link, read_document
from laneway.engine.dmn.document import Document
from laneway.engine.dmn.evaluation import evaluate_element
from laneway.engine.feel import Meter, iso
from laneway.engine.feel.temporal import Date, DateTime, DayTimeDuration, MonthDuration, Time
from laneway.engine.feel.values import Value, number_text
from laneway.words import Resource

_READ: Final[dict[str, Callable[[str], Value]]] = {
    "date": iso.parse_date,
    "time": iso.parse_time,
    "dateTime": iso.parse_date_time,
    "duration": iso.parse_duration,
    "number": Decimal,
}
_TAGS: Final[dict[type, str]] = {
    Date: "date",
    Time: "time",
    DateTime: "dateTime",
    DayTimeDuration: "duration",
    MonthDuration: "duration",
}


def decode(v: Any) -> Value:
    """A value of the suite's notation as a FEEL value."""
    if not isinstance(v, dict):
        return v
    if v["$"] == "list":
        return [decode(x) for x in v["v"]]
    if v["$"] == "context":
        return {key: decode(x) for key, x in v["v"].items()}
    return _READ[v["$"]](v["v"])


def encode(v: Value) -> Any:
    """A FEEL value in the suite's notation."""
    if v is None or isinstance(v, bool | str):
        return v
    if isinstance(v, Decimal):
        return {"$": "number", "v": number_text(v)}
    if isinstance(v, list):
        return {"$": "list", "v": [encode(x) for x in v]}
    if isinstance(v, dict):
        return {"$": "context", "v": {key: encode(x) for key, x in v.items()}}
    return {"$": _TAGS.get(type(v), type(v).__name__), "v": str(v)}


class TckEngine:
    """Evaluates by the standard alone; keeps the compiled files of the last call."""

    def __init__(self) -> None:
        self._models: dict[str, bytes] = {}
        self._documents: dict[str, Document] = {}

    def evaluate(
        self, models: Mapping[str, bytes], main: str, kind: str, name: str, inputs: Mapping[str, Any]
    ) -> Any:
        """The value of a decision or decision service, by name, in the suite's notation."""
        if models != self._models:
            documents = [read_document(Resource(file, content)) for file, content in models.items()]
            link(documents, is_open=False)
            self._models, self._documents = dict(models), {d.file: d for d in documents}
        element = self._documents[main].named(kind, name)
        if element is None:
            raise KeyError(f"no {kind} {name}")
        return encode(evaluate_element(element, {k: decode(v) for k, v in inputs.items()}, Meter()))


def tck_engine() -> TckEngine:
    """The adapter of the DMN suite."""
    return TckEngine()
