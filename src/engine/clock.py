"""The engine's time: aware UTC, corrected by the database's, replaceable in tests; and the zone people live in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

_source: Callable[[], datetime] | None = None
_ahead = timedelta()
_zone: tzinfo = UTC


def now() -> datetime:
    """The present instant in UTC."""
    return _source() if _source is not None else datetime.now(UTC) + _ahead


def here() -> datetime:
    """The present instant in the department's time zone: what `today()` and a cron text such as 9 o'clock mean."""
    return now().astimezone(_zone)


def zone() -> tzinfo:
    """The department's time zone."""
    return _zone


def set_zone(zone: tzinfo) -> None:
    """Let the department live in this time zone from now on."""
    global _zone
    _zone = zone


def correct(ahead: timedelta) -> None:
    """The database's clock is ahead of this machine's by so much (or behind): tell its time from now on."""
    global _ahead
    _ahead = ahead


def set_source(source: Callable[[], datetime] | None) -> None:
    """Let `source` tell the time from now on; None brings back the real clock."""
    global _source
    _source = source


def is_replaced() -> bool:
    """Whether `set_source` tells the time."""
    return _source is not None
