"""Rules about people: whoever opens a case can tell who does each step, by when, with which form, in both languages.

They hold for processes that open cases; a diagram that only automates something needs none of it. A form or a group that
does not exist is told in `checks`.
"""

from __future__ import annotations

from typing import Final

from laneway.engine.bpmn.clock_settings import DUE
from laneway.engine.bpmn.model import Node
from laneway.engine.bpmn.rules import Findings, Place, warning
from laneway.words import Text

_SERIES: Final = "laneway:case:series"


def user_tasks_are_complete(place: Place) -> Findings:
    """A user task of a case has an owner, a due rule, a form, and its name in both languages."""
    if not place.process.properties.get(_SERIES, "").strip():
        return
    for node in place.level.of("userTask"):
        yield from _owned(node)
        yield from _due(node)
        yield from _with_form(node)
        yield from _named(node)


def _owned(node: Node) -> Findings:
    assignment = node.assignment
    named = assignment and (assignment.assignee or assignment.candidate_groups or assignment.candidate_users)
    if not named and not node.lane_groups:
        yield warning(
            "task_without_owner",
            node,
            "没有人负责这项任务：请填写候选组或办理人，或在泳道上设 laneway:group",
            "nobody owns this task: name candidate groups or an assignee, or set laneway:group on its lane",
        )


def _due(node: Node) -> Findings:
    scheduled = node.assignment is not None and node.assignment.due_date
    if not scheduled and not node.properties.get(DUE, "").strip():
        yield warning(
            "task_without_due",
            node,
            f"这项任务没有到期时间：请设属性 {DUE}（如 2 wd）或 zeebe:taskSchedule 的 dueDate",
            f"this task is never due: set the property {DUE} (such as 2 wd), or dueDate of zeebe:taskSchedule",
        )


def _with_form(node: Node) -> Findings:
    if node.assignment is None or not (node.assignment.form_id or node.assignment.external_form):
        yield warning(
            "task_without_form",
            node,
            "这项任务没有表单：请填写表单编号（zeebe:formDefinition formId）",
            "this task has no form: give the id of one (zeebe:formDefinition formId)",
        )


def _named(node: Node) -> Findings:
    missing = [
        words
        for text, words in ((node.name.zh, Text("中文", "Chinese")), (node.name.en, Text("英文", "English")))
        if not text.strip()
    ]
    for words in missing:
        code = "zh" if words.en == "Chinese" else "en"
        yield warning(
            "task_name_in_one_language",
            node,
            f"任务名称缺少{words.zh}：请设属性 laneway:name:{code}",
            f"the task has no name in {words.en}: set the property laneway:name:{code}",
        )
