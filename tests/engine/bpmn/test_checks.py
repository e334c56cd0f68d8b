"""Every rule finds its fault, names the element, and says it in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from laneway.engine.bpmn.checks import Known
from laneway.words import Finding, Severity

Judge = Callable[..., list[Finding]]

TOP = (
    '<message id="m" name="came"><extensionElements><zeebe:subscription correlationKey="=k"/>'
    '</extensionElements></message><message id="keyless" name="k"/><message id="nameless"/>'
    '<signal id="unsigned"/><error id="uncoded"/><error id="err" errorCode="E"/><error id="computed" errorCode="=code"/>'
    '<signal id="sigcomputed" name="=n"/><escalation id="quiet"/>'
)
MESSAGE = '<messageEventDefinition messageRef="m"/>'
TIMER = "<timerEventDefinition><timeDuration>PT5M</timeDuration></timerEventDefinition>"


def flow(flow_id: str, source: str, target: str, inside: str = "") -> str:
    return f'<sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


def when(feel: str) -> str:
    return f"<conditionExpression>{feel}</conditionExpression>"


def extended(tag: str, inside: str, attributes: str = "") -> str:
    return f'<{tag} id="x" {attributes}><extensionElements>{inside}</extensionElements></{tag}>'


def timer(inside: str) -> str:
    return (
        f'<intermediateCatchEvent id="x"><timerEventDefinition>{inside}</timerEventDefinition>'
        "</intermediateCatchEvent>"
    )


def catch(inside: str) -> str:
    return f'<intermediateCatchEvent id="x">{inside}</intermediateCatchEvent>'


def throw(inside: str) -> str:
    return f'<intermediateThrowEvent id="x">{inside}</intermediateThrowEvent>'


def boundary(inside: str, attributes: str = 'attachedToRef="t"') -> str:
    return f'<task id="t"/><boundaryEvent id="x" {attributes}>{inside}</boundaryEvent>'


def gateway(flows: str, attributes: str = "", kind: str = "exclusiveGateway") -> str:
    return f'<{kind} id="x" {attributes}/><task id="a"/><task id="b"/>{flows}'


def mapped(inside: str) -> str:
    return extended("task", f"<zeebe:ioMapping>{inside}</zeebe:ioMapping>")


def looped(attributes: str) -> str:
    return (
        '<task id="x"><multiInstanceLoopCharacteristics><extensionElements>'
        f"<zeebe:loopCharacteristics {attributes}/></extensionElements>"
        "</multiInstanceLoopCharacteristics></task>"
    )


STRUCTURE = [
    ("flow_broken", flow("x", "nowhere", "p")),
    ("flow_broken", '<task id="a"/><subProcess id="s"><task id="b"/></subProcess>' + flow("x", "a", "b")),
    ("start_missing", '<subProcess id="x"><task id="a"/></subProcess>'),
    ("start_not_unique", '<startEvent id="first"/><startEvent id="x"/>'),
    ("start_not_unique", '<subProcess id="x"><startEvent id="a"/><startEvent id="b"/></subProcess>'),
    ("end_missing", '<subProcess id="x"><startEvent id="a"/></subProcess>'),
    (
        "event_subprocess_start",
        '<subProcess id="x" triggeredByEvent="true"><startEvent id="s"/></subProcess>',
    ),
    ("event_subprocess_start", '<subProcess id="x" triggeredByEvent="true"/>'),
    (
        "event_subprocess_connected",
        '<task id="a"/><subProcess id="x" triggeredByEvent="true"/>' + flow("f", "a", "x"),
    ),
    ("flow_into_start", '<task id="a"/><startEvent id="x"/>' + flow("f", "a", "x")),
    ("start_leads_nowhere", '<startEvent id="x"/>'),
    ("flow_out_of_end", '<endEvent id="x"/><task id="a"/>' + flow("f", "x", "a")),
    ("unreachable", '<startEvent id="s"/><task id="x"/>'),
    ("unreachable", '<task id="x"/><task id="a"/>' + flow("f", "x", "a") + flow("g", "a", "x")),
    ("condition_missing", gateway(flow("x", "x", "a") + flow("g", "x", "b", when("=true")))),
    ("condition_on_default", gateway(flow("x", "x", "a", when("=a")), 'default="x"')),
    ("default_not_outgoing", gateway(flow("f", "x", "a"), 'default="other"')),
    ("condition_ignored", gateway(flow("x", "x", "a", when("=a")), kind="parallelGateway")),
    ("gateway_leads_nowhere", '<exclusiveGateway id="x"/>'),
    ("gateway_without_purpose", gateway(flow("f", "a", "x") + flow("g", "x", "b"))),
    ("event_gateway_branches", gateway("", kind="eventBasedGateway")),
    ("event_gateway_target", '<eventBasedGateway id="g"/><task id="x"/>' + flow("f", "g", "x")),
    (
        "event_gateway_target",
        '<eventBasedGateway id="g"/><task id="a"/>'
        + catch(TIMER)
        + flow("f", "g", "x")
        + flow("h", "a", "x"),
    ),
    (
        "event_gateway_target",
        '<eventBasedGateway id="g"/><receiveTask id="a" messageRef="m"/>'
        + catch(MESSAGE)
        + flow("f", "g", "x")
        + flow("h", "g", "a"),
    ),
    ("boundary_without_activity", boundary(TIMER, 'attachedToRef="nobody"')),
    ("boundary_without_activity", '<startEvent id="s"/>' + boundary(TIMER, 'attachedToRef="s"')),
    ("boundary_leads_nowhere", boundary(TIMER)),
    ("flow_into_boundary", boundary(TIMER) + flow("f", "t", "x")),
    ("link_without_name", throw("<linkEventDefinition/>")),
    ("link_without_partner", throw('<linkEventDefinition name="l"/>')),
    ("link_without_partner", catch('<linkEventDefinition name="l"/>')),
    ("link_with_flow", '<task id="a"/>' + throw('<linkEventDefinition name="l"/>') + flow("f", "x", "a")),
    ("compensation_handler", boundary("<compensateEventDefinition/>")),
    ("compensation_activity", '<task id="x" isForCompensation="true"/>'),
    ("compensation_activity_unknown", throw('<compensateEventDefinition activityRef="nobody"/>')),
]
EVENTS = [
    ("message_without_name", catch("<messageEventDefinition/>")),
    ("message_without_name", catch('<messageEventDefinition messageRef="nameless"/>')),
    ("message_without_name", '<receiveTask id="x"/>'),
    ("correlation_key_missing", catch('<messageEventDefinition messageRef="keyless"/>')),
    ("correlation_key_missing", '<receiveTask id="x" messageRef="keyless"/>'),
    ("job_type_missing", throw(MESSAGE)),
    (
        "job_type_ignored",
        throw('<extensionElements><zeebe:taskDefinition type="a"/></extensionElements>'),
    ),
    ("signal_without_name", catch('<signalEventDefinition signalRef="unsigned"/>')),
    ("error_without_code", '<endEvent id="x"><errorEventDefinition errorRef="uncoded"/></endEvent>'),
    ("escalation_without_code", throw('<escalationEventDefinition escalationRef="quiet"/>')),
    (
        "trigger_not_unique",
        boundary('<errorEventDefinition errorRef="err"/>')
        + '<boundaryEvent id="y" attachedToRef="t"><errorEventDefinition errorRef="err"/></boundaryEvent>',
    ),
    ("timer_missing", timer("")),
    ("timer_ambiguous", timer("<timeDuration>PT1H</timeDuration><timeDate>2026-01-01T00:00</timeDate>")),
    ("timer_unreadable", timer("<timeDuration>five minutes</timeDuration>")),
    ("timer_unreadable", timer("<timeDuration>P</timeDuration>")),
    ("timer_unreadable", timer("<timeDate>tomorrow</timeDate>")),
    ("timer_unreadable", timer("<timeDuration>-PT5M</timeDuration>")),
    ("name_computed", boundary('<errorEventDefinition errorRef="computed"/>')),
    ("name_computed", '<startEvent id="x"><signalEventDefinition signalRef="sigcomputed"/></startEvent>'),
    *(
        (
            "timer_unreadable",
            (
                f'<startEvent id="x"><timerEventDefinition><timeCycle>{text}</timeCycle></timerEventDefinition>'
                "</startEvent>"
            ),
        )
        for text in ("R3/often", "R0/PT1H", "R/PT0S", "PT1H", "R/2026-01-01T00:00:00Z/P1D")
    ),
]
WORK = [
    ("job_type_missing", '<serviceTask id="x"/>'),
    ("job_type_missing", '<sendTask id="x"/>'),
    ("job_type_missing", extended("businessRuleTask", '<zeebe:taskDefinition type=""/>')),
    ("job_retries", extended("serviceTask", '<zeebe:taskDefinition type="a" retries="many"/>')),
    ("script_missing", '<scriptTask id="x"/>'),
    ("script_incomplete", extended("scriptTask", '<zeebe:script expression="=1"/>')),
    (
        "script_and_job",
        extended(
            "scriptTask",
            '<zeebe:script expression="=1" resultVariable="r"/><zeebe:taskDefinition type="a"/>',
        ),
    ),
    ("decision_missing", '<businessRuleTask id="x"/>'),
    ("decision_incomplete", extended("businessRuleTask", '<zeebe:calledDecision decisionId="d"/>')),
    (
        "decision_and_job",
        extended(
            "businessRuleTask",
            '<zeebe:calledDecision decisionId="d" resultVariable="r"/><zeebe:taskDefinition type="a"/>',
        ),
    ),
    ("called_process_missing", '<callActivity id="x"/>'),
    ("binding", extended("callActivity", '<zeebe:calledElement processId="q" bindingType="versionTag"/>')),
    ("date_unreadable", extended("userTask", '<zeebe:taskSchedule dueDate="soon"/>')),
    ("priority", extended("userTask", '<zeebe:priorityDefinition priority="101"/>')),
    (
        "separate_from_unknown",
        extended(
            "userTask",
            '<zeebe:properties><zeebe:property name="laneway:separateFrom" value="nobody"/></zeebe:properties>',
        ),
    ),
    ("input_collection_missing", looped("")),
    ("output_collection_incomplete", looped('inputCollection="=l" outputCollection="all"')),
    ("mapping_incomplete", mapped('<zeebe:input target="a"/>')),
    ("mapping_incomplete", mapped('<zeebe:output source="=a"/>')),
    ("mapping_target", mapped('<zeebe:input source="=a" target="my variable"/>')),
]
EXPRESSIONS = [
    ("feel_syntax", mapped('<zeebe:input source="=1 +" target="a"/>')),
    ("feel_syntax", extended("userTask", '<zeebe:taskSchedule dueDate="=now( "/>')),
    ("feel_syntax", gateway(flow("x", "x", "a", when("=(1")))),
    ("feel_syntax", timer("<timeDuration>=1 +</timeDuration>")),
    ("feel_syntax", looped('inputCollection="=["')),
    ("feel_syntax", extended("scriptTask", '<zeebe:script expression="=if" resultVariable="r"/>')),
    ("not_feel", gateway(flow("x", "x", "a", when("amount &gt; 1")))),
    ("not_feel", looped('inputCollection="list"')),
]
XML = [
    ("duplicate_id", '<task id="x"/><endEvent id="x"/>'),
    ("flows_contradict", '<task id="x"><incoming>other</incoming></task>'),
    (
        "gateway_direction",
        gateway(flow("f", "a", "x") + flow("g", "b", "x"), 'gatewayDirection="Diverging"'),
    ),
]


@pytest.mark.parametrize(("code", "inside"), STRUCTURE + EVENTS + WORK + EXPRESSIONS + XML)
def test_a_fault_is_found_at_its_element_and_told_in_both_languages(
    judge: Judge, code: str, inside: str
) -> None:
    found = [f for f in judge(inside, TOP) if (f.code, f.element_id) == (code, "x")]

    assert found, {(f.code, f.element_id) for f in judge(inside, TOP)}
    assert found[0].severity is Severity.ERROR
    assert found[0].file == "a.bpmn"
    assert found[0].message.zh
    assert found[0].message.en
    assert found[0].message.zh != found[0].message.en


def test_a_process_without_a_start_is_refused(judge: Judge) -> None:
    assert ("start_missing", "p") in {(f.code, f.element_id) for f in judge('<task id="t"/>')}


def test_a_node_without_id_is_refused_at_what_is_around_it(judge: Judge) -> None:
    assert ("missing_id", "s") in {
        (f.code, f.element_id) for f in judge('<subProcess id="s"><task/></subProcess>')
    }


def test_a_feel_fault_shows_the_text_and_where_it_breaks(judge: Judge) -> None:
    [finding] = [
        f for f in judge(mapped('<zeebe:input source="=1 +" target="a"/>')) if f.code == "feel_syntax"
    ]

    assert finding.message.en.startswith("the input mapping of a “=1 +▸”, at character 5: ")
    assert finding.message.zh.startswith("输入映射 a“=1 +▸”第 5 个字符处：")


def test_a_finding_tells_the_name_of_its_element(judge: Judge) -> None:
    [finding] = [f for f in judge('<serviceTask id="x" name="发信"/>') if f.code == "job_type_missing"]

    assert finding.element_name == "发信"


def test_a_split_without_default_flow_is_only_warned_about(judge: Judge) -> None:
    found = judge(gateway(flow("f", "x", "a", when("=a")) + flow("g", "x", "b", when("=not(a)"))))

    [finding] = [f for f in found if f.code == "default_missing"]
    assert (finding.element_id, finding.severity) == ("x", Severity.WARNING)


REFERENCES = (
    extended(
        "userTask",
        '<zeebe:formDefinition formId="f"/><zeebe:assignmentDefinition candidateGroups="desk, nobody"/>',
    )
    + '<serviceTask id="j"><extensionElements><zeebe:taskDefinition type="mail"/></extensionElements></serviceTask>'
    '<businessRuleTask id="d"><extensionElements><zeebe:calledDecision decisionId="d1" resultVariable="r"/>'
    '</extensionElements></businessRuleTask><callActivity id="c"><extensionElements>'
    '<zeebe:calledElement processId="q"/></extensionElements></callActivity>'
)
NOTHING: frozenset[str] = frozenset()


def test_what_is_not_deployed_is_warned_about_with_the_element(judge: Judge) -> None:
    known = Known(
        forms=NOTHING, decisions=NOTHING, processes=NOTHING, job_types=NOTHING, groups=frozenset({"desk"})
    )

    found = judge(REFERENCES, known=known)

    warned = {(f.code, f.element_id) for f in found if f.severity is Severity.WARNING}
    assert warned == {
        ("form_unknown", "x"),
        ("group_unknown", "x"),
        ("job_type_unknown", "j"),
        ("decision_unknown", "d"),
        ("process_unknown", "c"),
    }


def test_what_is_deployed_is_not_warned_about(judge: Judge) -> None:
    known = Known(
        forms=frozenset({"f"}),
        decisions=frozenset({"d1"}),
        processes=frozenset({"q"}),
        job_types=frozenset({"mail"}),
        groups=frozenset({"desk", "nobody"}),
    )

    assert [f for f in judge(REFERENCES, known=known) if f.severity is Severity.WARNING] == []


def test_what_feel_computes_is_not_looked_up(judge: Judge) -> None:
    computed = extended(
        "userTask",
        '<zeebe:formDefinition formId="=form"/><zeebe:assignmentDefinition candidateGroups="=[group]"/>',
    )

    found = judge(computed, known=Known(forms=NOTHING, groups=NOTHING))

    assert [f for f in found if f.severity is Severity.WARNING] == []


POOLS = (
    '<collaboration id="co"><participant id="we" processRef="p"/><participant id="they"/>'
    '<messageFlow id="x" sourceRef="{}" targetRef="{}"/></collaboration>'
)
INSIDE = (
    f'<startEvent id="s">{MESSAGE}</startEvent><task id="t"/><endEvent id="e"/>'
    f"{flow('f1', 's', 't')}{flow('f2', 't', 'e')}"
)


@pytest.mark.parametrize(
    ("source", "target"), [("t", "s"), ("we", "t"), ("e", "they"), ("s", "they"), ("they", "e"), ("t", "no")]
)
def test_a_message_flow_that_means_nothing_is_refused(judge: Judge, source: str, target: str) -> None:
    found = judge(INSIDE, TOP + POOLS.format(source, target))

    assert [(f.code, f.element_id) for f in found] == [("message_flow", "x")]


@pytest.mark.parametrize(("source", "target"), [("they", "s"), ("t", "they"), ("they", "we"), ("they", "t")])
def test_a_message_flow_between_pools_is_drawing(judge: Judge, source: str, target: str) -> None:
    assert judge(INSIDE, TOP + POOLS.format(source, target)) == []
