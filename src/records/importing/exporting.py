"""Records as files: CSV that streams, XLSX within limits; what identifies a person is masked where there is no need."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from laneway.engine.database import reading
from laneway.errors import Invalid
from laneway.records.importing import cells, columns
from laneway.records.importing.columns import Column
from laneway.records.kinds import known, listing, store
from laneway.records.kinds.declared import Kind, Type, Values
from laneway.records.kinds.listing import Wanted

HEADERS = ("zh", "en", "fields")
"""Languages of header and words; `fields` are the names and codes that programs use."""
FORMATS = ("csv", "xlsx")
MOST_XLSX_ROWS = 100_000
_BOM = "\ufeff"


def as_csv(kind: Kind, wanted: Wanted, *, header: str, is_masked: bool) -> Iterator[bytes]:
    """The records that fit as CSV in UTF-8 with a mark for spreadsheet programs, piece by piece.

    Raises Invalid for a filter that is none, before anything is written.
    """
    told = _wide(kind)
    pages = _pages(kind, wanted)
    first = next(pages, [])
    return _csv(kind, told, first, pages, header, is_masked=is_masked)


def _csv(
    kind: Kind,
    told: Sequence[Column],
    first: list[listing.Row],
    pages: Iterator[list[listing.Row]],
    header: str,
    *,
    is_masked: bool,
) -> Iterator[bytes]:
    yield _BOM.encode() + csv_line(head(told, header))
    for page in _and_then(first, pages):
        out = io.StringIO()
        writer = csv.writer(out)
        for row in _cells(kind, told, page, header, is_masked=is_masked):
            writer.writerow([cells.guarded(cell) for cell in row])
        yield out.getvalue().encode()


def as_xlsx(kind: Kind, wanted: Wanted, path: Path, *, header: str, is_masked: bool) -> int:
    """Write the records that fit into a workbook; how many. Raises Invalid when there are too many for one."""
    told = _wide(kind)
    pages = _pages(kind, wanted)
    number = 0

    def rows() -> Iterator[Sequence[Any]]:
        nonlocal number
        for page in pages:
            number += len(page)
            if number > MOST_XLSX_ROWS:
                raise Invalid("export_too_long", most=MOST_XLSX_ROWS)
            yield from _cells(kind, told, page, header, is_masked=is_masked)

    write_workbook(path, head(told, header), rows())
    return number


def write_workbook(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a workbook with one sheet, row by row; text is text, whatever it begins with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("1")
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, name) for name in header])
    for row in rows:
        sheet.append([_cell(sheet, cell) for cell in row])
    book.save(path)


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # XML has no words for most control characters.
    cell = WriteOnlyCell(sheet, "".join(sign for sign in value if sign >= " " or sign in "\t\n")[:32_767])
    cell.data_type = "s"
    return cell


def csv_line(row: Sequence[Any]) -> bytes:
    """A row of CSV that no spreadsheet program calculates with."""
    out = io.StringIO()
    csv.writer(out).writerow([cells.guarded(cell) for cell in row])
    return out.getvalue().encode()


def head(told: Sequence[Column], header: str) -> list[str]:
    """The names of columns."""
    return [one.label.pick(header) if header in ("zh", "en") else one.path for one in told]


def template(kind: Kind) -> list[Column]:
    """The columns that an empty file to fill in has."""
    return columns.importable(kind, rows=1)


# -- reading


def _wide(kind: Kind) -> list[Column]:
    """All columns, as many rows side by side as the record with most of them has."""
    widths = {}
    with reading() as session:
        for one in kind.rows:
            table = store.table_of(one)
            counted = (
                select(func.count().label("n")).select_from(table).group_by(table.c[one.parent]).subquery()
            )
            widths[one.name] = max(session.scalar(select(func.max(counted.c.n))) or 0, 1)
    return list(columns.of_kind(kind, widths))


def _pages(kind: Kind, wanted: Wanted) -> Iterator[list[listing.Row]]:
    cursor = ""
    while True:
        with reading() as session:
            rows, cursor = listing.following(session, kind, wanted, cursor)
            for one in kind.rows:
                inner = store.rows_of(session, one, [row.key for row in rows]) if rows else {}
                for row in rows:
                    row.values[one.name] = inner.get(row.key, [])
            _name_references(session, kind, rows)
        yield rows
        if not cursor:
            return


def _and_then(first: list[listing.Row], rest: Iterator[list[listing.Row]]) -> Iterator[list[listing.Row]]:
    yield first
    yield from rest


def _name_references(session: Session, kind: Kind, rows: Sequence[listing.Row]) -> None:
    """Put codes in the place of keys."""
    places: list[tuple[Values, str, str]] = []
    for row in rows:
        for field in kind.fields:
            if field.type is Type.REFERENCE:
                places.append((row.values, field.name, field.refers_to))
            references = [inner for inner in field.fields if inner.type is Type.REFERENCE]
            for inside in row.values[field.name] if references else ():
                places += [(inside, inner.name, inner.refers_to) for inner in references]
    asked: dict[str, set[int]] = {}
    for found, name, kind_id in places:
        if found[name] is not None:
            asked.setdefault(kind_id, set()).add(found[name])
    codes: Mapping[str, Mapping[int, Any]] = {
        kind_id: store.titles(session, known.kind(kind_id), keys) for kind_id, keys in asked.items()
    }
    for found, name, kind_id in places:
        if found[name] is not None:
            found[name] = codes[kind_id][found[name]][0] if found[name] in codes[kind_id] else None


def _cells(
    kind: Kind, told: Sequence[Column], page: Sequence[listing.Row], header: str, *, is_masked: bool
) -> Iterator[list[Any]]:
    for row in page:
        line: list[Any] = []
        for one in told:
            if one.inner is None:
                value = row.values[one.field.name]
            else:
                inside = row.values[one.field.name]
                if one.at >= len(inside):
                    line.append(None)
                    continue
                value = inside[one.at][one.inner.name]
            hides = is_masked and one.leaf.is_masked
            line.append(cells.masked(one.leaf, value) if hides else cells.written(one.leaf, value, header))
        yield line
