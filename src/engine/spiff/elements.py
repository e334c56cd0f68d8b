"""Tokens, level specs and the base of all element specs.

Every flow level (process, sub-process, event sub-process, multi-instance body) is one Spiff workflow. A finished token
leaves the tree at once, so the tree holds tokens and nothing else (BPMN 2.0 section 13; ENGINE: one level, one workflow).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.specs.StartTask import StartTask
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from laneway.engine.bpmn.model import Flow, Level, Node
from laneway.engine.spiff import events
from laneway.engine.spiff.requests import Note, StepFailed

if TYPE_CHECKING:
    from laneway.engine.spiff.instance import Instance
    from laneway.engine.spiff.scopes import Scope

ROOT = "#root"


class Mark(NamedTuple):
    """How far requests, notes and a token's variables had come."""

    requests: int
    notes: int
    local: dict[str, Any]


class Token(Task):
    """A Spiff task with a small integer id, and no log record per state change."""

    def __init__(
        self, workflow: Any, spec: Any, parent: Any = None, state: int = TaskState.FUTURE, id: int = 0
    ) -> None:
        super().__init__(workflow, spec, parent, state, id or workflow.top_workflow.next_token())
        workflow.top_workflow.live[self.id] = self
        self.leaving: list[Flow] = []
        """The flows it takes, decided before it leaves."""
        self.outcome: tuple[Any, bool] = (None, False)
        """In a multi-instance body: its result, and whether the activity is complete with it."""

    def _set_state(self, value: int) -> None:
        self._state = value

    def _ready(self) -> None:
        self._state = TaskState.READY
        self.workflow.top_workflow.queue.append(self.id)

    def _add_child(self, spec: Any, state: int = TaskState.FUTURE) -> Token:
        return Token(self.workflow, spec, self, state)


class LevelSpec(WorkflowSpec):
    """The spec of one flow level; shared by all instances and never changed after it is built."""

    data_objects: dict[str, Any] = {}  # noqa: RUF012 - Spiff reads it; ours stay in scopes, so it is always empty

    def __init__(self, level: Level, *, is_body: bool = False) -> None:
        super().__init__(name=level.id)
        self.level = level
        self.is_body = is_body
        """Whether this is the inside of a multi-instance activity: boundaries stay on the wrapper."""
        self.start = StartTask(self, ROOT)
        self.boundaries: dict[str, list[Node]] = {}
        for node in level.of("boundaryEvent"):
            self.boundaries.setdefault(node.attached_to or "", []).append(node)
        self.event_subprocesses = [n for n in level.nodes.values() if n.is_event_subprocess]
        self._reach: dict[str, dict[str, set[str]]] = {}

    def boundaries_of(self, node_id: str) -> list[Node]:
        """Boundary events that watch this node's tokens on this level."""
        return [] if self.is_body else self.boundaries.get(node_id, [])

    @property
    def plain_starts(self) -> list[str]:
        """Nodes where a token appears when the level is entered."""
        starts = [n.id for n in self.level.of("startEvent") if n.event.kind == "none"]
        if starts or self.level.of("startEvent"):
            return starts
        return [n.id for n in self.level.nodes.values() if self._is_implicit_start(n)]

    @staticmethod
    def _is_implicit_start(node: Node) -> bool:
        excluded = node.is_event_subprocess or node.is_for_compensation or node.type == "boundaryEvent"
        return not (node.incoming or excluded or node.event.kind == "link")

    def sources_by_flow(self, target: Node) -> dict[str, set[str]]:
        """{incoming flow id: nodes from which a token can come in by it without passing the target}."""
        if target.id not in self._reach:
            before: dict[str, set[str]] = {}
            for node in self.level.nodes.values():
                for flow in node.outgoing:
                    before.setdefault(flow.target, set()).add(node.id)
                if node.type == "boundaryEvent":
                    before.setdefault(node.id, set()).add(node.attached_to or "")
            self._reach[target.id] = {f.id: _upstream(f.source, target.id, before) for f in target.incoming}
        return self._reach[target.id]


def _upstream(source: str, stop: str, before: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [source]
    while todo:
        node_id = todo.pop()
        if node_id not in seen and node_id != stop:
            seen.add(node_id)
            todo.extend(before.get(node_id, ()))
    return seen


class Element(BpmnTaskSpec):
    """Base of all element specs. Replaces Spiff's prediction, data copying and checks; keeps its state machine."""

    noun = "element"
    """What its history calls it."""

    def __init__(self, spec: LevelSpec, node: Node) -> None:
        super().__init__(spec, node.id, bpmn_name=node.name.en)
        self.node = node
        self.entered, self.completed = f"{self.noun}_entered", f"{self.noun}_completed"
        watching = spec.boundaries_of(node.id)
        self.awaited = [*watching, *_own_events(spec.level, node)]
        """Nodes whose events are waited for while a token is here."""
        handlers = [one.compensation_handler for one in watching if one.event.kind == "compensate"]
        self.undone_by = [handler for handler in handlers if handler]

    # -- Spiff's hooks

    def _predict_hook(self, token: Token) -> None:
        """Nothing: only real tokens are in the tree."""

    def _update_hook(self, token: Token) -> bool:
        if self.node.start_quantity == 1:
            return True
        token._set_state(TaskState.WAITING)
        waiting = [o for o in token.workflow.tasks.values() if o.task_spec is self and o is not token]
        gathered = [other for other in waiting if other._state == TaskState.WAITING]
        if len(gathered) + 1 < self.node.start_quantity:
            return False
        for other in gathered[: self.node.start_quantity - 1]:
            token.workflow.drop(other)
        return True

    def _run_hook(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        fired = token.internal_data.pop("fired", None)
        if not token.internal_data.pop("retried", False):
            top.notes.append(Note(self.entered, self.name, token.id))
        mark = top.mark(token)
        if fired is not None:  # a triggered catching event passes
            top.take_in(token, fired)
            return top.prepare_to_leave(token)
        try:
            if not events.is_undone(token):
                for mapping in self.node.inputs:
                    put(token.data, mapping.target, top.evaluate(token, mapping.source))
                top.open_waits(token)
            passes = self.enter(token)
        except StepFailed as failure:
            top.rewind(token, mark)
            top.park(token, "enter", failure)
            return None
        return top.prepare_to_leave(token) if passes else None

    def _on_complete_hook(self, token: Token) -> None:
        top: Instance = token.workflow.top_workflow
        top.closed(token, done=True)
        top.notes.append(Note(self.completed, self.name, token.id))
        if "compensates_for" in token.internal_data:
            events.compensated(token)
            return
        for handler in self.undone_by:
            token.workflow.book.setdefault("compensable", []).append([self.node.id, handler, None])
        for flow in token.leaving * self.node.completion_quantity:
            top.notes.append(Note("flow_taken", self.name, token.id, {"flow": flow.id}))
            child = token._add_child(self._wf_spec.task_specs[flow.target])
            child.internal_data["flow"] = flow.id

    def _on_cancel(self, token: Token) -> None:
        token.workflow.top_workflow.closed(token, done=False)
        token.workflow.drop(token)

    # -- what kinds of elements differ in

    def enter(self, token: Token) -> bool | None:
        """True: pass on at once. None: wait until the runtime completes the token."""
        return True

    def select(self, token: Token) -> list[Flow]:
        """The flows to take: unconditional ones and those whose condition holds, else the default."""
        flows = self.node.outgoing
        if len(flows) < 2 and (not flows or flows[0].condition is None):
            return flows
        top: Instance = token.workflow.top_workflow
        default = self.node.default
        hit = [f for f in flows if f.condition and f.id != default and top.holds(token, f.condition)]
        free = [f for f in flows if f.condition is None and f.id != default]
        if not hit:
            free += [f for f in flows if f.id == default]
        if not hit and not free:
            raise no_flow(self.node)
        return hit + free

    def child_leaves(self, token: Token, scope: Scope, child: Token) -> None:
        """A token of the inner level is about to complete; raising StepFailed keeps it there."""

    def child_done(self, token: Token, scope: Scope, child: Token) -> None:
        """A token of the inner level that `token` owns has completed and left the tree."""
        if scope.is_empty():
            scope.top_workflow.queue.append(["done", token.id])


def _own_events(level: Level, node: Node) -> list[Node]:
    if node.type == "eventBasedGateway":
        return [level.nodes[flow.target] for flow in node.outgoing]
    waits = node.type in ("intermediateCatchEvent", "receiveTask") and node.loop is None
    return [node] if waits else []


def no_flow(node: Node) -> StepFailed:
    """What to say when no condition of a split holds."""
    return StepFailed(
        "CONDITION_ERROR",
        f"No outgoing flow of '{node.name.en or node.id}' ({node.id}) has a condition that is true, "
        "and it has no default flow.",
    )


def put(variables: dict[str, Any], path: str, value: Any) -> None:
    """Set a variable, or with a dotted path a member of a context variable (as in Camunda 8 mappings)."""
    *outer, name = path.split(".")
    for part in outer:
        inner = variables.get(part)
        variables[part] = dict(inner) if isinstance(inner, dict) else {}
        variables = variables[part]
    variables[name] = value
