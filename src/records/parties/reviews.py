"""Reviews of parties: once a year, key customers twice, somebody confirms that what is stored is still right.

DOMAIN seed 3 (periodic check and update) and C080; how complete the data are is K17.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from laneway.engine import access, clock
from laneway.engine.access import Action
from laneway.engine.model import Person
from laneway.engine.tables.department.parties import party
from laneway.records.kinds import changes, store
from laneway.records.kinds.changes import Event
from laneway.records.kinds.declared import Values
from laneway.records.parties import rules
from laneway.records.parties.kinds import PARTY

_PAGE = 50


@dataclass(frozen=True)
class Due:
    """A party whose review is due. `gaps` are the fields that should be filled in and are not."""

    key: int
    code: str
    values: Values
    revision: int
    gaps: list[str]


@dataclass(frozen=True)
class Figures:
    """K17: how many parties there are, how many reviews are due, and how complete the data are, in percent."""

    parties: int
    overdue: int
    completeness: float | None


def due(session: Session, *, today: date | None = None, limit: int = _PAGE) -> list[Due]:
    """The parties whose review is due, the longest first."""
    columns = party.c
    query = (
        select(columns.key).where(*_is_due(today)).order_by(columns.review_due_on, columns.key).limit(limit)
    )
    found = []
    for key in session.scalars(query).all():
        record = store.get(session, PARTY, key)
        found.append(Due(key, record.code, record.values, record.revision, rules.gaps(record.values)))
    return found


def figures(session: Session, *, today: date | None = None) -> Figures:
    """The figures of K17 as of now."""
    listed = party.c.is_listed.is_(True) & (party.c.type != "ended")
    row = session.execute(select(func.count(), func.avg(party.c.completeness)).where(listed)).one()
    overdue = session.scalar(select(func.count()).select_from(party).where(*_is_due(today))) or 0
    return Figures(row[0], overdue, None if row[1] is None else round(float(row[1]), 1))


def confirm(session: Session, key: int, *, by: Person, revision: int | None = None, note: str = "") -> None:
    """Note that a party's data were confirmed today. Raises NotAllowed, NotFound, Conflict as a change does."""
    access.require(by, Action.EDIT_RECORD, PARTY)
    record = store.for_change(session, PARTY, key, revision)
    today = clock.here().date()
    before = record.values["reviewed_on"]
    after = rules.derive({**record.values, "reviewed_on": today})
    columns = {name: after[name] for name in ("reviewed_on", "review_due_on")}
    session.execute(update(party).where(party.c.key == key).values(**columns))
    told = {"reviewed_on": (before.isoformat(), today.isoformat())}
    changes.add(session, PARTY.id, key, told, event=Event.CONFIRMED, by=by.username, reason=note)


def _is_due(today: date | None) -> tuple[ColumnElement[bool], ...]:
    columns = party.c
    day = today or clock.here().date()
    return columns.is_listed.is_(True), columns.review_due_on <= day, columns.type != "ended"
