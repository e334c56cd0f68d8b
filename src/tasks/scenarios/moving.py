"""The time of a story: it stands still until a step moves it, and stops at everything that falls due on the way."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from laneway.engine import agenda, clock
from laneway.engine.database import reading
from laneway.tasks.draining import drain
from laneway.tasks.scenarios.stopped import Stopped

_MOST_STOPS = 20_000


class Time(Protocol):
    """The time that a story moves on."""

    now: datetime


class MovableClock:
    """The engine's time while stories play: stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        clock.set_source(lambda: self.now)

    def release(self) -> None:
        """Give the engine the system's time back."""
        clock.set_source(None)


def move(time: Time, until: datetime) -> None:
    """Let the time pass until a moment; what falls due before it happens at its own time.

    Raises Stopped when the moment is over already, or when there is no end to what falls due.
    """
    if until < time.now:
        raise Stopped(f"已经是 {time.now.isoformat()}", f"it is {time.now.isoformat()} already")
    for _ in range(_MOST_STOPS):
        drain()
        with reading() as session:
            next_at = agenda.look(session).next_at
        if next_at is None or next_at > until:
            time.now = until
            drain()
            return
        time.now = max(next_at, time.now)
    raise Stopped(
        f"{until.isoformat()} 之前到期的事超过 {_MOST_STOPS} 件",
        f"more than {_MOST_STOPS} things fall due before {until.isoformat()}",
    )
