"""From our model of a process to the specs that move its tokens."""

from __future__ import annotations

from copy import copy

from laneway.engine.bpmn.model import Level, Node, Process
from laneway.engine.spiff.activities import (
    Call,
    Decision,
    EventGateway,
    Job,
    Script,
    Throw,
    UserTask,
    Wait,
)
from laneway.engine.spiff.elements import Element, LevelSpec
from laneway.engine.spiff.joins import ComplexJoin, Exclusive, InclusiveJoin, Parallel, ParallelJoin
from laneway.engine.spiff.levels import AdHoc, MultiInstance, Repeat, SubProcess, body_id

Specs = dict[str, LevelSpec]

_BY_TYPE: dict[str, type[Element]] = {
    "startEvent": Element,
    "endEvent": Throw,
    "intermediateThrowEvent": Throw,
    "intermediateCatchEvent": Wait,
    "boundaryEvent": Wait,
    "task": Element,
    "manualTask": Element,
    "userTask": UserTask,
    "serviceTask": Job,
    "sendTask": Job,
    "businessRuleTask": Decision,
    "scriptTask": Script,
    "receiveTask": Wait,
    "callActivity": Call,
    "subProcess": SubProcess,
    "transaction": SubProcess,
    "adHocSubProcess": AdHoc,
    "exclusiveGateway": Exclusive,
    "parallelGateway": Parallel,
    "inclusiveGateway": Element,
    "complexGateway": Element,
    "eventBasedGateway": EventGateway,
}
_JOINS: dict[str, type[Element]] = {
    "parallelGateway": ParallelJoin,
    "inclusiveGateway": InclusiveJoin,
    "complexGateway": ComplexJoin,
}


def specs_of(process: Process) -> Specs:
    """{level id: spec} of a process and all levels inside it; may be shared by threads and instances."""
    specs: Specs = {}
    _build(process.level, specs)
    return specs


def _build(level: Level, specs: Specs, *, is_body: bool = False) -> None:
    spec = LevelSpec(level, is_body=is_body)
    specs[level.id] = spec
    for node in level.nodes.values():
        _add(node, spec, specs)
    for node in level.nodes.values():
        for flow in node.outgoing:
            spec.task_specs[flow.source].connect(spec.task_specs[flow.target])


def _add(node: Node, spec: LevelSpec, specs: Specs) -> None:
    if node.loop is not None:  # the activity itself goes one level down
        inner = copy(node)
        inner.loop, inner.incoming, inner.outgoing = None, [], []
        inner.start_quantity = inner.completion_quantity = 1
        wrapper = copy(node)
        wrapper.inputs, wrapper.outputs, wrapper.body = [], [], None
        _build(Level(body_id(node.id), node.name, {node.id: inner}), specs, is_body=True)
        wraps = Repeat if node.loop.kind == "while" else MultiInstance
        wraps(spec, wrapper)
        return
    if node.body is not None:
        _build(node.body, specs)
    _class_of(node)(spec, node)


def _class_of(node: Node) -> type[Element]:
    if node.job_type is not None:
        return Job
    if len(node.incoming) > 1 and node.type in _JOINS:
        return _JOINS[node.type]
    return _BY_TYPE[node.type]
