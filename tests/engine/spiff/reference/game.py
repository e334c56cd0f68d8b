"""The token game: what BPMN 2.0 (sections 10 and 13) says happens, in plain steps.

Where the text leaves the order open (between branches), tokens move in the order in which they came to be, a thing
that has happened is noticed before any token moves, and a join that others might still reach is looked at last.
Variables are scoped as Camunda 8 says: a value belongs to the innermost scope that knows its name, else to the process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from laneway.engine import expressions
from laneway.engine.bpmn.model import Flow, Node, Process

from .events import Events
from .joins import Joins
from .parts import Scope, Stuck, Token, chain, starts_of, visible
from .repeats import Repeats

LEVELS = ("subProcess", "transaction")
WORK = {"userTask": "user_task", "serviceTask": "job", "sendTask": "job", "businessRuleTask": "job"}


class Game(Events, Joins, Repeats):
    """One process being played."""

    def __init__(self, process: Process, variables: Mapping[str, Any], now: Callable[[], datetime]) -> None:
        self.variables = dict(variables)
        self.now = now
        self.done: list[str] = []
        """Ids of what was completed, in order; of repeated activities each round and the whole."""
        self.waits = []
        self.signals = []
        self.queue: deque[Token | Scope] = deque()
        self.has_changed = False
        self.is_over = False
        self.top = Scope(process.level)
        self.watch(self.top)
        for node in starts_of(process.level):
            self.place(node, self.top)
        self.settle()

    # -- moving

    def settle(self) -> None:
        """Move until everything waits."""
        while not self.is_over:
            if self.has_changed:
                self.look_at_conditions()
            elif self.queue:
                self.take(self.queue.popleft())
            elif not self.pass_a_join():
                break

    def take(self, item: Token | Scope) -> None:
        """Enter an element, or notice that nothing is left in a scope (13.3.4: then it is complete)."""
        if isinstance(item, Token):
            if self.lives(item) and not item.is_inside:
                self.enter(item)
        elif not item.tokens and (item.owner is None or item.owner.inner is item):
            if item.owner is None:
                self.unwatch(scope=item)
                self.is_over = True
            else:
                self.leave(item.owner)

    def lives(self, token: Token) -> bool:
        """Whether the token is still on the board."""
        scope: Scope | None = token.scope
        while scope is not None:
            if token not in scope.tokens:
                return False
            if scope.owner is None:
                return True
            token, scope = scope.owner, scope.owner.scope
        return False

    def place(self, node: Node, scope: Scope, **more: Any) -> Token:
        """A new token at a node."""
        token = Token(node, scope, **more)
        scope.tokens.append(token)
        self.arrive(token)
        return token

    # -- entering

    def enter(self, token: Token) -> None:
        """A token begins its element."""
        token.is_inside = True
        if token.fired is not None:  # an event that has happened: nothing to wait for
            self.accept(token, token.fired)
            self.leave(token)
            return
        before = dict(token.local)
        try:
            passes = self.begin(token)
        except Stuck as stuck:
            self.close(token)
            token.local = before
            self.get_stuck(token, "enter", str(stuck))
            return
        if passes and self.lives(token):
            self.leave(token)

    def begin(self, token: Token) -> bool:
        """What the element does on entry; whether it is done with that."""
        node = token.node
        if token.undoing is None:
            for mapping in [] if token.is_repeated else node.inputs:
                token.local[mapping.target] = self.value(mapping.source, token)
            for boundary in token.boundaries:
                self.await_event(boundary, token.scope, token)
        if token.is_repeated:
            return self.begin_rounds(token)
        if node.type in LEVELS or node.type == "adHocSubProcess":
            return self.begin_level(token)
        if node.job_type is not None or node.type in WORK:
            self.await_work(token, "job" if node.job_type is not None else WORK[node.type])
            return False
        if node.type == "scriptTask":
            result = {node.result_variable: self.value(node.script or "", token)}
            if node.outputs:
                token.local.update(result)
            else:
                self.write(token, result)
        elif node.type in ("receiveTask", "intermediateCatchEvent") and node.event.kind not in (
            "none",
            "link",
        ):
            self.await_event(node, token.scope, token)
            return False
        elif node.type == "eventBasedGateway":
            for flow in node.outgoing:
                self.await_event(token.scope.level.nodes[flow.target], token.scope, token)
            return False
        elif node.type in ("endEvent", "intermediateThrowEvent"):
            return self.throw_all(token)
        return True

    def begin_level(self, token: Token) -> bool:
        """Open the inside of a sub-process (13.3.4); an event sub-process starts at its start event (13.5.4)."""
        node = token.node
        assert node.body is not None
        token.inner = scope = Scope(node.body, token)
        if token.undoing is not None:
            token.local.update(token.undoing.variables)
            self.undo_inside(scope, token.undoing.inside)
            return False
        self.watch(scope)
        if node.type == "adHocSubProcess":
            return self.begin_ad_hoc(token, scope)
        if node.is_event_subprocess:
            self.place(node.body.of("startEvent")[0], scope, fired={})
        else:
            for start in starts_of(node.body):
                self.place(start, scope)
        return not scope.tokens

    # -- leaving

    def leave(self, token: Token) -> None:
        """An element is done: map its results, choose the way on, and go."""
        self.unwatch(token=token)
        try:
            if not token.is_repeated and token.undoing is None:
                results: dict[str, Any] = {}
                for mapping in token.node.outputs:
                    results[mapping.target] = self.value(mapping.source, token)
                self.write(token, results, outside=not token.scope.is_body)
            token.leaving = [] if token.scope.is_body or token.is_undo else self.choose(token)
            self.child_leaves(token)
        except Stuck as stuck:
            self.get_stuck(token, "leave", str(stuck))
            return
        self.remember_undo(token)
        self.close(token)
        self.done.append(token.node.id)
        if token.is_undo:
            self.undone(token)
        else:
            times = 1 if token.scope.is_body else token.node.completion_quantity
            for flow in token.leaving * times:
                self.place(token.scope.level.nodes[flow.target], token.scope, by=flow.id)
        if token in token.scope.tokens:
            token.scope.tokens.remove(token)
            self.child_done(token)

    def choose(self, token: Token) -> list[Flow]:
        """The flows that a token leaves by (13.2.1 for activities, 13.4 for gateways)."""
        node, flows = token.node, token.node.outgoing
        if node.type == "eventBasedGateway":
            return []
        if node.type == "parallelGateway":
            return flows
        default = [flow for flow in flows if flow.id == node.default]
        others = [flow for flow in flows if flow.id != node.default]
        if node.type == "exclusiveGateway":
            hit = next((f for f in others if f.condition is None or self.holds(f.condition, token)), None)
            chosen = default if hit is None else [hit]
        else:
            hits = [f for f in others if f.condition is not None and self.holds(f.condition, token)]
            chosen = hits + [f for f in others if f.condition is None] + ([] if hits else default)
        if flows and not chosen:
            raise Stuck("CONDITION_ERROR")
        return chosen

    def child_done(self, token: Token) -> None:
        """Tell the owner of the scope that one of its tokens is gone."""
        scope, owner = token.scope, token.scope.owner
        if owner is not None and scope.is_body and owner.undoing is None:
            self.round_done(owner, scope, token)
        elif owner is not None and owner.node.type == "adHocSubProcess" and owner.undoing is None:
            self.ad_hoc_done(owner, scope, token)
        elif not scope.tokens:
            self.queue.append(scope)

    # -- ending

    def close(self, token: Token) -> None:
        """Nothing of this token is awaited any more, and nothing goes on inside it."""
        self.unwatch(token=token)
        if token.inner is not None:
            inner, token.inner = token.inner, None
            self.clear(inner)
            self.unwatch(scope=inner)

    def clear(self, scope: Scope, but: Token | None = None) -> None:
        """End every token of a scope."""
        for token in list(scope.tokens):
            if token is not but:
                self.end(token)

    def end(self, token: Token) -> None:
        """Take a token off the board."""
        if token in token.scope.tokens:
            token.scope.tokens.remove(token)
            self.close(token)

    def get_stuck(self, token: Token, where: str, why: str) -> None:
        """Somebody has to look at this token."""
        token.is_inside, token.stuck = True, where
        self.await_work(token, "incident")

    # -- what the outside does

    def complete(self, token: Token, values: Mapping[str, Any]) -> None:
        """A person or a handler has done the work."""
        self.unwatch(token=token, kinds=("user_task", "job"))
        self.accept(token, values)
        self.leave(token)
        self.settle()

    def retry(self, token: Token) -> None:
        """Try again what did not work."""
        where, token.stuck = token.stuck, ""
        if where == "leave":
            self.leave(token)
        else:
            self.close(token)
            token.is_inside = False
            self.queue.append(token)
        self.settle()

    def throw_error(self, token: Token, code: str, values: Mapping[str, Any]) -> None:
        """A handler says that its work ended in a BPMN error."""
        try:
            self.climb(token, "error", code, values)
        except Stuck as stuck:
            self.get_stuck(token, "enter", str(stuck))
        self.settle()

    # -- variables

    def see(self, token: Token | None, scope: Scope | None = None, **extra: Any) -> Any:
        """What an expression sees at a token, or in a scope."""
        where = scope if token is None else token.scope
        assert where is not None
        return visible(self.variables, where, token, **extra)

    def value(self, text: str, token: Token, **extra: Any) -> Any:
        """The value of a FEEL text."""
        return expressions.evaluate(text, self.see(token, **extra)).value

    def holds(self, text: str, token: Token, **extra: Any) -> bool:
        """Whether a condition is true."""
        return self.value(text, token, **extra) is True

    def accept(self, token: Token, values: Mapping[str, Any]) -> None:
        """What came from outside: for the output mappings alone where there are some."""
        if token.node.outputs and not token.is_repeated:
            token.local.update(values)
            self.has_changed = self.has_changed or bool(values)
        else:
            self.write(token, values)

    def write(self, token: Token, values: Mapping[str, Any], *, outside: bool = False) -> None:
        """Each value goes to the innermost scope that knows the name, else to the process."""
        maps = chain(token.scope, token)[1 if outside else 0 :]
        for name, value in values.items():
            next((known for known in maps if name in known), self.variables)[name] = value
        self.has_changed = self.has_changed or bool(values)
