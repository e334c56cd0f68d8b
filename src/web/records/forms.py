"""The form of a record: what it shows, and what comes back from it. It works without a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from laneway.engine.database import Session
from laneway.records import catalogue
from laneway.records.kinds import store, values
from laneway.records.kinds.declared import Field, Kind, Problem, Section, Type, Values
from laneway.web import record_texts
from laneway.web.i18n import local, pick
from laneway.words import Text

_MOST_ROWS = 200
_OTHERS = Section("", Text("", ""))


@dataclass(frozen=True)
class Input:
    """A field in a form: its name there, what stands in it, and what is wrong with it."""

    field: Field
    name: str
    value: Any
    problem: str = ""

    @property
    def id(self) -> str:
        """For labels."""
        return "f-" + self.name.replace(".", "-")

    @property
    def options(self) -> list[tuple[str, str]]:
        """What may be chosen, sorted by name where the list is long."""
        found = [(code, pick(text)) for code, text in values.options_of(self.field).items()]
        if self.field.type is Type.COUNTRY:
            found.sort(key=lambda one: one[1])
        if self.field.type is Type.CURRENCY:
            found = [(code, f"{code} {name}") for code, name in found]
        return found


@dataclass(frozen=True)
class Rows:
    """A field with rows: for each its inputs and its key; the last one is empty."""

    field: Field
    rows: list[tuple[str, list[Input]]]
    problem: str = ""


def posted(kind: Kind, form: MultiDict[str, str]) -> dict[str, Any]:
    """What a form sends, field by field; rows in which nothing was entered are left out."""
    raw: dict[str, Any] = {}
    for field in kind.fields:
        if field.is_read_only:
            continue
        if field.type is Type.ROWS:
            raw[field.name] = _posted_rows(field, form)
        elif field.type is Type.CHOICES:
            raw[field.name] = form.getlist(field.name)
        elif field.type is Type.YES_NO:
            raw[field.name] = form.get(field.name, "no")
        else:
            raw[field.name] = form.get(field.name, "")
    return raw


def _posted_rows(field: Field, form: MultiDict[str, str]) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for at in range(_MOST_ROWS):
        prefix = f"{field.name}.{at}."
        given = {one.name: form.get(prefix + one.name, "").strip() for one in field.fields}
        if f"{prefix}there" not in form:
            break
        if f"{prefix}remove" not in form and any(given.values()):
            rows.append({**given, "key": form.get(prefix + "key", "")})
    return rows


def of_record(session: Session, kind: Kind, found: Values) -> dict[str, Any]:
    """What a form shows of values: texts, as `posted` gives them back."""
    shown: dict[str, Any] = {}
    for field in kind.fields:
        value = found.get(field.name)
        if field.type is Type.ROWS:
            shown[field.name] = [
                {
                    "key": str(row.get("key") or ""),
                    **{one.name: _written(session, one, row.get(one.name)) for one in field.fields},
                }
                for row in value or []
            ]
        else:
            shown[field.name] = _written(session, field, value)
    return shown


def _written(session: Session, field: Field, value: Any) -> Any:
    if field.type is not Type.REFERENCE or value is None:
        return _text(field, value)
    titles = store.titles(session, catalogue.kind(field.refers_to), [value])
    return titles[value][0] if value in titles else ""


def _text(field: Field, value: Any) -> Any:
    if field.type is Type.CHOICES:
        return value or []
    if field.type is Type.YES_NO:
        return "yes" if value else ""
    if field.type is Type.MOMENT and value is not None:
        is_whole = value.microsecond == 0
        return local(value).replace(tzinfo=None).isoformat(timespec="seconds" if is_whole else "milliseconds")
    return "" if value is None else str(values.as_json(value))


def sections(
    kind: Kind, raw: Mapping[str, Any], problems: Iterable[Problem] = ()
) -> list[tuple[Section, list[Input | Rows]]]:
    """The form, section by section, with what stands in it and what is wrong with it."""
    wrong: dict[str, str] = {}
    for path, code, params in problems:
        wrong.setdefault(path, record_texts.problem(code, params))
    found: list[tuple[Section, list[Input | Rows]]] = []
    for section in (*kind.sections, _OTHERS):
        inputs: list[Input | Rows] = [
            _rows(field, raw.get(field.name) or [], wrong)
            if field.type is Type.ROWS
            else Input(field, field.name, raw.get(field.name, ""), wrong.get(field.name, ""))
            for field in kind.fields
            if field.section == section.id and not field.is_read_only
        ]
        if inputs:
            found.append((section, inputs))
    return found


def _rows(field: Field, given: list[Mapping[str, Any]], wrong: Mapping[str, str]) -> Rows:
    rows = []
    for at, row in enumerate([*given, {}]):
        prefix = f"{field.name}.{at}."
        inputs = [
            Input(one, prefix + one.name, row.get(one.name, ""), wrong.get(prefix + one.name, ""))
            for one in field.fields
        ]
        rows.append((str(row.get("key") or ""), inputs))
    return Rows(field, rows, wrong.get(field.name, ""))


def labels_of(kind: Kind, problems: Iterable[Problem]) -> list[tuple[str, str, str]]:
    """What is wrong, for the list above a form: id of the input, label, words."""
    told = []
    for path, code, params in problems:
        name, _, rest = path.partition(".")
        field = kind.by_name.get(name)
        if field is None:
            told.append(("", name, record_texts.problem(code, params)))
            continue
        label = pick(field.label)
        at, _, inner = rest.partition(".")
        one = next((one for one in field.fields if one.name == inner), None)
        if one is not None:
            label = f"{label} {int(at) + 1} · {pick(one.label)}"
        told.append(("f-" + path.replace(".", "-"), label, record_texts.problem(code, params)))
    return told
