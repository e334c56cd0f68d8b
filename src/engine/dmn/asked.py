"""What a decision asks for: the variables that it and all that it requires look at, to fill in a form with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from laneway.engine.dmn.decisions import DecisionModel
from laneway.engine.dmn.document import Element, titled
from laneway.engine.dmn.views import constants
from laneway.engine.dmn.xmlns import Xml, child, children, expression_in, local, text_in, type_ref
from laneway.engine.feel.types import Type
from laneway.words import Text

_NAME: Final = re.compile(r"[^\W\d]\w*")
_IS_TRUE: Final = re.compile(r"([^\W\d]\w*)\s*=\s*(?:true|false)")
_LOCALS: Final = ("{*}variable", "{*}formalParameter", "{*}parameter")
_BOUND: Final = frozenset({"?", "item", "partial"})
_MOST: Final = 40


@dataclass(frozen=True)
class Asked:
    """A variable. `type` is a base type of FEEL or empty; `allowed` are all values it may have, or None.

    `seen` are values that occur in a table, `columns` the ids of the input columns that are just this variable,
    `sample` is the shape of a structured value.
    """

    name: str
    label: Text
    type: str
    allowed: tuple[Any, ...] | None = None
    seen: tuple[Any, ...] = ()
    columns: tuple[str, ...] = ()
    sample: Any = None


def asked_of(model: DecisionModel, decision_id: str) -> list[Asked]:
    """The variables of a decision, in the order in which its requirements and columns name them.

    Raises `NotFound`.
    """
    found: dict[str, Asked] = {}
    for element in _closure(model.element(decision_id)):
        for one in _of(element):
            known = found.get(one.name)
            found[one.name] = one if known is None else _merged(known, one)
    return list(found.values())


def _closure(start: Element) -> list[Element]:
    """Everything that is required, however indirectly, before what requires it."""
    found: dict[Element, None] = {}
    entered: set[Element] = set()

    def visit(element: Element) -> None:
        if element in entered:
            return
        entered.add(element)
        for _prefix, required in element.required:
            visit(required)
        found[element] = None

    visit(start)
    return list(found)


def _merged(first: Asked, second: Asked) -> Asked:
    """One variable that is asked for in two places."""
    label = second.label if first.label == Text(first.name, first.name) else first.label
    return replace(
        first,
        label=label,
        type=first.type or second.type,
        allowed=first.allowed if first.allowed is not None else second.allowed,
        seen=_distinct([*first.seen, *second.seen]),
        columns=(*first.columns, *second.columns),
        sample=first.sample if first.sample is not None else second.sample,
    )


def _of(element: Element) -> Iterable[Asked]:
    if element.kind == "inputData":
        yield _input_data(element)
        return
    supplied, data = _supplied(element), _data_names(element)
    table = expression_in(element.xml)
    if table is not None and local(table) == "decisionTable":
        for number, column in enumerate(children(table, "input")):
            one = _column(element, table, column, number)
            if one is not None and one.name in data:
                yield replace(one, name=data[one.name])
            elif one is not None and one.name not in supplied:
                yield one
    for name in sorted(element.free - supplied):
        yield Asked(name, Text(name, name), "")


def _supplied(element: Element) -> set[str]:
    """Names that an expression of the element sees without anyone giving them as a variable."""
    found = set(_BOUND)
    for prefix, required in element.required:
        # Input data is asked for by its own name; a second look under another name is the same value.
        found |= {prefix} if prefix else {required.variable, required.name, *required.aliases}
    for x in element.xml.iter(*_LOCALS):
        if x.getparent() is not element.xml:
            found.add(x.get("name") or "")
    found |= {x.get("iteratorVariable") or "" for x in element.xml.iter("{*}for", "{*}some", "{*}every")}
    return found


def _data_names(element: Element) -> dict[str, str]:
    """The name by which input data is given, by every name under which the element sees it."""
    found = [one for prefix, one in element.required if one.kind == "inputData" and not prefix]
    return {seen: one.name for one in found for seen in (one.variable, one.name, *one.aliases)}


def _input_data(element: Element) -> Asked:
    ref = type_ref(child(element.xml, "variable"))
    allowed = constants(element.document.types.allowed_text(ref) or "")
    ty = element.type
    label = element.title if any(element.title) else Text(element.name, element.name)
    return Asked(element.name, label, _base(ty), allowed, sample=_skeleton(ty, 0))


def _column(element: Element, table: Xml, column: Xml, number: int) -> Asked | None:
    """The variable of an input whose expression is a name, or a name compared with true."""
    expression = child(column, "inputExpression")
    text = (text_in(expression) or "").removeprefix("=").strip()
    flag = _IS_TRUE.fullmatch(text)
    if flag is None and not _NAME.fullmatch(text):
        return None
    columns = (column.get("id") or "",)
    name, label = flag[1] if flag else text, titled(column, column.get("label") or text)
    if flag is not None:
        return Asked(name, label, "boolean", columns=columns)
    types, ref = element.document.types, type_ref(expression)
    allowed = constants(text_in(child(column, "inputValues")) or types.allowed_text(ref) or "")
    ty = types.find(ref) if ref else None
    return Asked(name, label, _base(ty), allowed, _seen(table, number), columns, _skeleton(ty, 0))


def _seen(table: Xml, number: int) -> tuple[Any, ...]:
    """The constants in the cells of a column."""
    cells = (children(rule, "inputEntry") for rule in children(table, "rule"))
    texts = (text_in(row[number]) or "" for row in cells if number < len(row))
    return _distinct(value for text in texts for value in constants(text) or () if isinstance(value, str))


def _distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))[:_MOST]


def _base(ty: Type | None) -> str:
    return (ty.base or "") if ty is not None else ""


def _skeleton(ty: Type | None, level: int) -> Any:
    """An empty value of a structured type, to be filled in; None for any other type."""
    if ty is None or level > 3:
        return None
    if ty.base == "context" and ty.fields:
        return {name: _skeleton(part, level + 1) for name, part in ty.fields.items()}
    return (
        [_skeleton(ty.item, level + 1)]
        if ty.base == "list" and ty.item is not None and ty.item.fields
        else None
    )
