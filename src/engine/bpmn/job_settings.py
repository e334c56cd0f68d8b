"""What a diagram says of how its jobs are done: how important, how soon again after a failure."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from laneway.engine import feel
from laneway.engine.bpmn.model import Node

BACKOFF: Final = "laneway:job:backoff"
IN_ORDER: Final = "laneway:job:inOrder"
MAX_JOB_PRIORITY: Final = 2**31 - 1
"""As in Camunda 8: a priority has 32 bits, with its sign."""
RETRY_BACKOFF: Final = "retryBackoff"
"""The task header with one pause for all tries, as Camunda 8's connectors have it."""
_MAX_PAUSES: Final = 20
_MAX_SECONDS: Final = 30 * 86_400
_START: Final = datetime(2026, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1000)
def pauses(text: str) -> tuple[float, ...]:
    """Seconds to wait before each next try, from ISO 8601 durations with commas; the last one stays.

    Raises FeelError for a text that is no such list, and for more than 20 pauses or 30 days.
    """
    found = []
    for part in text.split(","):
        seconds = (feel.add_duration(_START, part.strip()) - _START).total_seconds()
        if not 0 <= seconds <= _MAX_SECONDS:
            raise feel.FeelError(
                f"{part.strip()} is not between 0 and 30 days", f"{part.strip()} 不在 0 到 30 天之间"
            )
        found.append(seconds)
    if len(found) > _MAX_PAUSES:
        raise feel.FeelError("more than 20 pauses", "超过 20 个间隔")
    return tuple(found)


def pauses_of(node: Node) -> list[float] | None:
    """The pauses of a node's job; None where the diagram says nothing that can be used."""
    text = node.job_backoff or node.headers.get(RETRY_BACKOFF)
    if text is None:
        return None
    try:
        return list(pauses(text))
    except feel.FeelError:  # a header may be meant for another program, and in its own words
        return None
