"""Activities that are done again and again, and ad-hoc sub-processes (BPMN 2.0 sections 13.3.5 to 13.3.7)."""

from __future__ import annotations

from collections import deque
from typing import Any

from laneway.engine.bpmn.model import Level, Loop

from .parts import Scope, Token, starts_of


class Repeats:
    """Mixed into the game."""

    queue: deque[Token | Scope]
    value: Any
    holds: Any
    place: Any
    write: Any
    leave: Any
    clear: Any
    close: Any
    undo_inside: Any

    def begin_rounds(self, token: Token) -> bool:
        """The first round, or for a parallel multi-instance all of them; whether there is none."""
        loop = loop_of(token)
        scope = Scope(Level(token.node.id, nodes={token.node.id: token.node}), token, is_body=True)
        if token.undoing is not None:  # every round is undone, the newest first
            token.inner = scope
            self.undo_inside(scope, token.undoing.inside)
            return False
        if loop.kind == "while":
            if loop.maximum == 0 or (loop.is_tested_before and not self.may_go_on(token, 0)):
                return True
            token.inner = scope
            self.start_round(token, scope)
            return False
        if loop.cardinality is not None:
            scope.items = list(range(1, self.value(loop.cardinality, token) + 1))
        else:
            scope.items = self.value(loop.input_collection, token)
        scope.results = [None for _ in scope.items]
        if not scope.items:
            self.deliver(token, loop.output_collection, [])
            return True
        token.inner = scope
        for _ in scope.items if loop.kind == "parallel" else scope.items[:1]:
            self.start_round(token, scope)
        return False

    def start_round(self, token: Token, scope: Scope) -> None:
        """One more time: with a counter, an item, and a place for its result."""
        loop = loop_of(token)
        scope.started += 1
        local: dict[str, Any] = {"loopCounter": scope.started}
        if loop.input_element:
            local[loop.input_element] = scope.items[scope.started - 1]
        result = (loop.output_element or "").lstrip("=")
        if result.isidentifier():
            local.setdefault(result, None)
        self.place(token.node, scope, local=local)

    def may_go_on(self, token: Token, done: int) -> bool:
        """13.3.6: whether a loop goes round again."""
        loop = loop_of(token)
        if loop.maximum is not None and done >= loop.maximum:
            return False
        return loop.condition is None or self.holds(loop.condition, token, loopCounter=done)

    def child_leaves(self, token: Token) -> None:
        """What has to be known of a round before it goes: its result, and whether it is the last one."""
        scope, owner = token.scope, token.scope.owner
        if owner is None or owner.undoing is not None:
            return
        if scope.is_body:
            self.round_leaves(owner, scope, token)
        elif owner.node.ad_hoc is not None:
            settings = owner.node.ad_hoc
            ends_branch = not token.leaving
            if settings.output_element and ends_branch:
                token.result = [self.value(settings.output_element, token)]
            condition = settings.completion_condition
            token.is_enough = condition is not None and self.holds(condition, owner)

    def round_leaves(self, owner: Token, scope: Scope, token: Token) -> None:
        """13.3.7: the completion condition is asked each time an instance completes."""
        loop = loop_of(owner)
        if loop.kind == "while":
            token.is_enough = not self.may_go_on(owner, scope.done + 1)
            return
        token.result = self.value(loop.output_element, token) if loop.output_element else None
        token.is_enough = loop.completion_condition is not None and self.holds(
            loop.completion_condition,
            owner,
            numberOfInstances=len(scope.items),
            numberOfCompletedInstances=scope.done + 1,
            numberOfActiveInstances=scope.started - scope.done - 1,
        )

    def round_done(self, owner: Token, scope: Scope, token: Token) -> None:
        """A round is over: go on, or be done with the activity."""
        loop = loop_of(owner)
        scope.done += 1
        owner.done_inside = scope.undo
        if loop.kind == "while":
            if token.is_enough:
                self.close(owner)
                self.leave(owner)
            else:
                self.start_round(owner, scope)
            return
        scope.results[token.local["loopCounter"] - 1] = token.result
        if token.is_enough or scope.done == len(scope.items):
            self.deliver(owner, loop.output_collection, scope.results)
            self.close(owner)
            self.leave(owner)
        elif loop.kind == "sequential":
            self.start_round(owner, scope)

    def deliver(self, token: Token, name: str | None, results: list[Any]) -> None:
        """The collected results, in the order of the items."""
        if name:
            self.write(token, {name: results}, outside=True)

    # -- ad-hoc

    def begin_ad_hoc(self, token: Token, scope: Scope) -> bool:
        """Start what the list says, one by one or all at once."""
        settings = token.node.ad_hoc
        assert settings is not None
        names = [node.id for node in starts_of(scope.level)]
        if settings.active_elements is not None:
            names = self.value(settings.active_elements, token)
        scope.items = list(names)
        if not names:
            self.deliver_ad_hoc(token, scope)
        while scope.items:
            self.place(scope.level.nodes[scope.items.pop(0)], scope)
            if settings.is_sequential:
                break
        return not scope.tokens

    def ad_hoc_done(self, owner: Token, scope: Scope, token: Token) -> None:
        """One of its activities is over."""
        settings = owner.node.ad_hoc
        assert settings is not None
        scope.results += token.result or []
        if token.is_enough:
            scope.items = []
            if settings.cancels_rest:
                self.clear(scope)
        if scope.tokens:
            return
        if scope.items:
            self.place(scope.level.nodes[scope.items.pop(0)], scope)
        else:
            self.deliver_ad_hoc(owner, scope)
            self.queue.append(scope)

    def deliver_ad_hoc(self, token: Token, scope: Scope) -> None:
        """The collected results; for the output mappings alone where there are some."""
        settings = token.node.ad_hoc
        assert settings is not None
        if settings.output_collection:
            self.write(token, {settings.output_collection: scope.results}, outside=not token.node.outputs)


def loop_of(token: Token) -> Loop:
    """The loop of a repeated activity."""
    assert token.node.loop is not None
    return token.node.loop
