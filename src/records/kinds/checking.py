"""What is wrong with a record before it is written: field by field, as a whole, and beside other records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.records.kinds import known, values
from laneway.records.kinds.declared import Field, Kind, Problem, Type, Values


def checked(
    session: Session, kind: Kind, raw: Mapping[str, Any], before: Values
) -> tuple[Values, list[Problem]]:
    """The values that `raw` gives, references looked up, and all that is wrong with the record that they make."""
    found, problems = values.clean(kind, raw, country=str(before.get("country") or ""))
    refer(kind, found, lambda other, code: _key_if_known(session, other, code), problems)
    if not problems:
        found, problems = judged(kind, found, before)
    after = {**before, **found}
    if not problems and _is_taken(session, kind, before, after):
        problems = [(kind.code, "taken", {})]
    if not problems:
        problems = kind.look(session, before, after)
    return found, problems


def judged(kind: Kind, found: Values, before: Values) -> tuple[Values, list[Problem]]:
    """Cleaned values with all that follows from them, and what is wrong with the record that they make by itself."""
    if not before:
        initial = {one.name: one.initial for one in kind.own if one.initial is not None}
        found = {**initial, **found}
    after = {**{field.name: None for field in kind.fields}, **before, **found}
    gaps = values.missing(kind, after)
    if kind.series:
        gaps = [gap for gap in gaps if gap[0] != kind.code]
    problems = gaps + _rows_twice(kind, found) + kind.check(after)
    return (found if problems else {**found, **kind.derive(after)}), problems


def refer(
    kind: Kind, found: Values, key_of_code: Callable[[Kind, str], int | None], problems: list[Problem]
) -> None:
    """Put keys in the place of the codes that references are written with, in rows too."""
    for name in found:
        field = kind.by_name[name]
        if field.type is Type.REFERENCE:
            _refer_one(field, found, name, key_of_code, problems)
        for at, row in enumerate((found[name] or []) if field.type is Type.ROWS else []):
            for inner in field.fields:
                if inner.type is Type.REFERENCE:
                    _refer_one(inner, row, f"{name}.{at}.{inner.name}", key_of_code, problems)


def _refer_one(
    field: Field,
    found: Values,
    path: str,
    key_of_code: Callable[[Kind, str], int | None],
    problems: list[Problem],
) -> None:
    code = found.get(field.name)
    if code is None:
        return
    found[field.name] = key_of_code(known.kind(field.refers_to), str(code))
    if found[field.name] is None:
        problems.append((path, "no_such_record", {"code": str(code)}))


def _key_if_known(session: Session, kind: Kind, code: str) -> int | None:
    columns = kind.table.c
    return session.scalar(
        select(columns.key).where(columns[kind.code] == code).order_by(columns.key).limit(1)
    )


def _is_taken(session: Session, kind: Kind, before: Values, after: Values) -> bool:
    identity = {name: after.get(name) for name in kind.identified_by}
    if any(value is None for value in identity.values()):
        return False
    if all(before.get(name) == value for name, value in identity.items()):
        return False
    same = (kind.table.c[name] == value for name, value in identity.items())
    return session.scalar(select(kind.table.c.key).where(*same)) is not None


def _rows_twice(kind: Kind, found: Values) -> list[Problem]:
    """Rows that are told apart by what people enter, such as the number of a line, have it once each."""
    problems: list[Problem] = []
    for field in kind.rows:
        seen: set[Any] = set()
        if field.row_key in {one.name for one in field.fields}:
            for at, row in enumerate(found.get(field.name) or []):
                if row[field.row_key] in seen:
                    problems.append((f"{field.name}.{at}.{field.row_key}", "twice", {}))
                seen.add(row[field.row_key])
    return problems
