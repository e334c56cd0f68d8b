"""Requests that wait: a few at a time, so that those who wait never take all threads of the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from laneway.engine.database import wakeups

DEFAULT_SECONDS = 10.0
MAX_SECONDS = 60.0
_WAITERS = 4
_POLL_SECONDS = 1.0  # not every commit elsewhere wakes this process (see engine.wakeups)
_PAUSE_SECONDS = 0.05  # one commit often follows another: look again a little later, not at each

_places = threading.BoundedSemaphore(_WAITERS)

T = TypeVar("T")


def seconds(request_timeout: int | None) -> float:
    """How long a request may wait; `request_timeout` in milliseconds, 0 or None: the default, negative: not at all."""
    if not request_timeout:
        return DEFAULT_SECONDS
    return min(max(request_timeout, 0) / 1000, MAX_SECONDS)


def wait(look: Callable[[], T | None], *, seconds: float) -> T | None:
    """What `look` finds, now or within `seconds`; None when it found nothing, or too many wait already."""
    found = look()
    if found is not None or seconds <= 0 or not _places.acquire(blocking=False):
        return found
    committed = threading.Event()
    forget = wakeups.subscribe(committed.set)
    until = time.monotonic() + seconds
    try:
        while found is None and (left := until - time.monotonic()) > 0:
            if committed.wait(min(left, _POLL_SECONDS)):
                time.sleep(_PAUSE_SECONDS)
                committed.clear()
            found = look()
    finally:
        forget()
        _places.release()
    return found
