"""Decision tables as the checks look at them: columns with their atoms, rules as boxes, outputs as constants."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from laneway.engine.dmn.checks.cells import SCALARS, Cell, Constant, constant_of, parse, read_cell
from laneway.engine.dmn.checks.regions import Box, Grid
from laneway.engine.dmn.checks.universe import Universe
from laneway.engine.dmn.document import Document, Element, titled
from laneway.engine.dmn.xmlns import Xml, child, children, local, text_in, type_ref
from laneway.engine.feel import Meter, Names
from laneway.engine.feel.builtins import BUILTINS
from laneway.engine.feel.expressions import without_equals
from laneway.engine.feel.reader import Node
from laneway.engine.feel.types import Type
from laneway.engine.feel.values import hashable
from laneway.words import Text

_LOGICAL: Final = frozenset(["cmp", "and", "or", "in", "between", "instance", "some", "every"])
_COUNTING: Final = frozenset([("name", "count"), ("name", "string length")])
_WHOLE: Final = frozenset(["integer", "long"])
_NAMING: Final = ("{*}inputData", "{*}decision", "{*}businessKnowledgeModel", "{*}decisionService")
_NAMING_INSIDE: Final = ("{*}variable", "{*}formalParameter")


class Scope:
    """What the texts of one file may name."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.declared: set[str] = set(document.imports)
        for x in document.root.iter(*_NAMING, *_NAMING_INSIDE):
            self.declared.add(x.get("name") or "")
        for x in document.root.iter("{*}for", "{*}some", "{*}every"):
            self.declared.add(x.get("iteratorVariable") or "")
        for e in document.elements.values():
            self.declared.update(e.aliases)
        self.declared.discard("")
        self.names = Names([*sorted(self.declared), "?"])
        self.members = document.members()
        subjects = (self.tree(text_in(x) or "") for x in document.root.iter("{*}inputExpression"))
        inputs = [e for e in document.elements.values() if e.kind == "inputData"]
        self.input_data = {name for e in inputs for name in (e.name, e.variable)}
        self.subjects: set[str] = {tree[1] for tree in subjects if tree is not None and tree[0] == "name"}

    def tree(self, text: str, *, is_unary: bool = False) -> Node | None:
        """The syntax tree of a text; Camunda's files may begin it with =."""
        source = text if is_unary else without_equals(text)
        return parse(source, self.names, self.members, is_unary=is_unary)

    def constant(self, text: str) -> Constant | None:
        """The value of a text that depends on nothing, or None."""
        tree = self.tree(text)
        return None if tree is None else constant_of(tree)


@dataclass(frozen=True)
class Column:
    """One input. `kind` is the FEEL kind of its declared type, if that is one of single values.

    `reads` are the variables that it looks at. `is_free`: every value of its universe can come.
    """

    number: int
    xml: Xml
    title: Text
    subject: str
    ref: str | None
    type: Type | None
    kind: str | None
    is_free: bool
    is_opaque: bool
    cells: Sequence[Cell]
    entries: Sequence[Xml]
    limits: Sequence[str]
    allowed_cells: Sequence[Cell]
    universe: Universe
    reads: frozenset[str]

    @cached_property
    def allowed(self) -> int:
        """The atoms that the allowed values let in; null is always let in."""
        mask = self.universe.all
        for cell in self.allowed_cells:
            mask &= cell.bounds(self.universe)[1]
        return mask | self.universe.null

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """Of each rule's cell: atoms for which it holds for sure, and may hold."""
        known: dict[str, tuple[int, int]] = {}
        for cell in self.cells:
            if cell.text not in known:
                is_blind = self.is_opaque and not cell.is_any
                known[cell.text] = (0, self.universe.all) if is_blind else cell.bounds(self.universe)
        return [(known[c.text][0] & self.allowed, known[c.text][1] & self.allowed) for c in self.cells]


@dataclass(frozen=True)
class OutputColumn:
    """One output. `constants` are the values of the rules' entries, None where they are computed.

    `listed_text` holds the output values, `ranking_text` the values by which the hit policy ranks, if any.
    """

    number: int
    xml: Xml
    title: Text
    ref: str | None
    type: Type | None
    entries: Sequence[Xml]
    texts: Sequence[str]
    constants: Sequence[Constant | None]
    listed_text: str | None
    ranking_text: str
    default: Xml | None


class Sheet:
    """One decision table. `owner` is the decision or knowledge model that it is in."""

    def __init__(self, scope: Scope, owner: Element, xml: Xml) -> None:
        self.scope, self.owner, self.xml = scope, owner, xml
        self.policy: str = xml.get("hitPolicy") or "UNIQUE"
        self.aggregation: str | None = xml.get("aggregation")
        self.rules = children(xml, "rule")
        inputs, outputs = children(xml, "input"), children(xml, "output")
        entries = [children(rule, "inputEntry") for rule in self.rules]
        results = [children(rule, "outputEntry") for rule in self.rules]
        self.columns: list[Column] = []
        for n, x in enumerate(inputs):
            self.columns.append(self._column(n, x, [row[n] for row in entries]))
        self.outputs = [self._output(n, x, [row[n] for row in results]) for n, x in enumerate(outputs)]

    @cached_property
    def sure(self) -> Grid:
        """The combinations for which each rule holds, as far as that is certain."""
        return Grid([tuple(cell[0] for cell in row) for row in self._rows])

    @cached_property
    def possible(self) -> Grid:
        """The combinations for which each rule may hold."""
        return Grid([tuple(cell[1] for cell in row) for row in self._rows])

    def covering(self) -> Grid:
        """Like `possible`; a column whose values are not known to be free leaves no gap."""
        free = [column.is_free for column in self.columns]
        boxes = [
            tuple(
                mask if is_free or not mask else column.universe.all
                for mask, is_free, column in zip(box, free, self.columns, strict=True)
            )
            for box in self.possible.boxes
        ]
        return Grid(boxes)

    @cached_property
    def _rows(self) -> list[tuple[tuple[int, int], ...]]:
        return list(zip(*(column.bounds for column in self.columns), strict=True))

    def gap_space(self) -> Box:
        """The inputs that should meet a rule; a missing input only where some cell speaks of it."""
        return tuple(
            column.allowed
            if any(cell.names_null for cell in column.cells)
            else column.allowed & ~column.universe.null
            for column in self.columns
        )

    def condition_key(self, r: int) -> tuple[Hashable, ...]:
        """What two rules have in common if they hold for the same inputs; undecidable cells go by their text."""
        return tuple(
            column.cells[r].text if sure != may else may
            for column, (sure, may) in zip(self.columns, self._rows[r], strict=True)
        )

    def output_key(self, r: int) -> tuple[Hashable, ...]:
        """What two rules have in common if they give the same outputs."""
        return tuple(
            output.texts[r] if constant is None else hashable(Meter(), constant.value)
            for output, constant in ((output, output.constants[r]) for output in self.outputs)
        )

    # reading

    def _column(self, n: int, x: Xml, entries: list[Xml]) -> Column:
        document, scope = self.scope.document, self.scope
        expression = child(x, "inputExpression")
        subject = text_in(expression) or ""
        tree = scope.tree(subject)
        ref, ty = self._input_type(expression, subject)
        base = None if ty is None else ty.base
        is_logical = tree is not None and tree[0] in _LOGICAL
        if base is None and is_logical:
            base = "boolean"
        counts = tree is not None and tree[0] == "call" and tree[1] in _COUNTING
        cells = [read_cell(text_in(entry) or "", scope.names, scope.members) for entry in entries]
        listed = text_in(child(x, "inputValues"))
        limits = [*([listed] if listed else []), *document.types.constraints(ref)]
        allowed = [read_cell(text, scope.names, scope.members) for text in limits]
        reads = _reads(tree)
        kind_ = base if base in SCALARS else None
        universe = Universe(
            [v for cell in [*cells, *allowed] for v in cell.constants],
            kind_,
            is_whole=counts or ref in _WHOLE,
            least=Decimal(0) if counts else None,
            orders_texts=any(test.orders_texts for cell in [*cells, *allowed] for test in cell.tests),
        )
        is_plain = tree is not None and tree[0] in ("name", "path")
        return Column(
            number=n + 1,
            xml=x,
            title=_title(x, subject or str(n + 1)),
            subject=subject,
            ref=ref,
            type=ty,
            kind=kind_,
            is_free=(is_plain or counts or base == "boolean" or bool(limits))
            and all(c.is_decidable for c in allowed),
            is_opaque=tree is None or (base is not None and kind_ is None) or self._depends(reads),
            cells=cells,
            entries=entries,
            limits=limits,
            allowed_cells=allowed,
            universe=universe,
            reads=reads,
        )

    def _input_type(self, expression: Xml | None, subject: str) -> tuple[str | None, Type | None]:
        """The type of an input expression: its own, else that of the input data of this name."""
        types, ref = self.scope.document.types, type_ref(expression)
        if ref is None:
            named = (r for _, r in self.owner.required if subject in (r.variable, r.name))
            ref = next((type_ref(child(r.xml, "variable")) for r in named), None)
        return ref, types.find(ref) if ref else None

    def _depends(self, reads: frozenset[str]) -> bool:
        """Whether a column looks at what a column before it looks at: their values go together."""
        before = {name for column in self.columns for name in column.reads}
        return any(_overlap(a, b) for a in reads for b in before)

    def _output(self, n: int, x: Xml, entries: list[Xml]) -> OutputColumn:
        types, variable = self.scope.document.types, child(self.owner.xml, "variable")
        ref = type_ref(x) or (type_ref(variable) if len(children(self.xml, "output")) == 1 else None)
        texts = [text_in(entry) or "" for entry in entries]
        listed = text_in(child(x, "outputValues"))
        return OutputColumn(
            n + 1,
            x,
            _title(x, x.get("name") or str(n + 1)),
            ref,
            types.find(ref) if ref else None,
            entries,
            texts,
            [self.scope.constant(text) if text else None for text in texts],
            listed,
            listed or types.allowed_text(ref) or "",
            child(x, "defaultOutputEntry"),
        )


def _title(x: Xml, otherwise: str) -> Text:
    found = titled(x, x.get("label") or x.get("name") or otherwise)
    return Text(found.pick("zh"), found.pick("en"))


def _reads(tree: Node | None) -> frozenset[str]:
    """The variables that a tree looks at; of a plain path the whole path."""
    path: list[str] = []
    at = tree
    while at is not None and at[0] == "path":
        path.insert(0, at[2])
        at = at[1]
    if at is not None and at[0] == "name":
        return frozenset([".".join([at[1], *path])])
    return frozenset(names_in(tree)) - BUILTINS.keys()


def names_in(part: object) -> Iterator[str]:
    """All names in a syntax tree."""
    if isinstance(part, tuple) and len(part) == 2 and part[0] == "name":
        yield part[1]
    elif isinstance(part, tuple | list):
        for inner in part:
            yield from names_in(inner)


def _overlap(a: str, b: str) -> bool:
    return a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")


def sheets(scope: Scope, owner: Element) -> Iterator[Sheet]:
    """The decision tables of an element, wherever in its logic they stand."""
    for xml in owner.xml.iter("{*}decisionTable"):
        if local(xml):
            yield Sheet(scope, owner, xml)
