"""The reader fills the model with everything that the engine, the screens and the checks need."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from laneway.engine.bpmn.model import Diagram, Mapping
from laneway.engine.bpmn.reader import element_names, read_processes
from laneway.errors import Refused
from laneway.words import Resource, Text

Read = Callable[..., Diagram]


def zeebe(inside: str) -> str:
    return f"<extensionElements>{inside}</extensionElements>"


def english(name: str) -> str:
    prop = f'<zeebe:property name="laneway:name:en" value="{name}"/>'
    return f"<zeebe:properties>{prop}</zeebe:properties>"


def test_a_user_task_is_read_with_people_dates_form_and_separation(read: Read) -> None:
    diagram = read(
        '<userTask id="approve" name="审批">'
        + zeebe(
            "<zeebe:userTask/>"
            '<zeebe:assignmentDefinition assignee="=owner" candidateGroups="a, b" candidateUsers="mei"/>'
            '<zeebe:taskSchedule dueDate="=now()" followUpDate="=today()"/>'
            '<zeebe:priorityDefinition priority="70"/>'
            '<zeebe:formDefinition formId="f1" bindingType="versionTag" versionTag="v2"/>'
            '<zeebe:properties><zeebe:property name="laneway:separateFrom" value="write, check"/>'
            '<zeebe:property name="laneway:name:en" value="Approve"/></zeebe:properties>'
        )
        + "</userTask>"
    )

    node = diagram.processes[0].level.nodes["approve"]
    assert node.name == Text("审批", "Approve")
    assert node.assignment is not None
    assert node.assignment.assignee == "=owner"
    assert node.assignment.candidate_groups == "a, b"
    assert node.assignment.candidate_users == "mei"
    assert node.assignment.due_date == "=now()"
    assert node.assignment.follow_up_date == "=today()"
    assert node.assignment.priority == "70"
    assert node.assignment.form_id == "f1"
    assert (node.assignment.form_binding, node.assignment.form_version_tag) == ("versionTag", "v2")
    assert node.assignment.separate_from == ["write", "check"]


def test_a_user_task_without_the_camunda_marker_is_a_user_task_too(read: Read) -> None:
    diagram = read('<userTask id="t">' + zeebe('<zeebe:formDefinition formKey="custom"/>') + "</userTask>")

    node = diagram.processes[0].level.nodes["t"]
    assert node.assignment is not None
    assert node.assignment.external_form == "custom"


def test_a_job_is_read_with_type_retries_headers_and_mappings(read: Read) -> None:
    diagram = read(
        '<serviceTask id="s">'
        + zeebe(
            '<zeebe:taskDefinition type="mail" retries="5"/>'
            '<zeebe:taskHeaders><zeebe:header key="to" value="x"/></zeebe:taskHeaders>'
            '<zeebe:ioMapping><zeebe:input source="=a" target="b"/><zeebe:output source="=c" target="d.e"/>'
            "</zeebe:ioMapping>"
        )
        + "</serviceTask>"
    )

    node = diagram.processes[0].level.nodes["s"]
    assert (node.job_type, node.job_retries, node.headers) == ("mail", "5", {"to": "x"})
    assert node.inputs == [Mapping("=a", "b")]
    assert node.outputs == [Mapping("=c", "d.e")]


def test_scripts_decisions_calls_and_loops_are_read(read: Read) -> None:
    diagram = read(
        '<scriptTask id="script">'
        + zeebe('<zeebe:script expression="=1 + 1" resultVariable="two"/>')
        + '</scriptTask><businessRuleTask id="rule">'
        + zeebe('<zeebe:calledDecision decisionId="d1" resultVariable="grade"/>')
        + '</businessRuleTask><callActivity id="call">'
        + zeebe('<zeebe:calledElement processId="q" propagateAllChildVariables="false"/>')
        + "<multiInstanceLoopCharacteristics>"
        + zeebe(
            '<zeebe:loopCharacteristics inputCollection="=list" inputElement="one" '
            'outputCollection="all" outputElement="=result"/>'
        )
        + "<completionCondition>=done</completionCondition></multiInstanceLoopCharacteristics></callActivity>"
    )

    nodes = diagram.processes[0].level.nodes
    assert (nodes["script"].script, nodes["script"].result_variable) == ("=1 + 1", "two")
    decision, called, loop = nodes["rule"].called_decision, nodes["call"].called_process, nodes["call"].loop
    assert decision is not None
    assert (decision.id, decision.result_variable, decision.binding) == ("d1", "grade", "latest")
    assert called is not None
    assert (called.id, called.propagate_all_child, called.propagate_all_parent) == ("q", False, True)
    assert loop is not None
    assert (loop.kind, loop.input_collection, loop.input_element) == ("parallel", "=list", "one")
    assert (loop.output_collection, loop.output_element, loop.completion_condition) == (
        "all",
        "=result",
        "=done",
    )


def test_messages_errors_and_timers_are_read_with_what_they_refer_to(read: Read) -> None:
    top = (
        '<message id="m" name="came">' + zeebe('<zeebe:subscription correlationKey="=key"/>') + "</message>"
        '<error id="e" errorCode="E1"/>'
    )
    diagram = read(
        '<receiveTask id="r" messageRef="m"/><userTask id="u"/>'
        '<boundaryEvent id="b" attachedToRef="u" cancelActivity="false">'
        "<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition></boundaryEvent>"
        '<endEvent id="x"><errorEventDefinition errorRef="e"/></endEvent>',
        top,
    )

    nodes = diagram.processes[0].level.nodes
    assert (nodes["r"].event.kind, nodes["r"].event.ref, nodes["r"].event.correlation_key) == (
        "message",
        "came",
        "=key",
    )
    assert (nodes["b"].event.timer, nodes["b"].event.expression) == ("timeCycle", "R/PT1H")
    assert (nodes["b"].interrupting, nodes["b"].attached_to) == (False, "u")
    assert (nodes["x"].event.kind, nodes["x"].event.ref) == ("error", "E1")


def test_an_event_definition_at_the_top_of_the_file_is_followed(read: Read) -> None:
    top = '<signal id="s" name="stop"/><signalEventDefinition id="shared" signalRef="s"/>'
    diagram = read(
        '<intermediateCatchEvent id="c"><eventDefinitionRef>shared</eventDefinitionRef>'
        "</intermediateCatchEvent>",
        top,
    )

    event = diagram.processes[0].level.nodes["c"].event
    assert (event.kind, event.ref) == ("signal", "stop")


def test_a_pair_of_links_is_a_flow(read: Read) -> None:
    diagram = read(
        '<intermediateThrowEvent id="go"><linkEventDefinition name="x"/></intermediateThrowEvent>'
        '<intermediateCatchEvent id="on"><linkEventDefinition name="x"/></intermediateCatchEvent>'
    )

    nodes = diagram.processes[0].level.nodes
    assert [flow.target for flow in nodes["go"].outgoing] == ["on"]
    assert [flow.source for flow in nodes["on"].incoming] == ["go"]


def test_a_compensation_event_knows_its_handler(read: Read) -> None:
    diagram = read(
        '<task id="t"/><boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
        '<task id="undo" isForCompensation="true"/><association id="a" sourceRef="b" targetRef="undo"/>'
    )

    nodes = diagram.processes[0].level.nodes
    assert nodes["b"].compensation_handler == "undo"
    assert nodes["undo"].is_for_compensation


def test_nodes_know_their_innermost_lane_also_inside_a_sub_process(read: Read) -> None:
    diagram = read(
        '<laneSet id="ls"><lane id="l1" name="服务"><flowNodeRef>a</flowNodeRef><flowNodeRef>s</flowNodeRef>'
        '<childLaneSet id="ls2"><lane id="l2" name="前台"><flowNodeRef>a</flowNodeRef></lane></childLaneSet>'
        "</lane></laneSet>"
        '<task id="a"/><subProcess id="s"><task id="inner"/></subProcess>'
    )

    process = diagram.processes[0]
    assert process.level.nodes["a"].lane == "前台"
    assert {node.id: node.lane for node in process.level.everything()}["inner"] == "服务"
    assert process.lanes == {"l1": Text("服务", ""), "l2": Text("前台", "")}


def test_flows_hang_on_their_nodes_with_condition_and_default(read: Read) -> None:
    diagram = read(
        '<exclusiveGateway id="g" default="f2"/><task id="a"/><task id="b"/>'
        '<sequenceFlow id="f1" name="是" sourceRef="g" targetRef="a">'
        "<conditionExpression> =x &gt; 1 </conditionExpression></sequenceFlow>"
        '<sequenceFlow id="f2" sourceRef="g" targetRef="b"/>'
    )

    gateway = diagram.processes[0].level.nodes["g"]
    assert [(flow.id, flow.condition) for flow in gateway.outgoing] == [("f1", "=x > 1"), ("f2", None)]
    assert gateway.default == "f2"


def test_the_process_carries_its_start_form_groups_and_version_tag(read: Read) -> None:
    diagram = read(
        zeebe(
            '<zeebe:versionTag value="v1"/><zeebe:properties>'
            '<zeebe:property name="laneway:start:groups" value="desk, leads"/></zeebe:properties>'
        )
        + '<startEvent id="s">'
        + zeebe('<zeebe:formDefinition formId="f"/>')
        + "</startEvent>"
    )

    process = diagram.processes[0]
    assert process.version_tag == "v1"
    assert process.start_groups == ["desk", "leads"]
    assert process.start_form_id == "f"


@pytest.mark.parametrize(
    ("name", "extension", "text"),
    [
        ("登记", english("Log"), Text("登记", "Log")),
        ("登记", "", Text("登记", "")),
        ("Log", "", Text("", "Log")),
        ("C110", english("Complaint"), Text("C110", "Complaint")),
        (
            "Log",
            '<zeebe:properties><zeebe:property name="laneway:name:zh" value="登记"/></zeebe:properties>',
            Text("登记", "Log"),
        ),
    ],
)
def test_names_are_bilingual(read: Read, name: str, extension: str, text: Text) -> None:
    diagram = read(f'<task id="t" name="{name}">{zeebe(extension)}</task>')

    assert diagram.processes[0].level.nodes["t"].name == text


def test_names_of_everything_are_found_by_id(read: Read) -> None:
    diagram = read(
        '<laneSet id="ls"><lane id="l" name="前台"/></laneSet><subProcess id="s" name="调查">'
        '<task id="t" name="Look"/><task id="nameless"/></subProcess>'
        '<sequenceFlow id="f" name="是" sourceRef="s" targetRef="s"/>'
    )

    assert element_names(diagram.processes[0]) == {
        "l": Text("前台", ""),
        "s": Text("调查", ""),
        "t": Text("", "Look"),
        "f": Text("是", ""),
    }


def test_a_process_that_is_not_executable_is_left_out_and_said_so(read: Read) -> None:
    diagram = read("<task/>", attributes='isExecutable="false"')

    assert diagram.processes == []
    assert [(f.code, f.element_id) for f in diagram.findings] == [("no_executable_process", "p")]


def test_a_process_that_says_nothing_is_executable(read: Read) -> None:
    assert [process.id for process in read("", attributes="").processes] == ["p"]


def test_all_ids_of_the_file_are_listed_in_order(read: Read) -> None:
    assert read('<task id="a"/><textAnnotation id="note"/>').element_ids == ["defs", "p", "a", "note"]


@pytest.mark.parametrize("content", [b"no xml", b"<!DOCTYPE a><a/>"])
def test_a_file_that_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_processes(Resource("a.bpmn", content))

    assert caught.value.findings[0].file == "a.bpmn"


def test_another_kind_of_xml_is_no_diagram() -> None:
    diagram = read_processes(Resource("a.bpmn", b'<svg id="picture"/>'))

    assert [(f.code, f.element_id) for f in diagram.findings] == [("not_bpmn", "picture")]
