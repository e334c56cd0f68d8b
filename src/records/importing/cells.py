"""Cells of files and values of records: what people write in tables is read, and what is written can be read again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from laneway.records.importing.columns import folded
from laneway.records.kinds import values
from laneway.records.kinds.declared import Field, Type
from laneway.words import Text

MASK = "•"
"""A cell with this sign was masked in an export: it says nothing."""
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r＝＋－＠]")
_GUARDED = re.compile(r"'+\s*[=+\-@\t\r＝＋－＠]")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]+(.+))?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: +(.+))?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(:\d{2}(?:\.\d+)?)?(.*)")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_YES = {"yes", "y", "true", "1", "on", "x", "√", "✓", "是", "有", "对", "真"}
_NO = {"no", "n", "false", "0", "off", "否", "无", "不", "假", "-"}
_SEPARATORS = (";", "；", "\n", "、", ",", "，")


class Unreadable(ValueError):
    """A cell that must not be guessed at; its text is the code of what is wrong."""


def read(field: Field, cell: Any) -> Any:
    """The raw value that a cell is for a field; None for an empty one. Raises Unreadable."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return _read_text(field, cell.strip())
    if field.type is Type.DATE and isinstance(cell, datetime):
        return cell.date()
    if field.type is Type.MOMENT and isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    if isinstance(cell, (datetime, date, time)) and field.type not in (Type.DATE, Type.MOMENT):
        return cell.isoformat()
    if isinstance(cell, float):
        # What a spreadsheet calculates has seventeen digits, of which people mean fifteen.
        return format(Decimal(f"{cell:.15g}"), "f")
    if isinstance(cell, bool) and field.type is not Type.YES_NO:
        return "1" if cell else "0"
    return cell if isinstance(cell, (bool, date)) else str(cell)


def _read_text(field: Field, text: str) -> Any:
    if field.type is Type.YES_NO:
        return _yes_no(text)
    if field.type is Type.CHOICES:
        return _choices(field, text)
    if field.type in (Type.CHOICE, Type.COUNTRY, Type.CURRENCY):
        return _codes(field).get(folded(text), text)
    if field.type in (Type.DATE, Type.MOMENT):
        return _day(text)
    if field.is_number and "," in text:
        if not _THOUSANDS.fullmatch(text):
            raise Unreadable("decimal_comma")
        return text.replace(",", "")
    return text


def _yes_no(text: str) -> Any:
    plain = text.lower()
    return True if plain in _YES else False if plain in _NO else text


def _choices(field: Field, text: str) -> list[str]:
    codes = _codes(field)
    for sign in ("", *_SEPARATORS):
        parts = [part.strip() for part in (text.split(sign) if sign else [text]) if part.strip()]
        if all(folded(part) in codes for part in parts):
            return [codes[folded(part)] for part in parts]
    return [part.strip() for part in text.split(";")]


def _day(text: str) -> str:
    """A day as ISO has it, and the time behind it; anything else as it stands, to be refused."""
    found = _DAY.fullmatch(text)
    if found:
        year, month, day, rest = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year, rest = found.groups()
    elif found := _COMPACT.fullmatch(text):
        (year, month, day), rest = found.groups(), None
    else:
        return text
    told = f"{year}-{int(month):02}-{int(day):02}"
    if not rest:
        return told
    clock = _TIME.fullmatch(rest)
    return f"{told}T{int(clock[1]):02}:{clock[2]}{clock[3] or ''}{clock[4]}" if clock else f"{told}T{rest}"


_known_codes: dict[int, Mapping[str, str]] = {}
"""By the identity of the options: they are declared once and live as long as the program."""


def _codes(field: Field) -> Mapping[str, str]:
    options = values.options_of(field)
    codes = _known_codes.get(id(options))
    if codes is None:
        codes = _known_codes[id(options)] = _folded_codes(options)
    return codes


def _folded_codes(options: Mapping[str, Text]) -> dict[str, str]:
    codes = {folded(code): code for code in options}
    for code, text in options.items():
        for word in text:
            codes.setdefault(folded(word), code)
    return codes


# -- writing


def written(field: Field, value: Any, language: str) -> Any:
    """A value as a cell has it: text, a number, a day; `language` is zh or en for words, anything else for codes."""
    if field.type is Type.YES_NO:
        yes, no = {"zh": ("是", "否"), "en": ("Yes", "No")}.get(language, ("yes", "no"))
        return yes if value else no
    if values.is_empty(value):
        return None
    if field.type is Type.CHOICE:
        return _word(field, str(value), language)
    if field.type is Type.CHOICES:
        return "; ".join(_word(field, str(one), language) for one in value)
    if field.type is Type.MOMENT:
        return value.isoformat(timespec="microseconds" if value.microsecond else "seconds")
    return value if isinstance(value, (Decimal, date)) else str(value)


def _word(field: Field, code: str, language: str) -> str:
    return field.options[code].pick(language) if language in ("zh", "en") and code in field.options else code


def masked(field: Field, value: Any) -> Any:
    """A value of which only so much is seen that one knows whether it is the same; the mask is never read back."""
    if values.is_empty(value):
        return None
    text = str(value)
    if field.type is Type.EMAIL:
        name, _, host = text.partition("@")
        return f"{name[:1]}{MASK * 3}@{host}"
    seen = text[-3:] if len(text) > 6 else ""
    return MASK * 4 + seen


def guarded(cell: Any) -> str:
    """A cell as text that no spreadsheet program takes for a formula. `unguarded` is the way back."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell)
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """A cell without the sign that `guarded` has put before it."""
    return text[1:] if _GUARDED.match(text) else text
