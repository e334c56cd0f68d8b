"""Elements that own an inner level: sub-processes and multi-instance activities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from laneway.engine.spiff import events
from laneway.engine.spiff.elements import Element, Token
from laneway.engine.spiff.requests import StepFailed

if TYPE_CHECKING:
    from laneway.engine.bpmn.model import AdHoc as AdHocSettings
    from laneway.engine.bpmn.model import Loop
    from laneway.engine.spiff.instance import Instance
    from laneway.engine.spiff.scopes import Scope


MOST_INSTANCES = 10_000
"""Of a multi-instance activity that is told a number."""


class SubProcess(Element):
    """An embedded or event sub-process, or a transaction."""

    def enter(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        assert self.node.body is not None
        undoing = token.internal_data.get("compensating")
        scope = top.open_scope(token, self.node.body.id)
        if undoing is not None:
            token.data.update(undoing["variables"])
            events.compensate_inside(scope, undoing["compensable"])
            return None
        self.begin(token, scope)
        return True if scope.is_empty() else None

    def begin(self, token: Token, scope: Scope) -> None:
        """Put the first tokens into the level that was opened."""
        if self.node.is_event_subprocess:
            scope.spawn(scope.spec.level.of("startEvent")[0].id, fired={})
        else:
            for name in scope.spec.plain_starts:
                scope.spawn(name)

    def _on_complete_hook(self, token: Token) -> None:
        top: Instance = token.workflow.top_workflow
        scope = top.subprocesses.get(token.id)
        if scope is not None and not self.node.is_event_subprocess:
            done = scope.book.get("compensable", [])
            can_be_undone = done or events.compensation_of(scope.spec) is not None
            if can_be_undone and "compensates_for" not in token.internal_data:
                nested = {"compensable": done, "variables": dict(token.data)}
                token.workflow.book.setdefault("compensable", []).append([self.node.id, None, nested])
        super()._on_complete_hook(token)


class Repeated(Element, ABC):
    """The wrapper of an activity that is done again and again; the activity itself is one level down (see `build`).

    What each round did inside is undone with the whole, newest first (BPMN 2.0 section 13.5.5).
    """

    def enter(self, token: Token) -> bool | None:
        undoing = token.internal_data.get("compensating")
        if undoing is None:
            return self.begin(token)
        top: Instance = token.workflow.top_workflow
        events.compensate_inside(top.open_scope(token, body_id(self.node.id)), undoing["compensable"])
        return None

    @abstractmethod
    def begin(self, token: Token) -> bool | None:
        """Start the first rounds; True when there is none."""

    def be_done(self, token: Token, scope: Scope) -> None:
        """No round is to come any more."""
        top: Instance = scope.top_workflow
        if "compensable" in scope.book:
            token.internal_data["undoable"] = scope.book["compensable"]
        top.close_scope(token)
        top.finish(token)

    def _on_complete_hook(self, token: Token) -> None:
        done = token.internal_data.get("undoable")
        if done:
            nested = {"compensable": done, "variables": {}}
            token.workflow.book.setdefault("compensable", []).append([self.node.id, None, nested])
        super()._on_complete_hook(token)

    def child_leaves(self, token: Token, scope: Scope, child: Token) -> None:
        if not events.is_undone(token):
            self.round_leaves(token, scope, child)

    def child_done(self, token: Token, scope: Scope, child: Token) -> None:
        if events.is_undone(token):
            super().child_done(token, scope, child)
        else:
            self.round_done(token, scope, child)

    @abstractmethod
    def round_leaves(self, token: Token, scope: Scope, child: Token) -> None:
        """A round is about to end; raising StepFailed keeps it there."""

    @abstractmethod
    def round_done(self, token: Token, scope: Scope, child: Token) -> None:
        """A round has ended."""

    @property
    def _loop(self) -> Loop:
        assert self.node.loop is not None
        return self.node.loop


class MultiInstance(Repeated):
    """A multi-instance activity (BPMN 2.0 section 13.3.7)."""

    noun = "multi_instance"

    def begin(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        loop = self._loop
        items = self._numbers(token) if loop.cardinality else top.evaluate(token, loop.input_collection)
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

    def _numbers(self, token: Token) -> list[int]:
        """1 to the number of instances, where there is no collection."""
        text = self._loop.cardinality or ""
        number = token.workflow.top_workflow.evaluate(token, text)
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST_INSTANCES:
            raise StepFailed(
                "EXTRACT_VALUE_ERROR",
                f"The loop cardinality '{text}' of {self.node.id} should give a whole number "
                f"from 0 to {MOST_INSTANCES}, not {number!r}.",
            )
        return list(range(1, number + 1))

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

    def round_leaves(self, token: Token, scope: Scope, child: Token) -> None:
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

    def round_done(self, token: Token, scope: Scope, child: Token) -> None:
        book = scope.book
        book["done"] += 1
        book["results"][child.data["loopCounter"] - 1], is_enough = child.outcome
        if is_enough or book["done"] == len(book["items"]):
            self._deliver(token, book["results"])
            self.be_done(token, scope)
        elif self._loop.kind == "sequential":
            self._spawn_next(scope)

    def _deliver(self, token: Token, results: list[Any]) -> None:
        if self._loop.output_collection:
            values = {self._loop.output_collection: results}
            token.workflow.top_workflow.set_variables(token, values, outer=True)


class Repeat(Repeated):
    """An activity with a standard loop: again while its condition holds (BPMN 2.0 section 13.3.6)."""

    noun = "loop"

    def begin(self, token: Token) -> bool | None:
        top: Instance = token.workflow.top_workflow
        loop = self._loop
        if loop.maximum == 0 or (loop.is_tested_before and not self._holds(token, 0)):
            return True
        scope = top.open_scope(token, body_id(self.node.id))
        scope.book["done"] = 0
        scope.spawn(self.node.id, local={"loopCounter": 1})
        return None

    def _holds(self, token: Token, done: int) -> bool:
        top: Instance = token.workflow.top_workflow
        condition = self._loop.condition
        return condition is None or top.holds(token, condition, loopCounter=done)

    def round_leaves(self, token: Token, scope: Scope, child: Token) -> None:
        done = scope.book["done"] + 1
        may = self._loop.maximum is None or done < self._loop.maximum
        child.outcome = (None, not (may and self._holds(token, done)))

    def round_done(self, token: Token, scope: Scope, child: Token) -> None:
        scope.book["done"] += 1
        if child.outcome[1]:
            self.be_done(token, scope)
        else:
            scope.spawn(self.node.id, local={"loopCounter": scope.book["done"] + 1})


class AdHoc(SubProcess):
    """A sub-process whose elements are started by a list, not by flows (`zeebe:adHoc`; BPMN 2.0 section 13.3.5)."""

    def begin(self, token: Token, scope: Scope) -> None:
        top: Instance = token.workflow.top_workflow
        asked = self._ad_hoc.active_elements
        names = scope.spec.plain_starts if asked is None else top.evaluate(token, asked)
        self._must_be_inside(scope, names)
        scope.book.update(waiting=list(names), results=[])
        if not names:
            self._deliver(token, scope)
        while scope.book["waiting"]:
            scope.spawn(scope.book["waiting"].pop(0))
            if self._ad_hoc.is_sequential:
                break

    def _must_be_inside(self, scope: Scope, names: Any) -> None:
        known = scope.spec.plain_starts
        wrong = [n for n in names if n not in known] if isinstance(names, list) else names
        if wrong or not isinstance(names, list):
            raise StepFailed(
                "EXTRACT_VALUE_ERROR",
                f"The active elements of {self.node.id} should be a list of ids among {', '.join(known)}, "
                f"not {wrong!r}.",
            )

    @property
    def _ad_hoc(self) -> AdHocSettings:
        assert self.node.ad_hoc is not None
        return self.node.ad_hoc

    def child_leaves(self, token: Token, scope: Scope, child: Token) -> None:
        if events.is_undone(token):
            return
        top: Instance = scope.top_workflow
        ends_branch = not child.leaving
        asked, condition = self._ad_hoc.output_element, self._ad_hoc.completion_condition
        result = [top.evaluate(child, asked)] if asked and ends_branch else []
        child.outcome = (result, condition is not None and top.holds(token, condition))

    def child_done(self, token: Token, scope: Scope, child: Token) -> None:
        if events.is_undone(token):
            super().child_done(token, scope, child)
            return
        book = scope.book
        result, is_enough = child.outcome
        book["results"] += result or []
        if is_enough:
            book["waiting"] = []
            if self._ad_hoc.cancels_rest:
                scope.clear()
        if not scope.is_empty():
            return
        if book["waiting"]:
            scope.spawn(book["waiting"].pop(0))
        else:
            self._deliver(token, scope)
            scope.top_workflow.queue.append(["done", token.id])

    def _deliver(self, token: Token, scope: Scope) -> None:
        name = self._ad_hoc.output_collection
        if name:
            scope.top_workflow.set_variables(
                token, {name: scope.book["results"]}, outer=not self.node.outputs
            )


def body_id(element_id: str) -> str:
    """The id of the hidden level inside a multi-instance activity."""
    return f"{element_id}#body"
