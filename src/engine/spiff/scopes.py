"""One flow level at work: a root token with the level's book, and live tokens; nothing finished stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.util.task import TaskState

from laneway.engine.spiff.elements import LevelSpec, Token

if TYPE_CHECKING:
    from laneway.engine.spiff.instance import Instance


class Scope:
    """What the process level and every inner level have in common; mixed into Spiff's workflow classes."""

    owner: Token | None = None
    spec: Any
    tasks: dict[int, Token]
    task_tree: Token
    top_workflow: Any
    at_joins: dict[str, dict[str, dict[int, Token]]]
    """Tokens that wait at a join, by join, flow and number; not stored, see `state.load`."""

    def open(self) -> None:
        """Put the root token in place."""
        self.task_tree = Token(self, self.spec.start, state=TaskState.COMPLETED)

    @property
    def book(self) -> dict[str, Any]:
        """The level's own bookkeeping, kept with its root token."""
        book: dict[str, Any] = self.task_tree.internal_data
        return book

    def spawn(self, node_id: str, local: Mapping[str, Any] | None = None, **internal: Any) -> Token:
        """A new token at a node, with variables of its own."""
        token = Token(self, self.spec.task_specs[node_id], self.task_tree)
        token.data, token.internal_data = dict(local or {}), internal
        token.task_spec._update(token)
        return token

    def drop(self, token: Token) -> None:
        """Take a finished token out of the tree; what it gave birth to hangs on the root from now on."""
        root, tasks, top = self.task_tree, self.tasks, self.top_workflow
        for child in token._children:
            tasks[child]._parent = root.id
        root._children += token._children
        token._children = []
        tasks[token._parent]._children.remove(token.id)
        del tasks[token.id]
        del top.live[token.id]
        if self.at_joins:
            top.inclusive_joins.pop(token.id, None)
            self.forget_at_join(token)

    def forget_at_join(self, token: Token) -> None:
        """A token waits at its join no longer."""
        by_flow = self.at_joins.get(token.task_spec.name)
        flow = token.internal_data.get("flow", "")
        if (
            by_flow is not None
            and by_flow.get(flow, {}).pop(token.id, None) is not None
            and not by_flow[flow]
        ):
            del by_flow[flow]

    def clear(self, but: Token | None = None) -> None:
        """End every token of this level, except `but`."""
        for token in list(self.tasks.values()):
            if token is but or token is self.task_tree or token.id not in self.tasks:
                continue
            if token.has_state(TaskState.FINISHED_MASK):
                self.drop(token)
            else:
                token.cancel()

    def is_empty(self) -> bool:
        """Whether only the root token is left."""
        return len(self.tasks) == 1

    def _task_completed_notify(self, token: Token) -> None:
        if token.id not in self.top_workflow.live:  # its own completion has ended the level
            return
        self.drop(token)
        if self.owner is not None:
            self.owner.task_spec.child_done(self.owner, self, token)
        elif self.is_empty():
            self.top_workflow.queue.append(["done", 0])


class InnerScope(Scope, BpmnSubWorkflow):
    """The level inside a sub-process or a multi-instance activity."""

    def __init__(self, spec: LevelSpec, owner: Token, top: Instance) -> None:
        self.owner = owner
        self.at_joins = {}
        super().__init__(spec, owner.id, top, deserializing=True)
