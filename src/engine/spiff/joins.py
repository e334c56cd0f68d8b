"""Gateways. Tokens that wait at a join stay in the tree, one task each; no history is looked at."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from laneway.engine.bpmn.model import Flow
from laneway.engine.spiff.elements import Element, Token, no_flow
from laneway.engine.spiff.requests import StepFailed

if TYPE_CHECKING:
    from laneway.engine.spiff.instance import Instance

ByFlow = dict[str, dict[int, Token]]
"""Tokens that wait at a join, by the flow they came in by and by number, oldest first; no flow without one."""


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

    def join(self, token: Token) -> ByFlow:
        """Let a token wait here; all that wait, by the flow they came in by."""
        token._set_state(TaskState.WAITING)
        by_flow: ByFlow = token.workflow.at_joins.setdefault(self.name, {})
        by_flow.setdefault(token.internal_data.get("flow", ""), {})[token.id] = token
        return by_flow

    def consume(self, by_flow: ByFlow, keep: Token) -> None:
        """Take one token per flow out of the tree, all but the one that goes on."""
        kept = keep.internal_data.get("flow", "")
        for flow in list(by_flow):
            if flow != kept:
                first = next(iter(by_flow[flow].values()))
                first.workflow.drop(first)
        keep.workflow.forget_at_join(keep)


class ParallelJoin(Joining, Parallel):
    """Waits for a token on each incoming flow."""

    def _update_hook(self, token: Token) -> bool:
        by_flow = self.join(token)
        if len(by_flow) < len(self.node.incoming):
            return False
        self.consume(by_flow, token)
        return True


class InclusiveJoin(Joining):
    """Waits while a token can still arrive on an empty flow and on no filled one (BPMN 2.0 section 13.4.3)."""

    def _update_hook(self, token: Token) -> bool:
        self.join(token)
        token.workflow.top_workflow.inclusive_joins[token.id] = True
        return False  # decided when nothing else is ready, see fire_if_possible

    def is_blocked(self, scope: Any, filled: Collection[str]) -> bool:
        """Whether some token can still reach an empty incoming flow, and no filled one."""
        sources = scope.spec.sources_by_flow(self.node)
        empty: set[str] = set().union(*(nodes for flow, nodes in sources.items() if flow not in filled))
        full: set[str] = set().union(*(nodes for flow, nodes in sources.items() if flow in filled))
        decisive = empty - full
        return any(o.task_spec.name in decisive for o in scope.tasks.values() if o.task_spec is not self)

    def fire_if_possible(self, token: Token) -> bool:
        """Let the join pass when nothing more can arrive."""
        by_flow = token.workflow.at_joins[self.name]
        if len(by_flow) < len(self.node.incoming) and self.is_blocked(token.workflow, by_flow):
            return False
        del token.workflow.top_workflow.inclusive_joins[token.id]
        self.consume(by_flow, token)
        token._ready()
        return True


class ComplexJoin(InclusiveJoin):
    """Passes once its activation condition holds, takes the stragglers of that round in, then begins anew.

    BPMN 2.0 section 13.4.5; a round ends as soon as nobody can come any more on a flow that is still missing.
    """

    def _update_hook(self, token: Token) -> bool:
        scope = token.workflow
        used = scope.book.setdefault("rounds", {}).setdefault(self.name, [])
        by_flow = self.join(token)
        if used and not self.is_blocked(scope, used):
            used.clear()
        if not used:
            return self._activate(token, by_flow, used)
        for flow in [flow for flow in by_flow if flow not in used]:
            scope.drop(next(iter(by_flow[flow].values())))
            used.append(flow)
        if len(used) == len(self.node.incoming):
            used.clear()
        return False

    def _activate(self, token: Token, by_flow: ByFlow, used: list[str]) -> bool:
        scope = token.workflow
        top: Instance = scope.top_workflow
        assert self.node.activation_condition is not None
        try:
            passes = top.holds(token, self.node.activation_condition, activationCount=len(by_flow))
        except StepFailed as failure:
            scope.forget_at_join(token)
            top.park(token, "arrive", failure)
            return False
        if passes:
            used.extend(by_flow)
            self.consume(by_flow, token)
        return passes
