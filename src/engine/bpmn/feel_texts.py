"""Every text of a diagram that is FEEL or may be: where it stands, what it is called, what it should give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from laneway.engine.bpmn.clock_settings import CLOCKS, DUE
from laneway.engine.bpmn.model import Assignment, Called, Event, Loop, Node
from laneway.engine.bpmn.rules import Named, Place
from laneway.words import Text

CASE_PROPERTIES: Final = ("title", "customer", "severity", "owner")


@dataclass(frozen=True)
class Wanted:
    """Which kinds of values a place takes, and how that is told. `items` are the kinds of a list's items."""

    kinds: frozenset[str]
    text: Text
    items: frozenset[str] | None = None
    is_stored: bool = True
    """Whether the value goes through JSON first, where dates and durations are texts."""


_DURATIONS: Final = {"days and time duration", "years and months duration"}
CONDITION: Final = Wanted(frozenset({"boolean"}), Text("布尔值（true 或 false）", "true or false"))
COLLECTION: Final = Wanted(frozenset({"list"}), Text("列表", "a list"))
TEXT: Final = Wanted(frozenset({"string"}), Text("文本", "a text"))
KEY: Final = Wanted(frozenset({"string", "number"}), Text("文本或整数", "a text or a whole number"))
WHOLE: Final = Wanted(frozenset({"number", "string"}), Text("整数", "a whole number"))
PEOPLE: Final = Wanted(
    frozenset({"list", "string"}), Text("文本列表，或以逗号分隔的文本", "a list of texts, or a text with commas"),
    items=frozenset({"string"}),
)  # fmt: skip
MOMENT: Final = Wanted(
    frozenset({"string", "date", "time", "date and time"}),
    Text("日期或日期时间", "a date, or a date and time"),
    is_stored=False,
)
DURATION: Final = Wanted(frozenset({"string", *_DURATIONS}), Text("时长", "a duration"), is_stored=False)
CYCLE: Final = Wanted(
    frozenset({"string"}), Text("R/P1D 这样的文本", "a text such as R/P1D"), is_stored=False
)
_JOB_PRIORITY: Final = Text("作业优先级", "the job priority")
_OF_TIMERS: Final = {"timeDate": MOMENT, "timeDuration": DURATION, "timeCycle": CYCLE}


@dataclass(frozen=True)
class FeelText:
    """One text: the element it stands at, the name of its property, and what it should give."""

    at: Named
    name: Text
    text: str | None
    wanted: Wanted | None = None
    is_required: bool = False
    """Whether it is nothing but FEEL, so that the `=` must be there."""


def feel_texts(place: Place) -> Iterator[FeelText]:
    """All of one flow level; those of the process itself come with the outermost."""
    if place.owner is None:
        for name in CASE_PROPERTIES:
            text = place.process.properties.get(f"laneway:case:{name}")
            yield FeelText(
                place.process, Text(f"属性 laneway:case:{name}", f"the property laneway:case:{name}"), text
            )
        listed = Text(f"属性 {CLOCKS}", f"the property {CLOCKS}")
        yield FeelText(
            place.process, listed, place.process.properties.get(CLOCKS), COLLECTION, is_required=True
        )
        yield FeelText(place.process, _JOB_PRIORITY, place.process.job_priority, WHOLE)
    for node in place.level.nodes.values():
        yield from texts_of(node)
    for flow in place.level.flows.values():
        yield FeelText(flow, Text("条件", "the condition"), flow.condition, CONDITION, is_required=True)


def use_of(text: str, nodes: Iterable[Node]) -> Text:
    """What a text is called at the first of these nodes that has it, itself or on a flow that leaves it."""
    for node in nodes:
        for flow in node.outgoing:
            if flow.condition == text:
                return Text(f"流程线 {flow.id} 的条件", f"the condition of flow {flow.id}")
        for one in texts_of(node):
            if one.text == text:
                return one.name
    return Text("表达式", "the expression")


def texts_of(node: Node) -> Iterator[FeelText]:
    """All of one node, without the conditions of its flows."""
    yield FeelText(node, Text("作业类型", "the job type"), node.job_type, TEXT)
    yield FeelText(node, Text("重试次数", "the number of retries"), node.job_retries, WHOLE)
    yield FeelText(node, _JOB_PRIORITY, node.job_priority, WHOLE)
    yield FeelText(node, Text("脚本", "the script"), node.script, is_required=True)
    condition = node.activation_condition
    yield FeelText(node, Text("激活条件", "the activation condition"), condition, CONDITION)
    for mapping in node.inputs:
        name = Text(f"输入映射 {mapping.target}", f"the input mapping of {mapping.target}")
        yield FeelText(node, name, mapping.source)
    for mapping in node.outputs:
        name = Text(f"输出映射 {mapping.target}", f"the output mapping of {mapping.target}")
        yield FeelText(node, name, mapping.source)
    for event in node.events:
        yield from _of_event(node, event)
    for name, called in (
        (Text("被调用的流程", "the called process"), node.called_process),
        (Text("调用的决策", "the called decision"), node.called_decision),
    ):
        yield FeelText(node, name, called.id if isinstance(called, Called) else None, TEXT)
    if node.assignment is not None:
        yield from _of_assignment(node, node.assignment)
    if node.loop is not None:
        yield from _of_loop(node, node.loop)
    if node.ad_hoc is not None:
        ad_hoc = node.ad_hoc
        yield FeelText(node, Text("启动的元素", "the active elements"), ad_hoc.active_elements, COLLECTION)
        yield FeelText(node, Text("输出元素", "the output element"), ad_hoc.output_element)
        condition = ad_hoc.completion_condition
        yield FeelText(node, Text("完成条件", "the completion condition"), condition, CONDITION)


def _of_event(node: Node, event: Event) -> Iterator[FeelText]:
    if event.kind == "timer":
        wanted = _OF_TIMERS.get(event.timer or "")
        yield FeelText(node, Text("定时", "the timer"), event.expression, wanted)
        yield FeelText(node, Text(f"属性 {DUE}", f"the property {DUE}"), node.properties.get(DUE), TEXT)
    else:
        yield FeelText(node, Text("条件", "the condition"), event.expression, CONDITION)
    if event.kind == "message":
        yield FeelText(node, Text("消息名称", "the message name"), event.ref, KEY)
    else:
        yield FeelText(node, Text("名称或代码", "the name or code"), event.ref, TEXT)
    yield FeelText(node, Text("关联键", "the correlation key"), event.correlation_key, KEY, is_required=True)


def _of_assignment(node: Node, assignment: Assignment) -> Iterator[FeelText]:
    yield FeelText(node, Text("办理人", "the assignee"), assignment.assignee, TEXT)
    yield FeelText(node, Text("候选组", "the candidate groups"), assignment.candidate_groups, PEOPLE)
    yield FeelText(node, Text("候选人", "the candidate users"), assignment.candidate_users, PEOPLE)
    yield FeelText(node, Text("到期时间", "the due date"), assignment.due_date, MOMENT)
    yield FeelText(node, Text("跟进时间", "the follow-up date"), assignment.follow_up_date, MOMENT)
    yield FeelText(node, Text("优先级", "the priority"), assignment.priority, WHOLE)
    yield FeelText(node, Text("回避的人", "the people kept away"), assignment.kept_away, PEOPLE)
    yield FeelText(node, Text("表单", "the form"), assignment.form_id, TEXT)
    yield FeelText(node, Text("外部表单", "the external form"), assignment.external_form, TEXT)


def _of_loop(node: Node, loop: Loop) -> Iterator[FeelText]:
    collection = loop.input_collection or None
    yield FeelText(node, Text("输入集合", "the input collection"), collection, COLLECTION, is_required=True)
    yield FeelText(node, Text("次数", "the number of instances"), loop.cardinality, WHOLE)
    yield FeelText(node, Text("循环条件", "the loop condition"), loop.condition, CONDITION)
    yield FeelText(node, Text("输出元素", "the output element"), loop.output_element, is_required=True)
    condition = loop.completion_condition
    yield FeelText(node, Text("完成条件", "the completion condition"), condition, CONDITION, is_required=True)
