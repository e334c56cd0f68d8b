"""The XML vocabulary of a diagram: namespaces and the small look-ups that every part of the reader needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from laneway.words import Finding, Severity, Text

BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE: Final = "{http://camunda.org/schema/zeebe/1.0}"
CAMUNDA_7: Final = "{http://camunda.org/schema/1.0/bpmn}"

TIMERS: Final = ("timeDuration", "timeDate", "timeCycle")
EXTENSIONS: Final = BPMN + "extensionElements"


def tag_of(element: etree._Element) -> str:
    """The BPMN tag without its namespace; empty for an element of another namespace."""
    tag = str(element.tag)
    return tag[len(BPMN) :] if tag.startswith(BPMN) else ""


def text_of(element: etree._Element, tag: str) -> str | None:
    """The text inside a BPMN child, without blanks around it; None if there is no such child."""
    child = element.find(BPMN + tag)
    return None if child is None else "".join(str(part) for part in child.itertext()).strip()


def feel_of(element: etree._Element, tag: str) -> str | None:
    """The FEEL text of a child that Camunda 8 does not know, with the leading `=` that other diagrams leave out."""
    text = text_of(element, tag)
    return text if not text or text.startswith("=") else f"={text}"


def extension(element: etree._Element, name: str) -> etree._Element | None:
    """A `zeebe:` extension element of this element."""
    return element.find(f"{EXTENSIONS}/{ZEEBE}{name}")


def extensions(element: etree._Element, path: str) -> list[etree._Element]:
    """All `zeebe:` extension elements at a path such as `properties/property`."""
    steps = "/".join(ZEEBE + step for step in path.split("/"))
    return list(element.iterfind(f"{EXTENSIONS}/{steps}"))


def attribute(element: etree._Element | None, name: str) -> str | None:
    """An attribute as text; None where the element or the attribute is missing."""
    value = None if element is None else element.get(name)
    return None if value is None else str(value)


def properties_of(element: etree._Element) -> dict[str, str]:
    """The `zeebe:properties` of an element by name."""
    found = extensions(element, "properties/property")
    return {str(p.get("name") or ""): str(p.get("value") or "") for p in found}


def finding_at(
    element: etree._Element, code: str, message: Text, file: str, severity: Severity = Severity.ERROR
) -> Finding:
    """A finding at the element itself or at the first BPMN element around it that has an id."""
    around: Iterator[etree._Element] = element.iterancestors()
    place = next((e for e in (element, *around) if e.get("id") and tag_of(e)), None)
    return Finding(code, message, file, attribute(place, "id"), attribute(place, "name") or "", severity)
