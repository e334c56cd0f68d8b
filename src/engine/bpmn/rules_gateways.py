"""Rules about gateways: what they choose by, join, split and wait for."""

from __future__ import annotations

from laneway.engine.bpmn.model import Flow, Node
from laneway.engine.bpmn.rules import ACTIVITIES, Findings, Place, error, warning

_AWAITED = frozenset({"message", "timer", "signal", "conditional"})


def gateways_choose(place: Place) -> Findings:
    """Exclusive, inclusive and complex splits have a condition on every flow but the default one."""
    for node in place.level.of("exclusiveGateway", "inclusiveGateway", "complexGateway"):
        for flow in node.outgoing:
            yield from _condition_fits(node, flow)
        if len(node.outgoing) > 1 and not node.default:
            yield warning(
                "default_missing",
                node,
                "没有默认流：所有条件都不成立时流程会停住，请设一条默认流",
                "there is no default flow: the case stops if no condition is true; set one",
            )


def _condition_fits(node: Node, flow: Flow) -> Findings:
    if flow.id == node.default:
        if flow.condition:
            yield error(
                "condition_on_default",
                flow,
                "默认流不能有条件：请删除条件",
                "a default flow has no condition: remove it",
            )
    elif len(node.outgoing) > 1 and not flow.condition:
        yield error(
            "condition_missing",
            flow,
            "网关的出线缺少条件：请填写条件，或设为默认流",
            "this flow out of a gateway has no condition: give it one, or make it the default flow",
        )


def conditions_are_looked_at(place: Place) -> Findings:
    """Activities may choose among their flows too; events and other gateways never look at a condition."""
    for node in place.level.nodes.values():
        chooses = node.type in ACTIVITIES | {"exclusiveGateway", "inclusiveGateway", "complexGateway"}
        for flow in node.outgoing:
            if flow.condition and not chooses:
                yield error(
                    "condition_ignored",
                    flow,
                    "这里不会判断条件：请删除条件，或改用排他、包容网关",
                    "a condition is not looked at here: remove it, or use an exclusive or inclusive gateway",
                )
        if node.default and node.default not in {flow.id for flow in node.outgoing}:
            yield error(
                "default_not_outgoing",
                node,
                "默认流不是这里的出线：请重新选择默认流",
                "the default flow does not leave this element: choose another one",
            )


def gateways_join_or_split(place: Place) -> Findings:
    """A gateway has a way in, a way out, and more than one of either."""
    for node in place.level.nodes.values():
        if not node.type.endswith("Gateway") or node.type == "eventBasedGateway":
            continue
        if not node.outgoing:
            yield error(
                "gateway_leads_nowhere",
                node,
                "网关没有出线：请连到下一步",
                "the gateway leads nowhere: connect it to the next step",
            )
        elif len(node.incoming) == 1 and len(node.outgoing) == 1:
            yield error(
                "gateway_without_purpose",
                node,
                "网关只有一条入线和一条出线：请删除网关，或补上缺少的分支",
                "the gateway has one way in and one way out: remove it, or draw the missing branch",
            )


def event_gateways_wait_for_events(place: Place) -> Findings:
    """After an event gateway come two or more events or receive tasks, each waiting for this gateway only."""
    for node in place.level.of("eventBasedGateway"):
        if len(node.outgoing) < 2:
            yield error(
                "event_gateway_branches",
                node,
                "事件网关至少要有两条出线",
                "an event gateway needs at least two flows out of it",
            )
        targets = [place.level.nodes[flow.target] for flow in node.outgoing]
        receiving = [target for target in targets if target.type == "receiveTask"]
        for target in targets:
            kinds = {event.kind for event in target.events}
            waits = target.type == "intermediateCatchEvent" and kinds <= _AWAITED
            if not waits and target.type != "receiveTask":
                yield error(
                    "event_gateway_target",
                    target,
                    "事件网关之后只能是消息、定时、信号、条件捕获事件或接收任务",
                    "only message, timer, signal or conditional catch events or receive tasks "
                    "can follow an event gateway",
                )
            elif len(target.incoming) > 1:
                yield error(
                    "event_gateway_target",
                    target,
                    "事件网关之后的事件不能有别的入线",
                    "an event after an event gateway can have no other flow into it",
                )
            elif receiving and target.event.kind == "message" and target.type != "receiveTask":
                yield error(
                    "event_gateway_target",
                    target,
                    "事件网关之后不能同时用接收任务和消息事件：请统一为一种",
                    "do not mix receive tasks and message events after an event gateway: use one of them",
                )


def complex_joins_have_a_condition(place: Place) -> Findings:
    """A complex gateway that joins says when it passes (BPMN 2.0 section 10.6.5)."""
    for node in place.level.of("complexGateway"):
        if len(node.incoming) > 1 and not node.activation_condition:
            yield error(
                "activation_condition_missing",
                node,
                "复杂网关缺少激活条件：请填写，例如 =activationCount >= 2",
                "the complex gateway has no activation condition: give one, e.g. =activationCount >= 2",
            )


GATEWAY_RULES = (
    gateways_choose,
    conditions_are_looked_at,
    gateways_join_or_split,
    event_gateways_wait_for_events,
    complex_joins_have_a_condition,
)
