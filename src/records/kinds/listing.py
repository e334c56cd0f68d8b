"""Lists of records: found by words, filtered, sorted, page by page with the same effort at a million rows.

A page begins after the row that the page before ended with, so nothing is counted off; how many there are in all is
counted up to a thousand.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, func, or_, select
from sqlalchemy.orm import Session

from laneway.engine.tables.department.records import record_word
from laneway.errors import Invalid
from laneway.records.kinds import known, store, values, words
from laneway.records.kinds.declared import Field, Kind, Type, Values

COUNTED = 1000
"""Up to here a list says how many there are; above, that there are more."""
LONGEST_PAGE = 500
_ABOVE_ALL = "\U0010ffff"


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for. `filters` are {field: value as text}; `cursor` is that of another page."""

    text: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    is_descending: bool = False
    cursor: str = ""
    limit: int = 50


@dataclass(frozen=True)
class Row:
    """A record in a list, without its rows."""

    key: int
    code: str
    values: Values


@dataclass(frozen=True)
class Page:
    """Rows, and the cursors of the pages before and after; `total` counts to COUNTED, `has_more` says that it is more."""

    rows: list[Row]
    before: str
    after: str
    total: int
    has_more: bool


def page(session: Session, kind: Kind, wanted: Wanted) -> Page:
    """One page of the records that fit. Raises Invalid("search_invalid") for a filter, order or cursor that is none."""
    name = wanted.sort or kind.sorted_by[0]
    if name not in kind.sorted_by or not 0 < wanted.limit <= LONGEST_PAGE:
        raise Invalid("search_invalid")
    columns = kind.table.c
    fitting = _fitting(kind, wanted)
    cursor = _read_cursor(kind, name, wanted.cursor)
    is_back = cursor is not None and cursor.is_back
    is_descending = wanted.is_descending != is_back
    query = select(kind.table).where(*fitting)
    if cursor is not None:
        query = query.where(_beyond(columns[name], columns.key, cursor, is_descending=is_descending))
    order = (columns[name].desc(), columns.key.desc()) if is_descending else (columns[name], columns.key)
    found = session.execute(query.order_by(*order).limit(wanted.limit + 1)).all()
    is_more = len(found) > wanted.limit
    shown = list(reversed(found[: wanted.limit])) if is_back else found[: wanted.limit]
    rows = [Row(row.key, row._mapping[kind.code], store.own_values(kind, row._mapping)) for row in shown]
    has_before = is_more if is_back else cursor is not None
    has_after = is_more or is_back
    total = session.scalar(_counted(kind, fitting)) or 0
    return Page(
        rows,
        _cursor(shown[0]._mapping[name], shown[0].key, is_back=True) if shown and has_before else "",
        _cursor(shown[-1]._mapping[name], shown[-1].key, is_back=False) if shown and has_after else "",
        min(total, COUNTED),
        total > COUNTED,
    )


def following(session: Session, kind: Kind, wanted: Wanted, cursor: str) -> tuple[list[Row], str]:
    """Up to LONGEST_PAGE of the records that fit, after a cursor, and the cursor of those after them; "" at the end.

    Nothing is counted: this is for going through all of them. Raises what `page` raises.
    """
    name = wanted.sort or kind.sorted_by[0]
    if name not in kind.sorted_by:
        raise Invalid("search_invalid")
    columns = kind.table.c
    query = select(kind.table).where(*_fitting(kind, wanted))
    at = _read_cursor(kind, name, cursor)
    if at is not None:
        query = query.where(_beyond(columns[name], columns.key, at, is_descending=wanted.is_descending))
    order = (columns[name], columns.key)
    query = query.order_by(*(one.desc() if wanted.is_descending else one for one in order))
    found = session.execute(query.limit(LONGEST_PAGE)).all()
    rows = [Row(row.key, row._mapping[kind.code], store.own_values(kind, row._mapping)) for row in found]
    if len(found) < LONGEST_PAGE:
        return rows, ""
    return rows, _cursor(found[-1]._mapping[name], found[-1].key, is_back=False)


def suggestions(session: Session, kind: Kind, text: str, limit: int = 10) -> list[Row]:
    """The first records that a text finds; none for no text."""
    if not words.of_search(text):
        return []
    return page(session, kind, Wanted(text=text, limit=limit)).rows


def _counted(kind: Kind, fitting: list[ColumnElement[bool]]) -> Select[Any]:
    inner = select(kind.table.c.key).where(*fitting).limit(COUNTED + 1)
    return select(func.count()).select_from(inner.subquery())


def _fitting(kind: Kind, wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = kind.table.c
    fitting = [columns[name] == value for name, value in kind.shown.items()]
    for name, text in wanted.filters.items():
        if name not in kind.filtered_by:
            raise Invalid("search_invalid")
        fitting.append(columns[name] == _sought(kind.by_name[name], text))
    for word in words.of_search(wanted.text):
        fitting.append(columns.key.in_(_with_word(kind, word)))
    if wanted.text.strip() and not words.of_search(wanted.text):
        fitting.append(columns.key < 0)
    return fitting


def _sought(declared: Field, text: str) -> Any:
    """What a filter compares with; of a reference, people write the code."""
    if declared.type is Type.YES_NO:
        return text == "yes"
    if declared.type is Type.REFERENCE:
        other = known.kind(declared.refers_to)
        return select(other.table.c.key).where(other.table.c[other.code] == text).limit(1).scalar_subquery()
    return text


def _with_word(kind: Kind, word: str) -> Select[Any]:
    columns = record_word.c
    begins = and_(columns.word >= word, columns.word < word + _ABOVE_ALL)
    return select(columns.record_key).where(columns.kind == kind.id, begins)


# -- cursors


@dataclass(frozen=True)
class _Cursor:
    value: Any
    key: int
    is_back: bool


def _beyond(
    column: ColumnElement[Any], key: ColumnElement[Any], cursor: _Cursor, *, is_descending: bool
) -> ColumnElement[bool]:
    # The first condition says nothing more, but an index can begin at it.
    if is_descending:
        later = or_(column < cursor.value, and_(column == cursor.value, key < cursor.key))
        return and_(column <= cursor.value, later)
    later = or_(column > cursor.value, and_(column == cursor.value, key > cursor.key))
    return and_(column >= cursor.value, later)


def _cursor(value: Any, key: int, *, is_back: bool) -> str:
    told = values.as_json(value)
    return base64.urlsafe_b64encode(json.dumps([told, key, is_back]).encode()).decode().rstrip("=")


def _read_cursor(kind: Kind, name: str, text: str) -> _Cursor | None:
    if not text:
        return None
    fits = True
    try:
        told = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        value, key, is_back = told
        type_ = kind.by_name[name].type
        if type_ is Type.DATE:
            value = date.fromisoformat(value)
        elif type_ is Type.MOMENT:
            value = datetime.fromisoformat(value).astimezone(UTC)
        elif isinstance(kind.table.c[name].type, String):
            fits = isinstance(value, str) and "\0" not in value
        else:
            fits = _is_stored_number(value)
        if not _is_stored_number(key) or not isinstance(is_back, bool) or not fits:
            raise ValueError(text)
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise Invalid("search_invalid") from None
    return _Cursor(value, key, is_back)


def _is_stored_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
