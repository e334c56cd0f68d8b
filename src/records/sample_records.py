"""Records of the demonstration organisation: customers, countries, goods, what is known and how things are solved."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.tables.department.parties import party
from laneway.records import catalogue
from laneway.records.calendars import delivered as calendars_delivered
from laneway.records.goods import samples
from laneway.records.kinds import store
from laneway.records.kinds.declared import Kind
from laneway.records.parties import rules
from laneway.records.parties.kinds import PARTY

_FILES = {"laneway.records.parties": "demo.toml", "laneway.records.knowledge": "demo.toml"}
_REASON = "演示数据 · demonstration"


def load(session: Session) -> int:
    """Bring the records into the database, of the kinds of which there are none yet; how many."""
    calendars_delivered.load(session)  # which customers name
    added = 0
    for package, name in _FILES.items():
        told = tomllib.loads((files(package) / name).read_text("utf-8"))
        for kind_id, rows in told.items():
            kind = catalogue.kind(kind_id)
            if session.scalar(select(kind.table.c.key).limit(1)) is None:
                added += sum(_add(session, kind, dict(row)) for row in rows)
    return added + samples.load(session)


def _add(session: Session, kind: Kind, row: dict[str, Any]) -> int:
    today = clock.here().date()
    reviewed = row.pop("reviewed", None)
    for given, name in (("valid_in", "valid_to"), ("review_in", "review_on")):
        if given in row:
            row[name] = today + timedelta(days=row.pop(given))
    key = store.create(session, kind, row, by=None, reason=_REASON)
    if kind is PARTY and reviewed is not None:
        on = today - timedelta(days=reviewed)
        due = rules.review_due(on, is_key=bool(row.get("is_key")))
        session.execute(update(party).where(party.c.key == key).values(reviewed_on=on, review_due_on=due))
    return 1
