"""How a kind of record is declared: once, and its pages, its checks, its history and its API follow from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from laneway.records.kinds import lists
from laneway.words import Text

Values = dict[str, Any]
"""Values of a record by field: text, Decimal, date, bool, list of texts, list of Values for rows; None is no value."""
Problem = tuple[str, str, dict[str, Any]]
"""Path of the field, such as `contacts.0.phone`, code of what is wrong, and what its words need."""


class Type(StrEnum):
    """What a field holds."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    MONEY = "money"  # a number with two decimals
    DATE = "date"
    MOMENT = "moment"  # an instant; people write it in the department's time zone
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"  # any number of the options
    REFERENCE = "reference"  # the key of another record; people write its code
    ROWS = "rows"
    PHONE = "phone"  # kept as E.164
    EMAIL = "email"
    COUNTRY = "country"  # ISO 3166-1 alpha-2
    CURRENCY = "currency"  # ISO 4217


@dataclass(frozen=True)
class Field:
    """A field of a kind. `name` is its column; of rows, the name under which `table` is edited.

    Numbers are kept as whole multiples of `10 ** -decimals`. `approvers` is the group that has to agree to every
    change (four-eyes); such a field is sensitive. `longest` is in characters, `least` and `most` in the unit. A new
    record for which nothing is said has the value `initial`. What identifies a person (`is_personal`, and every
    telephone and e-mail) is masked in exports. Of rows, `row_key` is the column that tells them apart within their
    record, and `position` the one that counts them; where there is none they stand in the order of `row_key`.
    """

    name: str
    label: Text
    type: Type = Type.TEXT
    is_required: bool = False
    is_read_only: bool = False
    help: Text = Text("", "")  # noqa: RUF009 - a named tuple cannot be changed
    section: str = ""
    shortest: int = 0
    longest: int = 400
    decimals: int = 0
    least: int | None = None
    most: int | None = None
    unit: str = ""
    options: Mapping[str, Text] = field(default_factory=dict)
    refers_to: str = ""
    approvers: str = ""
    initial: Any = None
    is_personal: bool = False
    table: Table | None = None
    parent: str = ""
    row_key: str = "key"
    position: str = "position"
    fields: tuple[Field, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether its value is a Decimal."""
        return self.type in (Type.NUMBER, Type.MONEY)

    @property
    def is_masked(self) -> bool:
        """Whether exports hide its value from people who have no need of it."""
        return self.is_personal or self.type in (Type.PHONE, Type.EMAIL)

    @property
    def scale(self) -> int:
        """Decimals that are kept."""
        return 2 if self.type is Type.MONEY else self.decimals


@dataclass(frozen=True)
class Section:
    """A heading under which fields stand together."""

    id: str
    title: Text


def _no_problems(_values: Values) -> list[Problem]:
    return []


def _nothing_found(_session: Session, _before: Values, _after: Values) -> list[Problem]:
    return []


def _nothing(_values: Values) -> Values:
    return {}


def _keep_nothing(_session: Session, _batch: Mapping[int, Values]) -> None:
    return None


@dataclass(frozen=True)
class Kind:
    """A kind of record.

    `title` names the fields that people know a record by, in Chinese and in English (or twice the same); `code` the
    field that is unique and that references, imports and addresses use. `series` gives codes of their own to records
    that come without one. `seen_by` and `edited_by` are groups, and nobody named means all staff. `check` tells what
    is wrong with values that fit field by field, `look` what is wrong with them beside other records (of the values
    before and after), `derive` gives columns that follow from the others, and `keep` brings up to date what else is
    stored of records, by key. `identity` names the fields that make a record unique where `code` alone does not.
    Records of a kind that `is_append_only` are created and never changed. `author` is the column for who has
    created a record. `shown` is the condition that a record has to fulfil to be listed, as {column: value}. What a
    list may be sorted by needs an index that begins with the columns of `shown`.
    """

    id: str
    name: Text
    plural: Text
    icon: str
    table: Table
    fields: tuple[Field, ...]
    code: str
    title: tuple[str, str]
    listed: tuple[str, ...]
    searched: tuple[str, ...]
    sorted_by: tuple[str, ...]
    filtered_by: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    series: str = ""
    identity: tuple[str, ...] = ()
    is_append_only: bool = False
    author: str = ""
    seen_by: frozenset[str] = frozenset()
    edited_by: frozenset[str] = frozenset()
    shown: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Values], list[Problem]] = _no_problems
    look: Callable[[Session, Values, Values], list[Problem]] = _nothing_found
    derive: Callable[[Values], Values] = _nothing
    keep: Callable[[Session, Mapping[int, Values]], None] = _keep_nothing

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by their names."""
        return {one.name: one for one in self.fields}

    @cached_property
    def own(self) -> tuple[Field, ...]:
        """The fields that are columns of the kind's own table."""
        return tuple(one for one in self.fields if one.type is not Type.ROWS)

    @cached_property
    def rows(self) -> tuple[Field, ...]:
        """The fields that are tables of their own."""
        return tuple(one for one in self.fields if one.type is Type.ROWS)

    @cached_property
    def identified_by(self) -> tuple[str, ...]:
        """The fields that make a record unique."""
        return self.identity or (self.code,)

    @cached_property
    def sensitive(self) -> Mapping[str, str]:
        """The groups that have to agree, by field."""
        return {one.name: one.approvers for one in self.fields if one.approvers}

    def title_of(self, values: Mapping[str, Any]) -> Text:
        """What people know a record by."""
        zh, en = (str(values.get(name) or "") for name in self.title)
        if self.by_name[self.title[0]].type is Type.COUNTRY:
            return lists.countries().get(zh, Text(zh, zh))
        return Text(zh or en, en or zh)
