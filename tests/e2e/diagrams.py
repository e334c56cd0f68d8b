"""Small diagrams with their drawing, and small forms, for what the product's own processes do not show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' id="file" targetNamespace="urn:test">'
)
_WIDTH, _HEIGHT, _STEP, _Y = 100, 80, 160, 100

Node = tuple[str, str, str, str]
"""Tag, id, name, and the XML inside."""


def diagram(process_id: str, nodes: Sequence[Node], flows: Sequence[tuple[str, str, str]]) -> str:
    """A process that opens cases. `flows` are (source, target, condition); nodes stand in one row."""
    properties = {"laneway:case:series": "T", "laneway:case:title": process_id}
    written = "".join(
        f"<zeebe:property name={quoteattr(name)} value={quoteattr(value)}/>"
        for name, value in properties.items()
    )
    parts = [f"<extensionElements><zeebe:properties>{written}</zeebe:properties></extensionElements>"]
    parts += [
        f"<{tag} id={quoteattr(id)} name={quoteattr(name)}>{xml}</{tag}>" for tag, id, name, xml in nodes
    ]
    for source, target, condition in flows:
        inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        parts.append(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'
        )
    places = {id: 100 + at * _STEP for at, (_tag, id, _name, _xml) in enumerate(nodes)}
    drawn = [
        f'<bpmndi:BPMNShape id="{id}_di" bpmnElement="{id}">'
        f'<dc:Bounds x="{x}" y="{_Y}" width="{_WIDTH}" height="{_HEIGHT}"/></bpmndi:BPMNShape>'
        for id, x in places.items()
    ]
    drawn += [
        f'<bpmndi:BPMNEdge id="{source}_{target}_di" bpmnElement="{source}_{target}">'
        f'<di:waypoint x="{places[source] + _WIDTH}" y="{_Y + _HEIGHT / 2}"/>'
        f'<di:waypoint x="{places[target]}" y="{_Y + _HEIGHT / 2}"/></bpmndi:BPMNEdge>'
        for source, target, _condition in flows
    ]
    return (
        f'{_HEAD}<process id="{process_id}" name="{process_id}" isExecutable="true">{"".join(parts)}</process>'
        f'<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p" bpmnElement="{process_id}">{"".join(drawn)}'
        "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>"
    )


def user_task(id: str, name: str, *, group: str, form: str = "") -> Node:
    """A user task for a group, perhaps with a form."""
    linked = f'<zeebe:formDefinition formId="{form}"/>' if form else ""
    assigned = f'<zeebe:assignmentDefinition candidateGroups="{group}"/>'
    inside = f"<extensionElements><zeebe:userTask/>{linked}{assigned}</extensionElements>"
    return ("userTask", id, name, inside)


def service_task(id: str, name: str, job_type: str) -> Node:
    """A service task for a worker of one job type."""
    inside = f'<extensionElements><zeebe:taskDefinition type="{job_type}"/></extensionElements>'
    return ("serviceTask", id, name, inside)


def number_form(form_id: str, key: str, label: str) -> str:
    """A form with one number."""
    field = {"type": "number", "id": f"{form_id}_{key}", "key": key, "label": label}
    return json.dumps({"type": "default", "id": form_id, "schemaVersion": 18, "components": [field]})


def write(folder: Path, **contents: str) -> list[Path]:
    """Files in a folder; `name_bpmn` is written as name.bpmn."""
    paths = []
    for name, content in contents.items():
        stem, _, ending = name.rpartition("_")
        path = folder / f"{stem}.{ending}"
        path.write_text(content, encoding="utf-8")
        paths.append(path)
    return paths
