"""Rules about events: which kinds work where, and what each kind needs to be told."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from laneway.engine import clock
from laneway.engine.bpmn.cron import is_cron
from laneway.engine.bpmn.model import EVENTS, Node, starts_of
from laneway.engine.bpmn.rules import Findings, Place, error, is_feel, is_moment, unsupported
from laneway.engine.feel import FeelError, add_duration

_SUPPORTED: Final = {
    "start": frozenset({"none", "message", "timer", "signal"}),
    "inner start": frozenset({"none"}),
    "event start": frozenset(
        {"message", "timer", "error", "signal", "escalation", "conditional", "compensate"}
    ),
    "catch": frozenset({"message", "timer", "signal", "link", "conditional"}),
    "throw": frozenset({"none", "message", "signal", "escalation", "link", "compensate"}),
    "boundary": frozenset(
        {"message", "timer", "error", "signal", "escalation", "conditional", "compensate", "cancel"}
    ),
    "end": frozenset(
        {"none", "error", "terminate", "message", "signal", "escalation", "compensate", "cancel"}
    ),
}
_ALONE: Final = frozenset({"none", "link", "compensate", "cancel", "terminate"})
"""Kinds that make no sense beside others in one event that catches."""
_NOT_THROWN_TOGETHER: Final = frozenset({"none", "link", "cancel", "message"})
_POSITIONS: Final = {
    "endEvent": "end",
    "intermediateCatchEvent": "catch",
    "intermediateThrowEvent": "throw",
    "boundaryEvent": "boundary",
}
_CYCLE = re.compile(r"R(|0*[1-9]\d*)/(P.+)", re.ASCII)


def _position(place: Place, node: Node) -> str:
    if node.type != "startEvent":
        return _POSITIONS[node.type]
    if place.owner is None:
        return "start"
    return "event start" if place.is_event_subprocess else "inner start"


def event_kinds_work_here(place: Place) -> Findings:
    """Each trigger of an event is of a kind that the engine gives a meaning to at its position."""
    for node in place.level.of(*EVENTS):
        position = _position(place, node)
        kinds = [event.kind for event in node.events] or ["none"]
        if not set(kinds) <= _SUPPORTED[position]:
            # A missing trigger is told by levels_have_starts for event sub-processes.
            if not (position == "event start" and kinds == ["none"]):
                yield unsupported("event", node)
        elif not node.interrupting and not {"error", "compensate", "cancel"}.isdisjoint(kinds):
            yield error(
                "must_interrupt",
                node,
                "错误、补偿和取消事件不能设为不中断：请改为中断",
                "error, compensation and cancel events cannot be non-interrupting: make it interrupting",
            )


def several_triggers_fit_together(place: Place) -> Findings:
    """Of several triggers one comes, or all do; some kinds stand alone (BPMN 2.0 section 10.5.5)."""
    for node in place.level.of(*EVENTS):
        kinds = [event.kind for event in node.events]
        throws = node.type in ("intermediateThrowEvent", "endEvent")
        alone = _NOT_THROWN_TOGETHER if throws else _ALONE
        if len(kinds) > 1 and not alone.isdisjoint(kinds):
            yield error(
                "triggers_do_not_fit",
                node,
                f"{'、'.join(sorted(alone.intersection(kinds)))} 不能与其他触发条件放在同一事件中：请拆成多个事件",
                f"{', '.join(sorted(alone.intersection(kinds)))} cannot share an event with other triggers: "
                "draw several events",
            )
        elif node.needs_all_events and not {"error", "escalation"}.isdisjoint(kinds):
            yield error(
                "triggers_do_not_fit",
                node,
                "错误和升级事件只发生一次，不能等待“全部触发”",
                "an error or escalation happens at once: it cannot be one of several that must all come",
            )
        elif node.needs_all_events and node.type == "startEvent" and place.owner is None:
            yield error(
                "triggers_do_not_fit",
                node,
                "流程由一个触发条件启动，不能等待“全部触发”",
                "one trigger starts a process: it cannot wait for all of several",
            )


def transactions_are_canceled_inside(place: Place) -> Findings:
    """A cancel end event stands right inside a transaction, whose cancel boundary event goes on from there."""
    for node in place.level.of("boundaryEvent"):
        host = place.level.nodes.get(node.attached_to or "")
        if node.event.kind == "cancel" and host is not None and host.type != "transaction":
            yield error(
                "cancel_without_transaction",
                node,
                "取消边界事件只能附着在事务子流程上",
                "a cancel boundary event sits on a transaction",
            )
    for node in place.level.of("endEvent"):
        if node.event.kind == "cancel" and (place.owner is None or place.owner.type != "transaction"):
            yield error(
                "cancel_without_transaction",
                node,
                "取消结束事件只能直接放在事务子流程内",
                "a cancel end event stands directly inside a transaction",
            )


def conditions_are_given(place: Place) -> Findings:
    """A conditional event has a condition to wait for."""
    for node in place.level.of(*EVENTS):
        if any(event.kind == "conditional" and not event.expression for event in node.events):
            yield error(
                "condition_empty",
                node,
                "条件事件缺少条件：请填写 FEEL 条件",
                "the conditional event has no condition: give one in FEEL",
            )


def messages_are_named(place: Place) -> Findings:
    """What waits for a message knows its name and, except at the start of a process, the key of the case."""
    starting = {start.id for start in starts_of(place.level)} if place.owner is None else set()
    for node in place.level.nodes.values():
        throws = node.type in ("intermediateThrowEvent", "endEvent")
        for event in node.events if not throws else ():
            if event.kind != "message":
                continue
            if not event.ref:
                yield error(
                    "message_without_name",
                    node,
                    "请选择消息并填写消息名称",
                    "choose a message and give it a name",
                )
            elif not event.correlation_key and node.id not in starting:
                yield error(
                    "correlation_key_missing",
                    node,
                    f"消息 {event.ref} 缺少关联键：请填写，例如 =case_number",
                    f"message {event.ref} has no correlation key: fill it in, e.g. =case_number",
                )


def thrown_messages_are_jobs(place: Place) -> Findings:
    """A message is sent by a handler, so its throw event names a job type; no other throw event is a job."""
    for node in place.level.of("intermediateThrowEvent", "endEvent"):
        if node.event.kind == "message" and not node.job_type:
            yield error(
                "job_type_missing",
                node,
                "发送消息由作业完成：请填写作业类型",
                "a job sends the message: give the job type",
            )
        elif node.event.kind != "message" and node.job_type is not None:
            yield error(
                "job_type_ignored",
                node,
                "只有消息事件可以有作业类型：请删除，或改为消息事件",
                "only message events can have a job type: remove it, or make it a message event",
            )


def signals_errors_and_escalations_are_named(place: Place) -> Findings:
    """A signal has a name; an error or escalation that is thrown has a code."""
    for node, event in ((n, event) for n in place.level.of(*EVENTS) for event in n.events):
        kind, ref = event.kind, event.ref
        throws = node.type in ("intermediateThrowEvent", "endEvent")
        if kind == "signal" and not ref:
            yield error(
                "signal_without_name", node, "请选择信号并填写名称", "choose a signal and give it a name"
            )
        elif kind == "error" and throws and not ref:
            yield error(
                "error_without_code",
                node,
                "请选择错误并填写错误代码",
                "choose an error and give it an error code",
            )
        elif kind == "escalation" and throws and not ref:
            yield error(
                "escalation_without_code",
                node,
                "请选择升级并填写升级代码",
                "choose an escalation and give it an escalation code",
            )


def names_are_fixed_where_nobody_computes(place: Place) -> Findings:
    """What is caught by code, or starts a process, is looked up before there is any variable to compute with."""
    starting = starts_of(place.level) if place.owner is None else []
    for node in {n.id: n for n in (*starting, *place.level.of("startEvent", "boundaryEvent"))}.values():
        computed = {event.kind for event in node.events if is_feel(event.ref)}
        starts = node in starting and not computed.isdisjoint(("message", "signal"))
        if starts or not computed.isdisjoint(("error", "escalation")):
            yield error(
                "name_computed",
                node,
                "此处的名称或代码不能是表达式：请填写固定文字",
                "the name or code cannot be an expression here: give a fixed text",
            )


def triggers_of_one_activity_differ(place: Place) -> Findings:
    """Two boundary events of an activity never wait for the same thing."""
    kinds = ("message", "signal", "error", "escalation")
    boundaries = [(n, event) for n in place.level.of("boundaryEvent") for event in n.events]
    caught = [(n, event) for n, event in boundaries if event.kind in kinds]
    counted = Counter((n.attached_to, event.kind, event.ref) for n, event in caught)
    for node, event in caught:
        if counted[node.attached_to, event.kind, event.ref] > 1:
            yield error(
                "trigger_not_unique",
                node,
                "同一任务上有两个边界事件等待同样的触发：请删除一个",
                "two boundary events of the same activity wait for the same thing: remove one",
            )


def compensations_name_an_activity(place: Place) -> Findings:
    """A compensation that is thrown for one activity names one that exists."""
    throws = place.level.of("intermediateThrowEvent", "endEvent")
    listed = [(node, event) for node in throws for event in node.events]
    naming = [(node, event) for node, event in listed if event.kind == "compensate" and event.ref]
    known = {node.id for node in place.process.level.everything()} if naming else set()
    for node, event in naming:
        if event.ref not in known:
            yield error(
                "compensation_activity_unknown",
                node,
                f"要补偿的任务 {event.ref} 不存在：请重新选择",
                f"the activity to compensate, {event.ref}, does not exist: choose another one",
            )


def timers_can_be_read(place: Place) -> Findings:
    """A timer has one text: FEEL, or an ISO 8601 date, duration or repetition that fits its position."""
    for node, event in ((n, event) for n in place.level.of(*EVENTS) for event in n.events):
        if event.kind != "timer" or node.type in ("endEvent", "intermediateThrowEvent"):
            continue
        text = event.expression or ""
        if not event.timer:
            yield error(
                "timer_missing",
                node,
                "定时事件缺少时间：请填写时长、日期或重复",
                "the timer has no time: give a duration, a date or a repetition",
            )
        elif event.timer == "timeCycle" and not _may_repeat(place, node):
            yield unsupported("timer_cycle", node)
        elif not is_feel(text) and not _reads(event.timer, text):
            yield error(
                "timer_unreadable",
                node,
                f"时间“{text}”无法识别：时长如 PT4H、P5D，日期如 2026-05-01T08:00:00+08:00，"
                "重复如 R/P1D 或 0 0 9 * * MON-FRI，或以 = 开头的 FEEL",
                f"the time “{text}” cannot be read: use a duration such as PT4H or P5D, a date such as "
                "2026-05-01T08:00:00+08:00, a repetition such as R/P1D or 0 0 9 * * MON-FRI, "
                "or FEEL that starts with =",
            )


def _may_repeat(place: Place, node: Node) -> bool:
    """Only what does not interrupt can happen again: process starts and non-interrupting events."""
    if node.type == "startEvent":
        return place.owner is None or not node.interrupting
    return node.type == "boundaryEvent" and not node.interrupting


def _reads(timer: str, text: str) -> bool:
    """Whether a plain timer text makes sense, by the same reading as when the timer is set."""
    if timer == "timeDate":
        return is_moment(text)
    if timer == "timeCycle" and is_cron(text):
        return True
    cycle = _CYCLE.fullmatch(text) if timer == "timeCycle" else None
    if timer == "timeCycle" and cycle is None:
        return False
    now = clock.now()
    try:
        # A repetition without a pause would never let go of the engine.
        return add_duration(now, cycle[2]) > now if cycle else add_duration(now, text) >= now
    except FeelError:
        return False


EVENT_RULES = (
    event_kinds_work_here,
    several_triggers_fit_together,
    transactions_are_canceled_inside,
    conditions_are_given,
    messages_are_named,
    thrown_messages_are_jobs,
    signals_errors_and_escalations_are_named,
    names_are_fixed_where_nobody_computes,
    triggers_of_one_activity_differ,
    compensations_name_an_activity,
    timers_can_be_read,
)
