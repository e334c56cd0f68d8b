"""Records as people read them: labels, options, numbers, telephone numbers, and what differs between two versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import phonenumbers

from laneway.engine.database import Session
from laneway.engine.queries import names
from laneway.records import catalogue
from laneway.records.kinds import changes, store, values
from laneway.records.kinds.changes import Event
from laneway.records.kinds.declared import Field, Kind, Type, Values
from laneway.web import i18n
from laneway.web.i18n import _, pick
from laneway.web.record_texts import EVENTS
from laneway.words import Text

NOTHING = "–"
_GROUP_FIELDS = ("owner", "owner_group", "group_id", "deputy_group")
_PEOPLE_FIELDS = ("lead", "deputy", "manager", "on_call")


@dataclass(frozen=True)
class Difference:
    """A field with what it was and what it became; of rows, what went and what came."""

    label: str
    old: list[str]
    new: list[str]


@dataclass(frozen=True)
class Entry:
    """One line of a record's history."""

    icon: str
    who: str
    what: str
    code: str
    change: changes.Change
    differences: list[Difference]


class Reader:
    """Tells records of one kind to one reader: knows the names that they refer to."""

    def __init__(self, session: Session, kind: Kind, many: Iterable[Values] = ()) -> None:
        self._kind = kind
        self._groups = names.groups(session)
        self._people = names.people(session)
        self._session = session
        self._titles: dict[str, dict[int, tuple[str, Text]]] = {}
        found = list(many)
        for field in kind.fields:
            if field.type is Type.REFERENCE:
                self._learn(field, found)
            for inner in field.fields:
                if inner.type is Type.REFERENCE:
                    self._learn(inner, [row for one in found for row in one.get(field.name) or []])

    def _learn(self, field: Field, found: Iterable[Mapping[str, Any]]) -> None:
        """Look up the titles of the records that values of this field refer to."""
        known = self._titles.setdefault(field.refers_to, {})
        keys = {one[field.name] for one in found if one.get(field.name) is not None} - known.keys()
        known.update(store.titles(self._session, catalogue.kind(field.refers_to), keys))

    def person(self, username: str | None) -> str:
        """The name of a person; nobody is the system."""
        return pick(self._people.get(username, Text(username, username))) if username else _("System")

    def group(self, group_id: str) -> str:
        """The name of a group."""
        return pick(self._groups.get(group_id, Text(group_id, group_id)))

    def value(self, field: Field, value: Any) -> str:
        """A value in words; a dash for none."""
        if field.type is Type.REFERENCE and value is not None:
            code, title = self._titles[field.refers_to].get(value, (str(value), Text("", "")))
            name = pick(title)
            return name if code in name.split() else f"{name} {code}".strip()
        if field.name in _GROUP_FIELDS and value:
            return self.group(str(value))
        if field.name in _PEOPLE_FIELDS and value:
            return self.person(str(value))
        return written(field, value)

    def entries(self, found: Iterable[changes.Change], codes: Mapping[int, str]) -> list[Entry]:
        """The history of a record; `codes` are those of the records that it is told of."""
        return [
            Entry(
                *EVENTS[one.event][:1],
                self.person(one.by),
                _(EVENTS[one.event][1]),
                codes.get(one.record_key, "") if len(codes) > 1 else "",
                one,
                [] if one.event is Event.CREATED else self.differences(one.changes),
            )
            for one in found
        ]

    def differences(self, told: Mapping[str, tuple[Any, Any]]) -> list[Difference]:
        """{field: (old, new)} as JSON, in words."""
        found = []
        for name, (old, new) in told.items():
            field = self._kind.by_name.get(name)
            if field is None:
                label = _("Merged into") if name == "merged_into" else name
                found.append(Difference(label, [old] if old else [], [new] if new else []))
            elif field.type is Type.ROWS:
                gone = [row for row in old or [] if row not in (new or [])]
                come = [row for row in new or [] if row not in (old or [])]
                for one in field.fields:
                    if one.type is Type.REFERENCE:
                        self._learn(one, [*gone, *come])
                both = [[self.row_in_words(field, row) for row in rows] for rows in (gone, come)]
                found.append(Difference(pick(field.label), *both))
            else:
                if field.type is Type.REFERENCE:
                    self._learn(field, [{name: old}, {name: new}])
                both = [[self.value(field, one)] if not values.is_empty(one) else [] for one in (old, new)]
                found.append(Difference(pick(field.label), *both))
        return found

    def row_in_words(self, field: Field, row: Mapping[str, Any]) -> str:
        """A row of a field in one line."""
        parts = []
        for one in field.fields:
            value = row.get(one.name)
            if one.type is Type.YES_NO:
                parts += [pick(one.label)] if value else []
            elif not values.is_empty(value):
                parts.append(self.value(one, value))
        return (" · ").join(parts)


def written(field: Field, value: Any) -> str:
    """A value, or what JSON has of one, in words."""
    if field.type is Type.YES_NO:
        return _("Yes") if value else _("No")
    if values.is_empty(value):
        return NOTHING
    if field.type is Type.CHOICES:
        separator = "、" if i18n.locale() == "zh" else ", "
        return separator.join(_option(field, str(one)) for one in value)
    if field.type in (Type.CHOICE, Type.COUNTRY, Type.CURRENCY):
        return _option(field, str(value))
    if field.is_number:
        return number(field, Decimal(str(value)))
    if field.type is Type.DATE:
        return i18n.day(value if isinstance(value, date) else date.fromisoformat(str(value)))
    if field.type is Type.MOMENT:
        return i18n.moment(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
    if field.type is Type.PHONE:
        return phone(str(value))
    return str(value)


def number(field: Field, value: Decimal) -> str:
    """A number with its unit."""
    told = i18n.number(float(value)) if field.type is not Type.MONEY else f"{value:,.2f}"
    if not field.unit:
        return told
    return f"{told}{field.unit}" if field.unit == "%" else f"{told} {field.unit}"


def phone(text: str) -> str:
    """A telephone number in groups."""
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return text
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _option(field: Field, code: str) -> str:
    return pick(values.options_of(field).get(code, Text(code, code)))
