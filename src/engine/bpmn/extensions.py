"""Camunda 8 (`zeebe:`) extension elements of one flow node, read into the model."""

from __future__ import annotations

from lxml import etree

from laneway.engine.bpmn.job_settings import BACKOFF, IN_ORDER
from laneway.engine.bpmn.model import AdHoc, Assignment, Called, Loop, Mapping, Node, Process
from laneway.engine.bpmn.xmlns import BPMN, ZEEBE, attribute, extension, extensions, feel_of, text_of

SEPARATE_FROM = "laneway:separateFrom"
KEPT_AWAY = "laneway:keptAway"
COMPLETED_BY = "laneway:completedBy"


def read_extensions(element: etree._Element, node: Node) -> None:
    """Fill in what the extension elements of a flow node say; `node.properties` must be there already."""
    definition = extension(element, "taskDefinition")
    if definition is not None:
        node.job_type = attribute(definition, "type") or ""
        node.job_retries = attribute(definition, "retries") or "3"
    node.job_priority = attribute(extension(element, "jobPriorityDefinition"), "priority")
    headers = extensions(element, "taskHeaders/header")
    node.headers = {attribute(h, "key") or "": attribute(h, "value") or "" for h in headers}
    node.inputs = [_mapping(found) for found in extensions(element, "ioMapping/input")]
    node.outputs = [_mapping(found) for found in extensions(element, "ioMapping/output")]
    script = extension(element, "script")
    if script is not None:
        node.script = attribute(script, "expression") or ""
        node.result_variable = attribute(script, "resultVariable")
    if node.type in ("userTask", "startEvent"):
        node.assignment = _assignment(element, node)
    if node.type == "callActivity":
        node.called_process = _called_process(element)
    decision = extension(element, "calledDecision")
    if decision is not None:
        node.called_decision = _called_decision(decision)
    node.loop = _loop(element) or _standard_loop(element)
    if node.type == "adHocSubProcess":
        node.ad_hoc = _ad_hoc(element)


def read_job_defaults(process: Process) -> None:
    """Fill in what the jobs of a process leave to it: priority, pauses between tries, order."""
    for node in process.level.everything():
        if node.job_type is None:
            continue
        if node.job_priority is None:
            node.job_priority = process.job_priority
        node.job_backoff = node.properties.get(BACKOFF) or process.properties.get(BACKOFF)
        node.jobs_in_order = (node.properties.get(IN_ORDER) or process.properties.get(IN_ORDER)) == "true"


def read_kept_away(process: Process) -> None:
    """Fill in whom a process keeps away from all its user tasks, where a task does not say so itself."""
    for node in process.level.everything():
        if node.assignment is not None:
            people = node.properties.get(KEPT_AWAY) or process.properties.get(KEPT_AWAY, "")
            node.assignment.kept_away = people.strip() or None


def _mapping(element: etree._Element) -> Mapping:
    return Mapping(attribute(element, "source") or "", attribute(element, "target") or "")


def _assignment(element: etree._Element, node: Node) -> Assignment:
    people = extension(element, "assignmentDefinition")
    schedule = extension(element, "taskSchedule")
    form = extension(element, "formDefinition")
    separate = node.properties.get(SEPARATE_FROM, "").split(",")
    return Assignment(
        assignee=attribute(people, "assignee"),
        candidate_groups=attribute(people, "candidateGroups"),
        candidate_users=attribute(people, "candidateUsers"),
        due_date=attribute(schedule, "dueDate"),
        follow_up_date=attribute(schedule, "followUpDate"),
        priority=attribute(extension(element, "priorityDefinition"), "priority"),
        form_id=attribute(form, "formId"),
        form_binding=attribute(form, "bindingType") or "latest",
        form_version_tag=attribute(form, "versionTag"),
        external_form=attribute(form, "externalReference") or attribute(form, "formKey"),
        separate_from=[other.strip() for other in separate if other.strip()],
        completed_by=node.properties.get(COMPLETED_BY, "").strip() or None,
    )


def _called_process(element: etree._Element) -> Called:
    called = extension(element, "calledElement")
    return Called(
        id=attribute(called, "processId") or "",
        binding=attribute(called, "bindingType") or "latest",
        version_tag=attribute(called, "versionTag"),
        propagate_all_parent=attribute(called, "propagateAllParentVariables") != "false",
        # Camunda 8 copies a child's variables back unless this is switched off.
        propagate_all_child=attribute(called, "propagateAllChildVariables") != "false",
    )


def _called_decision(decision: etree._Element) -> Called:
    return Called(
        id=attribute(decision, "decisionId") or "",
        binding=attribute(decision, "bindingType") or "latest",
        version_tag=attribute(decision, "versionTag"),
        result_variable=attribute(decision, "resultVariable"),
    )


def _loop(element: etree._Element) -> Loop | None:
    multiple = element.find(BPMN + "multiInstanceLoopCharacteristics")
    if multiple is None:
        return None
    zeebe = extension(multiple, "loopCharacteristics")
    if zeebe is None:
        zeebe = etree.Element(ZEEBE + "loopCharacteristics")
    return Loop(
        kind="sequential" if multiple.get("isSequential") == "true" else "parallel",
        input_collection=attribute(zeebe, "inputCollection") or "",
        cardinality=feel_of(multiple, "loopCardinality"),
        input_element=attribute(zeebe, "inputElement") or None,
        output_collection=attribute(zeebe, "outputCollection") or None,
        output_element=attribute(zeebe, "outputElement") or None,
        completion_condition=text_of(multiple, "completionCondition"),
    )


def _standard_loop(element: etree._Element) -> Loop | None:
    loop = element.find(BPMN + "standardLoopCharacteristics")
    if loop is None:
        return None
    maximum = str(loop.get("loopMaximum") or "").strip()
    return Loop(
        kind="while",
        condition=feel_of(loop, "loopCondition"),
        is_tested_before=loop.get("testBefore") == "true",
        maximum=int(maximum) if maximum.isascii() and maximum.isdecimal() else None,
    )


def _ad_hoc(element: etree._Element) -> AdHoc:
    zeebe = extension(element, "adHoc")
    return AdHoc(
        active_elements=attribute(zeebe, "activeElementsCollection") or None,
        output_collection=attribute(zeebe, "outputCollection") or None,
        output_element=attribute(zeebe, "outputElement") or None,
        completion_condition=feel_of(element, "completionCondition"),
        cancels_rest=element.get("cancelRemainingInstances") != "false",
        is_sequential=element.get("ordering") == "Sequential",
    )
