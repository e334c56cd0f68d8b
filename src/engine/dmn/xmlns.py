"""Elements of DMN files by their local names, whichever version of the standard they are of."""

from __future__ import annotations

from typing import Final, TypeAlias

from lxml import etree

Xml: TypeAlias = etree._Element

NAMESPACES: Final = frozenset(
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
        "https://www.omg.org/spec/DMN/20240513/MODEL/",
    ]
)
EXPRESSIONS: Final = frozenset(
    [
        "conditional",
        "context",
        "decisionTable",
        "every",
        "filter",
        "for",
        "functionDefinition",
        "invocation",
        "list",
        "literalExpression",
        "relation",
        "some",
    ]
)


def local(element: Xml) -> str:
    """The tag without namespace; empty for elements of foreign namespaces."""
    namespace, _, name = element.tag[1:].partition("}")
    return name if namespace in NAMESPACES else ""


def children(element: Xml, *names: str) -> list[Xml]:
    """Child elements of the given local names."""
    return [c for c in element if local(c) in names]


def child(element: Xml | None, name: str) -> Xml | None:
    """The first child of that name, or None."""
    return None if element is None else next(iter(children(element, name)), None)


def text_in(element: Xml | None) -> str | None:
    """The text of the `text` child, or of the element itself if it is one; None when there is none."""
    if element is None:
        return None
    found = element if local(element) == "text" else child(element, "text")
    return None if found is None else "".join(found.itertext()).strip()


def expression_in(element: Xml | None) -> Xml | None:
    """The boxed expression inside an element, or None."""
    return None if element is None else next((c for c in element if local(c) in EXPRESSIONS), None)


def type_ref(element: Xml | None) -> str | None:
    """The type named by an element, as attribute or (DMN 1.1) as child."""
    if element is None:
        return None
    ref = element.get("typeRef")
    if ref is None:
        found = child(element, "typeRef")
        ref = None if found is None else (found.text or "").strip()
    return ref or None
