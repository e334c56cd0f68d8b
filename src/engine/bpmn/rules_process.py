"""Rules about what a process says of itself as a whole, in its properties."""

from __future__ import annotations

from laneway.engine import clock
from laneway.engine.bpmn.rules import Findings, Place, error
from laneway.engine.feel import FeelError, add_duration

RETENTION = "laneway:retention"


def retention_is_a_length_of_time(place: Place) -> Findings:
    """How long ended cases stay must be known before the first one ends."""
    text = place.process.properties.get(RETENTION, "").strip()
    if place.owner is None and text and not is_positive_duration(text):
        yield error(
            "retention_invalid",
            place.process,
            f"保留时长 {text} 无效（属性 {RETENTION}）：请写成 P3Y 或 P180D",
            f"{text} is no time to keep cases (property {RETENTION}): write it like P3Y or P180D",
        )


def is_positive_duration(text: str) -> bool:
    """Whether a text is an ISO 8601 duration that reaches into the past when it is taken from now."""
    now = clock.now()
    try:
        return text.startswith("P") and add_duration(now, f"-{text}") < now
    except FeelError:
        return False
