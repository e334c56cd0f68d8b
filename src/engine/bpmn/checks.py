"""Judges a process that was read: what keeps it from running, and what people should know beforehand.

One rule is one small function; its words stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from laneway.engine.bpmn.known_variables import FormFields
from laneway.engine.bpmn.model import Called, Node, Process
from laneway.engine.bpmn.rules import Findings, Place, is_feel, places, warning
from laneway.engine.bpmn.rules_clocks import clocks_can_run
from laneway.engine.bpmn.rules_events import EVENT_RULES
from laneway.engine.bpmn.rules_feel import expressions_hold
from laneway.engine.bpmn.rules_gateways import GATEWAY_RULES
from laneway.engine.bpmn.rules_people import user_tasks_are_complete
from laneway.engine.bpmn.rules_process import retention_is_a_length_of_time
from laneway.engine.bpmn.rules_structure import STRUCTURE
from laneway.engine.bpmn.rules_work import WORK_RULES
from laneway.words import Finding

_RULES: Final[tuple[Callable[[Place], Findings], ...]] = (
    *STRUCTURE,
    *GATEWAY_RULES,
    *EVENT_RULES,
    *WORK_RULES,
    retention_is_a_length_of_time,
    clocks_can_run,
    user_tasks_are_complete,
)


@dataclass(frozen=True)
class Known:
    """What a diagram may refer to, as ids: deployed or about to be. None: not known, so not checked."""

    forms: frozenset[str] | None = None
    decisions: frozenset[str] | None = None
    decision_tags: frozenset[tuple[str, str | None]] | None = None
    """Version tags that decisions have, as (decision id, tag)."""
    processes: frozenset[str] | None = None
    job_types: frozenset[str] | None = None
    """Types that an installed handler serves."""
    groups: frozenset[str] | None = None
    form_fields: FormFields = field(default_factory=dict)
    """Of forms that can be read: the variables that they fill in."""


def check(process: Process, known: Known) -> list[Finding]:
    """All findings about one process, with its file; errors keep it from being deployed, warnings do not."""
    found: list[Finding] = []
    for place in places(process):
        for rule in _RULES:
            found.extend(rule(place))
        for node in place.level.nodes.values():
            found.extend(_refers_to_known(node, known))
    found.extend(expressions_hold(process, known.form_fields))
    return [replace(finding, file=process.file) for finding in found]


def _refers_to_known(node: Node, known: Known) -> Findings:
    """Warnings only: another deployment may bring what is missing, an outside worker may serve the type."""
    assignment = node.assignment
    if assignment is not None and _is_unknown(assignment.form_id, known.forms):
        yield warning(
            "form_unknown",
            node,
            f"表单 {assignment.form_id} 尚未部署：请一并部署",
            f"the form {assignment.form_id} is not deployed: deploy it too",
        )
    if node.called_decision is not None and _is_unknown(node.called_decision.id, known.decisions):
        yield warning(
            "decision_unknown",
            node,
            f"决策 {node.called_decision.id} 尚未部署：请一并部署",
            f"the decision {node.called_decision.id} is not deployed: deploy it too",
        )
    elif node.called_decision is not None and _has_unknown_tag(node.called_decision, known):
        tag = node.called_decision.version_tag
        yield warning(
            "decision_tag_unknown",
            node,
            f"决策 {node.called_decision.id} 没有带版本标签 {tag} 的版本：请部署该版本",
            f"no version of the decision {node.called_decision.id} has the tag {tag}: deploy one that has it",
        )
    if node.called_process is not None and _is_unknown(node.called_process.id, known.processes):
        yield warning(
            "process_unknown",
            node,
            f"流程 {node.called_process.id} 尚未部署：请一并部署",
            f"the process {node.called_process.id} is not deployed: deploy it too",
        )
    if _is_unknown(node.job_type, known.job_types):
        yield warning(
            "job_type_unknown",
            node,
            f"没有处理程序负责作业类型 {node.job_type}：须由外部程序处理",
            f"no handler serves the job type {node.job_type}: an outside worker must",
        )
    groups = assignment.candidate_groups if assignment is not None else None
    in_lane = node.lane_groups if node.type == "userTask" else []
    for group in ((groups or "").split(",") if not is_feel(groups) else []) + in_lane:
        if _is_unknown(group.strip(), known.groups):
            yield warning(
                "group_unknown",
                node,
                f"候选组 {group.strip()} 不存在：没有人能看到这项任务",
                f"the candidate group {group.strip()} does not exist: nobody would see this task",
            )


def _has_unknown_tag(called: Called, known: Known) -> bool:
    if called.binding != "versionTag" or known.decision_tags is None or is_feel(called.id):
        return False
    return (called.id, called.version_tag) not in known.decision_tags


def _is_unknown(reference: str | None, known: frozenset[str] | None) -> bool:
    """Whether a plain reference is missing; one that FEEL computes is known only at run time."""
    return bool(reference) and known is not None and not is_feel(reference) and reference not in known
