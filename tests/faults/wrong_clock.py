"""Sets the clock of a process wrong, by `FAULTS_SKEW` seconds: what it takes for the time of day, not what it waits by.

Loaded by the process as if it were the handlers of another process folder.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, tzinfo

from laneway.engine import clock
from laneway.engine.database import wakeups

SKEW = float(os.environ.get("FAULTS_SKEW", "0"))
true_time = time.time


class WrongClock:
    """In place of `datetime`: tells another time than it is."""

    @staticmethod
    def now(zone: tzinfo | None = None) -> datetime:
        return datetime.now(zone) + timedelta(seconds=SKEW)


if SKEW:
    time.time = lambda: true_time() + SKEW
    for module in (clock, wakeups):  # what reads the time of day, and what compares it with the database's
        module.datetime = WrongClock
