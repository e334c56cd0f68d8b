"""What a form does with values: which fields count, which values are accepted, what is shown.

The server's word is final: the browser shows the same rules earlier, but only what passes here is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from laneway.engine.feel import FeelError, compile_expression, evaluate_json
from laneway.engine.forms.feel_texts import Component, expressions, placeholders
from laneway.engine.forms.fields import FieldError, checked
from laneway.engine.forms.schema import FIELDS, NESTED, Schema, children
from laneway.errors import Invalid
from laneway.words import Text, bilingual

MAX_ROWS: Final = 1_000


def validate(schema: Schema, values: Mapping[str, Any], *, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The values that may be stored, by form key: of visible fields that are not read-only, all rules kept.

    `values` are JSON values as the browser sent them, `variables` those that the form's expressions may read.
    Unknown keys are left out. Raises `Invalid("form_invalid")` with all problems; a field path is `key`,
    `group.key` or `list[0].key`.
    """
    form = _Submission()
    context = {**variables, **_editable(schema, values, variables)}
    clean = form.level(schema, values, context, "")
    if form.problems:
        raise Invalid("form_invalid", form.problems)
    return clean


def _editable(parent: Schema, values: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The submitted values that expressions may see; others could pretend to be variables of the case."""
    seen: dict[str, Any] = {}
    for component in children(parent):
        name = str(component.get("path") or component.get("key") or "")
        if component["type"] in NESTED and not name:
            seen |= _editable(component, values, variables)
        elif name in values and not _is_locked(component, variables):
            seen[name] = _editable_inside(component, values[name], variables)
    return seen


def _editable_inside(component: Component, value: Any, variables: Mapping[str, Any]) -> Any:
    if component["type"] == "group" and isinstance(value, dict):
        return _editable(component, value, variables)
    if component["type"] == "dynamiclist" and isinstance(value, list):
        return [_editable(component, row, variables) for row in value[:MAX_ROWS] if isinstance(row, dict)]
    return value


class _Submission:
    """One pass over a form with submitted values; gathers all problems before it gives up."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str, dict[str, Any]]] = []

    def level(
        self, parent: Schema, values: Mapping[str, Any], context: dict[str, Any], path: str
    ) -> dict[str, Any]:
        """Clean values of the components directly inside a form, group or list row."""
        clean: dict[str, Any] = {}
        for component in children(parent):
            if _is_hidden(component, context):
                continue
            kind = component["type"]
            if kind == "group":
                self.group(component, values, context, path, clean)
            elif kind == "dynamiclist":
                name = component["path"]
                if name in values and not _is_locked(component, context):
                    clean[name] = self.rows(component, values[name], context, path + name)
            elif kind == "expression":
                clean[component["key"]] = _evaluated(component.get("expression"), {**context, **clean})
            elif kind in FIELDS and not _is_locked(component, context):
                self.field(component, values, context, path, clean)
        return clean

    def group(
        self,
        component: Component,
        values: Mapping[str, Any],
        context: dict[str, Any],
        path: str,
        clean: dict[str, Any],
    ) -> None:
        """A group without a path only draws; one with a path holds its fields in an object."""
        name = component.get("path")
        if not name:
            clean |= self.level(component, values, context, path)
            return
        inner = values.get(name)
        inner = inner if isinstance(inner, dict) else {}
        within = {**context, **_editable(component, inner, context)}
        clean[name] = self.level(component, inner, within, f"{path}{name}.")

    def rows(self, component: Component, rows: Any, context: dict[str, Any], path: str) -> list[Any]:
        """Each row of a dynamic list is a small form of its own."""
        if rows is None:
            return []
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.problems.append((path, "type", {}))
            return []
        if len(rows) > MAX_ROWS:
            self.problems.append((path, "too_many", {"limit": MAX_ROWS}))
            return []
        clean = []
        for index, row in enumerate(rows):
            own = _editable(component, row, context)
            inner = {**context, **own, "this": own, "parent": context, "i": [index + 1]}
            clean.append(self.level(component, row, inner, f"{path}[{index}]."))
        return clean

    def field(
        self,
        component: Component,
        values: Mapping[str, Any],
        context: dict[str, Any],
        path: str,
        clean: dict[str, Any],
    ) -> None:
        """One field: its rules are looked at even if it was not sent, since it may be required."""
        key = component["key"]
        rules = {name: _evaluated(rule, context) for name, rule in (component.get("validate") or {}).items()}
        try:
            value = checked(component, rules, _options(component, context), values.get(key))
        except FieldError as problem:
            self.problems.append((path + key, problem.code, problem.params))
            return
        if key in values:
            clean[key] = value


def _is_hidden(component: Component, context: Mapping[str, Any]) -> bool:
    return _evaluated((component.get("conditional") or {}).get("hide"), context) is True


def _is_locked(component: Component, context: Mapping[str, Any]) -> bool:
    return any(_evaluated(component.get(name), context) is True for name in ("readonly", "disabled"))


def _evaluated(value: Any, context: Mapping[str, Any]) -> Any:
    """The value of a setting that may be FEEL; null where an expression cannot be evaluated."""
    if not isinstance(value, str) or not value.startswith("="):
        return value
    try:
        return evaluate_json(value, context)[0]
    except FeelError:
        return None


def _options(component: Component, context: Mapping[str, Any]) -> Sequence[Any] | None:
    """The values a choice offers; None where the field is no choice."""
    if component["type"] not in ("radio", "select", "checklist", "taglist"):
        return None
    if component.get("valuesExpression"):
        offered = _evaluated(component["valuesExpression"], context)
    elif component.get("valuesKey"):
        offered = context.get(component["valuesKey"])
    else:
        offered = component.get("values")
    listed = offered if isinstance(offered, list) else []
    return [
        option["value"] if isinstance(option, dict) and "value" in option else option for option in listed
    ]


def defaults(schema: Schema) -> dict[str, Any]:
    """Default values by form key; those of a group with a path stand in an object."""
    found: dict[str, Any] = {}
    for component in children(schema):
        kind = component["type"]
        if kind == "group":
            inner = defaults(component)
            found |= {component["path"]: inner} if component.get("path") and inner else inner
        elif kind == "dynamiclist":
            row = defaults(component)
            if row:
                found[component["path"]] = [
                    dict(row) for _ in range(component.get("defaultRepetitions") or 1)
                ]
        elif kind in FIELDS and component.get("defaultValue") is not None:
            found[component["key"]] = component["defaultValue"]
    return found


def prefill(schema: Schema, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What the browser needs to show a form: defaults, and the variables that its fields and texts read."""
    needed: set[str] = set()
    for component in _everything(schema):
        needed.update(str(component[name]) for name in ("key", "path", "valuesKey") if component.get(name))
        for text in (*expressions(component), *placeholders(component)):
            needed |= compile_expression(text).free
    known = {name: variables[name] for name in needed if name in variables}
    return {**defaults(schema), **known}


def labels(schema: Schema) -> dict[str, Text]:
    """Labels by field path (`key`, `group.key`); the second language from property `laneway:label:zh|en`."""
    found: dict[str, Text] = {}
    for path, component in _named(schema, ""):
        what = "label" if component.get("label") else "dateLabel"  # a date has its own
        label = component.get(what)
        properties = component.get("properties") or {}
        found[path] = _words(label if isinstance(label, str) else "", properties, what)
    return {path: label for path, label in found.items() if label.zh or label.en}


def option_labels(schema: Schema) -> dict[str, dict[str, Text]]:
    """Labels of fixed options, by field path and then by value as text."""
    found: dict[str, dict[str, Text]] = {}
    for path, component in _named(schema, ""):
        if component["type"] in FIELDS and component.get("values"):
            found[path] = {
                str(option["value"]): _words(str(option.get("label") or ""), option)
                for option in component["values"]
            }
    return found


def _words(label: str, properties: Mapping[str, Any], what: str = "label") -> Text:
    texts = {name: value for name, value in properties.items() if isinstance(value, str)}
    return bilingual(label, texts, what=what)


def _named(parent: Schema, path: str) -> Iterator[tuple[str, Component]]:
    """Everything that holds a value, with its field path."""
    for component in children(parent):
        name = component.get("path") or component.get("key")
        if component["type"] in NESTED:
            if name:
                yield path + name, component
            yield from _named(component, f"{path}{name}." if name else path)
        elif component["type"] in FIELDS and name:
            yield path + name, component


def _everything(parent: Schema) -> Iterator[Component]:
    for component in children(parent):
        yield component
        yield from _everything(component)
