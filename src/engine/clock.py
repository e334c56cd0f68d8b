"""The engine's time: aware UTC, replaceable in tests so that timers need no waiting; and the zone people live in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

_source: Callable[[], datetime] = lambda: datetime.now(UTC)
_zone: tzinfo = UTC


def now() -> datetime:
    """The present instant in UTC."""
    return _source()


def here() -> datetime:
    """The present instant in the department's time zone: what `today()` and a cron text such as 9 o'clock mean."""
    return now().astimezone(_zone)


def set_zone(zone: tzinfo) -> None:
    """Let the department live in this time zone from now on."""
    global _zone
    _zone = zone


def set_source(source: Callable[[], datetime] | None) -> None:
    """Let `source` tell the time from now on; None brings back the system's clock."""
    global _source
    _source = source or (lambda: datetime.now(UTC))
