"""BPMN XML into the plain model of `bpmn.model`; what the file says beyond the dialect becomes a finding."""

from __future__ import annotations

from lxml import etree

from laneway.engine.bpmn import drawing
from laneway.engine.bpmn.extensions import read_extensions, read_job_defaults, read_kept_away
from laneway.engine.bpmn.inspection import inspect
from laneway.engine.bpmn.model import EVENTS, FLOW_NODES, LEVELS, Diagram, Event, Flow, Level, Node, Process
from laneway.engine.bpmn.xmlns import (
    BPMN,
    TIMERS,
    ZEEBE,
    attribute,
    extension,
    feel_of,
    properties_of,
    tag_of,
    text_of,
)
from laneway.words import Resource, Text, bilingual
from laneway.xml import parse_xml

_SUFFIX = "EventDefinition"


def read_processes(resource: Resource) -> Diagram:
    """The executable processes of a BPMN file, with findings about its XML.

    A process is executable unless it says `isExecutable="false"`. The findings tell what is broken or outside
    the dialect in the XML; `checks.check` judges each process after that. Raises `Refused` if the file is no
    readable XML at all.
    """
    root = parse_xml(resource.content, resource.name)
    diagram = Diagram(resource.name)
    diagram.element_ids = [str(e.get("id")) for e in root.iter(BPMN + "*") if e.get("id")]
    diagram.findings = [*inspect(root, resource.name), *drawing.findings(root, resource.name)]
    reader = _Reader(root, diagram)
    is_bpmn = tag_of(root) == "definitions"
    for element in root.iterchildren(BPMN + "process"):
        if is_bpmn and element.get("isExecutable") != "false" and element.get("id"):
            diagram.processes.append(reader.process(element))
    return diagram


def element_names(process: Process) -> dict[str, Text]:
    """Names of everything that has one, by element id: the process, its nodes, flows and lanes."""
    names = {process.id: process.name, **process.lanes}
    levels = [process.level]
    while levels:
        level = levels.pop()
        names.update({flow.id: flow.name for flow in level.flows.values()})
        for node in level.nodes.values():
            names[node.id] = node.name
            if node.body is not None:
                levels.append(node.body)
    return {element_id: name for element_id, name in names.items() if name.zh or name.en}


class _Reader:
    """Reads one file; looks up what elements refer to by id."""

    def __init__(self, root: etree._Element, diagram: Diagram) -> None:
        self.file = diagram.file
        self.by_id = {str(e.get("id")): e for e in root.iter(BPMN + "*") if e.get("id")}

    def process(self, element: etree._Element) -> Process:
        """One process with all its levels."""
        lanes = {
            str(lane.get("id")): bilingual(str(lane.get("name") or ""), properties_of(lane))
            for lane in element.iter(BPMN + "lane")
            if lane.get("id")
        }
        process = Process(
            id=str(element.get("id")),
            name=self._name(element),
            level=self.level(element),
            file=self.file,
            version_tag=attribute(extension(element, "versionTag"), "value"),
            job_priority=attribute(extension(element, "jobPriorityDefinition"), "priority"),
            properties=properties_of(element),
            lanes=lanes,
        )
        read_job_defaults(process)
        read_kept_away(process)
        return process

    def level(self, element: etree._Element) -> Level:
        """The nodes and flows drawn directly inside a process or sub-process."""
        level = Level(str(element.get("id")), self._name(element))
        handlers: dict[str, str] = {}
        for child in element:
            tag, child_id = tag_of(child), str(child.get("id") or "")
            if tag == "sequenceFlow" and child_id:
                level.flows[child_id] = self._flow(child)
            elif tag in FLOW_NODES and child_id:
                level.nodes[child_id] = self._node(child, tag)
            elif tag == "association":
                handlers[str(child.get("sourceRef"))] = str(child.get("targetRef"))
        _connect(level)
        _connect_links(level)
        _place_in_lanes(element, level)
        for node in level.of("boundaryEvent"):
            if node.event.kind == "compensate":
                node.compensation_handler = handlers.get(node.id)
        return level

    def _name(self, element: etree._Element) -> Text:
        return bilingual(str(element.get("name") or ""), properties_of(element))

    def _flow(self, element: etree._Element) -> Flow:
        return Flow(
            id=str(element.get("id")),
            source=str(element.get("sourceRef") or ""),
            target=str(element.get("targetRef") or ""),
            condition=text_of(element, "conditionExpression") or None,
            name=self._name(element),
        )

    def _node(self, element: etree._Element, tag: str) -> Node:
        node = Node(
            id=str(element.get("id")),
            type=tag,
            name=self._name(element),
            attached_to=attribute(element, "attachedToRef"),
            default=attribute(element, "default"),
            is_event_subprocess=element.get("triggeredByEvent") == "true",
            is_for_compensation=element.get("isForCompensation") == "true",
            start_quantity=_quantity(element, "startQuantity"),
            completion_quantity=_quantity(element, "completionQuantity"),
            instantiates=element.get("instantiate") == "true",
            needs_all_events=element.get("parallelMultiple") == "true",
            activation_condition=feel_of(element, "activationCondition"),
            properties=properties_of(element),
        )
        node.interrupting = (element.get("cancelActivity") or element.get("isInterrupting")) != "false"
        if tag in EVENTS:
            node.events = self._events(element)
        elif tag == "receiveTask":
            node.events = [self._message(element)]
        if tag in LEVELS:
            node.body = self.level(element)
        read_extensions(element, node)
        return node

    def _events(self, element: etree._Element) -> list[Event]:
        events = []
        for child in element:
            tag = tag_of(child)
            if tag == "eventDefinitionRef":
                # A definition shared by several events stands at the top of the file.
                shared = self._referred("".join(str(part) for part in child.itertext()))
                events.append(Event("unknown") if shared is None else self._event(shared))
            elif tag.endswith(_SUFFIX) or tag == "eventDefinition":
                events.append(self._event(child))
        return events

    def _event(self, definition: etree._Element) -> Event:
        kind = tag_of(definition).removesuffix(_SUFFIX)
        if kind == "message":
            return self._message(definition)
        event = Event(kind)
        if kind == "signal":
            event.ref = attribute(self._referred(definition.get("signalRef")), "name") or None
        elif kind in ("error", "escalation"):
            event.ref = attribute(self._referred(definition.get(f"{kind}Ref")), f"{kind}Code") or None
            event.code_variable = attribute(definition, f"{ZEEBE}{kind}CodeVariable")
            event.message_variable = attribute(definition, f"{ZEEBE}{kind}MessageVariable")
        elif kind == "compensate":
            event.ref = attribute(definition, "activityRef")
            event.waits = definition.get("waitForCompletion") != "false"
        elif kind == "link":
            event.ref = attribute(definition, "name") or None
        elif kind == "conditional":
            event.expression = feel_of(definition, "condition")
        elif kind == "timer":
            event.timer = next((t for t in TIMERS if text_of(definition, t)), None)
            event.expression = text_of(definition, event.timer) if event.timer else None
        return event

    def _message(self, element: etree._Element) -> Event:
        """The message an event definition or a receive task refers to."""
        message = self._referred(element.get("messageRef"))
        if message is None:
            return Event("message")
        return Event(
            kind="message",
            ref=attribute(message, "name") or None,
            correlation_key=attribute(extension(message, "subscription"), "correlationKey") or None,
        )

    def _referred(self, reference: object) -> etree._Element | None:
        """The element a reference means; a reference may carry a namespace prefix."""
        return self.by_id.get(str(reference or "").strip().rpartition(":")[2])


def _quantity(element: etree._Element, name: str) -> int:
    """A number of tokens; what is no number is told by `inspection` and counts as 1."""
    value = str(element.get(name) or "1").strip()
    return int(value) if value.isascii() and value.isdecimal() else 1


def _connect(level: Level) -> None:
    """Hang each flow on its nodes; one that leads nowhere stays in `level.flows` for the checks to name."""
    for flow in level.flows.values():
        if flow.source in level.nodes and flow.target in level.nodes:
            level.nodes[flow.source].outgoing.append(flow)
            level.nodes[flow.target].incoming.append(flow)


def _connect_links(level: Level) -> None:
    """A pair of link events is a flow that is not drawn."""
    links = [node for node in level.of("intermediateCatchEvent") if node.event.kind == "link"]
    catches = {node.event.ref: node for node in links if node.event.ref}
    for thrower in level.of("intermediateThrowEvent"):
        catcher = catches.get(thrower.event.ref or "") if thrower.event.kind == "link" else None
        if catcher is not None:
            flow = Flow(f"link:{thrower.id}", thrower.id, catcher.id)
            thrower.outgoing.append(flow)
            catcher.incoming.append(flow)


def _place_in_lanes(element: etree._Element, level: Level) -> None:
    """Note the innermost lane of each node: a lane inside another comes later in the file and wins."""
    for lane_set in element.iterchildren(BPMN + "laneSet"):
        for lane in lane_set.iter(BPMN + "lane"):
            for reference in lane.iterchildren(BPMN + "flowNodeRef"):
                node = level.nodes.get((reference.text or "").strip())
                if node is not None:
                    node.lane = str(lane.get("name") or "")
                    groups = properties_of(lane).get("laneway:group", "").split(",")
                    node.lane_groups = [group.strip() for group in groups if group.strip()]
    for node in level.nodes.values():
        for inner in node.body.everything() if node.body is not None else ():
            if not inner.lane:
                inner.lane, inner.lane_groups = node.lane, node.lane_groups
