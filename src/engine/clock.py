"""The engine's time: aware UTC, replaceable in tests so that timers need no waiting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

_source: Callable[[], datetime] = lambda: datetime.now(UTC)


def now() -> datetime:
    """The present instant in UTC."""
    return _source()


def set_source(source: Callable[[], datetime] | None) -> None:
    """Let `source` tell the time from now on; None brings back the system's clock."""
    global _source
    _source = source or (lambda: datetime.now(UTC))
