"""Rules about how nodes hang together: starts, ends, flows, sub-processes, boundaries, links."""

from __future__ import annotations

from collections import Counter

from laneway.engine.bpmn.model import Node, starts_of
from laneway.engine.bpmn.rules import ACTIVITIES, Findings, Place, error


def flows_stay_in_their_level(place: Place) -> Findings:
    """A sequence flow joins two nodes of the same level."""
    for flow in place.level.flows.values():
        missing = [end for end in (flow.source, flow.target) if end not in place.level.nodes]
        if missing:
            yield error(
                "flow_broken",
                flow,
                f"顺序流的一端（{missing[0] or '空'}）不在同一层：请把它连到同一流程或子流程内的节点",
                f"one end of the flow ({missing[0] or 'empty'}) is not in the same level: "
                "connect two nodes of the same process or sub-process",
            )


def levels_have_starts(place: Place) -> Findings:
    """A process starts somewhere, at one none start at most; a sub-process has exactly one none start."""
    starts = place.level.of("startEvent")
    at = place.owner or place.process
    if place.is_event_subprocess:
        if len(starts) != 1 or starts[0].event.kind == "none":
            yield error(
                "event_subprocess_start",
                at,
                "事件子流程必须恰好有一个带触发条件的开始事件",
                "an event sub-process needs exactly one start event, with a trigger",
            )
    elif place.owner is not None and place.owner.type == "adHocSubProcess":
        for node in place.level.of("startEvent", "endEvent"):
            yield error(
                "start_in_ad_hoc",
                node,
                "自由子流程内不能有开始和结束事件：请删除",
                "an ad-hoc sub-process has no start and end events inside: remove it",
            )
        if not place.level.of(*ACTIVITIES):
            yield error(
                "ad_hoc_empty",
                at,
                "自由子流程内没有任务：请至少放一个",
                "there is no activity in the ad-hoc sub-process: put in one at least",
            )
    elif not starts and not (place.owner is None and starts_of(place.level)):
        yield error("start_missing", at, "缺少开始事件：请添加一个", "there is no start event: add one")
    elif place.owner is None:
        none_starts = [start for start in starts if start.event.kind == "none"]
        for start in none_starts[1:]:
            yield error(
                "start_not_unique",
                start,
                "流程只能有一个空开始事件：请删除多余的",
                "a process can have one none start event only: remove the others",
            )
    elif len(starts) > 1:
        yield error(
            "start_not_unique",
            at,
            "子流程只能有一个开始事件：请删除多余的",
            "a sub-process can have one start event only: remove the others",
        )


def subprocesses_have_ends(place: Place) -> Findings:
    """BPMN wants an end event where there is a start event; in a sub-process its absence is a slip."""
    if place.owner is not None and place.level.of("startEvent") and not place.level.of("endEvent"):
        yield error(
            "end_missing",
            place.owner,
            "子流程有开始事件但没有结束事件：请添加一个",
            "the sub-process has a start event but no end event: add one",
        )


def starts_and_ends_are_ends_of_the_way(place: Place) -> Findings:
    """Nothing leads into a start, nothing leads out of an end, and a start leads somewhere."""
    for node in place.level.of("startEvent"):
        if node.incoming:
            yield error(
                "flow_into_start",
                node,
                "顺序流不能指向开始事件：请改连到后面的节点",
                "a flow leads into a start event: connect it to a later node",
            )
        if not node.outgoing:
            yield error(
                "start_leads_nowhere",
                node,
                "开始事件没有出线：请连到第一个步骤",
                "the start event leads nowhere: connect it to the first step",
            )
    for node in place.level.of("endEvent"):
        if node.outgoing:
            yield error(
                "flow_out_of_end",
                node,
                "结束事件不能有出线：请改用中间事件",
                "a flow leads out of an end event: use an intermediate event",
            )


def nodes_can_be_reached(place: Place) -> Findings:
    """Every node can get a token: from a start, a boundary event, an event or a compensation."""
    nodes = place.level.nodes
    in_ad_hoc = place.owner is not None and place.owner.type == "adHocSubProcess"
    boundaries: dict[str, list[Node]] = {}
    for node in place.level.of("boundaryEvent"):
        boundaries.setdefault(node.attached_to or "", []).append(node)
    entered = [
        node
        for node in nodes.values()
        if node.type == "startEvent"
        or node.is_event_subprocess
        or node.is_for_compensation
        or node.instantiates
        or (in_ad_hoc and not node.incoming and node.type != "boundaryEvent")
    ]
    seen = {node.id for node in entered}
    while entered:
        node = entered.pop()
        following = [nodes[flow.target] for flow in node.outgoing] + boundaries.get(node.id, [])
        fresh = [other for other in following if other.id not in seen]
        seen.update(other.id for other in fresh)
        entered.extend(fresh)
    for node in nodes.values():
        if node.id not in seen and not (node.type == "boundaryEvent" and node.attached_to not in nodes):
            yield error(
                "unreachable",
                node,
                "从开始事件永远到不了这里：请连上，或删除",
                "this can never be reached from a start event: connect it, or remove it",
            )


def boundaries_sit_on_activities(place: Place) -> Findings:
    """A boundary event sits on an activity of its level and leads to the exception path."""
    for node in place.level.of("boundaryEvent"):
        host = place.level.nodes.get(node.attached_to or "")
        if host is None or host.type not in ACTIVITIES or host.is_event_subprocess:
            yield error(
                "boundary_without_activity",
                node,
                "边界事件必须附着在同一层的任务或子流程上：请移到任务边上",
                "a boundary event must sit on a task or sub-process of the same level: move it to one",
            )
        if node.incoming:
            yield error(
                "flow_into_boundary",
                node,
                "顺序流不能指向边界事件：请改连到它所在的任务",
                "a flow cannot lead into a boundary event: connect it to the activity it sits on",
            )
        if not node.outgoing and node.event.kind != "compensate":
            yield error(
                "boundary_leads_nowhere",
                node,
                "边界事件没有出线：请连到后续步骤",
                "the boundary event leads nowhere: connect it to a step",
            )


def event_subprocesses_stand_alone(place: Place) -> Findings:
    """An event sub-process has no flows and no loop: its start event starts it."""
    for node in place.level.nodes.values():
        if node.is_event_subprocess and (node.incoming or node.outgoing or node.loop):
            yield error(
                "event_subprocess_connected",
                node,
                "事件子流程不能有顺序流或多实例：请删除",
                "an event sub-process can have no flows and no multi-instance: remove them",
            )


def instantiating_nodes_begin_the_process(place: Place) -> Findings:
    """A receive task or event gateway that starts the process has no way in, and stands in no sub-process."""
    for node in place.level.of("receiveTask", "eventBasedGateway"):
        if not node.instantiates:
            continue
        if node.incoming or place.owner is not None:
            yield error(
                "instantiating_inside",
                node,
                "启动流程的接收任务或事件网关不能有入线，也不能放在子流程内",
                "what starts the process has no flow into it and stands in no sub-process",
            )
        targets = (place.level.nodes[flow.target] for flow in node.outgoing)
        for target in targets if node.type == "eventBasedGateway" else ():
            if any(event.kind not in ("message", "signal") for event in target.events):
                yield error(
                    "instantiating_event",
                    target,
                    "启动流程的事件网关之后只能是消息或信号",
                    "after an event gateway that starts the process come messages or signals only",
                )


def links_pair_up(place: Place) -> Findings:
    """A link throw has one catch of its name; flows are drawn before the throw and after the catch only."""
    links = [node for node in place.level.nodes.values() if node.event.kind == "link"]
    catches = Counter(n.event.ref for n in links if n.type == "intermediateCatchEvent")
    throws = {n.event.ref for n in links if n.type == "intermediateThrowEvent"}
    drawn = place.level.flows.values()
    targets, sources = {flow.target for flow in drawn}, {flow.source for flow in drawn}
    for node in links:
        is_catch = node.type == "intermediateCatchEvent"
        if not node.event.ref:
            yield error(
                "link_without_name",
                node,
                "链接事件缺少链接名称：请填写",
                "the link event has no link name: give it one",
            )
        elif is_catch and (node.event.ref not in throws or catches[node.event.ref] > 1):
            yield error(
                "link_without_partner",
                node,
                f"链接 {node.event.ref} 应有一个捕获事件和至少一个抛出事件",
                f"link {node.event.ref} needs one catch event and at least one throw event",
            )
        elif not is_catch and not catches[node.event.ref]:
            yield error(
                "link_without_partner",
                node,
                f"链接 {node.event.ref} 没有对应的捕获事件：请添加同名的捕获事件",
                f"link {node.event.ref} has no catch event: add one of the same name",
            )
        if node.id in (targets if is_catch else sources):
            yield error(
                "link_with_flow",
                node,
                "链接事件的这一端不能有顺序流：请删除这条线",
                "no flow can be drawn on this side of a link event: remove it",
            )


def compensation_has_a_handler(place: Place) -> Findings:
    """A compensation boundary is associated with an activity for compensation, which has no flows."""
    handlers = set()
    for node in place.level.of("boundaryEvent"):
        if node.event.kind != "compensate":
            continue
        handler = place.level.nodes.get(node.compensation_handler or "")
        if handler is None or not handler.is_for_compensation or node.outgoing:
            yield error(
                "compensation_handler",
                node,
                "补偿事件必须用关联线（不是顺序流）连到一个标为补偿的任务",
                "connect the event by an association (no flow) with an activity marked for compensation",
            )
        else:
            handlers.add(handler.id)
    for node in place.level.nodes.values():
        if node.is_for_compensation and (node.incoming or node.outgoing or node.id not in handlers):
            yield error(
                "compensation_activity",
                node,
                "补偿任务不能有顺序流，并且必须与一个补偿边界事件关联",
                "an activity for compensation has no flows and is associated with a compensation event",
            )


STRUCTURE = (
    flows_stay_in_their_level,
    levels_have_starts,
    subprocesses_have_ends,
    starts_and_ends_are_ends_of_the_way,
    nodes_can_be_reached,
    instantiating_nodes_begin_the_process,
    boundaries_sit_on_activities,
    event_subprocesses_stand_alone,
    links_pair_up,
    compensation_has_a_handler,
)
