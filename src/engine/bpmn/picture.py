"""The drawing of a diagram as SVG, for documents on paper: what its diagram interchange says, in black and white."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape

from lxml import etree

from laneway.xml import parse_xml

_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"
_WAY = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
_SIZE = 12
_MARGIN = 20


def svg(xml: bytes, names: Mapping[str, str]) -> str:
    """An SVG of the first diagram of a file with these names by element id; empty when nothing is drawn.

    Raises Refused for a file that is not XML.
    """
    root = parse_xml(xml, "diagram.bpmn")
    tags = {one.get("id"): etree.QName(one).localname for one in root.iter(etree.Element) if one.get("id")}
    plane = next(root.iter(f"{_DI}BPMNPlane"), None)
    if plane is None:
        return ""
    parts: list[str] = []
    corners: list[tuple[float, float]] = []
    for edge in plane.iter(f"{_DI}BPMNEdge"):
        points = [(float(one.get("x", "0")), float(one.get("y", "0"))) for one in edge.iter(_WAY)]
        corners += points
        parts.append(_line(points))
        parts += _label(edge, names.get(edge.get("bpmnElement", ""), ""))
    for shape in plane.iter(f"{_DI}BPMNShape"):
        box = _box(shape.find(f"{_DC}Bounds"))
        if box is None:
            continue
        element = shape.get("bpmnElement", "")
        tag, name = tags.get(element, ""), names.get(element, "")
        corners += [(box[0], box[1]), (box[0] + box[2], box[1] + box[3])]
        parts.append(_shape(tag, box))
        is_inside = not tag.endswith(("Event", "Gateway"))
        parts += _text(name, _inside(tag, box)) if is_inside else _label(shape, name)
    if not corners:
        return ""
    left, top = (min(one[axis] for one in corners) - _MARGIN for axis in (0, 1))
    width, height = (
        max(one[axis] for one in corners) + _MARGIN - start for axis, start in ((0, left), (1, top))
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:g} {top:g} {width:g} {height:g}" '
    font = 'font-family="Noto Sans SC" fill="none" stroke="#1c2430" stroke-width="1.2">'
    return head + f'width="{width:g}" height="{height:g}" ' + font + "".join(parts) + "</svg>"


Box = tuple[float, float, float, float]
"""Left, top, width, height."""


def _box(bounds: etree._Element | None) -> Box | None:
    if bounds is None:
        return None
    x, y, width, height = (float(bounds.get(name, "0")) for name in ("x", "y", "width", "height"))
    return x, y, width, height


def _line(points: list[tuple[float, float]]) -> str:
    if len(points) < 2:
        return ""
    way = " ".join(f"{x:g},{y:g}" for x, y in points)
    (fx, fy), (x, y) = points[-2:]
    length = ((x - fx) ** 2 + (y - fy) ** 2) ** 0.5 or 1
    dx, dy = 8 * (x - fx) / length, 8 * (y - fy) / length
    tip = f"{x:g},{y:g} {x - dx - dy / 2:g},{y - dy + dx / 2:g} {x - dx + dy / 2:g},{y - dy - dx / 2:g}"
    return f'<polyline points="{way}"/><polygon points="{tip}" fill="#1c2430"/>'


def _shape(tag: str, box: Box) -> str:
    x, y, width, height = box
    if tag.endswith("Event"):
        ring = f'<circle cx="{x + width / 2:g}" cy="{y + height / 2:g}" fill="#fff" '
        thick = 3 if tag == "endEvent" else 1.2
        outer = f'{ring}r="{width / 2:g}" stroke-width="{thick}"/>'
        return outer if tag in ("startEvent", "endEvent") else f'{outer}{ring}r="{width / 2 - 3:g}"/>'
    if tag.endswith("Gateway"):
        mx, my = x + width / 2, y + height / 2
        return f'<polygon fill="#fff" points="{mx:g},{y:g} {x + width:g},{my:g} {mx:g},{y + height:g} {x:g},{my:g}"/>'
    is_area = tag in ("participant", "lane", "subProcess", "transaction", "adHocSubProcess")
    look = 'fill="none"' if is_area else 'fill="#fff" rx="8"'
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" {look}/>'


def _inside(tag: str, box: Box) -> Box:
    """Where the name stands: along the top of areas, in the middle of activities."""
    x, y, width, _height = box
    return (x + 4, y + 4, width - 8, 2 * _SIZE) if tag in ("participant", "lane", "subProcess") else box


def _label(drawn: etree._Element, name: str) -> list[str]:
    label = drawn.find(f"{_DI}BPMNLabel")
    box = _box(label.find(f"{_DC}Bounds")) if label is not None else None
    if box is None and (own := _box(drawn.find(f"{_DC}Bounds"))) is not None:
        box = (own[0] - 30, own[1] + own[3] + 2, own[2] + 60, 2 * _SIZE)
    return _text(name, box) if box is not None else []


def _text(name: str, box: Box) -> list[str]:
    x, y, width, height = box
    lines = list(_wrapped(name, max(width, 90) - 6))
    first = y + height / 2 - (len(lines) - 1) * _SIZE * 0.6 + _SIZE * 0.35
    look = f'font-size="{_SIZE}" text-anchor="middle" fill="#1c2430" stroke="none"'
    return [
        f'<text x="{x + width / 2:g}" y="{first + at * _SIZE * 1.2:g}" {look}>{escape(line)}</text>'
        for at, line in enumerate(lines)
    ]


def _wrapped(name: str, width: float) -> Iterator[str]:
    """The name in lines; between Chinese characters it may break anywhere, otherwise at spaces."""
    line, used = "", 0.0
    words = "".join(f"\0{one}\0" if one > "\u2e80" else one for one in name).replace(" ", " \0").split("\0")
    for word in words:
        wide = sum(_SIZE if one > "\u2e80" else _SIZE * 0.55 for one in word)
        if line and used + wide > width:
            yield line.strip()
            line, used = "", 0.0
        line, used = line + word, used + wide
    if line.strip():
        yield line.strip()
