"""The page of worker processes: which of them live, since when, and how much they do."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import reading
from laneway.engine.monitoring import workers
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _, length

bp = Blueprint("workers", __name__)

KINDS = {
    "web": N_("pages"),
    "jobs": N_("automatic steps"),
    "timers": N_("timers"),
    "mail": N_("mail"),
}


@bp.get("/admin/workers")
def show() -> str:
    """Every worker process of the last day."""
    access.require(current_person(), Action.SEE_WORKERS)
    with reading() as session:
        found = workers.everyone(session)
    return page("workers.html", nav="admin", workers=found, kinds=KINDS, ago=_ago)


def _ago(seconds: float) -> str:
    if seconds < 1:
        return _("now")
    span = _("%(seconds)ss", seconds=int(seconds)) if seconds < 60 else length(timedelta(seconds=seconds))
    return _("%(length)s ago", length=span)
