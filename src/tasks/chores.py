"""Small pieces of background work, each in a transaction of its own."""

from __future__ import annotations

from laneway.engine import messages, statistics
from laneway.engine.database import unit_of_work


def keep_statistics() -> bool:
    """Bring what the board shows up to date with some of what steps have left; whether there was anything."""
    with unit_of_work() as session:
        return statistics.fold(session) > 0


def forget_messages() -> bool:
    """Delete some messages whose time is over; whether there were any."""
    with unit_of_work() as session:
        return messages.forget_expired(session) > 0
