"""Rules about events: which kinds work where, and what each kind needs to be told."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from laneway.engine import clock
from laneway.engine.bpmn.model import EVENTS, Node
from laneway.engine.bpmn.rules import Findings, Place, error, is_feel, is_moment, unsupported
from laneway.engine.feel import FeelError, add_duration

_SUPPORTED: Final = {
    "start": frozenset({"none", "message", "timer", "signal"}),
    "inner start": frozenset({"none"}),
    "event start": frozenset({"message", "timer", "error", "signal", "escalation"}),
    "catch": frozenset({"message", "timer", "signal", "link"}),
    "throw": frozenset({"none", "message", "signal", "escalation", "link", "compensate"}),
    "boundary": frozenset({"message", "timer", "error", "signal", "escalation", "compensate"}),
    "end": frozenset({"none", "error", "terminate", "message", "signal", "escalation", "compensate"}),
}
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
    """Each event has one trigger at most, of a kind the engine gives a meaning to at its position."""
    for node in place.level.of(*EVENTS):
        position = _position(place, node)
        if len(node.events) > 1:
            yield unsupported("multiple_event", node)
        elif node.event.kind not in _SUPPORTED[position]:
            # A missing trigger is told by levels_have_starts for event sub-processes.
            if not (position == "event start" and node.event.kind == "none"):
                yield unsupported("event", node)
        elif not node.interrupting and node.event.kind in ("error", "compensate"):
            yield error(
                "must_interrupt",
                node,
                "错误和补偿事件不能设为不中断：请改为中断",
                "error and compensation events cannot be non-interrupting: make it interrupting",
            )


def messages_are_named(place: Place) -> Findings:
    """What waits for a message knows its name and, except at the start of a process, the key of the case."""
    for node in place.level.nodes.values():
        if node.event.kind != "message" or node.type in ("intermediateThrowEvent", "endEvent"):
            continue
        if not node.event.ref:
            yield error(
                "message_without_name",
                node,
                "请选择消息并填写消息名称",
                "choose a message and give it a name",
            )
        elif not node.event.correlation_key and not (node.type == "startEvent" and place.owner is None):
            yield error(
                "correlation_key_missing",
                node,
                f"消息 {node.event.ref} 缺少关联键：请填写，例如 =case_number",
                f"message {node.event.ref} has no correlation key: fill it in, e.g. =case_number",
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
    for node in place.level.of(*EVENTS):
        kind, ref = node.event.kind, node.event.ref
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
    for node in place.level.of("startEvent", "boundaryEvent"):
        caught = node.event.kind in ("error", "escalation")
        starts = (
            node.type == "startEvent" and place.owner is None and node.event.kind in ("message", "signal")
        )
        if (caught or starts) and is_feel(node.event.ref):
            yield error(
                "name_computed",
                node,
                "此处的名称或代码不能是表达式：请填写固定文字",
                "the name or code cannot be an expression here: give a fixed text",
            )


def triggers_of_one_activity_differ(place: Place) -> Findings:
    """Two boundary events of an activity never wait for the same thing."""
    kinds = ("message", "signal", "error", "escalation")
    boundaries = [n for n in place.level.of("boundaryEvent") if n.event.kind in kinds]
    counted = Counter((n.attached_to, n.event.kind, n.event.ref) for n in boundaries)
    for node in boundaries:
        if counted[node.attached_to, node.event.kind, node.event.ref] > 1:
            yield error(
                "trigger_not_unique",
                node,
                "同一任务上有两个边界事件等待同样的触发：请删除一个",
                "two boundary events of the same activity wait for the same thing: remove one",
            )


def compensations_name_an_activity(place: Place) -> Findings:
    """A compensation that is thrown for one activity names one that exists."""
    throws = place.level.of("intermediateThrowEvent", "endEvent")
    naming = [node for node in throws if node.event.kind == "compensate" and node.event.ref]
    known = {node.id for node in place.process.level.everything()} if naming else set()
    for node in naming:
        if node.event.ref not in known:
            yield error(
                "compensation_activity_unknown",
                node,
                f"要补偿的任务 {node.event.ref} 不存在：请重新选择",
                f"the activity to compensate, {node.event.ref}, does not exist: choose another one",
            )


def timers_can_be_read(place: Place) -> Findings:
    """A timer has one text: FEEL, or an ISO 8601 date, duration or repetition that fits its position."""
    for node in place.level.of(*EVENTS):
        event = node.event
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
        elif not is_feel(text) and event.timer == "timeCycle" and len(text.split()) == 6:
            yield unsupported("cron", node)
        elif not is_feel(text) and not _reads(event.timer, text):
            yield error(
                "timer_unreadable",
                node,
                f"时间“{text}”无法识别：时长如 PT4H、P5D，日期如 2026-05-01T08:00:00+08:00，重复如 R/P1D，"
                "或以 = 开头的 FEEL",
                f"the time “{text}” cannot be read: use a duration such as PT4H or P5D, a date such as "
                "2026-05-01T08:00:00+08:00, a repetition such as R/P1D, or FEEL that starts with =",
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
    messages_are_named,
    thrown_messages_are_jobs,
    signals_errors_and_escalations_are_named,
    names_are_fixed_where_nobody_computes,
    triggers_of_one_activity_differ,
    compensations_name_an_activity,
    timers_can_be_read,
)
