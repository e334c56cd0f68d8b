"""Two records of one party become one, and may become two again.

The one that is kept takes the chosen values and the rows of both; what refers to the other in records is turned to it.
The other stays with its history, out of the lists, and points to the one that is kept: cases and logs that name it,
which are never rewritten, are found through that pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from laneway.engine import access, clock
from laneway.engine.access import Action
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.tables.department.parties import party, party_mark, party_merge
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.kinds import changes, known, proposals, store, values
from laneway.records.kinds.changes import Event
from laneway.records.kinds.declared import Type, Values
from laneway.records.kinds.store import Record
from laneway.records.parties import duplicates, rules
from laneway.records.parties.kinds import PARTY


@dataclass(frozen=True)
class Merge:
    """A merge that was made; `undone_at` once it was taken back."""

    key: int
    kept_key: int
    absorbed_key: int
    merged_at: datetime
    merged_by: str
    reason: str
    undone_at: datetime | None


def differing(kept: Record, other: Record) -> list[str]:
    """The fields that both have values of their own for, or only the other: between these one chooses.

    Of fields with several options both stay, as all rows do.
    """
    return [
        field.name
        for field in PARTY.own
        if not field.is_read_only
        and field.type is not Type.CHOICES
        and not values.is_empty(other.values[field.name])
        and values.as_json(kept.values[field.name]) != values.as_json(other.values[field.name])
    ]


def merge(
    session: Session,
    kept_key: int,
    absorbed_key: int,
    *,
    by: Person,
    take: Iterable[str] = (),
    reason: str = "",
) -> int:
    """Merge one party into another; `take` names the fields whose values come from the absorbed one.

    Sensitive ones among these are proposed. Returns the key of the merge.

    Raises NotAllowed, NotFound, Conflict when one of them was merged already or has changes that wait for agreement,
    Invalid for a party and itself, or when the values do not fit together.
    """
    access.require(by, Action.MERGE_RECORDS)
    if kept_key == absorbed_key:
        raise Invalid("merge_with_itself")
    kept, other = _locked(session, kept_key, absorbed_key)
    taken = {name: other.values[name] for name in take if name in differing(kept, other)}
    chosen = {name: value for name, value in taken.items() if name not in PARTY.sensitive}
    rows, joined = _joined(kept, other)
    after: Values = {**kept.values, **chosen, **joined}
    problems = values.missing(PARTY, after) + rules.check(after)
    if problems:
        raise Invalid("record_invalid", problems)
    moved: dict[str, Any] = {
        "values": {name: values.as_json(kept.values[name]) for name in chosen},
        "rows": rows,
        "references": _turn_references(session, absorbed_key, kept_key),
    }
    _hide(session, absorbed_key, kept_key)
    found = {**chosen, **joined}
    store.apply(
        session,
        kept,
        {**found, **rules.derive(after)},
        by=by.username,
        reason=reason,
        event=Event.MERGED,
    )
    asked = {name: value for name, value in taken.items() if name in PARTY.sensitive}
    proposals.propose(
        session, PARTY, kept_key, store.difference(PARTY, kept.values, asked), by=by, reason=reason
    )
    told = {"merged_into": (None, kept.code)}
    changes.add(session, PARTY.id, absorbed_key, told, event=Event.MERGED, by=by.username, reason=reason)
    return _note(session, kept_key, absorbed_key, by=by, reason=reason, moved=moved)


def _locked(session: Session, kept_key: int, absorbed_key: int) -> tuple[Record, Record]:
    """Both records, which must be free; in one order, so that two merges at once wait instead of a deadlock."""
    both = sorted((kept_key, absorbed_key))
    locked = {key: store.get(session, PARTY, key, is_locked=True) for key in both}
    for record in locked.values():
        _require_free(session, record)
    return locked[kept_key], locked[absorbed_key]


def _note(
    session: Session, kept_key: int, absorbed_key: int, *, by: Person, reason: str, moved: dict[str, Any]
) -> int:
    key = new_key()
    session.execute(
        insert(party_merge).values(
            key=key,
            kept_key=kept_key,
            absorbed_key=absorbed_key,
            merged_at=clock.now(),
            merged_by=by.username,
            reason=reason.strip()[:1000],
            moved=moved,
        )
    )
    return key


def undo(session: Session, key: int, *, by: Person) -> int:
    """Make two parties of one again; returns the key of the one that comes back.

    What the kept one took over goes back, unless it was changed since. Raises NotAllowed, NotFound, Conflict when it
    was taken back already or the kept one was itself merged since.
    """
    access.require(by, Action.MERGE_RECORDS)
    row = session.execute(select(party_merge).where(party_merge.c.key == key).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("merge_not_found")
    if row.undone_at is not None:
        raise Conflict("merge_undone_already")
    first, second = sorted((row.kept_key, row.absorbed_key))
    locked = {one: store.get(session, PARTY, one, is_locked=True) for one in (first, second)}
    kept, other = locked[row.kept_key], locked[row.absorbed_key]
    _require_free(session, kept)
    back = _given_back(kept, other, row.moved)
    after = {**kept.values, **back}
    store.apply(session, kept, {**back, **rules.derive(after)}, by=by.username, event=Event.UNMERGED)
    _turn_back(session, row.moved["references"], row.kept_key, row.absorbed_key)
    session.execute(
        update(party).where(party.c.key == row.absorbed_key).values(is_listed=True, merged_into=None)
    )
    duplicates.keep_marks(session, {row.absorbed_key: other.values})
    store.keep_words(session, PARTY, {row.absorbed_key: other.values})
    told = {"merged_into": (kept.code, None)}
    changes.add(session, PARTY.id, row.absorbed_key, told, event=Event.UNMERGED, by=by.username)
    values_ = {"undone_at": clock.now(), "undone_by": by.username}
    session.execute(update(party_merge).where(party_merge.c.key == key).values(**values_))
    return int(row.absorbed_key)


def kept_code(session: Session, key: int) -> str | None:
    """The code of the party that this one was merged into, None for one that stands for itself."""
    target = session.scalar(select(party.c.merged_into).where(party.c.key == key))
    found: str | None = None
    while target is not None:
        row = session.execute(select(party.c.code, party.c.merged_into).where(party.c.key == target)).one()
        found, target = row.code, row.merged_into
    return found


def family(session: Session, key: int) -> dict[int, str]:
    """Keys and codes of a party and of all that was merged into it, however often."""
    own = session.scalar(select(party.c.code).where(party.c.key == key))
    found, wave = {key: str(own)}, [key]
    while wave:
        rows = session.execute(select(party.c.key, party.c.code).where(party.c.merged_into.in_(wave))).all()
        wave = [row.key for row in rows if row.key not in found]
        found |= {row.key: row.code for row in rows}
    return found


def of_party(session: Session, key: int) -> list[Merge]:
    """The merges that a party has taken part in, the newest first."""
    columns = party_merge.c
    mine = (columns.kept_key == key) | (columns.absorbed_key == key)
    rows = session.execute(select(party_merge).where(mine).order_by(columns.key.desc()))
    return [
        Merge(
            row.key,
            row.kept_key,
            row.absorbed_key,
            row.merged_at,
            row.merged_by,
            row.reason,
            row.undone_at,
        )
        for row in rows
    ]


def _require_free(session: Session, record: Record) -> None:
    if not record.is_listed:
        raise Conflict("record_not_listed", record=record.code)
    if proposals.pending_of(session, PARTY, record.key):
        raise Conflict("merge_has_pending", record=record.code)


def _joined(kept: Record, other: Record) -> tuple[dict[str, list[Values]], Values]:
    """The rows of the other that the kept one has not, and its fields with them."""
    new: dict[str, list[Values]] = {}
    joined: Values = {}
    for field in PARTY.rows:
        own = [values.as_json(row) for row in kept.values[field.name]]
        added = [row for row in other.values[field.name] if values.as_json(row) not in own]
        if added:
            new[field.name] = [values.as_json(row) for row in added]
            joined[field.name] = kept.values[field.name] + [{**row, "key": None} for row in added]
    union = list(dict.fromkeys(kept.values["document_requirements"] + other.values["document_requirements"]))
    if union != kept.values["document_requirements"]:
        joined["document_requirements"] = union
    return new, joined


def _given_back(kept: Record, other: Record, moved: Mapping[str, Any]) -> Values:
    """What the kept one has from the other and nobody has changed since."""
    back, _problems = values.clean(
        PARTY,
        {
            name: before
            for name, before in moved["values"].items()
            if values.as_json(kept.values[name]) == values.as_json(other.values[name])
        },
        country=str(kept.values["country"]),
    )
    for name, added in moved["rows"].items():
        rows = list(kept.values[name])
        for one in added:
            same = next((row for row in rows if values.as_json(row) == one), None)
            if same is not None:
                rows.remove(same)
        back[name] = rows
    return back


def _hide(session: Session, absorbed_key: int, kept_key: int) -> None:
    statement = update(party).where(party.c.key == absorbed_key)
    session.execute(statement.values(is_listed=False, merged_into=kept_key))
    session.execute(party_mark.delete().where(party_mark.c.party_key == absorbed_key))
    store.drop_words(session, PARTY, [absorbed_key])


def _references() -> list[tuple[Any, str]]:
    """Tables and columns of records that name a party."""
    return [
        (kind.table, field.name)
        for kind in known.all_()
        for field in kind.own
        if field.type is Type.REFERENCE and field.refers_to == PARTY.id
    ]


def _turn_references(session: Session, from_key: int, to_key: int) -> list[list[Any]]:
    """Turn what refers to a party to another; returns [table, column, keys] of what was turned."""
    turned: list[list[Any]] = []
    for table, name in _references():
        keys = list(session.scalars(select(table.c.key).where(table.c[name] == from_key)))
        if keys:
            session.execute(update(table).where(table.c[name] == from_key).values({name: to_key}))
            turned.append([table.name, name, keys])
    return turned


def _turn_back(session: Session, turned: list[list[Any]], kept_key: int, absorbed_key: int) -> None:
    tables = {table.name: table for table, _name in _references()}
    for table_name, name, keys in turned:
        table = tables.get(table_name)
        if table is not None:
            still = table.c.key.in_(keys) & (table.c[name] == kept_key)
            session.execute(update(table).where(still).values({name: absorbed_key}))
