"""Every FEEL text of a diagram compiles, and stands with its `=` where Camunda 8 wants one."""

from __future__ import annotations

from collections.abc import Iterator

from laneway.engine.bpmn.model import Node
from laneway.engine.bpmn.rules import Findings, Named, Place, error, is_feel
from laneway.engine.feel import FeelSyntaxError, compile_expression


def expressions_compile(place: Place) -> Findings:
    """Each expression of the level can be read; the finding shows the text and where it breaks."""
    if place.owner is None:
        for name in ("title", "customer", "severity", "owner"):
            yield from _compiles(place.process, place.process.properties.get(f"laneway:case:{name}"))
    for node in place.level.nodes.values():
        for text in _optional(node):
            yield from _compiles(node, text)
        for text in _required(node):
            yield from _is_expression(node, text)
    for flow in place.level.flows.values():
        yield from _is_expression(flow, flow.condition)


def _optional(node: Node) -> Iterator[str | None]:
    """Texts that are FEEL with a leading `=` and plain text without."""
    yield from (node.job_type, node.job_retries, node.event.ref, node.event.expression)
    for mapping in (*node.inputs, *node.outputs):
        yield mapping.source
    for called in (node.called_process, node.called_decision):
        yield None if called is None else called.id
    assignment = node.assignment
    if assignment is not None:
        yield from (assignment.assignee, assignment.candidate_groups, assignment.candidate_users)
        yield from (assignment.due_date, assignment.follow_up_date, assignment.priority)
        yield from (assignment.form_id, assignment.external_form)


def _required(node: Node) -> Iterator[str | None]:
    """Texts that are nothing but FEEL."""
    yield node.event.correlation_key
    yield node.script
    if node.loop is not None:
        yield from (node.loop.input_collection, node.loop.output_element, node.loop.completion_condition)


def _is_expression(at: Named, text: str | None) -> Findings:
    if text and not is_feel(text):
        yield error(
            "not_feel",
            at,
            f"“{text}”应为 FEEL 表达式：请以 = 开头",
            f"“{text}” should be a FEEL expression: start it with =",
        )
    yield from _compiles(at, text)


def _compiles(at: Named, text: str | None) -> Findings:
    if text is None or not is_feel(text):
        return
    expression = text.strip()
    try:
        compile_expression(expression)
    except FeelSyntaxError as problem:
        at_zh = f"“{expression}”第 {problem.pos + 1} 个字符处：{problem.text.zh}"
        at_en = f"“{expression}”, at character {problem.pos + 1}: {problem.text.en}"
        yield error("feel_syntax", at, f"FEEL 表达式有误：{at_zh}", f"the FEEL expression is wrong: {at_en}")
