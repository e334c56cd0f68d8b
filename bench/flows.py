"""Small flows in the dialects of several engines: the same elements, the same work, conditions as each writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
)
DIALECTS = ("laneway", "spiff", "camunda", "node")
FORMS: dict[str, dict[str, Any]] = {
    "register": {
        "customer": "华东化工",
        "text": "桶盖泄漏, 批号 2026-11" * 4,
        "severity": "high",
        "product": "X-204",
        "qty": 12,
    },
    "investigate": {"valid": True, "finding": "seal defect " * 10},
    "resolve": {"action": "replace", "cost": 120.5},
}
"""What people fill in, by user task."""


@dataclass
class Flow:
    """A diagram, and what its instance starts with; `work` is how many service tasks an instance runs."""

    title: str
    write: Callable[[str], str]
    work: int
    variables: dict[str, Any] = field(default_factory=dict)
    repeats: int = 50
    """Instances in one measurement."""
    refused_by: str = ""
    """The engine that cannot read it."""

    def diagram(self, dialect: str) -> bytes:
        """The file for an engine; its first process has the id `p`."""
        parts = f'<definitions {NAMESPACES} id="d" targetNamespace="t">{self.write(dialect)}</definitions>'
        return parts.encode()


class Pen:
    """Writes one process in one dialect."""

    def __init__(self, dialect: str, process_id: str = "p") -> None:
        self.dialect = dialect
        self.id = process_id
        self.parts: list[str] = []
        self.flows: list[tuple[str, str, str, str]] = []
        self.defaults: dict[str, str] = {}

    def node(self, tag: str, *ids: str, inner: str = "") -> None:
        """Nodes of one kind."""
        self.parts += [f"{tag}|{one}|{inner}" for one in ids]

    def service(self, name: str, does: str = "nothing", inner: str = "") -> None:
        """Work for a handler."""
        extension = f'<extensionElements><zeebe:taskDefinition type="{does}"/></extensionElements>'
        attribute = {
            "laneway": "",
            "spiff": f' implementation="{does}"',
            "camunda": f' camunda:delegateExpression="${{{does}}}"',
            "node": f' implementation="${{environment.services.{does}}}"',
        }[self.dialect]
        self.node(
            f"serviceTask{attribute}", name, inner=(extension if self.dialect == "laneway" else "") + inner
        )

    def way(self, *ids: str) -> None:
        """Flows from each to the next."""
        for source, target in pairwise(ids):
            self.flow(source, target)

    def flow(self, source: str, target: str, *conditions: str, default: bool = False) -> None:
        """A flow; conditions as in `DIALECTS`."""
        condition = dict(zip(DIALECTS, conditions, strict=True))[self.dialect] if conditions else ""
        name = f"f_{source}_{target}"
        if default:
            self.defaults[source] = name
        self.flows.append((name, source, target, condition))

    def process(self) -> str:
        """The finished process."""
        # bpmn-engine starts every executable process of a file; it calls those that are not.
        is_called = self.dialect == "node" and self.id != "p"
        return (
            f'<process id="{self.id}" isExecutable="{str(not is_called).lower()}">{self.inside()}</process>'
        )

    def inside(self) -> str:
        """Its nodes and flows."""
        return "".join(map(self._node, self.parts)) + "".join(map(self._flow, self.flows))

    def _node(self, part: str) -> str:
        tag, name, inner = part.split("|", 2)
        ends = [f"<incoming>{flow}</incoming>" for flow, _, target, _ in self.flows if target == name]
        ends += [f"<outgoing>{flow}</outgoing>" for flow, source, _, _ in self.flows if source == name]
        default = f' default="{self.defaults[name]}"' if name in self.defaults else ""
        extension, _, rest = inner.rpartition("</extensionElements>")
        before = f"{extension}</extensionElements>" if extension else ""
        return f'<{tag} id="{name}" name="{name}"{default}>{before}{"".join(ends)}{rest}</{tag.partition(" ")[0]}>'

    @staticmethod
    def _flow(flow: tuple[str, str, str, str]) -> str:
        name, source, target, condition = flow
        text = condition.replace("&", "&amp;").replace("<", "&lt;")
        inner = (
            f'<conditionExpression xsi:type="tFormalExpression">{text}</conditionExpression>'
            if condition
            else ""
        )
        return f'<sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def empty(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("endEvent", "end")
    pen.way("start", "end")
    return pen.process()


def sequence(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("endEvent", "end")
    names = [f"s{number}" for number in range(5)]
    for name in names:
        pen.service(name)
    pen.way("start", *names, "end")
    return pen.process()


def complaint(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("userTask", "register", "investigate", "resolve")
    pen.node("exclusiveGateway", "severe", "merge", "valid")
    pen.node("endEvent", "end", "rejected")
    pen.service("classify", "classify")
    for name in ("escalate", "standard", "notify"):
        pen.service(name)
    pen.way("start", "register", "classify", "severe")
    high = (
        '=severity = "high"',
        "severity == 'high'",
        "${severity == 'high'}",
        "${environment.variables.high}",
    )
    pen.flow("severe", "escalate", *high)
    pen.flow("severe", "standard", default=True)
    pen.way("escalate", "merge", "investigate", "valid")
    pen.way("standard", "merge")
    invalid = ("=not(valid)", "not valid", "${valid == false}", "${environment.variables.invalid}")
    pen.flow("valid", "rejected", *invalid)
    pen.flow("valid", "resolve", default=True)
    pen.way("resolve", "notify", "end")
    return pen.process()


def parallel(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("parallelGateway", "fork", "join")
    pen.node("endEvent", "end")
    pen.way("start", "fork")
    for number in range(10):
        pen.service(f"s{number}")
        pen.way("fork", f"s{number}", "join")
    pen.way("join", "end")
    return pen.process()


def loop(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("exclusiveGateway", "again", "more")
    pen.node("endEvent", "end")
    pen.service("body", "count")
    pen.way("start", "again", "body", "more")
    pen.flow("more", "again", "=i < n", "i < n", "${i < n}", "${environment.variables.more}")
    pen.flow("more", "end", default=True)
    return pen.process()


def _two_services(dialect: str, process_id: str) -> Pen:
    pen = Pen(dialect, process_id)
    pen.node("startEvent", "inner_start")
    pen.node("endEvent", "inner_end")
    pen.service("s1")
    pen.service("s2")
    pen.way("inner_start", "s1", "s2", "inner_end")
    return pen


def call(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("endEvent", "end")
    called = '<extensionElements><zeebe:calledElement processId="child"/></extensionElements>'
    attribute = "" if dialect == "laneway" else ' calledElement="child"'
    pen.node(f"callActivity{attribute}", "call", inner=called if dialect == "laneway" else "")
    pen.way("start", "call", "end")
    return pen.process() + _two_services(dialect, "child").process()


def sub_process(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("endEvent", "end")
    pen.node("subProcess", "sub", inner=_two_services(dialect, "").inside())
    pen.way("start", "sub", "end")
    return pen.process()


def many(dialect: str) -> str:
    pen = Pen(dialect)
    pen.node("startEvent", "start")
    pen.node("endEvent", "end")
    number = '<loopCardinality xsi:type="tFormalExpression">100</loopCardinality>'
    instances = f'<multiInstanceLoopCharacteristics isSequential="false">{number}'
    pen.service("each", inner=f"{instances}</multiInstanceLoopCharacteristics>")
    pen.way("start", "each", "end")
    return pen.process()


FLOWS = {
    "a": Flow("start and end", empty, 0, repeats=200),
    "b": Flow("5 services in a row", sequence, 5, repeats=100),
    "c": Flow("complaint", complaint, 3, {"high": True, "invalid": False}, repeats=100),
    "d": Flow("10 branches", parallel, 10, repeats=30),
    "e": Flow("loop, 100 rounds", loop, 100, {"i": 0, "n": 100, "more": True}, repeats=2),
    "f": Flow("call activity", call, 2, repeats=50, refused_by="camunda-python"),
    "f2": Flow("sub-process", sub_process, 2, repeats=50),
    "g": Flow("100 instances", many, 100, repeats=5),
}
