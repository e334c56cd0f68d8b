"""What two cases have to do with one another. A link is said of one of them and seen from both; none is ever deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from laneway.engine import access, clock, history
from laneway.engine.access import Action
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.queries import cases
from laneway.engine.queries.cases import CaseRow
from laneway.engine.tables.department.cases import case_link
from laneway.errors import Conflict, Invalid, NotFound

_LONGEST = 1000


class Kind(StrEnum):
    """What the first of two cases is to the other."""

    DUPLICATE_OF = "duplicate_of"
    FOLLOWS = "follows"
    CAUSE_OF = "cause_of"
    REPLACED_BY = "replaced_by"
    MERGED = "merged"


BY_HAND = (Kind.DUPLICATE_OF, Kind.FOLLOWS, Kind.CAUSE_OF, Kind.REPLACED_BY)
"""The kinds that people choose; a merge makes its own."""


@dataclass(frozen=True)
class Link:
    """A link as one of its two cases sees it. `is_from_here`: it is said of this case, not of the other."""

    key: int
    kind: Kind
    is_from_here: bool
    other: CaseRow
    reason: str
    made_at: datetime
    made_by: str | None


def link(
    session: Session, number: str, other_number: str, kind: Kind, *, by: Person, reason: str = ""
) -> int:
    """Say what the case `number` is to another; returns the link's key.

    Raises NotFound, NotAllowed, Invalid for a case with itself or a reason that is too long, and Conflict when the same
    is said already.
    """
    access.require(by, Action.LINK_CASES)
    if kind not in BY_HAND:
        raise Invalid("case_link_kind_unknown")
    here, other = cases.find(session, by, number), cases.find(session, by, other_number.strip())
    key = add(session, here.instance_key, other.instance_key, kind, by=by, reason=reason)
    history.record(session, here.instance_key, "case_linked", by=by, kind=kind.value, other=other.number)
    return key


def add(
    session: Session,
    here: int,
    other: int,
    kind: Kind,
    *,
    by: Person | None,
    reason: str = "",
    stood_at: list[str] | None = None,
    other_seq: int | None = None,
) -> int:
    """Keep a link between two root instances; raises as `link` does, and asks for no rights."""
    if here == other:
        raise Invalid("case_link_to_itself")
    if len(reason.strip()) > _LONGEST:
        raise Invalid("case_link_reason_too_long", characters=_LONGEST)
    columns = case_link.c
    same = (columns.instance_key == here) & (columns.other_key == other) & (columns.kind == kind)
    if session.scalar(select(columns.key).where(same, columns.removed_at.is_(None)).limit(1)) is not None:
        raise Conflict("case_link_known")
    key = new_key()
    session.execute(
        insert(case_link).values(
            instance_key=here,
            key=key,
            other_key=other,
            kind=kind,
            reason=reason.strip(),
            made_at=clock.now(),
            made_by=by.username if by is not None else None,
            stood_at=stood_at,
            other_seq=other_seq,
        )
    )
    return key


def remove(session: Session, number: str, key: int, *, by: Person) -> None:
    """Take back a link that is said of this case; it stays in the table and in the history.

    Raises NotFound, NotAllowed, Conflict for a merge, which is undone instead.
    """
    access.require(by, Action.LINK_CASES)
    here = cases.find(session, by, number)
    columns = case_link.c
    this = (columns.instance_key == here.instance_key) & (columns.key == key) & columns.removed_at.is_(None)
    row = session.execute(select(case_link).where(this)).one_or_none()
    if row is None:
        raise NotFound("case_link_not_found", key=key)
    if row.kind == Kind.MERGED:
        raise Conflict("case_link_is_a_merge")
    take_back(session, here.instance_key, key, by=by)
    history.record(session, here.instance_key, "case_unlinked", by=by, kind=row.kind)


def take_back(session: Session, here: int, key: int, *, by: Person) -> None:
    """Mark a link as taken back."""
    columns = case_link.c
    this = (columns.instance_key == here) & (columns.key == key)
    gone = {"removed_at": clock.now(), "removed_by": by.username}
    session.execute(update(case_link).where(this).values(gone))


def listed(session: Session, root_key: int) -> list[Link]:
    """The links of a case as it sees them, the newest first; those to cases that are archived are left out."""
    columns = case_link.c
    touches = or_(columns.instance_key == root_key, columns.other_key == root_key)
    query = select(case_link).where(touches, columns.removed_at.is_(None)).order_by(columns.key.desc())
    rows = session.execute(query).all()
    others = cases.by_key(session, {key for row in rows for key in (row.instance_key, row.other_key)})
    found = []
    for row in rows:
        is_from_here = row.instance_key == root_key
        other = others.get(row.other_key if is_from_here else row.instance_key)
        if other is not None:
            kind = Kind(row.kind)
            found.append(Link(row.key, kind, is_from_here, other, row.reason, row.made_at, row.made_by))
    return found
