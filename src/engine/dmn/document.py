"""One DMN file: what it declares and requires. The logic is compiled by `boxed`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from laneway.engine.dmn.item_types import ItemTypes
from laneway.engine.dmn.problems import Problems
from laneway.engine.dmn.xmlns import Xml, child, children, expression_in, local
from laneway.engine.feel import Code, Names
from laneway.engine.feel.properties import WORDY
from laneway.engine.feel.types import Type
from laneway.words import Text, bilingual

_REQUIREMENTS: Final = (
    ("informationRequirement", ("requiredDecision", "requiredInput")),
    ("knowledgeRequirement", ("requiredKnowledge",)),
)
_EXTENSIONS: Final = "{*}extensionElements//{*}property"
_VERSION_TAG: Final = "{*}extensionElements/{*}versionTag"


def titled(xml: Xml, name: str) -> Text:
    """A name in both languages; the second stands in the element's property `laneway:name:zh|en`."""
    properties = {p.get("name") or "": p.get("value") or "" for p in xml.iterfind(_EXTENSIONS)}
    return bilingual(name, properties)


class Element:
    """An input data, decision, knowledge model or decision service of a file.

    What needs links between files or is asked at each evaluation is found once, on first use after linking.
    `type` (of the value), `code` and `free` (names that its texts use) are set by `evaluation.compile_logic`.
    """

    def __init__(self, document: Document, xml: Xml) -> None:
        variable = child(xml, "variable")
        self.document, self.xml, self.kind = document, xml, local(xml)
        self.name: str = xml.get("name") or ""
        self.key: str = xml.get("id") or self.name
        self.variable: str = self.name if variable is None else variable.get("name") or self.name
        self.type: Type | None = None
        self.code: Code | None = None
        self.free: frozenset[str] = frozenset()

    @cached_property
    def title(self) -> Text:
        """The name in both languages."""
        return titled(self.xml, self.name)

    @cached_property
    def logic(self) -> str:
        """The tag of a decision's expression, such as `decisionTable`; empty without one."""
        expression = expression_in(self.xml)
        return "" if expression is None else local(expression)

    @property
    def version_tag(self) -> str | None:
        """The tag by which diagrams may ask for this version (`zeebe:versionTag`)."""
        found = self.xml.find(_VERSION_TAG)
        return (found.get("value") or None) if found is not None else None

    @cached_property
    def required(self) -> list[tuple[str | None, Element]]:
        """(import name or None, element) of the information and knowledge requirements that exist."""
        found = (self.document.find(reference.get("href")) for reference in self.references())
        return [hit for hit in found if hit]

    @cached_property
    def aliases(self) -> list[str]:
        """Names by which Camunda's files call this value, besides `variable`: id, name, only output."""
        table = expression_in(self.xml)
        outputs = children(table, "output") if table is not None and local(table) == "decisionTable" else []
        names = [self.key, self.name] + [o.get("name") for o in outputs if len(outputs) == 1]
        return [name for name in names if name and name != self.variable]

    @cached_property
    def service_inputs(self) -> list[Element]:
        """Of a decision service: its input data, then its input decisions; they are its parameters."""
        return self._members("inputData", "inputDecision")

    @cached_property
    def service_outputs(self) -> list[Element]:
        """Of a decision service: the decisions whose values it gives."""
        return self._members("outputDecision")

    def _members(self, *kinds: str) -> list[Element]:
        references = [x for kind in kinds for x in children(self.xml, kind)]
        found = (self.document.find(x.get("href")) for x in references)
        return [hit[1] for hit in found if hit]

    def references(self) -> list[Xml]:
        """The XML elements that refer to what is required."""
        return [
            reference
            for wrapper, kinds in _REQUIREMENTS
            for kind in kinds
            for requirement in children(self.xml, wrapper)
            for reference in children(requirement, kind)
        ]


class Document:
    """One DMN file."""

    def __init__(self, root: Xml, file: str, problems: Problems) -> None:
        self.root, self.file, self.problems = root, file, problems
        self.namespace: str = root.get("namespace") or ""
        self.imports: dict[str, Document] = {}
        self.types = ItemTypes(root, problems)
        self.elements: dict[str, Element] = {}
        self.free: set[str] = set()
        for xml in children(root, "inputData", "decision", "businessKnowledgeModel", "decisionService"):
            element = Element(self, xml)
            self.elements[element.key] = element
        self._members: Names | None = None

    def link(self, documents: Iterable[Document]) -> None:
        """Connect the imports to the files of their namespaces; one that is missing is a problem."""
        others = [d for d in documents if d is not self]
        for x in children(self.root, "import"):
            namespace = x.get("namespace")
            hit = next((d for d in others if d.namespace == namespace), None)
            if hit is None:
                self.problems.add(
                    "unknown_import",
                    x,
                    f"no file with the namespace {namespace!r} is deployed along",
                    f"没有同时部署命名空间为 {namespace!r} 的文件",
                )
            else:
                self.imports[x.get("name") or ""] = hit
                self.types.imports[x.get("name") or ""] = hit.types

    def named(self, kind: str, name: str) -> Element | None:
        """The element of a kind and name, or None."""
        return next((e for e in self.elements.values() if e.kind == kind and e.name == name), None)

    def find(self, href: str | None) -> tuple[str | None, Element] | None:
        """(import name or None, element) of a reference, or None."""
        namespace, _, key = (href or "").rpartition("#")
        if (not namespace or namespace == self.namespace) and key in self.elements:
            return None, self.elements[key]
        for prefix, document in self.imports.items():
            if namespace == document.namespace and key in document.elements:
                return prefix, document.elements[key]
        return None

    def members(self) -> Names:
        """Names that may follow a dot: components of types, elements of imports, entries, columns."""
        if self._members is None:
            tags = ("{*}itemComponent", "{*}column", "{*}variable", "{*}output")
            names = set(WORDY)
            for document in (self, *self.imports.values()):
                names |= {x.get("name") for x in document.root.iter(*tags) if x.get("name")}
                names |= document.imports.keys()
            self._members = Names(sorted(name for name in names if name))
        return self._members
