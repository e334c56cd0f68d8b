"""Values of records: read from what people or programs send, checked field by field, written as columns and as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers
from sqlalchemy import String, Table

from laneway.engine import clock
from laneway.records.kinds import lists
from laneway.records.kinds.declared import Field, Kind, Problem, Type, Values
from laneway.words import Text

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
_MOST_ROWS = 200
_WORDS_OF = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "0": False}
_BIGGEST = 10**15


def clean(kind: Kind, raw: Mapping[str, Any], country: str = "") -> tuple[Values, list[Problem]]:
    """The values of the fields that `raw` names, and what is wrong with them.

    Numbers and days may come as text. `country` is where telephone numbers without a country code are at home; a
    field `country` among the values goes before it. References are codes still: the store looks them up.
    """
    home = str(raw.get("country") or country or "").upper()
    values: Values = {}
    problems: list[Problem] = []
    for name in raw:
        field = kind.by_name.get(name)
        if field is None or field.is_read_only:
            problems.append((name, "unknown_field" if field is None else "read_only", {}))
            continue
        values[name] = _read(field, raw[name], name, home, problems)
    return values, problems


def missing(kind: Kind, values: Values) -> list[Problem]:
    """The mandatory fields without a value."""
    return [
        (one.name, "required", {})
        for one in kind.fields
        if one.is_required and not one.is_read_only and is_empty(values.get(one.name))
    ]


def is_empty(value: Any) -> bool:
    """Whether a field with this value is not filled in; No and nought are values."""
    return value is None or value == "" or value == []


def _read(field: Field, raw: Any, path: str, home: str, problems: list[Problem]) -> Any:
    if field.type is Type.ROWS:
        return _read_rows(field, raw, path, home, problems)
    if field.type is Type.CHOICES:
        return _read_choices(field, raw, path, problems)
    if isinstance(raw, str):
        raw = raw.replace("\0", "").replace("\r\n", "\n").strip()
    if field.type is Type.YES_NO:
        answer = raw if isinstance(raw, bool) else _WORDS_OF.get(str(raw or "no").lower())
        if answer is None:
            problems.append((path, "not_yes_or_no", {}))
        return answer
    if raw is None or raw == "":
        return None
    try:
        value = _READERS[field.type](field, raw, home)
    except ValueError as error:
        problems.append((path, str(error), _params(field)))
        return None
    return value


def _read_rows(field: Field, raw: Any, path: str, home: str, problems: list[Problem]) -> list[Values] | None:
    if raw is None:
        return []
    if not isinstance(raw, list) or len(raw) > _MOST_ROWS:
        problems.append((path, "not_rows", {"most": _MOST_ROWS}))
        return None
    by_name = {one.name: one for one in field.fields}
    rows: list[Values] = []
    for at, given in enumerate(raw):
        if not isinstance(given, Mapping):
            problems.append((f"{path}.{at}", "not_rows", {"most": _MOST_ROWS}))
            continue
        row: Values = {}
        for name, inner in given.items():
            if name == "key":
                row["key"] = int(inner) if str(inner or "").isdecimal() else None
            elif name in by_name:
                row[name] = _read(by_name[name], inner, f"{path}.{at}.{name}", home, problems)
            else:
                problems.append((f"{path}.{at}.{name}", "unknown_field", {}))
        for one in field.fields:
            row.setdefault(one.name, False if one.type is Type.YES_NO else None)
            if one.is_required and is_empty(row[one.name]) and not _is_named(problems, path, at, one.name):
                problems.append((f"{path}.{at}.{one.name}", "required", {}))
        rows.append(row)
    return rows


def _is_named(problems: list[Problem], path: str, at: int, name: str) -> bool:
    return any(problem[0] == f"{path}.{at}.{name}" for problem in problems)


def _read_choices(field: Field, raw: Any, path: str, problems: list[Problem]) -> list[str]:
    given = raw.split(",") if isinstance(raw, str) else raw if isinstance(raw, list) else []
    chosen = [str(one).strip() for one in given if str(one).strip()]
    if any(one not in field.options for one in chosen):
        problems.append((path, "not_an_option", {"options": ", ".join(field.options)}))
    return list(dict.fromkeys(one for one in chosen if one in field.options))


def _text(field: Field, raw: Any, _home: str) -> str:
    if not isinstance(raw, str | int | float | Decimal):
        raise ValueError("not_text")
    text = str(raw)
    if field.type is not Type.LONG_TEXT and "\n" in text:
        text = " ".join(text.split())
    if len(text) > field.longest:
        raise ValueError("too_long")
    if len(text) < field.shortest:
        raise ValueError("too_short")
    return text


def _number(field: Field, raw: Any, _home: str) -> Decimal:
    try:
        number = Decimal(str(raw).replace(",", "").replace(" ", ""))
    except InvalidOperation:
        raise ValueError("not_a_number") from None
    if not number.is_finite() or abs(number) >= _BIGGEST:
        raise ValueError("not_a_number")
    kept = round(number, field.scale)
    if kept != number:
        raise ValueError("too_many_decimals")
    if field.least is not None and kept < field.least:
        raise ValueError("too_small")
    if field.most is not None and kept > field.most:
        raise ValueError("too_large")
    return kept


def _day(_field: Field, raw: Any, _home: str) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    try:
        return date.fromisoformat(str(raw))
    except ValueError:
        raise ValueError("not_a_day") from None


def _moment(_field: Field, raw: Any, _home: str) -> datetime:
    try:
        at = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw))
        return (at if at.tzinfo is not None else at.replace(tzinfo=clock.here().tzinfo)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("not_a_moment") from None


def _choice(field: Field, raw: Any, _home: str) -> str:
    if str(raw) not in field.options:
        raise ValueError("not_an_option")
    return str(raw)


def _phone(_field: Field, raw: Any, home: str) -> str:
    try:
        number = phonenumbers.parse(str(raw), home or None)
    except phonenumbers.NumberParseException:
        raise ValueError("not_a_phone") from None
    if not phonenumbers.is_possible_number(number):
        raise ValueError("not_a_phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(field: Field, raw: Any, home: str) -> str:
    text = _text(field, raw, home)
    if not _EMAIL.fullmatch(text):
        raise ValueError("not_an_email")
    return text


def _country(_field: Field, raw: Any, _home: str) -> str:
    if str(raw).upper() not in lists.countries():
        raise ValueError("not_a_country")
    return str(raw).upper()


def _currency(_field: Field, raw: Any, _home: str) -> str:
    if str(raw).upper() not in lists.currencies():
        raise ValueError("not_a_currency")
    return str(raw).upper()


_READERS = {
    Type.TEXT: _text,
    Type.LONG_TEXT: _text,
    Type.NUMBER: _number,
    Type.MONEY: _number,
    Type.DATE: _day,
    Type.MOMENT: _moment,
    Type.CHOICE: _choice,
    Type.REFERENCE: _text,
    Type.PHONE: _phone,
    Type.EMAIL: _email,
    Type.COUNTRY: _country,
    Type.CURRENCY: _currency,
}


def _params(field: Field) -> dict[str, Any]:
    return {
        "longest": field.longest,
        "shortest": field.shortest,
        "least": field.least,
        "most": field.most,
        "decimals": field.scale,
        "options": ", ".join(field.options),
    }


def options_of(field: Field) -> Mapping[str, Text]:
    """What may be chosen, with its words."""
    if field.type is Type.COUNTRY:
        return lists.countries()
    if field.type is Type.CURRENCY:
        return lists.currencies()
    return field.options


# -- columns and JSON


def to_column(field: Field, value: Any, table: Table) -> Any:
    """A value as its column keeps it."""
    if field.is_number:
        return None if value is None else int(value.scaleb(field.scale))
    if field.type is Type.CHOICES:
        return value or []
    if field.type is Type.YES_NO:
        return bool(value)
    column = table.c[field.name]
    return "" if value is None and isinstance(column.type, String) and not column.nullable else value


def from_column(field: Field, stored: Any) -> Any:
    """A value as its column kept it."""
    if stored is None or stored == "":
        return [] if field.type is Type.CHOICES else None
    if field.is_number:
        return Decimal(stored).scaleb(-field.scale)
    return stored


def as_json(value: Any) -> Any:
    """A value as history and API write it; rows without their keys."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [as_json(one) for one in value]
    if isinstance(value, Mapping):
        return {name: as_json(inner) for name, inner in value.items() if name != "key"}
    return value
