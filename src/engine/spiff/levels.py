"""Elements that own an inner level: sub-processes and multi-instance activities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laneway.engine.spiff import events
from laneway.engine.spiff.effects import StepFailed
from laneway.engine.spiff.elements import Element, Token

if TYPE_CHECKING:
    from laneway.engine.bpmn.model import Loop
    from laneway.engine.spiff.instance import Instance
    from laneway.engine.spiff.scopes import Scope


class SubProcess(Element):
    """An embedded or event sub-process."""

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        assert self.node.body is not None
        undoing = token.internal_data.get("compensating")
        scope = top.open_scope(token, self.node.body.id)
        if undoing is not None:
            token.data.update(undoing["variables"])
            events.compensate_inside(scope, undoing["compensable"])
            return None
        if self.node.is_event_subprocess:
            scope.spawn(self.node.body.of("startEvent")[0].id, fired={})
        else:
            for name in scope.spec.plain_starts:
                scope.spawn(name)
        return True if scope.is_empty() else None

    def _on_complete_hook(self, token: Token) -> None:
        top: Instance = token.workflow.top_workflow
        scope = top.subprocesses.get(token.id)
        if scope is not None and not self.node.is_event_subprocess:
            done = scope.book.get("compensable")
            if done and "compensates_for" not in token.internal_data:
                nested = {"compensable": done, "variables": dict(token.data)}
                token.workflow.book.setdefault("compensable", []).append([self.node.id, None, nested])
        super()._on_complete_hook(token)


class MultiInstance(Element):
    """The wrapper of a multi-instance activity; the activity itself is one level down (see `build`)."""

    noun = "multi_instance"

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        loop = self._loop
        items = top.evaluate(token, loop.input_collection)
        if not isinstance(items, list):
            raise StepFailed(
                "EXTRACT_VALUE_ERROR",
                f"The input collection '{loop.input_collection}' of {self.node.id} should give a list.",
            )
        if not items:
            self._deliver(token, [])
            return True
        scope = top.open_scope(token, body_id(self.node.id))
        scope.book.update(items=items, next=0, done=0, results=[None] * len(items))
        for _ in items if loop.kind == "parallel" else items[:1]:
            self._spawn_next(scope)
        return None

    @property
    def _loop(self) -> Loop:
        assert self.node.loop is not None
        return self.node.loop

    def _spawn_next(self, scope: Scope) -> None:
        book = scope.book
        local: dict[str, Any] = {"loopCounter": book["next"] + 1}
        if self._loop.input_element:
            local[self._loop.input_element] = book["items"][book["next"]]
        output = (self._loop.output_element or "").lstrip("= ")
        if output.isidentifier():
            local.setdefault(output, None)  # so that instances do not overwrite one another
        book["next"] += 1
        scope.spawn(self.node.id, local=local)

    def child_leaves(self, token: Token, scope: Scope, child: Token) -> None:
        top: Instance = scope.top_workflow
        book, loop = scope.book, self._loop
        result = top.evaluate(child, loop.output_element) if loop.output_element else None
        counts = {
            "numberOfInstances": len(book["items"]),
            "numberOfCompletedInstances": book["done"] + 1,
            "numberOfActiveInstances": book["next"] - book["done"] - 1,
        }
        condition = loop.completion_condition
        child.outcome = (result, condition is not None and top.holds(token, condition, **counts))

    def child_done(self, token: Token, scope: Scope, child: Token) -> None:
        top: Instance = scope.top_workflow
        book = scope.book
        book["done"] += 1
        book["results"][child.data["loopCounter"] - 1], is_enough = child.outcome
        if is_enough or book["done"] == len(book["items"]):
            self._deliver(token, book["results"])
            top.close_scope(token)
            top.finish(token)
        elif self._loop.kind == "sequential":
            self._spawn_next(scope)

    def _deliver(self, token: Token, results: list[Any]) -> None:
        if self._loop.output_collection:
            values = {self._loop.output_collection: results}
            token.workflow.top_workflow.set_variables(token, values, outer=True)


def body_id(element_id: str) -> str:
    """The id of the hidden level inside a multi-instance activity."""
    return f"{element_id}#body"
