"""FEEL in forms: where it stands, what it can read, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from laneway.engine.feel.checks import (
    Problem,
    Vocabulary,
    check_expression,
    is_known,
    join,
    kind_of,
    list_of,
    stored,
    word,
)
from laneway.engine.feel.types import ANY, NAMED, Type
from laneway.words import Severity, Text

Component = dict[str, Any]

_NOT_EVALUATED: Final = frozenset({"components", "values", "properties", "defaultValue", "id", "key", "path"})
_PLACEHOLDER: Final = re.compile(r"{{\s*(?:#if|#loop)?\s*([^{}/#][^{}]*)}}")
_TEXT, _NUMBER, _BOOLEAN = NAMED["string"], NAMED["number"], NAMED["boolean"]
_OF_KIND: Final[dict[str, Type]] = {
    **dict.fromkeys(("textfield", "textarea", "datetime"), _TEXT),
    "checkbox": _BOOLEAN,
}
"""Dates of a form are stored as texts: FEEL reads them with date(…)."""

_WANTED: Final[dict[str, tuple[frozenset[str], Text]]] = {
    **dict.fromkeys(
        ("conditional.hide", "readonly", "disabled", "validate.required"),
        (frozenset({"boolean"}), Text("布尔值（true 或 false）", "true or false")),
    ),
    **dict.fromkeys(
        ("validate.min", "validate.max", "validate.minLength", "validate.maxLength"),
        (frozenset({"number", "string"}), Text("数字", "a number")),
    ),
    "valuesExpression": (frozenset({"list"}), Text("列表", "a list")),
}
"""By setting the kinds of values that it takes."""


def settings(component: Component) -> Iterator[tuple[str, str]]:
    """(setting, FEEL text with its leading `=`) of one component; those of components inside it are left out."""
    waiting: list[tuple[str, Any]] = [(k, v) for k, v in component.items() if k not in _NOT_EVALUATED]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((f"{name}.{inner}", v) for inner, v in value.items())
        elif isinstance(value, list):
            waiting.extend((name, v) for v in value)
        elif isinstance(value, str) and value.startswith("="):
            yield name, value


def expressions(component: Component) -> Iterator[str]:
    """Every FEEL text of one component, with its leading `=`; those of components inside it are left out."""
    for _, text in settings(component):
        yield text


def placeholders(component: Component) -> Iterator[str]:
    """FEEL inside `{{…}}` of a text component."""
    text = component.get("text")
    if isinstance(text, str) and not text.startswith("="):
        for found in _PLACEHOLDER.finditer(text):
            yield found[1]


# what expressions can read


def field_types(parent: Mapping[str, Any], shown: Type = ANY) -> dict[str, Type]:
    """The variables of a form, group or list with their types; `shown` is that of a field nobody can fill in."""
    found: dict[str, Type] = {}
    components = parent.get("components")
    for component in components if isinstance(components, list) else ():
        if not isinstance(component, dict):
            continue
        kind, path = component.get("type"), component.get("path")
        if kind == "group" and not path:
            added = field_types(component, shown)
        elif kind in ("group", "dynamiclist"):
            row = Type("context", fields=field_types(component, shown))
            added = {str(path): list_of(row) if kind == "dynamiclist" else row}
        else:
            key = component.get("key")
            added = {key: _field_type(component, shown)} if isinstance(key, str) else {}
        for name, ty in added.items():
            found[name] = join([found[name], ty]) if name in found else ty
    return found


def form_vocabulary(schema: Mapping[str, Any]) -> Vocabulary:
    """What the expressions of a form can read: its fields, and variables of the case that nobody tells here."""
    return Vocabulary(field_types(schema), is_open=True)


def row_vocabulary(outer: Vocabulary, component: Component) -> Vocabulary:
    """What expressions inside a group or list with a path can read, given what those around it can."""
    own, around = field_types(component), dict(outer.variables or {})
    here, parent = (
        Type("context", fields=own),
        Type("context", fields={k: ty or ANY for k, ty in around.items()}),
    )
    return Vocabulary({**around, **own, "this": here, "parent": parent, "i": list_of(_NUMBER)}, is_open=True)


def _field_type(component: Component, shown: Type) -> Type:
    if component.get("readonly") or component.get("disabled"):
        return shown
    kind = str(component.get("type"))
    if kind == "number":
        return _TEXT if component.get("serializeToString") is True else _NUMBER
    if kind == "expression":
        return stored(kind_of(str(component.get("expression") or "")))
    if kind in ("radio", "select"):
        return _option_type(component)
    return list_of(_option_type(component)) if kind in ("checklist", "taglist") else _OF_KIND.get(kind, ANY)


def _option_type(component: Component) -> Type:
    options = component.get("values")
    if component.get("valuesExpression") or component.get("valuesKey") or not isinstance(options, list):
        return ANY
    values = [option.get("value") if isinstance(option, dict) else option for option in options]
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return _TEXT
    return _NUMBER if kinds and kinds <= {int, float} else ANY


# what is wrong


def problems(component: Component, known: Vocabulary) -> Iterator[tuple[str, str, Problem]]:
    """(setting, text, problem) for the expressions of one component."""
    texts = [*settings(component), *(("text", text) for text in placeholders(component))]
    for setting, text in texts:
        found = check_expression(text, known)
        for problem in found:
            yield setting, text, problem
        if not found and setting in _WANTED:
            kinds, wanted = _WANTED[setting]
            given = stored(kind_of(text, known))
            if is_known(given) and given.base not in kinds:
                zh = f"应为{wanted.zh}，实际为{word(given).zh}"
                en = f"it should be {wanted.en}, but gives a {word(given).en}"
                yield setting, text, Problem("result", Text(zh, en), 0, Severity.WARNING)
