"""Where a drawing contradicts itself: flows that nodes list otherwise, gateway directions, message flows.

None of it is executed, but people read it, and BPMN forbids it: refused rather than shown wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lxml import etree

from laneway.engine.bpmn.model import FLOW_NODES
from laneway.engine.bpmn.xmlns import BPMN, finding_at, tag_of
from laneway.words import Finding, Text

_FLOW_ENDS = {"incoming": "targetRef", "outgoing": "sourceRef"}


def findings(root: etree._Element, file: str) -> Iterator[Finding]:
    """Contradictions in the executable processes of a file and in the message flows around them."""
    processes = [p for p in root.iterchildren(BPMN + "process") if p.get("isExecutable") != "false"]
    for process in processes:
        yield from _listed_flows(process, file)
    if processes:
        yield from _message_flows(root, file)


def _listed_flows(process: etree._Element, file: str) -> Iterator[Finding]:
    """What nodes list as incoming and outgoing are the flows drawn; a file may leave the lists out."""
    drawn: dict[tuple[str, str], set[str]] = defaultdict(set)
    for flow in process.iter(BPMN + "sequenceFlow"):
        for side, end in _FLOW_ENDS.items():
            drawn[side, str(flow.get(end))].add(str(flow.get("id")))
    lists_are_used = next(process.iter(BPMN + "incoming", BPMN + "outgoing"), None) is not None
    for node in process.iter(*(BPMN + tag for tag in FLOW_NODES)):
        count = {}
        for side in _FLOW_ENDS:
            listed = {str(e.text or "").strip().rpartition(":")[2] for e in node.iterchildren(BPMN + side)}
            flows = drawn[side, str(node.get("id"))]
            count[side] = len(flows)
            if lists_are_used and listed != flows:
                different = ", ".join(sorted(listed ^ flows))
                yield finding_at(
                    node,
                    "flows_contradict",
                    Text(
                        f"元素列出的顺序流与画出的不一致（{different}）：请重新连线",
                        f"the flows this element lists are not those drawn ({different}): connect it again",
                    ),
                    file,
                )
        yield from _gateway_direction(node, count["incoming"], count["outgoing"], file)


def _gateway_direction(node: etree._Element, incoming: int, outgoing: int, file: str) -> Iterator[Finding]:
    direction = node.get("gatewayDirection")
    wrong = (
        (direction == "Diverging" and incoming > 1)
        or (direction == "Converging" and outgoing > 1)
        or (direction == "Mixed" and (incoming < 2 or outgoing < 2))
    )
    if wrong:
        yield finding_at(
            node,
            "gateway_direction",
            Text(
                f"网关方向 {direction} 与连线不符（{incoming} 入 {outgoing} 出）：请更正方向",
                f"the gateway direction {direction} does not fit its flows ({incoming} in, {outgoing} out): "
                "correct it",
            ),
            file,
        )


def _message_flows(root: etree._Element, file: str) -> Iterator[Finding]:
    """A message flow goes from one pool to another, from something that sends to something that receives."""
    elements = {str(e.get("id")): e for e in root.iter(BPMN + "*") if e.get("id")}
    pools = {str(p.get("processRef")): str(p.get("id")) for p in root.iter(BPMN + "participant")}

    def pool_of(element: etree._Element) -> str:
        if tag_of(element) == "participant":
            return str(element.get("id"))
        process = next(iter(element.iterancestors(BPMN + "process")), None)
        return "" if process is None else pools.get(str(process.get("id")), "")

    for flow in root.iter(BPMN + "messageFlow"):
        ends = [elements.get(str(flow.get(end)).rpartition(":")[2]) for end in ("sourceRef", "targetRef")]
        source, target = ends
        words = None
        if source is None or target is None:
            words = Text(
                "消息流的一端不存在：请重新连线",
                "one end of the message flow does not exist: connect it again",
            )
        elif pool_of(source) and pool_of(source) == pool_of(target):
            words = Text(
                "消息流应连接两个不同的池：请改用顺序流",
                "a message flow joins two different pools: use a flow",
            )
        elif not _may_send(source):
            words = Text(
                "消息流不能从这种元素发出：请从任务、消息事件或池发出",
                "a message flow cannot start at this kind of element: start it at a task, message event or pool",
            )
        elif tag_of(target) == "endEvent":
            words = Text(
                "消息流不能指向结束事件：请指向任务、捕获事件或池",
                "a message flow cannot lead to an end event: lead it to a task, catch event or pool",
            )
        if words is not None:
            yield finding_at(flow, "message_flow", words, file)


def _may_send(source: etree._Element) -> bool:
    """Events send only where they are message events that throw; everything else may."""
    if tag_of(source) in ("endEvent", "intermediateThrowEvent"):
        return any(tag_of(child) in ("messageEventDefinition", "eventDefinitionRef") for child in source)
    return tag_of(source) not in ("startEvent", "intermediateCatchEvent", "boundaryEvent")
