"""Rows of a file become records, some hundreds at a time: check and run judge them alike, and the run writes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from laneway.engine.model import Person
from laneway.errors import LanewayError
from laneway.records.importing import cells, lookups
from laneway.records.importing.columns import Column
from laneway.records.kinds import checking, proposals, store, values
from laneway.records.kinds.declared import Field, Kind, Problem, Type, Values

_LONGEST_VALUE = 200


class Outcome(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"  # known, and only new ones were wanted
    WRONG = "wrong"


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a cell: its row in the file, the path of its column, what it says, the code, its words."""

    row: int
    path: str
    value: str
    code: str
    params: Mapping[str, Any]


@dataclass
class Result:
    """What became of the rows of a batch. `proposed` counts the records with changes that wait for agreement."""

    counts: dict[Outcome, int] = field(default_factory=dict)
    wrong: list[Wrong] = field(default_factory=list)
    proposed: int = 0

    def count(self, outcome: Outcome, rows: int = 1) -> None:
        """Count rows."""
        self.counts[outcome] = self.counts.get(outcome, 0) + rows


@dataclass(frozen=True)
class Plan:
    """What is to be done with every row. `by` is None where whoever runs a command takes data over.

    `source_key` is the import's key, under which history and proposals tell where they come from. `proposals_left` is
    how many records may still wait for agreement because of this import.
    """

    kind: Kind
    columns: Sequence[Column | None]
    is_only_new: bool
    is_dry: bool
    by: Person | None
    reason: str
    source_key: int
    proposals_left: int
    seen: set[int]
    """Hashes of what identifies the rows so far."""
    told: set[str]
    """Codes that a dry run has found right: later rows may refer to them."""


@dataclass
class _Row:
    number: int
    raw: dict[str, Any]
    given: Mapping[str, Any]
    """The cells by path, for the report."""
    code: str = ""
    before: store.Record | None = None
    found: Values = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    masked: list[str] = field(default_factory=list)


def carry_out(session: Session, plan: Plan, rows: Iterable[tuple[int, Sequence[Any]]]) -> Result:
    """Judge the rows (number in the file, cells) and, unless it is dry, write what is right."""
    result = Result()
    left = [_read(plan, number, cells_) for number, cells_ in rows]
    while left:
        later = _wave(session, plan, left, result)
        if len(later) == len(left):
            for row in later:
                _reject(plan, row, result)
            break
        for row in later:
            row.problems = []
        left = later
    result.wrong.sort(key=lambda one: one.row)
    return result


def identity_of(plan: Plan, row: Sequence[Any]) -> int | None:
    """A hash of the cells that identify the record of a row; None where they are not all filled in."""
    found = {}
    for column, cell in zip(plan.columns, row, strict=False):
        if column is not None and column.path in plan.kind.identified_by and cell not in (None, ""):
            found[column.path] = str(cell).strip()
    return hash(tuple(sorted(found.items()))) if len(found) == len(plan.kind.identified_by) else None


# -- reading


def _read(plan: Plan, number: int, given: Sequence[Any]) -> _Row:
    row = _Row(number, {}, {})
    told: dict[str, Any] = {}
    for column, cell in zip(plan.columns, [*given, *[None] * (len(plan.columns) - len(given))], strict=False):
        if column is None:
            continue
        told[column.path] = cell
        if isinstance(cell, str) and cells.MASK in cell:
            row.masked.append(column.path)
            continue
        try:
            value = cells.read(column.leaf, cell)
        except cells.Unreadable as error:
            row.problems.append((column.path, str(error), {}))
            continue
        if column.inner is None:
            row.raw[column.field.name] = value
        else:
            place = row.raw.setdefault(column.field.name, {}).setdefault(column.at, {})
            place[column.inner.name] = value
    row.given = told
    identity = identity_of(plan, given)
    if identity is not None:
        if identity in plan.seen:
            row.problems.append((plan.kind.code, "twice_in_file", {}))
        plan.seen.add(identity)
    row.code = str(row.raw.get(plan.kind.code) or "")
    return row


def _rows_merged(
    kind: Kind, raw: dict[str, Any], before: Values, codes: Mapping[tuple[str, int], str]
) -> dict[str, Any]:
    """Row n of the file is row n of the record: what has a column is set, what has none stays, an empty row goes."""
    merged = dict(raw)
    for one in kind.rows:
        told: dict[int, dict[str, Any]] | None = raw.get(one.name)
        if told is None:
            continue
        names = [inner.name for inner in one.fields]
        kept = [_as_raw(one.fields, row, codes) for row in before.get(one.name) or []]
        rows = []
        for at in range(max([len(kept), *[place + 1 for place in told]])):
            row = {**(kept[at] if at < len(kept) else {}), **told.get(at, {})}
            is_told = at in told and len(told[at]) == len(names)
            if (at < len(kept) and not is_told) or any(
                not values.is_empty(row.get(name)) and row.get(name) is not False for name in names
            ):
                rows.append(row)
        merged[one.name] = rows
    return merged


def _as_raw(fields: Sequence[Field], row: Values, codes: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    """A stored row as it may be read again, references by their codes."""
    told = {one.name: codes.get((one.refers_to, row[one.name]), row[one.name]) for one in fields}
    return {"key": row["key"], **told}


# -- judging


def _wave(session: Session, plan: Plan, rows: list[_Row], result: Result) -> list[_Row]:
    """Judge rows and write the right ones; returns those that refer to others that were just written, or to none."""
    kind = plan.kind
    records = lookups.records(
        session, kind, [row.code for row in rows if row.code], is_locked=not plan.is_dry
    )
    kept_codes = lookups.codes_in_rows(session, kind, records)
    for row in rows:
        if len(kind.identified_by) == 1:
            row.before = next(iter(records.get(row.code, ())), None)
        _clean(plan, row, kept_codes)
    codes = lookups.Codes(session, kind, [row.found for row in rows], plan.told)
    right: list[_Row] = []
    later: list[_Row] = []
    for row in rows:
        _judge(session, plan, row, records, codes)
        if not row.problems:
            right.append(row)
        elif _refers_to_itself(kind) and all(one[1] == "no_such_record" for one in row.problems):
            later.append(row)
        else:
            _reject(plan, row, result)
    _write(session, plan, right, result)
    return later


def _refers_to_itself(kind: Kind) -> bool:
    fields = [*kind.fields, *[inner for one in kind.rows for inner in one.fields]]
    return any(one.type is Type.REFERENCE and one.refers_to == kind.id for one in fields)


def _clean(plan: Plan, row: _Row, kept_codes: Mapping[tuple[str, int], str]) -> None:
    kind, before = plan.kind, row.before.values if row.before else {}
    raw = _rows_merged(kind, row.raw, before, kept_codes)
    code = raw.pop(kind.code, None) if kind.by_name[kind.code].is_read_only else None
    row.found, problems = values.clean(kind, raw, country=str(before.get("country") or ""))
    row.problems = [*row.problems, *problems]
    if code and row.before is None:
        row.problems += _problems_of_code(kind, str(code))
        row.found[kind.code] = str(code)


def _problems_of_code(kind: Kind, code: str) -> list[Problem]:
    """What is wrong with a number that comes with a new record of a kind which gives numbers itself."""
    longest = kind.by_name[kind.code].longest
    if re.fullmatch(rf"{re.escape(kind.series)}-\d{{4}}-\d{{6,}}", code):
        return [(kind.code, "number_of_ours", {})]
    if len(code) > longest:
        return [(kind.code, "too_long", {"longest": longest})]
    return [] if code.isprintable() else [(kind.code, "not_text", {})]


def _judge(
    session: Session, plan: Plan, row: _Row, records: Mapping[str, list[store.Record]], codes: lookups.Codes
) -> None:
    kind = plan.kind
    checking.refer(kind, row.found, codes.key, row.problems)
    if row.problems:
        return
    if len(kind.identified_by) > 1:
        row.before = _same(kind, records.get(row.code, []), row.found)
    if row.before is not None and not row.before.is_listed:
        row.problems.append((kind.code, "record_merged", {}))
        return
    before = row.before.values if row.before else {}
    if row.before is None and row.masked:
        row.problems += [(path, "masked", {}) for path in row.masked]
        return
    if row.before is not None and (plan.is_only_new or not store.difference(kind, before, row.found)):
        return
    if row.before is not None and kind.is_append_only:
        changed = next(iter(store.difference(kind, before, row.found)))
        row.problems.append((changed, "append_only", {}))
        return
    row.found, problems = checking.judged(kind, row.found, before)
    row.problems += problems or kind.look(session, before, {**before, **row.found})


def _same(kind: Kind, among: list[store.Record], found: Values) -> store.Record | None:
    for record in among:
        if all(record.values[name] == found.get(name) for name in kind.identified_by):
            return record
    return None


# -- writing


def _write(session: Session, plan: Plan, rows: list[_Row], result: Result) -> None:
    kind, new = plan.kind, []
    for row in rows:
        plan.told.add(row.code) if plan.is_dry and row.code else None
        before = row.before.values if row.before else {}
        is_compared = row.before is not None or (plan.by is not None and bool(kind.sensitive))
        differing = store.difference(kind, before, row.found) if is_compared else {}
        if row.before is not None and (plan.is_only_new or not differing):
            result.count(Outcome.SKIPPED if plan.is_only_new else Outcome.UNCHANGED)
            continue
        proposed = _proposed(plan, differing)
        if proposed and result.proposed >= plan.proposals_left:
            row.problems.append((next(iter(proposed)), "too_many_proposals", {}))
            _reject(plan, row, result)
            continue
        try:
            _change(session, plan, row, proposed)
        except LanewayError as refusal:  # told before anything was written: somebody else's change waits
            row.problems.append((next(iter(proposed), kind.code), refusal.code, refusal.params))
            _reject(plan, row, result)
            continue
        result.proposed += bool(proposed)
        result.count(Outcome.CHANGED if row.before else Outcome.NEW)
        if row.before is None:
            new.append((row, proposed))
    if not plan.is_dry and new:
        _create(session, plan, new)


def _proposed(plan: Plan, differing: Mapping[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """The changes to which someone else has to agree first; what a command takes over has been agreed elsewhere."""
    if plan.by is None:
        return {}
    return {name: both for name, both in differing.items() if name in plan.kind.sensitive}


def _free(plan: Plan, row: _Row, proposed: Mapping[str, Any]) -> Values:
    if not proposed:
        return row.found
    before = row.before.values if row.before else {}
    free = {name: value for name, value in row.found.items() if name not in proposed}
    return free | plan.kind.derive({**dict.fromkeys(plan.kind.by_name), **before, **free})


def _change(session: Session, plan: Plan, row: _Row, proposed: Mapping[str, tuple[Any, Any]]) -> None:
    if plan.is_dry or row.before is None:
        return
    if proposed and plan.by is not None:
        proposals.propose(
            session,
            plan.kind,
            row.before.key,
            proposed,
            by=plan.by,
            reason=plan.reason,
            source_key=plan.source_key,
        )
    store.apply(
        session,
        row.before,
        _free(plan, row, proposed),
        by=plan.by.username if plan.by else None,
        reason=plan.reason,
        source_key=plan.source_key,
    )


def _create(session: Session, plan: Plan, new: Sequence[tuple[_Row, Mapping[str, tuple[Any, Any]]]]) -> None:
    keys = store.create_many(
        session,
        plan.kind,
        [_free(plan, row, proposed) for row, proposed in new],
        by=plan.by.username if plan.by else None,
        reason=plan.reason,
        source_key=plan.source_key,
    )
    for key, (_row, proposed) in zip(keys, new, strict=True):
        if proposed and plan.by is not None:
            proposals.propose(
                session, plan.kind, key, proposed, by=plan.by, reason=plan.reason, source_key=plan.source_key
            )


# -- what is wrong


def _reject(plan: Plan, row: _Row, result: Result) -> None:
    result.count(Outcome.WRONG)
    for path, code, params in row.problems:
        place = _path_in_file(path)
        value = row.given.get(place)
        text = "" if value is None else str(value)[:_LONGEST_VALUE]
        result.wrong.append(Wrong(row.number, place, text, code, dict(params)))


def _path_in_file(path: str) -> str:
    """`contacts.0.phone` of a record stands in the column `contacts.1.phone`."""
    name, _, rest = path.partition(".")
    at, _, inner = rest.partition(".")
    return f"{name}.{int(at) + 1}.{inner}".rstrip(".") if at.isdecimal() else path
