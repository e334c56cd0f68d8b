"""Records: read, created, changed. Every change leaves its history and brings the words up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from laneway.engine import clock, numbers
from laneway.engine.database import new_key
from laneway.engine.tables.department.records import record_word
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.kinds import changes, values, words
from laneway.records.kinds.changes import Event
from laneway.records.kinds.checking import checked as checked  # part of what records offer
from laneway.records.kinds.declared import Field, Kind, Values
from laneway.words import Text

_BATCH = 500
_KEYS_END = 2**63


@dataclass(frozen=True)
class Record:
    """A record as it stands. `revision` is what a change has to be based on; one that is not listed is not changed."""

    kind: Kind
    key: int
    values: Values
    revision: int
    is_listed: bool = True

    @property
    def code(self) -> str:
        """By which people and programs name it."""
        return str(self.values[self.kind.code])

    @property
    def title(self) -> Text:
        """What people know it by."""
        return self.kind.title_of(self.values)


# -- reading


def get(session: Session, kind: Kind, key: int, *, is_locked: bool = False) -> Record:
    """The record with this key; `is_locked` keeps others from changing it meanwhile. Raises NotFound."""
    query = select(kind.table).where(kind.table.c.key == key)
    row = None
    if 0 <= key < _KEYS_END:  # larger ones no database takes
        row = session.execute(query.with_for_update() if is_locked else query).one_or_none()
    if row is None:
        raise NotFound("record_not_found", kind=kind.id, record=str(key))
    found = own_values(kind, row._mapping)
    for field in kind.rows:
        found[field.name] = rows_of(session, field, [key]).get(key, [])
    is_listed = all(row._mapping[name] == value for name, value in kind.shown.items())
    return Record(kind, key, found, changes.revision(session, kind.id, key), is_listed)


def for_change(session: Session, kind: Kind, key: int, revision: int | None = None) -> Record:
    """The record, kept from others until the end of the transaction. Raises NotFound, and Conflict:
    "record_changed" when it is no longer at `revision`, "record_not_listed" when it is only history."""
    record = get(session, kind, key, is_locked=True)
    if not record.is_listed:
        raise Conflict("record_not_listed", record=record.code)
    if revision is not None and revision != record.revision:
        raise Conflict("record_changed", record=record.code)
    return record


def find(session: Session, kind: Kind, code: str) -> Record:
    """The record with this code. Raises NotFound."""
    return get(session, kind, key_of(session, kind, code))


def key_of(session: Session, kind: Kind, code: str) -> int:
    """The key of the record with this code. Raises NotFound."""
    columns = kind.table.c
    key = session.scalar(select(columns.key).where(columns[kind.code] == code).order_by(columns.key).limit(1))
    if key is None:
        raise NotFound("record_not_found", kind=kind.id, record=code)
    return int(key)


def titles(session: Session, kind: Kind, keys: Iterable[int]) -> dict[int, tuple[str, Text]]:
    """Code and title of records, by key."""
    columns = kind.table.c
    asked = list(keys)
    if not asked:
        return {}
    rows = session.execute(
        select(columns.key, *{columns[name] for name in (kind.code, *kind.title)}).where(
            columns.key.in_(asked)
        )
    )
    return {row.key: (row._mapping[kind.code], kind.title_of(dict(row._mapping))) for row in rows}


def own_values(kind: Kind, row: Mapping[Any, Any]) -> Values:
    """The values of the kind's own table, without rows."""
    return {field.name: values.from_column(field, row[field.name]) for field in kind.own}


def rows_of(session: Session, field: Field, keys: Sequence[int]) -> dict[int, list[Values]]:
    """The rows of a field by the key of their record, in their order; each with its own `key`."""
    table = table_of(field)
    parent = table.c[field.parent]
    found: dict[int, list[Values]] = {}
    order = [table.c[name] for name in (field.position, field.row_key) if name]
    for row in session.execute(select(table).where(parent.in_(keys)).order_by(*order)):
        inner = {one.name: values.from_column(one, row._mapping[one.name]) for one in field.fields}
        own = {"key": row._mapping[field.row_key], **inner}
        found.setdefault(row._mapping[field.parent], []).append(own)
    return found


def table_of(field: Field) -> Any:
    """The table of a field that has rows."""
    if field.table is None:
        raise TypeError(f"the rows of {field.name} have no table")
    return field.table


# -- creating


def create(
    session: Session,
    kind: Kind,
    raw: Mapping[str, Any],
    *,
    by: str | None,
    reason: str = "",
    source_key: int | None = None,
) -> int:
    """Create a record; returns its key. With `source_key`, a job's key, the one it made before is kept.

    Raises Invalid("record_invalid") with the fields that do not fit, Conflict when the code is taken. Nobody is asked
    to agree here: what people enter goes through `proposals.save`.
    """
    if source_key is not None:
        before = changes.made_by(session, kind.id, source_key)
        if before is not None:
            return before
    found, problems = checked(session, kind, raw, {})
    if problems:
        raise Invalid("record_invalid", problems)
    return create_many(session, kind, [found], by=by, reason=reason, source_key=source_key)[0]


def create_many(
    session: Session,
    kind: Kind,
    many: Sequence[Values],
    *,
    by: str | None,
    reason: str = "",
    source_key: int | None = None,
) -> list[int]:
    """Create records of values that `checked` has found right, a few statements for hundreds; returns their keys."""
    keys: list[int] = []
    for start in range(0, len(many), _BATCH):
        batch = {new_key(): _with_code(session, kind, one, by) for one in many[start : start + _BATCH]}
        _insert(session, kind, batch, by)
        nothing = dict.fromkeys(kind.by_name)
        told = {key: difference(kind, nothing, found) for key, found in batch.items()}
        changes.add_created(session, kind.id, told, by=by, reason=reason, source_key=source_key)
        _add_words(session, kind, batch)
        kind.keep(session, batch)
        keys += batch
    return keys


def _with_code(session: Session, kind: Kind, found: Values, by: str | None) -> Values:
    if found.get(kind.code) or not kind.series:
        return found
    return {**found, kind.code: numbers.allot(session, kind.series, thing=kind.id, by=by, at=clock.now())}


def _insert(session: Session, kind: Kind, batch: Mapping[int, Values], by: str | None) -> None:
    author = {kind.author: by} if kind.author else {}
    try:
        session.execute(
            insert(kind.table),
            [{"key": key, **kind.shown, **author, **_columns(kind, found)} for key, found in batch.items()],
        )
    except IntegrityError as error:
        raise Conflict("record_code_taken", kind=kind.id) from error
    for field in kind.rows:
        rows = [
            row
            for key, found in batch.items()
            for row in _numbered(field, key, found.get(field.name) or [], are_new=True)
        ]
        if rows:
            session.execute(insert(table_of(field)), rows)


# -- changing


def change(
    session: Session,
    kind: Kind,
    key: int,
    raw: Mapping[str, Any],
    *,
    by: str | None,
    revision: int | None = None,
    reason: str = "",
    source_key: int | None = None,
) -> int:
    """Change the fields that `raw` names; returns the revision after it. Nothing new leaves no history.

    Raises Invalid("record_invalid") and what `for_change` raises. Nobody is asked to agree here: what people enter
    goes through `proposals.save`.
    """
    before = for_change(session, kind, key, revision)
    found, problems = checked(session, kind, raw, before.values)
    if problems:
        raise Invalid("record_invalid", problems)
    return apply(session, before, found, by=by, reason=reason, source_key=source_key)


def apply(
    session: Session,
    before: Record,
    found: Values,
    *,
    by: str | None,
    reason: str = "",
    source_key: int | None = None,
    event: Event = Event.CHANGED,
) -> int:
    """Write values that `checked` has found right; returns the revision after it."""
    kind, key = before.kind, before.key
    told = difference(kind, before.values, found)
    if not told:
        return before.revision
    if kind.is_append_only:
        raise Conflict("record_append_only", record=before.code)
    after = {**before.values, **found}
    session.execute(update(kind.table).where(kind.table.c.key == key).values(**_columns(kind, after)))
    for field in kind.rows:
        if field.name in told:
            _replace_rows(session, field, key, found[field.name] or [])
    number = changes.add(
        session, kind.id, key, told, event=event, by=by, reason=reason, source_key=source_key
    )
    keep_words(session, kind, {key: after})
    kind.keep(session, {key: after})
    return number


def difference(kind: Kind, before: Values, found: Values) -> dict[str, tuple[Any, Any]]:
    """{field: (old, new)} as JSON, for what differs; what follows from other fields is left out."""
    both = {
        name: (values.as_json(before.get(name)), values.as_json(value))
        for name, value in found.items()
        if name in kind.by_name and not kind.by_name[name].is_read_only
    }
    return {name: pair for name, pair in both.items() if (pair[0] or None) != (pair[1] or None)}


def _columns(kind: Kind, found: Values) -> dict[str, Any]:
    own = {field.name: values.to_column(field, found.get(field.name), kind.table) for field in kind.own}
    extra = {name: value for name, value in found.items() if name in kind.table.c and name not in own}
    return {**own, **extra}


def _numbered(field: Field, key: int, rows: Sequence[Values], *, are_new: bool) -> list[dict[str, Any]]:
    table = table_of(field)
    told = []
    for at, row in enumerate(rows):
        own = {one.name: values.to_column(one, row.get(one.name), table) for one in field.fields}
        if field.row_key not in own:
            own[field.row_key] = new_key() if are_new or not row.get("key") else row["key"]
        if field.position:
            own[field.position] = at
        told.append({field.parent: key, **own})
    return told


def _replace_rows(session: Session, field: Field, key: int, rows: Sequence[Values]) -> None:
    """Rows that were there keep their keys; a key of another record's row counts as none."""
    table = table_of(field)
    row_key = table.c[field.row_key]
    known = set(session.scalars(select(row_key).where(table.c[field.parent] == key)))
    given = [row if row.get("key") in known else {**row, "key": None} for row in rows]
    session.execute(delete(table).where(table.c[field.parent] == key))
    if given:
        session.execute(insert(table), _numbered(field, key, given, are_new=False))


# -- words


def keep_words(session: Session, kind: Kind, batch: Mapping[int, Values]) -> None:
    """Bring up to date by which words records are found."""
    drop_words(session, kind, batch)
    _add_words(session, kind, batch)


def drop_words(session: Session, kind: Kind, keys: Iterable[int]) -> None:
    """Let records be found no more."""
    columns = record_word.c
    session.execute(delete(record_word).where(columns.kind == kind.id, columns.record_key.in_(list(keys))))


def _add_words(session: Session, kind: Kind, batch: Mapping[int, Values]) -> None:
    rows = [
        {"kind": kind.id, "word": word, "record_key": key}
        for key, found in batch.items()
        for word in sorted(words.of_record(_texts(kind, found)))
    ]
    if rows:
        session.execute(insert(record_word), rows)


def _texts(kind: Kind, found: Values) -> list[str]:
    """What is searched: a name, or `contacts.name` for each of its rows."""
    told: list[str] = []
    for path in kind.searched:
        name, _, inner = path.partition(".")
        given = [row.get(inner) for row in found.get(name) or []] if inner else [found.get(name)]
        for one in given:
            if one:
                told.append(str(one))
                told += _national(str(one))
    return told


def _national(text: str) -> list[str]:
    """A telephone number as it is dialled at home."""
    if not text.startswith("+"):
        return []
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return []
    plain = phonenumbers.national_significant_number(number)
    return [plain, f"0{plain}"]
