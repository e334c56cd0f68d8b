"""Puts the values of a case into a template.

Between `{{` and `}}` stands FEEL over the values; a block of lines from `{{#if …}}` or `{{#each …}}` to `{{/if}}` or
`{{/each}}`, each on a line of its own, is kept or repeated, with the element known as `item`. FEEL reaches nothing but
these values and is metered. Values are put in after the Markdown has been read, so that none can change the form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from laneway.engine.expressions import evaluate
from laneway.engine.spiff.requests import StepFailed
from laneway.errors import Invalid
from laneway.records.documents.blocks import Block, Run, read

_PLACE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_FIRST, _LAST = "\ue000", "\ue001"
_MARK = re.compile(f"{_FIRST}([0-9]+){_LAST}")
_OPEN = re.compile(r"\s*\{\{\s*#(if|each)\s+(.+?)\s*\}\}\s*")
_CLOSE = re.compile(r"\s*\{\{\s*/(if|each)\s*\}\}\s*")
_NAME = re.compile(r"[A-Za-z_]\w*")
_MOST_PLACES: Final = 2000
_MOST_REPEATS: Final = 500
LONGEST: Final = 100_000
"""Characters of a template, and of what it grows to by repeating."""

Show = Callable[[str, Any], str]
Label = Callable[[str], str]
"""How a value is written, given the name of the variable if it is one alone."""


@dataclass
class Filled:
    """A template with the values of a case. `missing` are the placeholders that had none."""

    blocks: list[Block]
    missing: list[str] = field(default_factory=list)


def fill(text: str, values: Mapping[str, Any], show: Show, label: Label = str) -> Filled:
    """Fill in a template.

    A placeholder whose value is null is shown as a mark with its label, and listed. Raises Invalid for a template that
    is too long or cannot be read, naming the placeholder.
    """
    return _Filler(show, label).fill(text, values)


class _Filler:
    def __init__(self, show: Show, label: Label) -> None:
        self._show, self._label = show, label
        self._runs: list[Run] = []
        self._missing: dict[str, None] = {}

    def fill(self, text: str, values: Mapping[str, Any]) -> Filled:
        plain = text.replace(_FIRST, "").replace(_LAST, "")
        _check_length(plain)
        grown = self._lines(plain.splitlines(), values)
        return Filled(read("\n".join(grown), self._words), list(self._missing))

    def _lines(self, lines: Sequence[str], values: Mapping[str, Any]) -> list[str]:
        grown: list[str] = []
        position = 0
        while position < len(lines):
            opened = _OPEN.fullmatch(lines[position])
            if opened is None:
                if _CLOSE.fullmatch(lines[position]):
                    raise Invalid("template_block_not_opened", placeholder=lines[position].strip())
                grown.append(_PLACE.sub(lambda found: self._mark(found[1], values), lines[position]))
                position += 1
                continue
            end = _end_of(lines, position)
            grown += self._block(opened, lines[position + 1 : end], values)
            _check_length("\n".join(grown))
            position = end + 1
        return grown

    def _block(self, opened: re.Match[str], body: Sequence[str], values: Mapping[str, Any]) -> list[str]:
        found = _value(opened[2], values)
        if opened[1] == "if":
            return self._lines(body, values) if found is True else []
        listed = found if isinstance(found, list) else [] if found is None else [found]
        if len(listed) > _MOST_REPEATS:
            raise Invalid("template_too_long", placeholder=opened[0].strip())
        return [line for item in listed for line in self._lines(body, {**values, "item": item})]

    def _mark(self, expression: str, values: Mapping[str, Any]) -> str:
        if len(self._runs) >= _MOST_PLACES:
            raise Invalid("template_too_long", placeholder=expression)
        found = _value(expression, values)
        if found is None or found in ("", []):
            told = self._label(expression)
            self._missing[told] = None
            run = Run(f"[{told}]", missing=True)
        else:
            run = Run(self._show(expression if _NAME.fullmatch(expression) else "", found))
        self._runs.append(run)
        return f"{_FIRST}{len(self._runs) - 1}{_LAST}"

    def _words(self, text: str) -> list[Run]:
        parts = _MARK.split(text)
        return [self._runs[int(part)] if index % 2 else Run(part) for index, part in enumerate(parts) if part]


def as_text(content: Any, locale: str) -> str:
    """A value as it stands in a letter."""
    if isinstance(content, bool):
        words = ("否", "是") if locale == "zh" else ("no", "yes")
        return words[content]
    if isinstance(content, int | float):
        return (
            f"{content:,.2f}"
            if isinstance(content, float) and not content.is_integer()
            else f"{content:,.0f}"
        )
    if isinstance(content, list):
        return ("、" if locale == "zh" else ", ").join(as_text(one, locale) for one in content)
    if isinstance(content, dict):
        return ("；" if locale == "zh" else "; ").join(
            f"{name}: {as_text(one, locale)}" for name, one in content.items() if one is not None
        )
    day = _day(str(content))
    return str(content) if day is None else _date(day, locale)


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date() if len(text) >= 10 and text[4:5] == "-" else None
    except ValueError:
        return None


def _date(day: date, locale: str) -> str:
    return f"{day.year}年{day.month}月{day.day}日" if locale == "zh" else f"{day.day} {day:%B} {day.year}"


def _value(expression: str, values: Mapping[str, Any]) -> Any:
    try:
        return evaluate(expression, values).value
    except StepFailed as failure:
        raise Invalid("template_placeholder_wrong", placeholder=expression, reason=str(failure)) from failure


def _end_of(lines: Sequence[str], start: int) -> int:
    depth = 0
    for position in range(start, len(lines)):
        depth += bool(_OPEN.fullmatch(lines[position])) - bool(_CLOSE.fullmatch(lines[position]))
        if depth == 0:
            return position
    raise Invalid("template_block_not_closed", placeholder=lines[start].strip())


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise Invalid("template_too_long", placeholder="")
