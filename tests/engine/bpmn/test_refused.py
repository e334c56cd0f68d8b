"""What the engine does not run is refused with the element's id, never ignored."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from laneway.engine.bpmn.unsupported import UNSUPPORTED
from laneway.words import Finding, Severity

TIMER = "<timerEventDefinition><timeDuration>PT5M</timeDuration></timerEventDefinition>"
CYCLE = "<timerEventDefinition><timeCycle>R/PT5M</timeCycle></timerEventDefinition>"
SIGNAL = '<signalEventDefinition signalRef="sig"/>'
CONDITIONAL = "<conditionalEventDefinition><condition>=x</condition></conditionalEventDefinition>"
TOP = '<signal id="sig" name="stop"/><escalation id="esc" escalationCode="X"/>'


def multi(inside: str = "", attributes: str = "") -> str:
    zeebe = '<extensionElements><zeebe:loopCharacteristics inputCollection="=l"/></extensionElements>'
    return (
        f'<task id="x"><multiInstanceLoopCharacteristics {attributes}>{zeebe}{inside}'
        "</multiInstanceLoopCharacteristics></task>"
    )


def boundary(inside: str, attributes: str = "") -> str:
    return f'<task id="t"/><boundaryEvent id="x" attachedToRef="t" {attributes}>{inside}</boundaryEvent>'


def extension(inside: str, tag: str = "userTask") -> str:
    return f'<{tag} id="x"><extensionElements>{inside}</extensionElements></{tag}>'


INTO_X = '<task id="before"/><sequenceFlow id="into" sourceRef="before" targetRef="x"/>'
COMPLEX = (
    '<task id="a"/><task id="b"/><complexGateway id="x"/><sequenceFlow id="f" sourceRef="a" targetRef="x"/>'
    '<sequenceFlow id="g" sourceRef="b" targetRef="x"/>'
)
STARTING_GATEWAY = (
    f'<eventBasedGateway id="g" instantiate="true"/><intermediateCatchEvent id="x">{TIMER}'
    '</intermediateCatchEvent><sequenceFlow id="f" sourceRef="g" targetRef="x"/>'
)

REFUSED = [
    (
        "completed_by",
        extension(
            '<zeebe:userTask/><zeebe:properties><zeebe:property name="laneway:completedBy" value="a b"/>'
            "</zeebe:properties>"
        ),
    ),
    ("unsupported_loopDataInputRef", multi("<loopDataInputRef>l</loopDataInputRef>")),
    ("unsupported_loopDataInputRef", multi('<inputDataItem name="i"/>')),
    ("unsupported_multi_instance_behavior", multi(attributes='behavior="One"')),
    ("quantity", '<task id="x" startQuantity="0"/>'),
    ("quantity", '<task id="x" completionQuantity="many"/>'),
    ("quantity", '<task id="x"><standardLoopCharacteristics loopMaximum="-1"/></task>'),
    ("loop_without_end", '<task id="x"><standardLoopCharacteristics/></task>'),
    ("loop_ambiguous", multi().replace("</task>", "<standardLoopCharacteristics/></task>")),
    ("input_collection_missing", multi("<loopCardinality>3</loopCardinality>")),
    ("input_collection_missing", '<task id="x"><multiInstanceLoopCharacteristics/></task>'),
    ("activation_condition_missing", COMPLEX),
    ("ad_hoc_empty", '<adHocSubProcess id="x"/>'),
    ("start_in_ad_hoc", '<adHocSubProcess id="h"><task id="t"/><startEvent id="x"/></adHocSubProcess>'),
    ("instantiating_inside", f'<receiveTask id="x" instantiate="true"/>{INTO_X}'),
    ("instantiating_event", STARTING_GATEWAY),
    ("triggers_do_not_fit", f'<startEvent id="x" parallelMultiple="true">{SIGNAL}{SIGNAL}</startEvent>'),
    ("triggers_do_not_fit", boundary(f"<compensateEventDefinition/>{SIGNAL}")),
    ("triggers_do_not_fit", boundary(f"<errorEventDefinition/>{SIGNAL}", 'parallelMultiple="true"')),
    ("cancel_without_transaction", boundary("<cancelEventDefinition/>")),
    ("cancel_without_transaction", '<endEvent id="x"><cancelEventDefinition/></endEvent>'),
    ("condition_empty", boundary("<conditionalEventDefinition/>")),
    ("unsupported_script", '<scriptTask id="x"><script>a = 1</script></scriptTask>'),
    ("unsupported_parallel_event_gateway", '<eventBasedGateway id="x" eventGatewayType="Parallel"/>'),
    ("unsupported_event", f'<startEvent id="x">{CONDITIONAL}</startEvent>'),
    ("unsupported_event", boundary("<terminateEventDefinition/>")),
    ("unsupported_event", boundary('<linkEventDefinition name="l"/>')),
    ("unsupported_event", boundary("")),
    ("unsupported_event", '<startEvent id="x"><errorEventDefinition/></startEvent>'),
    ("unsupported_event", '<startEvent id="x"><compensateEventDefinition/></startEvent>'),
    ("unsupported_event", f'<intermediateThrowEvent id="x">{TIMER}</intermediateThrowEvent>'),
    (
        "unsupported_event",
        '<intermediateThrowEvent id="x"><terminateEventDefinition/></intermediateThrowEvent>',
    ),
    ("unsupported_event", '<intermediateThrowEvent id="x"><errorEventDefinition/></intermediateThrowEvent>'),
    ("unsupported_event", '<intermediateCatchEvent id="x"/>'),
    (
        "unsupported_event",
        '<intermediateCatchEvent id="x"><escalationEventDefinition/></intermediateCatchEvent>',
    ),
    ("unsupported_event", '<intermediateCatchEvent id="x"><eventDefinition/></intermediateCatchEvent>'),
    (
        "unsupported_event",
        '<intermediateCatchEvent id="x"><eventDefinitionRef>no</eventDefinitionRef></intermediateCatchEvent>',
    ),
    ("unsupported_event", f'<endEvent id="x">{TIMER}</endEvent>'),
    ("unsupported_event", f'<subProcess id="s"><startEvent id="x">{SIGNAL}</startEvent></subProcess>'),
    ("must_interrupt", boundary("<errorEventDefinition/>", 'cancelActivity="false"')),
    (
        "must_interrupt",
        (
            '<subProcess id="s" triggeredByEvent="true"><startEvent id="x" isInterrupting="false">'
            "<errorEventDefinition/></startEvent></subProcess>"
        ),
    ),
    ("unsupported_timer_cycle", f'<intermediateCatchEvent id="x">{CYCLE}</intermediateCatchEvent>'),
    ("unsupported_timer_cycle", boundary(CYCLE)),
    (
        "unsupported_data_mapping",
        (
            '<task id="t"><dataInputAssociation id="x"><assignment><from>a</from><to>b</to></assignment>'
            "</dataInputAssociation></task>"
        ),
    ),
    (
        "unsupported_expression_language",
        (
            '<sequenceFlow id="x" sourceRef="a" targetRef="b"><conditionExpression language="javascript">'
            "a</conditionExpression></sequenceFlow>"
        ),
    ),
    (
        "unsupported_listener",
        extension('<zeebe:taskListeners><zeebe:taskListener type="a"/></zeebe:taskListeners>'),
    ),
    ("unsupported_listener", extension("<zeebe:executionListeners/>", "serviceTask")),
    ("unsupported_linked_resource", extension("<zeebe:linkedResources/>", "serviceTask")),
    (
        "unsupported_embedded_form",
        extension('<zeebe:formDefinition formKey="camunda-forms:bpmn:f"/>'),
    ),
    ("unsupported_form_binding", extension('<zeebe:formDefinition formId="f" bindingType="deployment"/>')),
    ("unsupported_extension", extension('<zeebe:adHoc x="1"/>')),
    ("unsupported_extension", extension('<zeebe:taskDefinition type="a"/>')),
    ("unsupported_extension", extension('<zeebe:formDefinition formId="f" colour="red"/>')),
    ("unsupported_extension", extension("<zeebe:ioMapping><zeebe:both/></zeebe:ioMapping>")),
    ("unsupported_extension", '<userTask id="x" zeebe:unheard="1"/>'),
    ("unsupported_element", '<callChoreography id="x"/>'),
    ("unsupported_element", '<userTask id="x"><potentialOwner/></userTask>'),
    ("unsupported_element", '<task id="x"><monitoring/></task>'),
]


@pytest.mark.parametrize(("code", "inside"), REFUSED)
def test_a_construct_outside_the_dialect_is_refused_at_its_element(
    judge: Callable[..., list[Finding]], code: str, inside: str
) -> None:
    assert (code, "x") in {(f.code, f.element_id) for f in judge(inside, TOP)}


@pytest.mark.parametrize(
    ("code", "top"),
    [
        ("unsupported_choreography", '<choreography id="x"/>'),
        ("unsupported_choreography", '<globalChoreographyTask id="x"/>'),
        ("unsupported_globalTask", '<globalTask id="x"/>'),
        ("unsupported_globalTask", '<globalScriptTask id="x"/>'),
        ("unsupported_element", '<globalConversation id="x"/>'),
    ],
)
def test_what_stands_beside_processes_is_refused_too(
    judge: Callable[..., list[Finding]], code: str, top: str
) -> None:
    assert (code, "x") in {(f.code, f.element_id) for f in judge("", top)}


def test_data_lists_and_extensions_of_another_engine_are_warned_about(
    judge: Callable[..., list[Finding]],
) -> None:
    found = judge(
        '<task id="x" camunda:assignee="mei"><ioSpecification id="io"><dataInput id="i"/></ioSpecification></task>'
    )

    warned = {(f.code, f.element_id) for f in found if f.severity is Severity.WARNING}
    assert warned == {("camunda_7_extension", "x"), ("data_specification", "io")}


@pytest.mark.parametrize("feature", UNSUPPORTED)
def test_every_unsupported_feature_is_told_in_both_languages(feature: str) -> None:
    words = UNSUPPORTED[feature]

    assert words.zh
    assert words.en
    assert words.zh != words.en


def test_every_named_feature_can_be_met() -> None:
    met = {code for code, _ in REFUSED} | {"unsupported_choreography", "unsupported_globalTask"}

    assert {f"unsupported_{feature}" for feature in UNSUPPORTED} <= met
