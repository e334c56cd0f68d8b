"""A decision as people look at it: its table in rows and cells, or its boxed expressions, and what it requires."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from laneway.engine.dmn.decisions import DecisionModel
from laneway.engine.dmn.document import Document, Element, titled
from laneway.engine.dmn.wording import AGGREGATIONS, KINDS, NEEDS, PARTS, POLICIES, TYPES
from laneway.engine.dmn.xmlns import Xml, child, children, expression_in, local, text_in, type_ref
from laneway.words import Text, bilingual

_RESULT: Final = Text("结果", "result")
_RULE_SEPARATOR: Final = " | "


@dataclass(frozen=True)
class Policy:
    """How a table combines its rules: the letter of the standard, its name, and a sentence."""

    letter: str
    name: Text
    meaning: Text


@dataclass(frozen=True)
class Cell:
    """The FEEL text of a cell; `values` are its constants, where it has nothing but constants."""

    text: str
    values: tuple[Any, ...] | None = None

    @property
    def is_any(self) -> bool:
        """Whether the cell holds for whatever comes."""
        return self.text in ("", "-")


@dataclass(frozen=True)
class Column:
    """An input or output of a table. `name` is the name of an output, `text` the expression of an input."""

    id: str
    label: Text
    name: str
    text: str
    type: Text
    allowed: Cell


@dataclass(frozen=True)
class Row:
    """A rule; its number counts from 1."""

    id: str
    number: int
    inputs: tuple[Cell, ...]
    outputs: tuple[Cell, ...]
    annotations: tuple[str, ...]
    description: Text


@dataclass(frozen=True)
class TableView:
    """A decision table. `defaults` are the default outputs where there are any."""

    policy: Policy
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[Row, ...]
    annotations: tuple[str, ...]
    defaults: tuple[Cell, ...]


@dataclass(frozen=True)
class Logic:
    """A boxed expression: a table, a text, or parts with their names; a kind without words is unknown."""

    kind: str
    words: Text
    text: str = ""
    parts: tuple[tuple[Text, Logic], ...] = ()
    table: TableView | None = None

    def tables(self) -> list[TableView]:
        """Its table, or all tables inside it."""
        own = [self.table] if self.table is not None else []
        return own + [table for _name, part in self.parts for table in part.tables()]


@dataclass(frozen=True)
class Need:
    """Something that is required, with what it requires itself. `key` is its id; knowledge has its logic."""

    kind: str
    words: Text
    key: str
    name: Text
    type: Text
    needs: tuple[Need, ...]
    logic: Logic | None = None

    def all(self) -> list[Need]:
        """Itself and all that it requires, however indirectly."""
        return [self, *(one for need in self.needs for one in need.all())]


@dataclass(frozen=True)
class DecisionView:
    """Everything that a page tells about one version of a decision."""

    decision_id: str
    name: Text
    description: Text
    question: Text
    type: Text
    version_tag: str | None
    logic: Logic
    needs: tuple[Need, ...]


def table_of(model: DecisionModel, decision_id: str) -> DecisionView:
    """One decision of a model, to show. Raises `NotFound`."""
    element = model.element(decision_id)
    xml, expression = element.xml, expression_in(element.xml)
    tag = next((x.get("value") for x in xml.iterfind("{*}extensionElements/{*}versionTag")), None)
    nothing = Logic("", Text("没有逻辑", "No logic"))
    return DecisionView(
        decision_id=decision_id,
        name=element.title,
        description=_described(xml, "description"),
        question=_described(xml, "question"),
        type=type_words(element.document, type_ref(child(xml, "variable"))),
        version_tag=tag or None,
        logic=nothing if expression is None else _logic(element.document, expression),
        needs=_needs(element, ()),
    )


def text_at(model: DecisionModel, decision_id: str, element_id: str) -> str:
    """The FEEL text of an element of the decision's file, such as a cell; empty when there is none."""
    root = model.element(decision_id).document.root
    found = (x for x in root.iter("{*}*") if x.get("id") == element_id)
    return next((text_in(x) or "" for x in found), "")


def ids_in(model: DecisionModel, decision_id: str) -> frozenset[str]:
    """The ids of a decision and of everything inside it, as findings name them. Raises `NotFound`."""
    return frozenset(x.get("id") or "" for x in model.element(decision_id).xml.iter("{*}*"))


def type_words(document: Document, ref: str | None) -> Text:
    """A type in words: those of FEEL in both languages, item definitions by their name."""
    ty = document.types.find(ref) if ref else None
    if ty is None:
        return Text("", "")
    return TYPES.get(ref or "") or TYPES.get(ty.name) or Text(ty.name, ty.name)


def constants(text: str) -> tuple[Any, ...] | None:
    """The values of a FEEL text of constants separated by commas; None where there is anything else."""
    if not text or text == "-":
        return None
    try:
        found = json.loads(f"[{text}]")
    except (ValueError, RecursionError):
        return None
    return tuple(found) if isinstance(found, list) else None


def _needs(element: Element, above: tuple[Element, ...]) -> tuple[Need, ...]:
    found = {required: None for _prefix, required in element.required if required not in above}
    return tuple(
        Need(
            one.kind,
            NEEDS[one.kind],
            one.key,
            one.title,
            type_words(one.document, type_ref(child(one.xml, "variable"))),
            _needs(one, (*above, element)),
            _knowledge(one),
        )
        for one in found
    )


def _knowledge(element: Element) -> Logic | None:
    logic = child(element.xml, "encapsulatedLogic")
    return None if logic is None else _logic(element.document, logic)


def _described(xml: Xml, tag: str) -> Text:
    found = child(xml, tag)
    return _both("" if found is None else "".join(found.itertext()).strip())


def _both(text: str) -> Text:
    """A text that may say the same in Chinese and English, separated by a bar."""
    first, bar, second = text.partition(_RULE_SEPARATOR)
    one, other = bilingual(first, {}), bilingual(second, {})
    if bar and _RULE_SEPARATOR not in second and bool(one.zh) != bool(other.zh):
        return Text(one.zh or other.zh, one.en or other.en)
    return Text(text, text)


# -- boxed expressions


def _logic(document: Document, x: Xml) -> Logic:
    kind = local(x)
    if kind == "decisionTable":
        return Logic(kind, KINDS[kind], table=_table(document, x))
    if kind == "literalExpression":
        return Logic(kind, KINDS[kind], text=text_in(x) or "")
    words = KINDS["functionDefinition" if kind == "encapsulatedLogic" else kind]
    return Logic(kind, words, text=_headline(x), parts=_parts(document, x))


def _headline(x: Xml) -> str:
    """What stands above the parts: the called function, the parameters, the variable of a loop."""
    kind = local(x)
    if kind == "invocation":
        return text_in(expression_in(x)) or ""
    if kind in ("functionDefinition", "encapsulatedLogic"):
        return ", ".join(p.get("name") or "" for p in children(x, "formalParameter"))
    return x.get("iteratorVariable") or ""


def _parts(document: Document, x: Xml) -> tuple[tuple[Text, Logic], ...]:
    kind = local(x)
    if kind == "context":
        pairs = [(_entry_name(entry), entry) for entry in children(x, "contextEntry")]
    elif kind == "invocation":
        pairs = [(_plain(_parameter(binding)), binding) for binding in children(x, "binding")]
    elif kind in ("functionDefinition", "encapsulatedLogic"):
        pairs = [(_RESULT, x)]
    elif kind == "list":
        return tuple((_plain(str(n)), _logic(document, e)) for n, e in enumerate(_expressions(x), 1))
    elif kind == "relation":
        return tuple(_relation(document, x))
    else:
        pairs = [(PARTS[local(part)], part) for part in children(x, *PARTS)]
    found = ((name, expression_in(holder)) for name, holder in pairs)
    return tuple((name, _logic(document, inner)) for name, inner in found if inner is not None)


def _relation(document: Document, x: Xml) -> list[tuple[Text, Logic]]:
    columns = [_plain(column.get("name") or "") for column in children(x, "column")]
    rows = []
    for number, row in enumerate(children(x, "row"), 1):
        cells = tuple(zip(columns, (_logic(document, e) for e in _expressions(row)), strict=False))
        rows.append((_plain(str(number)), Logic("context", KINDS["context"], parts=cells)))
    return rows


def _expressions(x: Xml) -> list[Xml]:
    return [e for e in x if local(e) in KINDS]


def _entry_name(entry: Xml) -> Text:
    variable = child(entry, "variable")
    return _RESULT if variable is None else titled(variable, variable.get("name") or "")


def _parameter(binding: Xml) -> str:
    parameter = child(binding, "parameter")
    return "" if parameter is None else parameter.get("name") or ""


def _plain(text: str) -> Text:
    return Text(text, text)


# -- decision tables


def _table(document: Document, x: Xml) -> TableView:
    defaults = tuple(_cell(child(o, "defaultOutputEntry")) for o in children(x, "output"))
    return TableView(
        policy=_policy(x),
        inputs=tuple(_input(document, i) for i in children(x, "input")),
        outputs=tuple(_output(document, o, x) for o in children(x, "output")),
        rules=tuple(_row(rule, number) for number, rule in enumerate(children(x, "rule"), 1)),
        annotations=tuple(a.get("name") or "" for a in children(x, "annotation")),
        defaults=defaults if any(cell.text for cell in defaults) else (),
    )


def _policy(x: Xml) -> Policy:
    policy, aggregation = x.get("hitPolicy") or "UNIQUE", x.get("aggregation") or ""
    letter, name, meaning = POLICIES[policy]
    if policy == "COLLECT" and aggregation in AGGREGATIONS:
        sign, how, meaning = AGGREGATIONS[aggregation]
        return Policy(letter + sign, Text(f"{name.zh}（{how.zh}）", f"{name.en} ({how.en.lower()})"), meaning)
    return Policy(letter, name, meaning)


def _input(document: Document, i: Xml) -> Column:
    expression = child(i, "inputExpression")
    text, ref = text_in(expression) or "", type_ref(expression)
    allowed = text_in(child(i, "inputValues")) or document.types.allowed_text(ref) or ""
    label = titled(i, i.get("label") or text)
    return Column(
        i.get("id") or "", label, "", text, type_words(document, ref), Cell(allowed, constants(allowed))
    )


def _output(document: Document, o: Xml, table: Xml) -> Column:
    name, ref = o.get("name") or "", type_ref(o)
    allowed = text_in(child(o, "outputValues")) or document.types.allowed_text(ref) or ""
    owner = table.getparent()
    called = o.get("label") or name or (owner.get("name") if owner is not None else "") or ""
    return Column(
        o.get("id") or "",
        titled(o, called),
        name,
        "",
        type_words(document, ref),
        Cell(allowed, constants(allowed)),
    )


def _row(rule: Xml, number: int) -> Row:
    return Row(
        id=rule.get("id") or "",
        number=number,
        inputs=tuple(_cell(c) for c in children(rule, "inputEntry")),
        outputs=tuple(_cell(c) for c in children(rule, "outputEntry")),
        annotations=tuple(text_in(a) or "" for a in children(rule, "annotationEntry")),
        description=_described(rule, "description"),
    )


def _cell(x: Xml | None) -> Cell:
    text = text_in(x) or ""
    return Cell(text, constants(text))
