"""How findings name rules, columns and combinations of inputs, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from laneway.engine.dmn.checks.regions import Box
from laneway.engine.dmn.checks.sheets import Column
from laneway.words import Text


def joined(parts: Iterable[Text], zh: str = "，", en: str = ", ") -> Text:
    """Texts in a row."""
    listed = list(parts)
    return Text(zh.join(part.pick("zh") for part in listed), en.join(part.pick("en") for part in listed))


def cell_place(rule: int, title: Text) -> Text:
    """A cell by its row (from 0) and its column."""
    return Text(f"规则 {rule + 1}，“{title.zh}”列", f"rule {rule + 1}, column ‘{title.en}’")


def column_place(title: Text) -> Text:
    """A column."""
    return Text(f"“{title.zh}”列", f"column ‘{title.en}’")


def region_words(columns: Sequence[Column], region: Box, space: Box) -> Text:
    """A region as conditions; columns that it leaves open are not named."""
    parts = [
        column.universe.describe(mask, column.subject)
        for column, mask, whole in zip(columns, region, space, strict=True)
        if mask != whole
    ]
    return joined(parts) if parts else Text("任何输入", "any input")


def example_words(columns: Sequence[Column], region: Box, space: Box) -> Text:
    """One combination of inputs in a region, such as `severity = "S1", amount = 5`."""
    parts = [
        Text(f"{column.subject} = {value.zh}", f"{column.subject} = {value.en}")
        for column, mask, whole in zip(columns, region, space, strict=True)
        if mask != whole
        for value in [column.universe.example(mask)]
    ]
    return joined(parts) if parts else Text("任何输入", "any input")
