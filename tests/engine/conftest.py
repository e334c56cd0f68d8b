"""Small executable diagrams in few words, for the tests of the engine."""

from __future__ import annotations

from itertools import pairwise
from xml.sax.saxutils import quoteattr

import pytest

from laneway.engine.model import Resource

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="defs" targetNamespace="http://example.com/tests">'
    '<message id="M" name="M"><extensionElements><zeebe:subscription correlationKey="=key"/>'
    '</extensionElements></message><signal id="S" name="S"/>'
    '<error id="E" errorCode="E"/><error id="F" errorCode="F"/><escalation id="X" escalationCode="X"/>'
)


class Draw:
    """Writes BPMN: every method gives XML of one part."""

    error = '<errorEventDefinition errorRef="E"/>'
    other_error = '<errorEventDefinition errorRef="F"/>'
    any_error = "<errorEventDefinition/>"
    escalation = '<escalationEventDefinition escalationRef="X"/>'
    signal = '<signalEventDefinition signalRef="S"/>'
    message = '<messageEventDefinition messageRef="M"/>'
    compensation = "<compensateEventDefinition/>"
    terminate = "<terminateEventDefinition/>"

    def file(self, *processes: str, name: str = "test.bpmn") -> Resource:
        return Resource(name, f"{HEAD}{''.join(processes)}</definitions>".encode())

    def process(self, *parts: str, id: str = "P", **properties: str) -> str:
        listed = "".join(
            f"<zeebe:property name={quoteattr(name.replace('__', ':'))} value={quoteattr(value)}/>"
            for name, value in properties.items()
        )
        extra = (
            f"<extensionElements><zeebe:properties>{listed}</zeebe:properties></extensionElements>"
            if listed
            else ""
        )
        return f'<process id="{id}" name="{id}" isExecutable="true">{extra}{"".join(parts)}</process>'

    def node(self, tag: str, id: str, inner: str = "", *, extra: str = "", **attributes: str) -> str:
        listed = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        extensions = f"<extensionElements>{extra}</extensionElements>" if extra else ""
        return f'<{tag} id="{id}" name="{id}"{listed}>{extensions}{inner}</{tag}>'

    def start(self, id: str = "start", inner: str = "", extra: str = "", **attributes: str) -> str:
        return self.node("startEvent", id, inner, extra=extra, **attributes)

    def end(self, id: str = "end", inner: str = "") -> str:
        return self.node("endEvent", id, inner)

    def user(self, id: str, inner: str = "", extra: str = "", *, groups: str = "", form: str = "") -> str:
        who = f"<zeebe:assignmentDefinition candidateGroups={quoteattr(groups)}/>" if groups else ""
        shown = f"<zeebe:formDefinition formId={quoteattr(form)}/>" if form else ""
        return self.node("userTask", id, inner, extra=f"<zeebe:userTask/>{who}{shown}{extra}")

    def script(self, id: str, feel: str = "=null", result: str = "", **attributes: str) -> str:
        extra = f"<zeebe:script expression={quoteattr(feel)} resultVariable={quoteattr(result or '_' + id)}/>"
        return self.node("scriptTask", id, extra=extra, **attributes)

    def job(self, id: str, type: str = "work", inner: str = "", extra: str = "", retries: str = "3") -> str:
        definition = f"<zeebe:taskDefinition type={quoteattr(type)} retries={quoteattr(retries)}/>"
        return self.node("serviceTask", id, inner, extra=definition + extra)

    def call(self, id: str, process: str, extra: str = "", **attributes: str) -> str:
        listed = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        called = f"<zeebe:calledElement processId={quoteattr(process)}{listed}/>"
        return self.node("callActivity", id, extra=called + extra)

    def gateway(self, kind: str, id: str, **attributes: str) -> str:
        return self.node(f"{kind}Gateway", id, **attributes)

    def sub(self, id: str, *inner: str, extra: str = "", **attributes: str) -> str:
        return self.node("subProcess", id, "".join(inner), extra=extra, **attributes)

    def event_sub(self, id: str, event: str, *inner: str, interrupting: bool = True) -> str:
        """An event sub-process whose start event is `<id>_start`."""
        start = self.start(f"{id}_start", event, isInterrupting=str(interrupting).lower())
        return self.sub(id, start, *inner, triggeredByEvent="true")

    def boundary(self, id: str, at: str, event: str, *, interrupting: bool = True) -> str:
        return self.node(
            "boundaryEvent", id, event, attachedToRef=at, cancelActivity=str(interrupting).lower()
        )

    def mapping(self, *, inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None) -> str:
        """Input and output mappings, {target: FEEL}."""
        parts = [
            f"<zeebe:{kind} source={quoteattr(source)} target={quoteattr(target)}/>"
            for kind, listed in (("input", inputs), ("output", outputs))
            for target, source in (listed or {}).items()
        ]
        return f"<zeebe:ioMapping>{''.join(parts)}</zeebe:ioMapping>"

    def timer(self, text: str, kind: str = "timeDuration") -> str:
        return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"

    def many(self, items: str, *, sequential: bool = False, until: str = "", **settings: str) -> str:
        listed = "".join(f" {name}={quoteattr(value)}" for name, value in settings.items())
        condition = f"<completionCondition>{until}</completionCondition>" if until else ""
        return (
            f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}"><extensionElements>'
            f"<zeebe:loopCharacteristics inputCollection={quoteattr(items)}{listed}/></extensionElements>"
            f"{condition}</multiInstanceLoopCharacteristics>"
        )

    def flow(self, source: str, target: str, condition: str = "", id: str = "") -> str:
        inner = ""
        if condition:
            text = condition.replace("&", "&amp;").replace("<", "&lt;")
            inner = f"<conditionExpression>{text}</conditionExpression>"
        named = id or f"{source}_to_{target}"
        return f'<sequenceFlow id="{named}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'

    def way(self, *ids: str) -> str:
        """Flows from each to the next."""
        return "".join(self.flow(source, target) for source, target in pairwise(ids))


@pytest.fixture(scope="session")
def draw() -> Draw:
    return Draw()
