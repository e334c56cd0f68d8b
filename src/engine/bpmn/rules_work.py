"""Rules about what activities need to be told: jobs, scripts, decisions, called processes, people, loops."""

from __future__ import annotations

import re
from typing import Final

from laneway.engine.bpmn.job_settings import BACKOFF, IN_ORDER, MAX_JOB_PRIORITY, RETRY_BACKOFF, pauses
from laneway.engine.bpmn.model import Called, Node, Process
from laneway.engine.bpmn.rules import Findings, Place, error, is_feel, is_moment, unsupported, warning
from laneway.engine.feel import FeelError

_JOBS: Final = frozenset({"serviceTask", "sendTask"})
_BINDINGS: Final = frozenset({"latest", "deployment", "versionTag"})
_VARIABLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_EMBEDDED: Final = "camunda-forms:bpmn:"


def jobs_are_typed(place: Place) -> Findings:
    """A job has a type, and a number of tries."""
    for node in place.level.nodes.values():
        if node.job_type == "" or (node.job_type is None and node.type in _JOBS):
            yield error(
                "job_type_missing",
                node,
                "请填写作业类型（zeebe:taskDefinition type）",
                "give the job type (zeebe:taskDefinition type)",
            )
        if node.job_type is not None and not is_feel(node.job_retries) and not node.job_retries.isdecimal():
            yield error(
                "job_retries",
                node,
                f"重试次数“{node.job_retries}”不是数字",
                f"the number of retries, “{node.job_retries}”, is no number",
            )


def jobs_can_be_arranged(place: Place) -> Findings:
    """Priority, pauses and order of jobs can be read, and stand where there is a job."""
    if place.owner is None:
        yield from _arranged(place.process, place.process.job_priority, place.process.properties)
    for node in place.level.nodes.values():
        properties = {name for name in (BACKOFF, IN_ORDER) if name in node.properties}
        if node.job_type is None and (properties or node.job_priority is not None):
            yield error(
                "job_settings_without_job",
                node,
                "作业优先级、重试间隔和顺序只能用于有作业类型的元素",
                "job priority, backoff and order belong to an element with a job type",
            )
            continue
        is_own = node.job_priority != place.process.job_priority
        yield from _arranged(node, node.job_priority if is_own else None, node.properties)
        header = node.headers.get(RETRY_BACKOFF)
        if header is not None and not _are_pauses(header):
            yield warning(
                "job_backoff_header",
                node,
                f"任务头 {RETRY_BACKOFF} 的“{header}”不是时长：按默认间隔重试",
                f"the task header {RETRY_BACKOFF}, “{header}”, is no duration: the default pauses hold",
            )


def _arranged(at: Node | Process, priority: str | None, properties: dict[str, str]) -> Findings:
    if priority is not None and not is_feel(priority) and not _is_priority(priority):
        yield error(
            "job_priority",
            at,
            f"作业优先级“{priority}”不是整数",
            f"the job priority, “{priority}”, is no whole number",
        )
    if BACKOFF in properties and not _are_pauses(properties[BACKOFF]):
        yield error(
            "job_backoff",
            at,
            f"{BACKOFF} 应为以逗号分隔的时长，如 PT10S, PT1M, PT5M",
            f"{BACKOFF} is a list of durations with commas, such as PT10S, PT1M, PT5M",
        )
    if properties.get(IN_ORDER, "true") not in ("true", "false"):
        yield error("job_in_order", at, f"{IN_ORDER} 应为 true 或 false", f"{IN_ORDER} is true or false")


def _is_priority(text: str) -> bool:
    digits = text.strip().removeprefix("-")
    return digits.isascii() and digits.isdecimal() and int(digits) <= MAX_JOB_PRIORITY


def _are_pauses(text: str) -> bool:
    try:
        return bool(pauses(text))
    except FeelError:
        return False


def scripts_have_one_way_to_run(place: Place) -> Findings:
    """A script task is either a FEEL expression with a result variable, or a job."""
    for node in place.level.of("scriptTask"):
        if node.script is None and node.job_type is None:
            yield error(
                "script_missing",
                node,
                "请填写 FEEL 表达式和结果变量，或作业类型",
                "give a FEEL expression with a result variable, or a job type",
            )
        elif node.script is not None and node.job_type is not None:
            yield error(
                "script_and_job",
                node,
                "脚本任务不能同时有 FEEL 表达式和作业类型：请删除一个",
                "a script task cannot have both a FEEL expression and a job type: remove one",
            )
        elif node.script is not None and not (node.script and node.result_variable):
            yield error(
                "script_incomplete",
                node,
                "FEEL 表达式和结果变量都要填写",
                "fill in both the FEEL expression and the result variable",
            )


def decisions_are_called(place: Place) -> Findings:
    """A business rule task calls a decision for a result variable, or is a job."""
    for node in place.level.of("businessRuleTask"):
        called = node.called_decision
        if called is None and node.job_type is None:
            yield error(
                "decision_missing",
                node,
                "请填写调用的决策编号，或作业类型",
                "give the id of the called decision, or a job type",
            )
        elif called is not None and node.job_type is not None:
            yield error(
                "decision_and_job",
                node,
                "不能同时调用决策和设作业类型：请删除一个",
                "a task cannot both call a decision and be a job: remove one",
            )
        elif called is not None and not (called.id and called.result_variable):
            yield error(
                "decision_incomplete",
                node,
                "决策编号和结果变量都要填写",
                "fill in both the decision id and the result variable",
            )
        elif called is not None:
            yield from _binding_fits(node, called)


def processes_are_called(place: Place) -> Findings:
    """A call activity names the process it calls."""
    for node in place.level.of("callActivity"):
        if node.called_process is None or not node.called_process.id:
            yield error(
                "called_process_missing",
                node,
                "请填写被调用流程的编号",
                "give the id of the called process",
            )
        else:
            yield from _binding_fits(node, node.called_process)


def _binding_fits(node: Node, called: Called) -> Findings:
    if called.binding not in _BINDINGS or (called.binding == "versionTag" and not called.version_tag):
        yield error(
            "binding",
            node,
            "绑定方式应为 latest、deployment 或 versionTag（后者要填版本标签）",
            "the binding is latest, deployment, or versionTag with a version tag",
        )


def user_tasks_can_be_assigned(place: Place) -> Findings:
    """Form, dates and priority of a user task can be read."""
    for node in place.level.of("userTask", "startEvent"):
        assignment = node.assignment
        if assignment is None:
            continue
        if (assignment.external_form or "").startswith(_EMBEDDED):
            yield unsupported("embedded_form", node)
        if assignment.form_binding != "latest":
            yield unsupported("form_binding", node)
        for text in (assignment.due_date, assignment.follow_up_date):
            if text and not is_feel(text) and not is_moment(text):
                yield error(
                    "date_unreadable",
                    node,
                    f"日期“{text}”无法识别：请写 2026-05-01T08:00:00+08:00 或以 = 开头的 FEEL",
                    f"the date “{text}” cannot be read: use 2026-05-01T08:00:00+08:00 or =FEEL",
                )
        priority = assignment.priority
        if priority and not is_feel(priority) and not (priority.isdecimal() and int(priority) <= 100):
            yield error(
                "priority",
                node,
                "优先级应为 0 到 100 的整数",
                "the priority is a whole number from 0 to 100",
            )


def separated_tasks_exist(place: Place) -> Findings:
    """Separation of duties names other user tasks of the process."""
    separated = [n for n in place.level.of("userTask") if n.assignment and n.assignment.separate_from]
    everything = place.process.level.everything() if separated else ()
    user_tasks = {node.id for node in everything if node.type == "userTask"}
    for node in separated:
        for other in node.assignment.separate_from if node.assignment else ():
            if other not in user_tasks:
                yield error(
                    "separate_from_unknown",
                    node,
                    f"职责分离所指的用户任务 {other} 不存在",
                    f"the user task {other}, named for separation of duties, does not exist",
                )


def who_completed_goes_into_a_variable(place: Place) -> Findings:
    """The property that keeps who completed a user task names a variable."""
    for node in place.level.of("userTask"):
        name = node.assignment.completed_by if node.assignment else None
        if name is not None and not name.isidentifier():
            yield error(
                "completed_by",
                node,
                f"“{name}”不能作变量名：请用字母、数字和下划线（属性 laneway:completedBy）",
                f"“{name}” cannot be a variable name: use letters, digits and underscores (laneway:completedBy)",
            )


def repetitions_have_a_collection(place: Place) -> Findings:
    """Multi-instance runs over a collection, and collects results only together with what to collect."""
    for node in place.level.nodes.values():
        loop = node.loop
        if loop is None:
            continue
        if loop.kind == "while":
            if not loop.condition and loop.maximum is None:
                yield error(
                    "loop_without_end",
                    node,
                    "标准循环缺少循环条件和最多次数：至少填写一个",
                    "the loop has neither a loop condition nor a maximum: give one of them",
                )
        elif bool(loop.input_collection) == bool(loop.cardinality):
            yield error(
                "input_collection_missing",
                node,
                "多实例要有输入集合（例如 =approvers）或固定次数，二者填一个",
                "multi-instance has an input collection (e.g. =approvers) or a cardinality: give one of them",
            )
        if bool(loop.output_collection) != bool(loop.output_element):
            yield error(
                "output_collection_incomplete",
                node,
                "输出集合和输出元素要么都填，要么都不填",
                "fill in both the output collection and the output element, or neither",
            )


def mappings_are_complete(place: Place) -> Findings:
    """Each input and output mapping has a source and a variable to write to."""
    for node in place.level.nodes.values():
        for mapping in (*node.inputs, *node.outputs):
            if not mapping.source or not mapping.target:
                yield error(
                    "mapping_incomplete",
                    node,
                    f"变量映射“{mapping.target}”不完整：来源和目标变量都要填写",
                    f"the mapping of “{mapping.target}” is incomplete: fill in both source and target",
                )
            elif not _VARIABLE.fullmatch(mapping.target):
                yield error(
                    "mapping_target",
                    node,
                    f"“{mapping.target}”不能作变量名：请用字母、数字和下划线",
                    f"“{mapping.target}” cannot be a variable name: use letters, digits and underscores",
                )


WORK_RULES = (
    jobs_are_typed,
    jobs_can_be_arranged,
    scripts_have_one_way_to_run,
    decisions_are_called,
    processes_are_called,
    user_tasks_can_be_assigned,
    separated_tasks_exist,
    who_completed_goes_into_a_variable,
    repetitions_have_a_collection,
    mappings_are_complete,
)
