"""Filters, sorting and paging in the shape of the Camunda 8 search operations, turned into one SQL statement.

A `Source` names what can be searched: a statement and its fields by the API's names. A filter is a value
or an object of operators (`$eq $neq $exists $in $notIn $like $gt $gte $lt $lte`); a page is cut by offset or
by a cursor that stays right while rows come and go.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, and_, case, false, func, not_, or_, select, true
from sqlalchemy.orm import Session

from laneway.errors import Invalid

COUNT_LIMIT = 10_000
"""Totals are counted up to here; more is only said to be more."""
PAGE_LIMIT = 10_000
"""The greatest number of items of one page."""
DEFAULT_LIMIT = 100


class Kind(StrEnum):
    """What a field holds, hence how a filter's value is read."""

    TEXT = "text"
    NUMBER = "number"
    KEY = "key"
    INSTANT = "instant"
    FLAG = "flag"


@dataclass(frozen=True)
class Field:
    """One field of a search. `within` turns a condition on a detail row (a candidate) into one on the row."""

    column: ColumnElement[Any]
    kind: Kind = Kind.TEXT
    values: tuple[str, ...] = ()
    is_sortable: bool = True
    within: Callable[[ColumnElement[bool]], ColumnElement[bool]] | None = None


@dataclass(frozen=True)
class Source:
    """What can be searched: the statement for the rows, its unique key, and the fields by the API's names."""

    rows: Select[Any]
    key: ColumnElement[int]
    fields: Mapping[str, Field]


@dataclass(frozen=True)
class Query:
    """One search. `any_of` are alternatives (`$or`), each a set of filters; `sort` is (field, descending)."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    any_of: Sequence[Mapping[str, Any]] = ()
    sort: Sequence[tuple[str, bool]] = ()
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    after: str | None = None
    before: str | None = None


@dataclass(frozen=True)
class Page:
    """The rows of one page; `total` counts all that match, up to COUNT_LIMIT."""

    items: list[Row[Any]]
    total: int
    has_more_total: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class _Term:
    """One step of the order: an expression, its direction, and how its value is read back from a cursor."""

    expression: ColumnElement[Any]
    is_descending: bool
    kind: Kind


def search(session: Session, source: Source, query: Query) -> Page:
    """The page of `source` that `query` asks for.

    Raises Invalid("search_invalid", problems), naming the field, when filter, sort or cursor cannot be read.
    """
    rows = source.rows.where(_conditions(source, query.filters, "filter"))
    if query.any_of:
        alternatives = [
            _conditions(source, one, f"filter.$or[{number}]") for number, one in enumerate(query.any_of)
        ]
        rows = rows.where(or_(*alternatives))
    total = session.scalar(
        select(func.count()).select_from(rows.limit(COUNT_LIMIT + 1).with_only_columns(source.key).subquery())
    )
    terms = _terms(source, query.sort)
    is_backward = query.before is not None
    cursor = query.before if is_backward else query.after
    if cursor is not None:
        rows = rows.where(_beyond(terms, _read_cursor(terms, cursor), is_backward=is_backward))
    order = [
        term.expression.desc() if term.is_descending != is_backward else term.expression.asc()
        for term in terms
    ]
    cursor_values = [term.expression.label(f"order_{number}") for number, term in enumerate(terms)]
    ordered = rows.add_columns(*cursor_values).order_by(*order).limit(query.limit).offset(query.offset)
    found = list(session.execute(ordered).all())
    if is_backward:
        found.reverse()
    return Page(
        items=found,
        total=min(total or 0, COUNT_LIMIT),
        has_more_total=(total or 0) > COUNT_LIMIT,
        start_cursor=_cursor(terms, found[0]) if found else None,
        end_cursor=_cursor(terms, found[-1]) if found else None,
    )


def invalid(path: str, code: str, **params: Any) -> Invalid:
    """The error for a search that cannot be read, naming the place in the request."""
    return Invalid("search_invalid", [(path, code, params)], field=path)


# -- filters


def _conditions(source: Source, filters: Mapping[str, Any], path: str) -> ColumnElement[bool]:
    clauses: list[ColumnElement[bool]] = []
    for name, wanted in filters.items():
        known = source.fields.get(name)
        if known is None:
            raise invalid(f"{path}.{name}", "unknown_field", allowed=", ".join(sorted(source.fields)))
        operators = wanted if isinstance(wanted, Mapping) else {"$eq": wanted}
        for operator, value in operators.items():
            clauses.append(_condition(known, operator, value, f"{path}.{name}"))
    return and_(true(), *clauses)


def _condition(known: Field, operator: str, value: Any, path: str) -> ColumnElement[bool]:
    column = known.column
    is_negated = operator in ("$neq", "$notIn")
    if operator in ("$eq", "$neq"):
        wanted = _read(known, value, path)
        clause = _is(known, wanted)
    elif operator in ("$in", "$notIn"):
        clause = column.in_([_read(known, one, path) for one in _list(value, path)])
    elif operator == "$exists":
        is_negated = not _read_flag(value, path)
        clause = column.is_not(None)
    elif operator == "$like" and known.kind is Kind.TEXT:
        clause = column.ilike(_like_pattern(_read_text(value, path)), escape="\\")
    elif operator in _COMPARISONS and known.kind in (Kind.NUMBER, Kind.INSTANT):
        clause = _COMPARISONS[operator](column, _read(known, value, path))
    else:
        raise invalid(f"{path}.{operator}", "unknown_operator")
    if known.within is not None:
        clause = known.within(clause)
    # A row without a value is "not x" too; plain SQL would call it unknown and drop it.
    return not_(func.coalesce(clause, false())) if is_negated else clause


def _is(known: Field, wanted: Any) -> ColumnElement[bool]:
    if known.kind is Kind.FLAG and not wanted:
        return not_(known.column)
    return known.column if known.kind is Kind.FLAG else known.column == wanted


_COMPARISONS: dict[str, Callable[[ColumnElement[Any], Any], ColumnElement[bool]]] = {
    "$gt": lambda column, value: column > value,
    "$gte": lambda column, value: column >= value,
    "$lt": lambda column, value: column < value,
    "$lte": lambda column, value: column <= value,
}


def _like_pattern(wanted: str) -> str:
    """`*` and `?` as in the API, `\\` escapes them. Letters match in either case: so both databases agree."""
    pattern: list[str] = []
    characters = iter(wanted)
    for character in characters:
        if character == "\\":
            character = next(characters, "\\")
        elif character in "*?":
            pattern.append("%" if character == "*" else "_")
            continue
        pattern.append(f"\\{character}" if character in "%_\\" else character)
    return "".join(pattern)


def _read(known: Field, value: Any, path: str) -> Any:
    """A filter's value as the column holds it; Invalid when it is of another kind."""
    match known.kind:
        case Kind.TEXT:
            text = _read_text(value, path)
            if known.values and text not in known.values:
                raise invalid(path, "not_one_of", allowed=", ".join(known.values))
            return text
        case Kind.KEY:
            return _read_key(value, path)
        case Kind.FLAG:
            return _read_flag(value, path)
        case Kind.INSTANT:
            return _read_instant(value, path)
        case Kind.NUMBER:
            if not isinstance(value, int) or isinstance(value, bool):
                raise invalid(path, "not_a_number")
            return value


def _read_text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise invalid(path, "not_a_text")
    return value


def _read_flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise invalid(path, "not_a_flag")
    return value


def _read_key(value: Any, path: str) -> int:
    """Keys are numeric texts. One outside 63 bits names nothing, so it becomes a key that no row has."""
    if not isinstance(value, str) or not value.isascii() or not value.removeprefix("-").isdigit():
        raise invalid(path, "not_a_key")
    key = int(value)
    return key if 0 < key < 2**63 else -1


def instant_of(text: str) -> datetime | None:
    """The UTC instant that an ISO 8601 text names; UTC where it names no zone. None when it is none."""
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # at the ends of the calendar a zone leads out of it
        return None


def _read_instant(value: Any, path: str) -> datetime:
    instant = instant_of(_read_text(value, path))
    if instant is None:
        raise invalid(path, "not_an_instant")
    return instant


def _list(value: Any, path: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise invalid(path, "not_a_list")
    return value


# -- order and cursors


def _terms(source: Source, sort: Sequence[tuple[str, bool]]) -> list[_Term]:
    terms: list[_Term] = []
    for number, (name, is_descending) in enumerate(sort):
        known = source.fields.get(name)
        if known is None or not known.is_sortable:
            raise invalid(f"sort[{number}].field", "unknown_field")
        # Rows without a value come last in either direction, on every database.
        terms.append(_Term(case((known.column.is_(None), 1), else_=0), False, Kind.NUMBER))
        terms.append(_Term(known.column, is_descending, known.kind))
    terms.append(_Term(source.key, False, Kind.NUMBER))
    return terms


def _beyond(terms: Sequence[_Term], values: Sequence[Any], *, is_backward: bool) -> ColumnElement[bool]:
    """Whether a row comes after (or before) the one with these values in the order of `terms`."""
    alternatives: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for term, value in zip(terms, values, strict=True):
        if value is None:
            same.append(term.expression.is_(None))
            continue
        is_later = term.expression < value if term.is_descending != is_backward else term.expression > value
        alternatives.append(and_(*same, is_later))
        same.append(term.expression == value)
    return or_(false(), *alternatives)


def _cursor(terms: Sequence[_Term], row: Row[Any]) -> str:
    return b64encode(orjson.dumps([row._mapping[f"order_{number}"] for number in range(len(terms))])).decode()


def _read_cursor(terms: Sequence[_Term], cursor: str) -> list[Any]:
    try:
        values = orjson.loads(b64decode(cursor, validate=True))
    except (binascii.Error, orjson.JSONDecodeError) as error:
        raise invalid("page", "unknown_cursor") from error
    if not isinstance(values, list) or len(values) != len(terms):
        raise invalid("page", "unknown_cursor")
    return [_cursor_value(term, value) for term, value in zip(terms, values, strict=True)]


def _cursor_value(term: _Term, value: Any) -> Any:
    if value is None:
        return None
    if term.kind is Kind.INSTANT:
        return _read_instant(value, "page")
    expected = {Kind.TEXT: str, Kind.FLAG: bool}.get(term.kind, int)
    # A made-up cursor must not reach the database with what its columns cannot hold.
    is_unfit = (isinstance(value, int) and abs(value) >= 2**63) or (isinstance(value, str) and "\0" in value)
    if not isinstance(value, expected) or is_unfit:
        raise invalid("page", "unknown_cursor")
    return value
