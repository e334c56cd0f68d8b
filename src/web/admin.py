"""Administration: who may come in."""

from __future__ import annotations

from flask import Blueprint

from laneway.engine import access, accounts
from laneway.engine.access import Action
from laneway.engine.database import reading
from laneway.web.auth import current_person
from laneway.web.frame import page

bp = Blueprint("admin", __name__)


@bp.get("/admin")
def people() -> str:
    """Everyone with their groups. Accounts are changed with `laneway user`."""
    access.require(current_person(), Action.ADMIN_PEOPLE)
    with reading() as session:
        found = accounts.list_people(session)
        groups = {group.group_id: group.name for group in accounts.list_groups(session)}
    return page("admin.html", nav="admin", accounts=found, groups=groups)
