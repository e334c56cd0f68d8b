"""Which variables a process can have, as far as its diagram and forms tell, and of which types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from laneway.engine.bpmn.model import Loop, Node, Process
from laneway.engine.bpmn.rules import is_feel
from laneway.engine.feel.checks import Vocabulary, is_known, join, kind_of, list_of, stored
from laneway.engine.feel.types import ANY, NAMED, Type

FormFields = Mapping[str, Mapping[str, Type]]
"""By form id the variables that a form fills in, with their types."""

_STRING: Final = NAMED["string"]
_NUMBER: Final = NAMED["number"]
_OF_LOOPS: Final = (
    "loopCounter",
    "numberOfInstances",
    "numberOfActiveInstances",
    "numberOfCompletedInstances",
)
_ROUNDS: Final = 3
"""How often types are followed through mappings that read each other's targets."""


@dataclass(frozen=True)
class ProcessVariables:
    """The variables by name. `is_open`: others may come from jobs, messages, called processes or the API."""

    types: Mapping[str, Type]
    is_open: bool


def variables_of(process: Process, forms: FormFields) -> ProcessVariables:
    """What is known of the variables of a process; `forms` holds the forms that could be read."""
    nodes = list(process.level.everything())
    types: dict[str, Type] = {}
    for _ in range(_ROUNDS):
        before = Vocabulary(types, is_open=True)
        found: dict[str, list[Type]] = defaultdict(list)
        for name, ty in (
            *_of_process(process),
            *(one for node in nodes for one in _of_node(node, forms, before)),
        ):
            found[name].append(ty)
        # A variable that is only known to be null will be something else one day.
        types = {name: ty if is_known(ty := join(several)) else ANY for name, several in found.items()}
    return ProcessVariables(types, _is_open(process, nodes, forms))


def _of_process(process: Process) -> Iterator[tuple[str, Type]]:
    if process.properties.get("laneway:case:series", "").strip():
        yield "case_number", _STRING


def _of_node(node: Node, forms: FormFields, types: Vocabulary) -> Iterator[tuple[str, Type]]:
    """(name, type) of what a node brings, also what it brings for itself only."""
    if node.assignment is not None:
        yield from forms.get(node.assignment.form_id or "", {}).items()
        if node.assignment.completed_by:
            yield node.assignment.completed_by, _STRING
    for mapping in (*node.inputs, *node.outputs):
        name, dot, _ = mapping.target.partition(".")
        yield name, ANY if dot else _of_source(mapping.source, types)
    if node.script is not None and node.result_variable:
        yield node.result_variable, _of_source(node.script, types)
    if node.called_decision is not None and node.called_decision.result_variable:
        yield node.called_decision.result_variable, ANY
    if node.loop is not None:
        yield from _of_loop(node.loop, types)
    if node.activation_condition:
        yield "activationCount", _NUMBER
    if node.ad_hoc is not None and node.ad_hoc.output_collection:
        yield node.ad_hoc.output_collection, NAMED["list"]
    for event in node.events:
        for variable in (event.code_variable, event.message_variable):
            if variable:
                yield variable, _STRING


def _of_loop(loop: Loop, types: Vocabulary) -> Iterator[tuple[str, Type]]:
    for name in _OF_LOOPS:
        yield name, _NUMBER
    if loop.input_element:
        collection = kind_of(loop.input_collection, types)
        yield loop.input_element, stored(collection.item or ANY) if collection.base == "list" else ANY
    if loop.output_collection:
        yield loop.output_collection, list_of(_of_source(loop.output_element or "", types))


def _of_source(source: str, types: Vocabulary) -> Type:
    """The type of what a mapping or script gives; an empty text only says that there is nothing yet."""
    if not is_feel(source):
        return _STRING if source.strip() else ANY
    return ANY if source.replace(" ", "") in ('=""', "={}") else stored(kind_of(source, types))


def _is_open(process: Process, nodes: list[Node], forms: FormFields) -> bool:
    """Whether values may come from where the diagram does not tell their names."""
    start = process.none_start
    if start is None or start.assignment is None or start.assignment.form_id not in forms:
        return True
    return any(_brings_unknown(node, forms) for node in nodes)


def _brings_unknown(node: Node, forms: FormFields) -> bool:
    if node.job_type is not None or node.type == "callActivity":
        return True
    if any(event.kind in ("message", "signal") for event in node.events):
        return True
    form_id = node.assignment.form_id if node.assignment is not None else None
    return node.type == "userTask" and form_id not in forms
