"""What people enter to try a decision or an expression: fields by type, pasted JSON, and what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from laneway.engine.dmn.asked import Asked
from laneway.web.i18n import N_, _, pick

_FIELD = "v."
_LONGEST = 100_000
_DEEPEST = 100
_NUMBER = re.compile(r"[+-]?(\d{1,34}(\.\d{0,34})?|\.\d{1,34})([eE][+-]?\d{1,2})?")
_INPUTS = {"date": "date", "time": "time", "date and time": "datetime-local"}
_READERS = {"date": date.fromisoformat, "time": time.fromisoformat, "date and time": datetime.fromisoformat}
_NO_SUCH = {
    "date": N_("This is not a date, such as 2026-11-23."),
    "time": N_("This is not a time, such as 11:20."),
    "date and time": N_("This is not a date and time, such as 2026-11-23T11:20."),
}


@dataclass(frozen=True)
class Field:
    """A field of the form. `kind` is select, number, date, time, datetime-local, text or json;
    `options` are (what the form sends, what is read)."""

    name: str
    label: str
    variable: str
    kind: str
    text: str = ""
    options: tuple[tuple[str, str], ...] = ()
    seen: tuple[str, ...] = ()
    error: str = ""


@dataclass
class Trial:
    """A filled-in form: its fields as typed, the pasted JSON, and the variables where all is in order."""

    fields: list[Field]
    pasted: str = ""
    pasted_error: str = ""
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """Whether everything typed could be read."""
        return not self.pasted_error and not any(one.error for one in self.fields)


def empty(asked: list[Asked], sample: Mapping[str, Any]) -> Trial:
    """The form before anyone has typed, with values from an earlier evaluation."""
    return Trial([_field(one, _written(one, sample.get(one.name, one.sample))) for one in asked])


def filled(asked: list[Asked], form: Mapping[str, str]) -> Trial:
    """The form as it was sent; variables of the pasted JSON win over the fields."""
    trial = Trial([], pasted=form.get("json", "").strip())
    for one in asked:
        text = form.get(_FIELD + one.name, "").strip()
        content, error = _read(one, text)
        trial.fields.append(_field(one, text, error))
        if text and not error:
            trial.variables[one.name] = content
    if trial.pasted:
        pasted, trial.pasted_error = read_object(trial.pasted)
        trial.variables |= pasted
    return trial


def read_object(text: str) -> tuple[dict[str, Any], str]:
    """A JSON object that someone typed, and what is wrong with it (empty if nothing); no text is no variables."""
    if not text.strip():
        return {}, ""
    content, error = read_value(text)
    if not error and not isinstance(content, dict):
        error = _('Variables are a JSON object, such as {"amount": 1500}.')
    return (content, "") if not error else ({}, error)


def read_value(text: str) -> tuple[Any, str]:
    """A JSON value that someone typed, and what is wrong with it, with its place."""
    if len(text) > _LONGEST:
        return None, _("This is too long.")
    try:
        content = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return None, _(
            "This is not JSON: look at line %(line)s, character %(column)s.",
            line=error.lineno,
            column=error.colno,
        )
    except (ValueError, RecursionError):
        return None, _(
            "This is not JSON that can be used: a number is too large, or it is nested too deeply."
        )
    if _depth(content) > _DEEPEST:
        return None, _(
            "This is not JSON that can be used: a number is too large, or it is nested too deeply."
        )
    return content, ""


def _refuse(name: str) -> None:
    raise ValueError(name)


def _depth(content: Any) -> int:
    deepest, todo = 0, [(content, 1)]
    while todo:
        one, level = todo.pop()
        deepest = max(deepest, level)
        parts = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        todo.extend((part, level + 1) for part in parts)
    return deepest


def _field(one: Asked, text: str, error: str = "") -> Field:
    return Field(
        name=_FIELD + one.name,
        label=pick(one.label) or one.name,
        variable=one.name,
        kind=_kind(one),
        text=text,
        options=_options(one),
        seen=tuple(str(content) for content in one.seen) if _kind(one) == "text" else (),
        error=error,
    )


def _kind(one: Asked) -> str:
    if one.allowed or one.type == "boolean":
        return "select"
    if one.type in ("list", "context") or (not one.type and isinstance(one.sample, dict | list)):
        return "json"
    return _INPUTS.get(one.type, "number" if one.type == "number" else "text")


def _options(one: Asked) -> tuple[tuple[str, str], ...]:
    if one.allowed:
        return tuple((_json(content), _word(content)) for content in one.allowed)
    return (("true", _("Yes")), ("false", _("No"))) if one.type == "boolean" else ()


def _word(content: Any) -> str:
    if isinstance(content, bool):
        return _("Yes") if content else _("No")
    return content if isinstance(content, str) else _json(content)


def _written(one: Asked, content: Any) -> str:
    """A value as the field shows it."""
    if content is None:
        return ""
    if _kind(one) == "select":
        return _json(content)
    if _kind(one) == "datetime-local" and isinstance(content, str):
        return content[:16]
    if isinstance(content, str) and (one.type or not _looks_like_json(content)):
        return content
    return _json(content)


def _looks_like_json(text: str) -> bool:
    return not read_value(text)[1]


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)


def _read(one: Asked, text: str) -> tuple[Any, str]:
    """The value of a field, and what is wrong with it."""
    kind = _kind(one)
    if not text:
        return None, ""
    if kind == "number":
        fits = _NUMBER.fullmatch(text)
        return (_number(text), "") if fits else (None, _("This is not a number, such as 1500 or 0.5."))
    if kind in ("select", "json"):
        return read_value(text)
    if one.type in _READERS:
        return _read_time(one.type, text)
    if one.type:
        return text, ""
    # Nothing is known about it: JSON if it is JSON, else a text.
    content, error = read_value(text)
    return (text, "") if error else (content, "")


def _read_time(type_: str, text: str) -> tuple[Any, str]:
    try:
        _READERS[type_](text)
    except ValueError:
        return None, _(_NO_SUCH[type_])
    # The browser leaves the seconds out; FEEL wants them.
    return f"{text}:00" if type_ != "date" and re.search(r"(^|T)\d\d:\d\d$", text) else text, ""


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
