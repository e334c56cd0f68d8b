"""Carry the live state of an instance over to another definition: what stands in the way, and the state rewritten.

A token goes to the element of the same id, or to the one that the mapping tells, of the same kind and inside the same
(mapped) scopes, as in Camunda 8. What is awaited stays awaited: a timer keeps its due date, a message its key, as long
as the event that awaits it has a counterpart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from SpiffWorkflow.util.task import TaskState

from laneway.engine.bpmn.model import Event, Node
from laneway.engine.spiff.elements import ROOT, Element, LevelSpec
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.joins import Joining
from laneway.engine.spiff.places import Places, inner_level
from laneway.words import Text

_WATCHED = ("timer", "message", "signal", "conditional")


@dataclass(frozen=True)
class Obstacle:
    """Why an instance cannot go over: at which element, and how that can be mended."""

    element_id: str
    name: Text
    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """A wait of a token under the old definition, and what becomes of it. `to` is None when it ends."""

    token: int
    kind: str
    """timer, message, signal or conditional."""
    wait: str
    element_id: str
    to: str | None = None
    to_element: str = ""
    is_aside: bool = False


@dataclass
class Plan:
    """How an instance goes over."""

    obstacles: list[Obstacle] = field(default_factory=list)
    elements: dict[int, tuple[Node, Node]] = field(default_factory=dict)
    """By token: the element where it stands, and the one where it will stand."""
    waits: list[Wait] = field(default_factory=list)
    """Kept and ended ones."""
    new_waits: list[tuple[int, Node, str]] = field(default_factory=list)
    """(token, node, wait) to be opened."""
    state: dict[str, Any] = field(default_factory=dict)
    """The rewritten state."""

    def dump(self) -> bytes:
        """The rewritten state, to be loaded with the new definition."""
        return orjson.dumps(self.state)

    def open_waits(self, instance: Instance) -> None:
        """Begin to wait for what only the new definition waits for; raises StepFailed."""
        for number, node, wait in self.new_waits:
            instance.open_wait(instance.live[number], node, wait)


def plan(stored: bytes, old: Places, new: Places, mapping: Mapping[str, str]) -> Plan:
    """How the stored state would go over, with everything that stands in the way."""
    return _Planner(old, new, mapping).plan(orjson.loads(stored))


class _Planner:
    def __init__(self, old: Places, new: Places, mapping: Mapping[str, str]) -> None:
        self.old, self.new, self.mapping = old, new, mapping
        self.found = Plan()
        self._has_begun = True
        self._undone: set[int] = set()
        """Tokens of completed activities that are being undone."""

    def plan(self, state: dict[str, Any]) -> Plan:
        self._check_mapping()
        phases = [token[4].get("stuck") for _owner, _level, tokens in state["scopes"] for token in tokens]
        self._has_begun = "begin" not in phases
        levels: dict[int, tuple[LevelSpec, LevelSpec] | None] = {}
        for scope in state["scopes"]:
            owner, level_id, tokens = scope
            spec = self.old.specs[level_id]
            if owner:
                target = self._level_inside(levels.get(owner), owner, level_id)
            else:
                target = self.new.specs[self.new.process_id]
            if target is None:  # an obstacle is told already, at the element that owns it
                continue
            scope[1] = target.name
            is_undone = owner in self._undone
            for token in tokens:
                levels[token[0]] = (spec, target)
                if "compensating" in token[4]:
                    self._undone.add(token[0])
                if token[1] == ROOT:
                    self._root(token, spec, target, may_wait=not is_undone)
                else:
                    self._token(token, spec, target)
        self.found.state = state
        return self.found

    def _level_inside(
        self, around: tuple[LevelSpec, LevelSpec] | None, owner: int, level_id: str
    ) -> LevelSpec | None:
        if around is None or owner not in self.found.elements:
            return None
        _source, target = self.found.elements[owner]
        inner = inner_level(around[1], around[1].task_specs[target.id])
        return None if inner is None else self.new.specs[inner]

    # -- what stands in the way

    def _check_mapping(self) -> None:
        for source, target in self.mapping.items():
            if self.old.level_of(source) is None:
                self._stop(source, "migration_source_unknown")
            if self.new.level_of(target) is None:
                self._stop(source, "migration_target_unknown", target=target)

    def _stop(self, element_id: str, code: str, **params: str) -> None:
        known = self.old.level_of(element_id) is not None
        name = self.old.node(element_id).name if known else Text("", "")
        obstacle = Obstacle(element_id, name, code, params)
        if obstacle not in self.found.obstacles:
            self.found.obstacles.append(obstacle)

    def _to(self, element_id: str) -> str:
        return self.mapping.get(element_id, element_id)

    def _counterpart(self, spec: LevelSpec, target: LevelSpec, element_id: str) -> Node | None:
        """The node where a token of this element goes; obstacles otherwise."""
        to = self._to(element_id)
        if to not in target.task_specs:
            if self.new.level_of(to) is None:
                if element_id not in self.mapping:
                    self._stop(element_id, "migration_no_target")
            else:
                self._stop(element_id, "migration_other_scope", target=to)
            return None
        source_spec, target_spec = spec.task_specs[element_id], target.task_specs[to]
        if not _same_kind(source_spec, target_spec):
            self._stop(element_id, "migration_other_kind", target=to, kind=_kind(target_spec))
            return None
        node: Node = target_spec.node
        return node

    # -- tokens

    def _root(self, token: list[Any], spec: LevelSpec, target: LevelSpec, *, may_wait: bool) -> None:
        book = token[4]
        for join, flows in list(book.get("rounds", {}).items()):
            node = self._counterpart(spec, target, join)
            if node is not None:
                flows[:] = [self._flow(spec, join, flow, node) or flow for flow in flows]
                book["rounds"][node.id] = book["rounds"].pop(join)
        if "waiting" in book:
            nodes = [self._counterpart(spec, target, name) for name in book["waiting"]]
            book["waiting"] = [node.id for node in nodes if node is not None]
        self._compensations(book, spec, target)
        if may_wait and not book.get("interrupted"):
            pairs = self._pairs(spec.event_subprocesses, target.event_subprocesses)
            self._waits(token, pairs, target.event_subprocesses if self._has_begun else [])

    def _compensations(self, book: dict[str, Any], spec: LevelSpec, target: LevelSpec) -> None:
        """What has been done and may have to be undone."""
        for entry in book.get("compensable", ()):
            node_id, handler, nested = entry
            node = self._counterpart(spec, target, node_id)
            if node is None:
                continue
            entry[0] = node.id
            if handler is not None:
                undoing = self._counterpart(spec, target, handler)
                entry[1] = undoing.id if undoing is not None else handler
            if nested is not None:
                self._nested(nested["compensable"], spec, target, node_id, node)

    def _nested(
        self, entries: list[Any], spec: LevelSpec, target: LevelSpec, element_id: str, node: Node
    ) -> None:
        """What was done inside an element that may have to be undone."""
        inner = inner_level(spec, spec.task_specs[element_id])
        to = inner_level(target, target.task_specs[node.id])
        if inner is not None and to is not None:
            self._compensations({"compensable": entries}, self.old.specs[inner], self.new.specs[to])

    def _token(self, token: list[Any], spec: LevelSpec, target: LevelSpec) -> None:
        number, element_id, state, _local, internal = token
        source: Node = spec.task_specs[element_id].node
        node = self._counterpart(spec, target, element_id)
        if node is None:
            return
        token[1] = node.id
        self.found.elements[number] = (source, node)
        came = internal.get("flow")
        if came is not None and isinstance(spec.task_specs[element_id], Joining):
            flow = self._flow(spec, element_id, came, node)
            if flow is None:
                self._stop(element_id, "migration_no_flow", flow=came)
            internal["flow"] = flow or came
        undoing = internal.get("compensating")
        for entries in (internal.get("undoable"), undoing and undoing["compensable"]):
            self._nested(entries or [], spec, target, element_id, node)
        watchers = list(_watchers(spec, source))
        new_watchers = list(_watchers(target, node))
        # A step that was not entered yet, or is to be entered anew, opens its waits then; one undone has none.
        waits_now = state == TaskState.STARTED and internal.get("stuck") in (None, "watch") and not undoing
        self._waits(token, self._pairs(watchers, new_watchers), new_watchers if waits_now else [])

    def _flow(self, spec: LevelSpec, element_id: str, flow_id: str, node: Node) -> str | None:
        """The flow by which a waiting token has come, in the new definition."""
        ids = [flow.id for flow in node.incoming]
        if flow_id in ids:
            return flow_id
        flow = next(one for one in spec.task_specs[element_id].node.incoming if one.id == flow_id)
        mapped = [one.id for one in node.incoming if one.source == self._to(flow.source)]
        return mapped[0] if len(mapped) == 1 else None

    # -- waits

    def _pairs(self, watchers: list[Node], new_watchers: list[Node]) -> list[tuple[Node, Node | None]]:
        by_id = {node.id: node for node in new_watchers}
        return [(node, by_id.get(self._to(node.id))) for node in watchers]

    def _waits(
        self, token: list[Any], pairs: list[tuple[Node, Node | None]], new_watchers: list[Node]
    ) -> None:
        number, internal = token[0], token[4]
        covered: set[str] = set()
        conditions = internal.get("conditions", {})
        kept_conditions: dict[str, bool] = {}
        for node, to in pairs:
            new_triggers = list(to.triggers.items()) if to is not None else []
            if to is not None:
                self._come(internal, node, to)
            for place, (wait, event) in enumerate(node.triggers.items()):
                new_wait, new_event = new_triggers[place] if place < len(new_triggers) else ("", None)
                if event.kind not in _WATCHED:
                    continue
                is_kept = to is not None and new_event is not None and _same_event(event, new_event)
                aside = to is not None and (to.type == "boundaryEvent" or to.is_event_subprocess)
                self.found.waits.append(
                    Wait(
                        number,
                        event.kind,
                        wait,
                        node.id,
                        new_wait if is_kept else None,
                        to.id if is_kept and to is not None else "",
                        aside,
                    )
                )
                if is_kept:
                    covered.add(new_wait)
                    if wait in conditions:
                        kept_conditions[new_wait] = conditions[wait]
        if conditions:
            internal["conditions"] = kept_conditions
        for node in new_watchers:
            for wait, event in node.triggers.items():
                if event.kind in _WATCHED and wait not in covered:
                    self.found.new_waits.append((number, node, wait))

    @staticmethod
    def _come(internal: dict[str, Any], node: Node, to: Node) -> None:
        """What has come already of several events that are all needed."""
        come = internal.get("come", {})
        if node.id in come:
            renamed = dict(zip(node.triggers, to.triggers, strict=False))
            come[to.id] = {
                renamed[wait]: values for wait, values in come.pop(node.id).items() if wait in renamed
            }


def _watchers(spec: LevelSpec, node: Node) -> Iterator[Node]:
    """The nodes whose events a token at this node waits for; as the executor opens them."""
    yield from spec.boundaries_of(node.id)
    if node.type == "eventBasedGateway":
        yield from (spec.task_specs[flow.target].node for flow in node.outgoing)
    elif node.type in ("intermediateCatchEvent", "receiveTask") and node.loop is None:
        yield node


def _same_kind(source: Element, target: Element) -> bool:
    one, other = source.node, target.node
    if type(source) is not type(target) or one.type != other.type:
        return False
    same_loop = (one.loop.kind if one.loop else "") == (other.loop.kind if other.loop else "")
    kinds = [[event.kind for event in node.events] for node in (one, other)]
    return same_loop and kinds[0] == kinds[1] and one.is_event_subprocess == other.is_event_subprocess


def _kind(spec: Element) -> str:
    return spec.node.type


def _same_event(event: Event, other: Event) -> bool:
    """Whether what is awaited stays the same: a timer keeps its due date whatever its text says now."""
    if event.kind != other.kind:
        return False
    if event.kind == "timer":
        return True
    asked = (event.ref, event.correlation_key, event.expression)
    return asked == (other.ref, other.correlation_key, other.expression)
