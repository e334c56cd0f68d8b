"""Pages that only look: they may be read from a standby, and then tell how old they are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask import Flask, Response, current_app, g, request

from laneway.engine import statistics
from laneway.engine.database import Session, reading, staleness, unit_of_work
from laneway.errors import Conflict, Unavailable
from laneway.settings import Settings

_COOKIE = "laneway_changed"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def register(app: Flask) -> None:
    """Let those who have just changed something see it."""
    app.after_request(_remember_change)


def fold_statistics() -> None:
    """Let the page that is about to be read show what has just been done; in a busy place what a worker has not yet.

    Where nothing can be written at this moment, it shows what was folded last.
    """
    with suppress(Conflict, Unavailable):
        with reading() as session:
            if not statistics.is_pending(session):
                return
        with unit_of_work() as session:
            statistics.fold(session)


@contextmanager
def looking() -> Iterator[Session]:
    """A reading for a page that may be some seconds old; who has changed something shortly before reads the newest."""
    with reading(stale_ok=_COOKIE not in request.cookies) as session:
        g.staleness = staleness(session)
        yield session


def _remember_change(response: Response) -> Response:
    settings: Settings = current_app.config["LANEWAY"]
    if settings.standby_url and request.method not in _SAFE_METHODS and g.get("person") is not None:
        # A standby is never asked when it is further behind, so after this time it has the change.
        response.set_cookie(
            _COOKIE,
            "1",
            max_age=math.ceil(settings.standby_max_lag) + 1,
            httponly=True,
            samesite="Lax",
            secure=settings.secure_cookies,
        )
    return response
