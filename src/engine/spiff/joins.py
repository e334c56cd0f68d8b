"""Gateways. Tokens that wait at a join stay in the tree, one task each; no history is looked at."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from laneway.engine.bpmn.model import Flow
from laneway.engine.spiff.effects import StepFailed
from laneway.engine.spiff.elements import Element, Token, no_flow

if TYPE_CHECKING:
    from laneway.engine.spiff.instance import Instance


class Exclusive(Element):
    """Takes the first flow whose condition holds, else the default."""

    def select(self, token: Token) -> list[Flow]:
        flows = self.node.outgoing
        top: Instance = token.workflow.top_workflow
        for flow in flows:
            if flow.id != self.node.default and (flow.condition is None or top.holds(token, flow.condition)):
                return [flow]
        default = [flow for flow in flows if flow.id == self.node.default]
        if flows and not default:
            raise no_flow(self.node)
        return default


class Parallel(Element):
    """Takes every flow."""

    def select(self, token: Token) -> list[Flow]:
        return self.node.outgoing


class Joining(Element):
    """Base of the joins: one waiting token per incoming flow is consumed, surplus ones stay."""

    def waiting(self, scope: Any) -> dict[str, list[Token]]:
        """Waiting tokens by the flow they came in by."""
        by_flow: dict[str, list[Token]] = {}
        for other in scope.tasks.values():
            if other.task_spec is self and other._state == TaskState.WAITING:
                by_flow.setdefault(other.internal_data.get("flow", ""), []).append(other)
        return by_flow

    def consume(self, by_flow: dict[str, list[Token]], keep: Token) -> None:
        """Take one token per flow out of the tree, all but the one that goes on."""
        for tokens in by_flow.values():
            if keep not in tokens:
                tokens[0].workflow.drop(tokens[0])


class ParallelJoin(Joining, Parallel):
    """Waits for a token on each incoming flow."""

    def _update_hook(self, token: Token) -> bool:
        token._set_state(TaskState.WAITING)
        by_flow = self.waiting(token.workflow)
        if len(by_flow) < len(self.node.incoming):
            return False
        self.consume(by_flow, token)
        return True


class InclusiveJoin(Joining):
    """Waits while a token can still arrive on an empty flow and on no filled one (BPMN 2.0 section 13.4.3)."""

    def _update_hook(self, token: Token) -> bool:
        token._set_state(TaskState.WAITING)
        token.workflow.top_workflow.inclusive_joins[token.id] = True
        return False  # decided when nothing else is ready, see fire_if_possible

    def is_blocked(self, scope: Any, filled: Collection[str]) -> bool:
        """Whether some token can still reach an empty incoming flow, and no filled one."""
        sources = scope.spec.sources_by_flow(self.node)
        others = {o.task_spec.name for o in scope.tasks.values() if o.task_spec is not self}
        empty = [nodes for flow, nodes in sources.items() if flow not in filled]
        full = [nodes for flow, nodes in sources.items() if flow in filled]
        return any(
            any(name in nodes for nodes in empty) and not any(name in nodes for nodes in full)
            for name in others
        )

    def fire_if_possible(self, token: Token) -> bool:
        """Let the join pass when nothing more can arrive."""
        by_flow = self.waiting(token.workflow)
        if len(by_flow) < len(self.node.incoming) and self.is_blocked(token.workflow, by_flow):
            return False
        self.consume(by_flow, token)
        token._ready()
        return True


class ComplexJoin(InclusiveJoin):
    """Passes once its activation condition holds, takes the stragglers of that round in, then begins anew.

    BPMN 2.0 section 13.4.5; a round ends as soon as nobody can come any more on a flow that is still missing.
    """

    def _update_hook(self, token: Token) -> bool:
        token._set_state(TaskState.WAITING)
        scope = token.workflow
        used = scope.book.setdefault("rounds", {}).setdefault(self.name, [])
        by_flow = self.waiting(scope)
        if used and not self.is_blocked(scope, used):
            used.clear()
        if not used:
            return self._activate(token, by_flow, used)
        for flow in [flow for flow in by_flow if flow not in used]:
            scope.drop(by_flow[flow][0])
            used.append(flow)
        if len(used) == len(self.node.incoming):
            used.clear()
        return False

    def _activate(self, token: Token, by_flow: dict[str, list[Token]], used: list[str]) -> bool:
        top: Instance = token.workflow.top_workflow
        assert self.node.activation_condition is not None
        try:
            passes = top.holds(token, self.node.activation_condition, activationCount=len(by_flow))
        except StepFailed as failure:
            top.park(token, "arrive", failure)
            return False
        if passes:
            self.consume(by_flow, token)
            used.extend(by_flow)
        return passes
