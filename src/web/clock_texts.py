"""What happened to clocks, in words: for timelines and chips."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from laneway.records.calendars.words import CLOCK_NAMES, target_in_words
from laneway.web.i18n import N_, _, moment, pick
from laneway.words import Text

TOLD: Mapping[str, tuple[str, str]] = {
    "clock_started": ("clock", N_("the clock “%(clock)s” began: %(target)s, due %(due)s")),
    "clock_recomputed": ("clock", N_("the clock “%(clock)s” was counted anew: %(target)s, due %(due)s")),
    "clock_restarted": ("clock", N_("the clock “%(clock)s” began again: %(target)s, due %(due)s")),
    "clock_withdrawn": ("clock", N_("the clock “%(clock)s” is no longer needed")),
    "clock_paused": ("pause", N_("the clock “%(clock)s” stands still while the customer is waited for")),
    "clock_resumed": ("clock", N_("the clock “%(clock)s” goes on, due %(due)s")),
    "clock_met": ("check", N_("the clock “%(clock)s” was met, due %(due)s")),
    "clock_warned": ("clock", N_("the clock “%(clock)s” is at three quarters, due %(due)s")),
    "clock_breached": ("alert", N_("the clock “%(clock)s” is over, due %(due)s")),
    "clock_escalated": ("alert", N_("the clock “%(clock)s” is half as much over again: escalated")),
    "clock_refused": ("info", N_("a clock cannot run as the process says")),
    "on_call_alerted": ("alert", N_("whoever is on call was told at once")),
}
"""Icon and words, by event."""

MATTERING = frozenset(TOLD) - {"clock_started", "clock_withdrawn", "clock_refused"}
"""Those that matter beside a task."""


def name(clock: str) -> str:
    """What a clock is called."""
    return pick(CLOCK_NAMES.get(clock, Text(clock, clock)))


def target(text: str) -> str:
    """A target in words."""
    return pick(target_in_words(text))


def _parts(details: Mapping[str, Any]) -> dict[str, str]:
    due = details.get("due")
    return {
        "clock": name(str(details.get("clock", ""))),
        "target": target(str(details.get("target", ""))),
        "due": moment(datetime.fromisoformat(due)) if due else "",
    }


def _telling(text: str) -> Callable[[Any, Any], str]:
    return lambda _teller, one: _(text, **_parts(one.details))


TELLING: Mapping[str, tuple[str, Callable[[Any, Any], str]]] = {
    event: (icon, _telling(text)) for event, (icon, text) in TOLD.items()
}
"""Icon and how a timeline tells it, by event."""
