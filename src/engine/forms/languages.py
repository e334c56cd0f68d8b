"""Which texts of a form are there in one language only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from laneway.words import Text, bilingual

_PATHS: Final = {
    "label": Text("标签", "label"),
    "dateLabel": Text("日期标签", "label of the date"),
    "timeLabel": Text("时间标签", "label of the time"),
    "description": Text("说明", "description"),
    "text": Text("文字", "text"),
    "validate.patternErrorMessage": Text("格式提示", "message about the pattern"),
}


def in_one_language(component: Mapping[str, Any]) -> Iterator[tuple[Text, str, str]]:
    """(what it is, the text, the property to add) for each text of a component and its options with one language."""
    properties = _texts(component.get("properties"))
    for path, what in _PATHS.items():
        text = _at(component, path)
        missing = _missing(text, properties, path)
        if missing:
            yield what, text, missing
    options = component.get("values")
    for option in options if isinstance(options, list) else []:
        text = _at(option, "label") if isinstance(option, dict) else ""
        missing = _missing(text, _texts(option), "label")
        if missing:
            yield Text("选项", "option"), text, missing


def _texts(told: Any) -> dict[str, str]:
    given = told if isinstance(told, dict) else {}
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _at(component: Any, path: str) -> str:
    for name in path.split("."):
        component = component.get(name) if isinstance(component, dict) else None
    return component if isinstance(component, str) else ""


def _missing(text: str, properties: Mapping[str, str], path: str) -> str:
    """The property that has the other language to say; none for an expression, and for figures and signs."""
    if text.startswith("=") or not any(letter.isalpha() for letter in text):
        return ""
    found = bilingual(text, properties, what=path)
    return "" if found.zh and found.en else f"laneway:{path}:{'zh' if found.en else 'en'}"
