"""What an expression of a diagram is for, in words: the condition of a flow, the mapping of a variable, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from laneway.engine.bpmn.model import Node
from laneway.words import Text

_UNKNOWN = Text("表达式", "expression")


def use_of(expression: str, nodes: Iterable[Node]) -> Text:
    """What `expression` is for at the first of these nodes that has it, word for word."""
    return next((use for node in nodes for text, use in _uses(node) if text == expression), _UNKNOWN)


def _uses(node: Node) -> Iterator[tuple[str | None, Text]]:
    for flow in node.outgoing:
        yield flow.condition, Text(f"流程线 {flow.id} 的条件", f"condition of flow {flow.id}")
    for mapping in node.inputs:
        yield mapping.source, Text(f"输入映射 {mapping.target}", f"input mapping of {mapping.target}")
    for mapping in node.outputs:
        yield mapping.source, Text(f"输出映射 {mapping.target}", f"output mapping of {mapping.target}")
    yield node.script, Text("脚本", "script")
    yield node.job_type, Text("作业类型", "job type")
    yield node.job_retries, Text("重试次数", "job retries")
    yield node.called_process.id if node.called_process else None, Text("被调用的流程", "called process")
    yield node.called_decision.id if node.called_decision else None, Text("被调用的决策", "called decision")
    yield from _uses_of_assignment(node)
    yield from _uses_of_loop(node)
    for event in node.events:
        yield event.ref, Text("事件名称", "name of the event")
        yield event.correlation_key, Text("关联键", "correlation key")
        yield event.expression, Text("定时或条件", "timer or condition of the event")


def _uses_of_assignment(node: Node) -> Iterator[tuple[str | None, Text]]:
    who = node.assignment
    if who is None:
        return
    yield who.assignee, Text("受理人", "assignee")
    yield who.candidate_groups, Text("候选组", "candidate groups")
    yield who.candidate_users, Text("候选人", "candidate users")
    yield who.due_date, Text("到期日", "due date")
    yield who.follow_up_date, Text("跟进日", "follow-up date")
    yield who.priority, Text("优先级", "priority")
    yield who.form_id, Text("表单", "form")
    yield who.external_form, Text("外部表单", "external form")


def _uses_of_loop(node: Node) -> Iterator[tuple[str | None, Text]]:
    if node.loop is None:
        return
    yield node.loop.input_collection, Text("多实例的输入集合", "input collection")
    yield node.loop.output_element, Text("多实例的输出元素", "output element")
    yield node.loop.completion_condition, Text("多实例的完成条件", "completion condition")
