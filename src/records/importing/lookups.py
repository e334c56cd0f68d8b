"""What a batch of rows needs to know of the records that are there: a few statements for hundreds of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.records.kinds import changes, checking, known, store
from laneway.records.kinds.declared import Kind, Type, Values


class Codes:
    """Keys of the records that a batch refers to: looked up once for each kind. `told` are codes to take as there."""

    def __init__(
        self, session: Session, kind: Kind, many: Iterable[Values], told: Collection[str] = ()
    ) -> None:
        self._kind = kind
        self._told = told
        asked: dict[str, set[str]] = {}

        def note(other: Kind, code: str) -> int | None:
            asked.setdefault(other.id, set()).add(code)
            return 0

        for found in many:
            copy = {
                name: [dict(row) for row in value]
                if isinstance(value, list) and kind.by_name[name].fields
                else value
                for name, value in found.items()
            }
            checking.refer(kind, copy, note, [])
        self._known = {kind_id: keys_of(session, kind_id, found) for kind_id, found in asked.items()}

    def key(self, kind: Kind, code: str) -> int | None:
        """The key of a record; one that is only taken as there has a key below zero."""
        found = self._known.get(kind.id, {}).get(code)
        if found is None and kind.id == self._kind.id and code in self._told:
            return -abs(hash(code))
        return found


def keys_of(session: Session, kind_id: str, codes: Iterable[str]) -> dict[str, int]:
    columns = known.kind(kind_id).table.c
    code = columns[known.kind(kind_id).code]
    rows = session.execute(
        select(code, columns.key).where(code.in_(sorted(codes))).order_by(columns.key.desc())
    )
    return {row[0]: int(row[1]) for row in rows}


def records(
    session: Session, kind: Kind, codes: Sequence[str], *, is_locked: bool
) -> dict[str, list[store.Record]]:
    """The records with these codes, with their rows and revisions."""
    columns = kind.table.c
    query = select(kind.table).where(columns[kind.code].in_(sorted(set(codes)))).order_by(columns.key)
    rows = session.execute(query.with_for_update() if is_locked else query).all() if codes else []
    keys = [row.key for row in rows]
    inner = {one.name: store.rows_of(session, one, keys) for one in kind.rows} if keys else {}
    revisions = changes.revisions(session, kind.id, keys)
    found: dict[str, list[store.Record]] = {}
    for row in rows:
        told = store.own_values(kind, row._mapping)
        told |= {name: by_key.get(row.key, []) for name, by_key in inner.items()}
        is_listed = all(row._mapping[name] == value for name, value in kind.shown.items())
        record = store.Record(kind, row.key, told, revisions.get(row.key, 0), is_listed)
        found.setdefault(record.code, []).append(record)
    return found


def codes_in_rows(
    session: Session, kind: Kind, records: Mapping[str, list[store.Record]]
) -> dict[tuple[str, int], str]:
    """The codes of what the rows of records refer to, by kind and key."""
    found: dict[tuple[str, int], str] = {}
    for one in kind.rows:
        for inner in one.fields:
            if inner.type is Type.REFERENCE:
                rows = [
                    row for many in records.values() for record in many for row in record.values[one.name]
                ]
                titles = store.titles(session, known.kind(inner.refers_to), {row[inner.name] for row in rows})
                found |= {(inner.refers_to, key): told[0] for key, told in titles.items()}
    return found
