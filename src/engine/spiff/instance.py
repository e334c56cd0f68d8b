"""One running process: its tokens, variables and waits, and the queue that moves it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from time import thread_time
from typing import Any

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from laneway.engine.bpmn.model import Node
from laneway.engine.feel import FeelWarning
from laneway.engine.spiff import events
from laneway.engine.spiff.build import Specs
from laneway.engine.spiff.elements import Mark, Token, put
from laneway.engine.spiff.requests import (
    ChildCanceled,
    Host,
    IncidentRaised,
    Note,
    Request,
    StepFailed,
    WaitsClosed,
)
from laneway.engine.spiff.scopes import InnerScope, Scope
from laneway.engine.spiff.waiting import Waiting

STEP_LIMIT = 50_000
"""Steps without a wait after which an instance is taken to be in an endless loop."""
SECONDS_LIMIT = 10.0
"""How long an instance may compute without a wait: its transaction, and what that locks, lasts as long."""


class Instance(Waiting, Scope, BpmnWorkflow):
    """A process instance in memory, between loading and saving; discard it after any exception."""

    top_workflow: Any = None  # an attribute in place of Spiff's property: it is asked for at every turn

    def __init__(self, host: Host, process_id: str, specs: Specs) -> None:
        self.top_workflow = self
        self.host = host
        self.live: dict[int, Token] = {}
        self.queue: deque[Any] = deque()
        """Token numbers, and levels that may have become empty, in the order things happened."""
        self.at_joins = {}
        self.inclusive_joins: dict[int, bool] = {}
        self.conditions: dict[int, bool] = {}
        """Tokens that wait for a condition to become true."""
        self.conditions_due = False
        self.requests: list[Request] = []
        self.notes: list[Note] = []
        self.warned: dict[tuple[str, str], list[FeelWarning]] = {}
        self.parent_catches: list[str] = []
        self.last_token = 0
        self.is_terminated = False
        self.variables_changed = False
        super().__init__(specs[process_id], specs, script_engine=host, deserializing=True)

    def go_on(self, host: Host) -> None:
        """Begin another step of an instance that has stayed in memory since the one before."""
        self.host = host
        self.requests, self.notes, self.warned = [], [], {}
        self.variables_changed = False

    def next_token(self) -> int:
        """A number for a new token, never used before in this instance."""
        self.last_token += 1
        return self.last_token

    def get_task_from_id(self, token_id: int) -> Token:
        """Spiff's look-up, without its search through the tree."""
        return self.live[token_id]

    # -- life

    def start(self, variables: Mapping[str, Any], at: str | None = None) -> None:
        """Begin at the none start event, or at the start event `at` that something has triggered."""
        self.open()
        if variables:
            self.data.update(variables)
            self.notes.append(Note("variables_set", None, None, {"values": dict(variables)}))
        names = [at] if at else self.spec.plain_starts
        tokens = [self.spawn(name, **({"fired": {}} if at else {})) for name in names]
        self._begin(tokens[0])

    def _begin(self, first: Token) -> None:
        """Open the waits of the process itself; when that fails, its first token waits for a person."""
        try:
            self._open_level(self)
        except StepFailed as failure:
            self._close_waits(self.task_tree)
            self.park(first, "begin", failure)

    def begin_again(self) -> None:
        """Open the waits of the process itself again after its end; its variables stand as they did.

        Raises StepFailed when one of them cannot be opened.
        """
        for left in ("interrupted", "rounds"):
            self.book.pop(left, None)
        self._open_level(self)

    def run(self) -> None:
        """Move until every branch waits. A token that would move on without end becomes an incident."""
        steps, until = 0, thread_time() + SECONDS_LIMIT
        while not self.completed and self._step(within_limit=steps < STEP_LIMIT and thread_time() < until):
            steps += 1

    def _step(self, *, within_limit: bool) -> bool:
        if self.conditions_due:
            self._check_conditions()
            return True
        while self.queue:
            item = self.queue.popleft()
            if isinstance(item, list):
                self._level_done(item[1])
                return True
            token = self.live.get(item)
            if token is not None and token._state == TaskState.READY:
                if within_limit:
                    token.run()
                else:
                    endless = (
                        f"More than {STEP_LIMIT} steps or {SECONDS_LIMIT:g} seconds without a wait: "
                        "is this an endless loop?"
                    )
                    self.park(token, "enter", StepFailed("ENDLESS_LOOP", endless))
                return True
        joins: dict[tuple[int, str], Token] = {}
        for number in self.inclusive_joins:
            token = self.live[number]  # those that wait at one join of one level fare alike
            joins.setdefault((id(token.workflow), token.task_spec.name), token)
        return any(join.task_spec.fire_if_possible(join) for join in joins.values())

    def _level_done(self, owner: int) -> None:
        # Asked again here: a non-interrupting event sub-process may have started meanwhile.
        scope: Scope | None = self.subprocesses.get(owner) if owner else self
        if scope is None or not scope.is_empty():
            return
        if owner:
            self.finish(self.live[owner])
        else:
            self.closed(self.task_tree, done=True)
            self.completed = True

    def terminate(self) -> None:
        """End everything at once."""
        self.clear()
        self.closed(self.task_tree, done=False)
        self.is_terminated = self.completed = True

    # -- leaving an element

    def complete(self, number: int, variables: Mapping[str, Any]) -> None:
        """A person, a job, a child instance or an event has ended this token's wait."""
        token = self.live[number]
        waits = token.internal_data.get("waits", [])
        waits[:] = [
            kind for kind in waits if kind not in ("user_task", "job")
        ]  # their rows have ended already
        self.take_in(token, variables)
        token.internal_data.pop("child", None)
        self.finish(token)

    def finish(self, token: Token) -> None:
        """Let a token leave its element, or park it when that fails."""
        self._close_waits(token)
        if self.prepare_to_leave(token):
            token.complete()

    def prepare_to_leave(self, token: Token) -> bool | None:
        """Evaluate output mappings and flow conditions first, so that a failure leaves the token where it is."""
        try:
            node: Node = token.task_spec.node
            if node.outputs and not events.is_undone(token):
                values: dict[str, Any] = {}
                for mapping in node.outputs:
                    put(values, mapping.target, self.evaluate(token, mapping.source))
                self.set_variables(token, values, outer=not token.workflow.spec.is_body)
            token.leaving = [] if "compensates_for" in token.internal_data else token.task_spec.select(token)
            scope = token.workflow
            if scope.owner is not None:
                scope.owner.task_spec.child_leaves(scope.owner, scope, token)
        except StepFailed as failure:
            self.park(token, "leave", failure)
            return None
        return True

    def park(self, token: Token, phase: str, failure: StepFailed) -> None:
        """Leave the token where it is, as an incident that a person can retry."""
        token._set_state(TaskState.STARTED)
        token.internal_data["stuck"] = phase
        message = self.explained(token, failure)
        self.wait_for(token, IncidentRaised(token.id, token.task_spec.name, failure.type, message))

    def retry(self, number: int) -> None:
        """Try again what made the incident of this token."""
        token = self.live[number]
        phase = token.internal_data.pop("stuck", None)
        if phase == "leave":
            self.finish(token)
        elif phase == "arrive":
            self._close_waits(token)
            token.task_spec._update(token)
        elif phase == "watch":
            self.conditions_due = True
        elif phase is not None:
            self.close_scope(token)
            self._close_waits(token)
            token._set_state(TaskState.READY)
            self.queue.append(token.id)
            if phase == "begin":
                self._begin(token)
            else:
                token.internal_data["retried"] = True

    def fail(self, number: int, failure: StepFailed) -> None:
        """Something outside went wrong for a waiting token."""
        if number in self.live:
            self.live[number].internal_data.pop("child", None)  # there is none to cancel when it is retried
            self.park(self.live[number], "enter", failure)

    def child_completed(self, number: int, variables: Mapping[str, Any]) -> None:
        """The child instance of a call activity has ended well; its variables follow the propagation rule."""
        node: Node = self.live[number].task_spec.node
        assert node.called_process is not None
        heard = bool(node.outputs) or node.called_process.propagate_all_child
        self.complete(number, variables if heard else {})

    def throw_error(self, number: int, code: str, message: str, variables: dict[str, Any]) -> None:
        """A handler throws a BPMN error at its element; uncaught, it becomes an incident there."""
        token = self.live[number]
        try:
            events.throw(token, "error", code, variables, message)
        except StepFailed as failure:
            self.park(token, "enter", failure)

    def throw_from_child(self, number: int, kind: str, code: str, variables: dict[str, Any]) -> None:
        """A child instance throws an error or escalation that its caller may catch."""
        token = self.live.get(number)
        if token is None:
            return
        if kind == "error":
            token.internal_data.pop("child", None)  # it has ended already
            self.throw_error(number, code, "", variables)
        else:
            events.throw(token, kind, code, variables)

    # -- inner levels

    def open_scope(self, token: Token, level_id: str) -> InnerScope:
        """Open the level that `token` owns."""
        scope = InnerScope(self.subprocess_specs[level_id], token, self)
        self.subprocesses[token.id] = scope
        scope.open()
        self._open_level(scope)
        return scope

    def close_scope(self, token: Token) -> None:
        """End the level that `token` owns, innermost first."""
        scope = self.subprocesses.get(token.id)
        if scope is not None:
            scope.clear()
            self.closed(scope.task_tree, done=False)
            del self.live[scope.task_tree.id]
            del self.subprocesses[token.id]

    def _open_level(self, scope: Scope) -> None:
        if scope.owner is not None and events.is_undone(scope.owner):
            return
        for node in scope.spec.event_subprocesses:
            self._open_events(scope.task_tree, node)

    # -- the end of waits

    def closed(self, token: Token, *, done: bool) -> None:
        """Nothing of this token is awaited any more; its inner level and its child end too."""
        self.close_scope(token)
        self._close_waits(token)
        is_root = token is token.workflow.task_tree
        if not done and not is_root and token.internal_data.get("stuck") is None:
            self.note("element_terminated", token)

    def _close_waits(self, token: Token) -> None:
        if token.internal_data.pop("child", None):
            self.requests.append(ChildCanceled(token.id))
        self._forget_conditions(token)
        kinds = token.internal_data.pop("waits", None)
        if kinds:
            self.requests.append(WaitsClosed(token.id, tuple(kinds)))

    # -- taking a failed entry back

    def mark(self, token: Token) -> Mark:
        """Remember how things stand before an element is entered."""
        return Mark(len(self.requests), len(self.notes), dict(token.data))

    def rewind(self, token: Token, mark: Mark) -> None:
        """Undo what a failed entry has asked for."""
        self.close_scope(token)
        token.internal_data.pop("child", None)
        token.internal_data.pop("waits", None)
        self._forget_conditions(token)
        del self.requests[mark.requests :]
        # What expressions warned of explains the failure.
        self.notes[mark.notes :] = [n for n in self.notes[mark.notes :] if n.event == "expression_warned"]
        token.data = mark.local

    def waiting_at(self) -> list[str]:
        """Ids of the elements that hold a token now, without owners of inner levels."""
        held = [
            token.task_spec.name
            for token in self.live.values()
            if token._state in (TaskState.STARTED, TaskState.WAITING)
            and (token.id not in self.subprocesses or "stuck" in token.internal_data)
        ]
        return list(dict.fromkeys(held))
