"""Columns of files: their names in both languages, and which field each of them most likely is.

A column is named by a path: `phone`, or `contacts.2.phone` for the telephone of the second contact.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from laneway.records.kinds.declared import Field, Kind, Type
from laneway.words import Text

MOST_ROWS = 40
"""Of a field with rows, so many may stand side by side in a file."""
_SPLIT = re.compile(r"[\W_]+", re.UNICODE)
_ROW = re.compile(r"(\D+)(\d{1,2})(\D+)")
_KEY = "key"


@dataclass(frozen=True)
class Column:
    """A column: the field, and of a field with rows, which row (from 0) and which field in it."""

    path: str
    field: Field
    at: int = -1
    inner: Field | None = None

    @property
    def leaf(self) -> Field:
        """The field that its cells are values of."""
        return self.inner or self.field

    @property
    def label(self) -> Text:
        """Its name as the header of a file."""
        if self.inner is None:
            return self.field.label
        outer = self.field.label
        return Text(
            f"{outer.zh} {self.at + 1} {self.inner.label.zh}",
            f"{outer.en} {self.at + 1} {self.inner.label.en}",
        )


def of_kind(kind: Kind, rows: dict[str, int]) -> Iterator[Column]:
    """The columns of an export, with so many rows of each field side by side."""
    for field in kind.fields:
        if field.type is not Type.ROWS:
            yield Column(field.name, field)
            continue
        for at in range(rows.get(field.name, 1)):
            for inner in field.fields:
                yield Column(f"{field.name}.{at + 1}.{inner.name}", field, at, inner)


def importable(kind: Kind, *, rows: int = 3) -> list[Column]:
    """The columns that a file may set: what follows from other fields is not among them, but for the code."""
    found = of_kind(kind, {field.name: rows for field in kind.rows})
    return [one for one in found if is_importable(kind, one.field)]


def is_importable(kind: Kind, field: Field) -> bool:
    """Whether a file may say something about this field."""
    return not field.is_read_only or field.name == kind.code


def column(kind: Kind, path: str) -> Column | None:
    """The column with this path; None when there is none that a file may set."""
    name, _, rest = path.partition(".")
    field = kind.by_name.get(name)
    if field is None or not is_importable(kind, field) or (field.type is Type.ROWS) != bool(rest):
        return None
    if not rest:
        return Column(path, field)
    number, _, inner_name = rest.partition(".")
    inner = next((one for one in field.fields if one.name == inner_name), None)
    if inner is None or not re.fullmatch(r"[1-9]\d?", number) or int(number) > MOST_ROWS:
        return None
    return Column(path, field, int(number) - 1, inner)


def proposed(kind: Kind, header: Sequence[object]) -> list[str]:
    """The path that each header most likely means; empty where there is none, or another column has it already."""
    names = _names(kind)
    taken: set[str] = set()
    mapping = []
    for cell in header:
        path = _path(kind, names, str(cell or ""))
        mapping.append(path if path not in taken else "")
        taken.add(path)
    return mapping


def _path(kind: Kind, names: dict[str, str], text: str) -> str:
    plain = text.strip().lower()
    if column(kind, plain) is not None:
        return plain
    told = folded(text)
    if told in names:
        return names[told]
    parts = _ROW.fullmatch(told)
    if parts is None or not 1 <= int(parts[2]) <= MOST_ROWS:
        return ""
    outer, at, inner = parts.groups()
    path = names.get(f"{outer}#{inner}", "")
    return path.replace("#", str(int(at)))


def _names(kind: Kind) -> dict[str, str]:
    """{name without case, spaces and signs: path}; of rows, `outer#inner` gives a path with # for the number."""
    names: dict[str, str] = {}
    for field in kind.fields:
        if not is_importable(kind, field):
            continue
        for outer in _of_field(field):
            if field.type is not Type.ROWS:
                names.setdefault(outer, field.name)
            for inner in field.fields:
                for word in _of_field(inner):
                    names.setdefault(f"{outer}#{word}", f"{field.name}.#.{inner.name}")
    for word in (
        f"{kind.name.zh}{kind.by_name[kind.code].label.zh}",
        f"{kind.name.en} number",
        f"{kind.name.en} code",
    ):
        names.setdefault(folded(word), kind.code)
    return names


def _of_field(field: Field) -> set[str]:
    words = {folded(field.name), folded(field.label.zh), folded(field.label.en)}
    if field.name.endswith(f"_{_KEY}"):
        words.add(folded(field.name.removesuffix(f"_{_KEY}")))
    return words


def folded(text: str) -> str:
    """A name without case, width, spaces and signs."""
    return _SPLIT.sub("", unicodedata.normalize("NFKC", text).casefold())
