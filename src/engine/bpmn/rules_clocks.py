"""Rules about clocks: known names, targets that can be counted, and elements on which they mean something."""

from __future__ import annotations

from typing import Any, Final

from laneway.engine import clock, feel
from laneway.engine.bpmn.clock_settings import (
    CLOCKS,
    DUE,
    MEETS,
    NAMES,
    PAUSES,
    REASONS,
    is_due_rule,
    names_met,
)
from laneway.engine.bpmn.model import GATEWAYS, Node
from laneway.engine.bpmn.rules import Findings, Named, Place, error
from laneway.engine.calendars.targets import is_target

_KNOWN: Final = ", ".join(NAMES)
_TARGETS: Final = "8 bh, 5 wd, 24 h, 2 d"
_TIMERS: Final = ("intermediateCatchEvent", "boundaryEvent")


def clocks_can_run(place: Place) -> Findings:
    """Whatever a diagram says of clocks in plain words is known before the first case."""
    if place.owner is None:
        yield from _listed(place)
    for node in place.level.nodes.values():
        yield from _met(node)
        yield from _paused(node)
        yield from _due(node)


def _listed(place: Place) -> Findings:
    """What the list of clocks gives where it needs no variables."""
    text = place.process.properties.get(CLOCKS, "").strip()
    if not text.startswith("="):
        return  # told by the rule about expressions
    try:
        value, _warnings = feel.evaluate_json(text, {}, now=clock.here(), budget=feel.GATEWAY)
    except feel.FeelError:
        return
    for one in value if isinstance(value, list) else []:
        if isinstance(one, dict):
            yield from _context(place.process, one)


def _context(at: Named, told: dict[str, Any]) -> Findings:
    name, target = told.get("name"), told.get("target")
    if name is not None and name not in NAMES:
        yield _unknown(at, CLOCKS, str(name))
    if target is not None and not is_target(target):
        yield error(
            "clock_target",
            at,
            f"属性 {CLOCKS} 中的时限“{target}”无法计算：请写成 {_TARGETS} 这样的值",
            f"the target “{target}” in the property {CLOCKS} cannot be counted: write it like {_TARGETS}",
        )


def _met(node: Node) -> Findings:
    if MEETS not in node.properties:
        return
    names = names_met(node)
    if not names or node.type in GATEWAYS:
        yield error(
            "clock_met_nowhere",
            node,
            f"属性 {MEETS} 应写在任务、事件或子流程上，并列出时钟：{_KNOWN}",
            f"the property {MEETS} belongs to a task, event or sub-process, and lists clocks: {_KNOWN}",
        )
    for name in names:
        if name not in NAMES:
            yield _unknown(node, MEETS, name)


def _paused(node: Node) -> Findings:
    reason = node.properties.get(PAUSES)
    if reason is None:
        return
    waits = node.type not in GATEWAYS - {"eventBasedGateway"} and node.type not in (
        "startEvent",
        "endEvent",
        "boundaryEvent",
        "scriptTask",
    )
    if reason.strip() not in REASONS or not waits:
        yield error(
            "clock_pause",
            node,
            f"属性 {PAUSES} 的值应为 {', '.join(REASONS)}，并写在会停下等待的元素上",
            f"the property {PAUSES} is {', '.join(REASONS)}, on an element where the case waits",
        )


def _due(node: Node) -> Findings:
    text = node.properties.get(DUE)
    if text is None:
        return
    text = text.strip()
    if node.type in _TIMERS and [event.timer for event in node.events] in (["timeDate"], ["timeDuration"]):
        if not text.startswith("=") and not is_target(text):  # the rule about expressions looks at the others
            yield error(
                "due_rule",
                node,
                f"属性 {DUE} 在定时事件上写成 {_TARGETS} 或表达式；“{text}”无法识别",
                f"the property {DUE} of a timer is like {_TARGETS}, or FEEL; “{text}” is not understood",
            )
    elif node.type != "userTask" or not is_due_rule(text):
        yield error(
            "due_rule",
            node,
            f"属性 {DUE} 用于用户任务和一次性定时事件，写成 {_TARGETS} 或 clock:reply；“{text}”无法识别",
            f"the property {DUE} is for user tasks and for timers that fire once, like {_TARGETS} or clock:reply; "
            f"“{text}” is not understood",
        )
    elif node.assignment is not None and node.assignment.due_date:
        yield error(
            "due_twice",
            node,
            f"到期时间写了两次：请删去属性 {DUE} 或 zeebe:taskSchedule 的 dueDate",
            f"the due date is said twice: leave out the property {DUE} or dueDate of zeebe:taskSchedule",
        )


def _unknown(at: Named, where: str, name: str) -> Any:
    return error(
        "clock_unknown",
        at,
        f"属性 {where} 中的时钟“{name}”不存在：可用 {_KNOWN}",
        f"the property {where} names the clock “{name}”, which there is not: there are {_KNOWN}",
    )
