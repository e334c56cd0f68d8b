"""Every construct the engine runs passes the checks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from laneway.words import Finding, Severity

TOP = (
    '<message id="m" name="came"><extensionElements><zeebe:subscription correlationKey="=case_number"/>'
    '</extensionElements></message><signal id="sig" name="stop"/><error id="err" errorCode="E1"/>'
    '<escalation id="esc" escalationCode="X1"/>'
)
MESSAGE = '<messageEventDefinition messageRef="m"/>'
TIMER = "<timerEventDefinition><timeDuration>PT5M</timeDuration></timerEventDefinition>"
DATE = "<timerEventDefinition><timeDate>2026-05-01T08:00:00+08:00</timeDate></timerEventDefinition>"
CYCLE = "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>"
CRON = "<timerEventDefinition><timeCycle>0 30 9 * * MON-FRI</timeCycle></timerEventDefinition>"
CONDITIONAL = "<conditionalEventDefinition><condition>amount &gt; 3</condition></conditionalEventDefinition>"
SIGNAL = '<signalEventDefinition signalRef="sig"/>'
ERROR = '<errorEventDefinition errorRef="err"/>'
ANY_ERROR = "<errorEventDefinition/>"
ESCALATION = '<escalationEventDefinition escalationRef="esc"/>'
JOB = '<extensionElements><zeebe:taskDefinition type="mail"/></extensionElements>'
MANY = (
    '<extensionElements><zeebe:loopCharacteristics inputCollection="=list" inputElement="one"/>'
    "</extensionElements>"
)


def flow(source: str, target: str, inside: str = "") -> str:
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


def way(*nodes: tuple[str, str]) -> str:
    """Nodes given as (id, xml), one after the other."""
    ids = [node_id for node_id, _ in nodes]
    return "".join(xml for _, xml in nodes) + "".join(map(flow, ids, ids[1:]))


def between(xml: str, start: str = "", end: str = "") -> str:
    """The node with id `x` between a start and an end event."""
    return way(
        ("start", f'<startEvent id="start">{start}</startEvent>'),
        ("x", xml),
        ("end", f'<endEvent id="end">{end}</endEvent>'),
    )


def boundary(inside: str, attributes: str = "") -> str:
    return (
        between('<userTask id="x"/>')
        + f'<boundaryEvent id="b" attachedToRef="x" {attributes}>{inside}</boundaryEvent>'
        + '<endEvent id="other"/>'
        + flow("b", "other")
    )


def event_subprocess(inside: str, attributes: str = "") -> str:
    return (
        between('<task id="x"/>')
        + '<subProcess id="esp" triggeredByEvent="true">'
        + f'<startEvent id="es" {attributes}>{inside}</startEvent><endEvent id="ee"/>'
        + flow("es", "ee")
        + "</subProcess>"
    )


def split(gateway: str, condition: str) -> str:
    return (
        way(
            ("start", '<startEvent id="start"/>'),
            ("x", gateway),
            ("a", '<task id="a"/>'),
            ("ea", '<endEvent id="ea"/>'),
        ).replace(flow("x", "a"), flow("x", "a", condition))
        + '<endEvent id="eb"/>'
        + flow("x", "eb")
    )


CONDITION = "<conditionExpression>=amount &gt; 100</conditionExpression>"
SUPPORTED = {
    "message start": between('<task id="x"/>', start='<messageEventDefinition messageRef="m"/>'),
    "timer start": between('<task id="x"/>', start=CYCLE),
    "signal start": between('<task id="x"/>', start=SIGNAL),
    "error end": between('<task id="x"/>', end=ERROR),
    "terminate end": between('<task id="x"/>', end="<terminateEventDefinition/>"),
    "message end": between('<task id="x"/>', end=JOB + MESSAGE),
    "signal end": between('<task id="x"/>', end=SIGNAL),
    "escalation end": between('<task id="x"/>', end=ESCALATION),
    "message catch": between(f'<intermediateCatchEvent id="x">{MESSAGE}</intermediateCatchEvent>'),
    "timer catch": between(f'<intermediateCatchEvent id="x">{TIMER}</intermediateCatchEvent>'),
    "date catch": between(f'<intermediateCatchEvent id="x">{DATE}</intermediateCatchEvent>'),
    "signal catch": between(f'<intermediateCatchEvent id="x">{SIGNAL}</intermediateCatchEvent>'),
    "none throw": between('<intermediateThrowEvent id="x"/>'),
    "message throw": between(f'<intermediateThrowEvent id="x">{JOB}{MESSAGE}</intermediateThrowEvent>'),
    "signal throw": between(f'<intermediateThrowEvent id="x">{SIGNAL}</intermediateThrowEvent>'),
    "escalation throw": between(f'<intermediateThrowEvent id="x">{ESCALATION}</intermediateThrowEvent>'),
    "link": way(
        ("start", '<startEvent id="start"/>'),
        (
            "go",
            '<intermediateThrowEvent id="go"><linkEventDefinition name="l"/></intermediateThrowEvent>',
        ),
    )
    + way(
        ("on", '<intermediateCatchEvent id="on"><linkEventDefinition name="l"/></intermediateCatchEvent>'),
        ("end", '<endEvent id="end"/>'),
    ),
    "compensation": between(
        '<intermediateThrowEvent id="x"><compensateEventDefinition activityRef="t"/></intermediateThrowEvent>'
    ).replace(flow("start", "x"), flow("start", "t") + flow("t", "x"))
    + '<task id="t"/><boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
    '<task id="undo" isForCompensation="true"/><association id="as" sourceRef="b" targetRef="undo"/>',
    "boundary message": boundary(MESSAGE),
    "boundary message, not interrupting": boundary(MESSAGE, 'cancelActivity="false"'),
    "boundary timer": boundary(TIMER),
    "boundary repeating timer, not interrupting": boundary(CYCLE, 'cancelActivity="false"'),
    "boundary error": boundary(ERROR),
    "boundary for any error": boundary(ANY_ERROR),
    "boundary signal, not interrupting": boundary(SIGNAL, 'cancelActivity="false"'),
    "boundary escalation": boundary(ESCALATION),
    "event sub-process on message": event_subprocess(MESSAGE),
    "event sub-process on timer": event_subprocess(TIMER),
    "event sub-process on repeating timer": event_subprocess(CYCLE, 'isInterrupting="false"'),
    "event sub-process on error": event_subprocess(ERROR),
    "event sub-process on signal": event_subprocess(SIGNAL, 'isInterrupting="false"'),
    "event sub-process on escalation": event_subprocess(ESCALATION),
    "sub-process": between(
        '<subProcess id="x">'
        + way(("is", '<startEvent id="is"/>'), ("ie", '<endEvent id="ie"/>'))
        + "</subProcess>"
    ),
    "call activity": between(
        '<callActivity id="x"><extensionElements><zeebe:calledElement processId="q"/></extensionElements>'
        "</callActivity>"
    ),
    "plain task": between('<task id="x"/>'),
    "manual task": between('<manualTask id="x"/>'),
    "user task": between('<userTask id="x"/>'),
    "service task": between(f'<serviceTask id="x">{JOB}</serviceTask>'),
    "send task": between(f'<sendTask id="x">{JOB}</sendTask>'),
    "receive task": between('<receiveTask id="x" messageRef="m"/>'),
    "script in FEEL": between(
        '<scriptTask id="x"><extensionElements><zeebe:script expression="=1" resultVariable="one"/>'
        "</extensionElements></scriptTask>"
    ),
    "script as job": between(f'<scriptTask id="x">{JOB}</scriptTask>'),
    "business rule as job": between(f'<businessRuleTask id="x">{JOB}</businessRuleTask>'),
    "called decision": between(
        '<businessRuleTask id="x"><extensionElements>'
        '<zeebe:calledDecision decisionId="d" resultVariable="r"/></extensionElements></businessRuleTask>'
    ),
    "exclusive gateway": split('<exclusiveGateway id="x" default="x_eb"/>', CONDITION),
    "inclusive gateway": split('<inclusiveGateway id="x" default="x_eb"/>', CONDITION),
    "parallel gateway": split('<parallelGateway id="x"/>', ""),
    "conditional flow out of a task": split('<task id="x" default="x_eb"/>', CONDITION),
    "event gateway": way(("start", '<startEvent id="start"/>'), ("x", '<eventBasedGateway id="x"/>'))
    + way(
        ("c", f'<intermediateCatchEvent id="c">{MESSAGE}</intermediateCatchEvent>'),
        ("e1", '<endEvent id="e1"/>'),
    )
    + way(
        ("d", f'<intermediateCatchEvent id="d">{TIMER}</intermediateCatchEvent>'),
        ("e2", '<endEvent id="e2"/>'),
    )
    + flow("x", "c")
    + flow("x", "d"),
    "parallel multi-instance": between(
        f'<userTask id="x"><multiInstanceLoopCharacteristics>{MANY}</multiInstanceLoopCharacteristics></userTask>'
    ),
    "sequential multi-instance": between(
        f'<task id="x"><multiInstanceLoopCharacteristics isSequential="true">{MANY}'
        "</multiInstanceLoopCharacteristics></task>"
    ),
    "notes, groups and data that only draw": between('<task id="x"/>')
    + '<textAnnotation id="n"><text>note</text></textAnnotation><association id="as" sourceRef="x" targetRef="n"/>'
    '<group id="g"/><dataObject id="do"/><dataObjectReference id="dr" dataObjectRef="do"/>'
    '<dataStoreReference id="ds"/>',
    "a data association without assignment": between(
        '<task id="x"><property id="pr" name="__targetRef_placeholder"/>'
        '<dataInputAssociation id="di"><sourceRef>dr</sourceRef><targetRef>pr</targetRef></dataInputAssociation>'
        "</task>"
    ),
    "an element template's marks": between(
        '<serviceTask id="x" zeebe:modelerTemplate="mail" zeebe:modelerTemplateVersion="1">'
        + JOB
        + "</serviceTask>"
    ),
    "multi-instance by number": between(
        '<task id="x"><multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>'
        "</multiInstanceLoopCharacteristics></task>"
    ),
    "standard loop": between(
        '<task id="x"><standardLoopCharacteristics testBefore="true" loopMaximum="3">'
        "<loopCondition>n &lt; 3</loopCondition></standardLoopCharacteristics></task>"
    ),
    "token quantities": between('<task id="x" startQuantity="1" completionQuantity="2"/>'),
    "complex gateway": split('<complexGateway id="x" default="x_eb"/>', CONDITION),
    "transaction": between(
        '<transaction id="x">'
        + way(
            ("is", '<startEvent id="is"/>'), ("ie", '<endEvent id="ie"><cancelEventDefinition/></endEvent>')
        )
        + "</transaction>"
    )
    + '<boundaryEvent id="b" attachedToRef="x"><cancelEventDefinition/></boundaryEvent><endEvent id="eb"/>'
    + flow("b", "eb"),
    "ad-hoc sub-process": between(
        '<adHocSubProcess id="x"><extensionElements><zeebe:adHoc activeElementsCollection="=wanted"/>'
        '</extensionElements><task id="t"/><completionCondition>=done</completionCondition></adHocSubProcess>'
    ),
    "instantiating receive task": way(
        ("x", '<receiveTask id="x" messageRef="m" instantiate="true"/>'), ("end", '<endEvent id="end"/>')
    ),
    "instantiating event gateway": way(
        ("g", '<eventBasedGateway id="g" instantiate="true"/>'),
        ("x", f'<intermediateCatchEvent id="x">{MESSAGE}</intermediateCatchEvent>'),
        ("end", '<endEvent id="end"/>'),
    )
    + way(
        ("y", f'<intermediateCatchEvent id="y">{SIGNAL}</intermediateCatchEvent>'),
        ("e2", '<endEvent id="e2"/>'),
    )
    + flow("g", "y"),
    "several triggers at the start": between('<task id="x"/>', start=MESSAGE + SIGNAL + CRON),
    "conditional catch": between(f'<intermediateCatchEvent id="x">{CONDITIONAL}</intermediateCatchEvent>'),
    "boundary condition": boundary(CONDITIONAL, 'cancelActivity="false"'),
    "event sub-process on a condition": event_subprocess(CONDITIONAL, 'isInterrupting="false"'),
    "event sub-process for compensation": event_subprocess("<compensateEventDefinition/>"),
    "cron start": between('<task id="x"/>', start=CRON),
    "the ids Start and End": way(("Start", '<startEvent id="Start"/>'), ("End", '<endEvent id="End"/>')),
}


@pytest.mark.parametrize("inside", SUPPORTED.values(), ids=SUPPORTED.keys())
def test_a_supported_construct_passes(judge: Callable[..., list[Finding]], inside: str) -> None:
    assert [f for f in judge(inside, TOP) if f.severity is Severity.ERROR] == []
