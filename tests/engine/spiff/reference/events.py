"""What is awaited, what happens, what climbs, and how work is undone (BPMN 2.0 sections 10.5 and 13.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from laneway.engine import expressions
from laneway.engine.bpmn.model import Event, Node

from .parts import Scope, Stuck, Token, Undo, Wait


class Events:
    """Mixed into the game."""

    waits: list[Wait]
    """In the order in which they began."""
    signals: list[str]
    """Thrown and not yet told to whoever waits."""
    has_changed: bool
    """Whether something was written, or a condition began to be awaited, since conditions were last looked at."""
    now: Callable[[], datetime]
    see: Any
    value: Any
    place: Any
    leave: Any
    lives: Any
    clear: Any
    end: Any
    accept: Any
    write: Any
    get_stuck: Any

    # -- waits

    def watch(self, scope: Scope) -> None:
        """A scope begins: its event sub-processes can happen (13.5.4)."""
        for node in scope.level.nodes.values():
            if node.is_event_subprocess:
                self.await_event(node, scope, None)

    def await_event(self, node: Node, scope: Scope, token: Token | None) -> None:
        """Begin to wait for the event of a node."""
        for wait_id, event in node.triggers.items():
            wait = Wait(event.kind, wait_id, node, token, scope, event)
            if event.kind == "timer":
                found = re.fullmatch(r"PT(\d+)S", event.expression or "")
                assert found is not None
                wait.due = self.now() + timedelta(seconds=int(found[1]))
            elif event.kind in ("message", "signal"):
                wait.name = event.ref or ""
            elif event.kind == "conditional":
                self.has_changed = True
            else:
                continue  # thrown, not awaited
            self.waits.append(wait)

    def await_work(self, token: Token, kind: str) -> None:
        """Wait for a person or a handler."""
        self.waits.append(Wait(kind, token.node.id, token.node, token, token.scope))

    def unwatch(
        self, *, token: Token | None = None, scope: Scope | None = None, kinds: Sequence[str] = ()
    ) -> None:
        """Stop waiting: of a token, or of a scope for its event sub-processes."""
        self.waits[:] = [
            wait
            for wait in self.waits
            if (wait.token is not token if token is not None else wait.token or wait.scope is not scope)
            or (kinds and wait.kind not in kinds)
        ]

    def happen(self, wait: Wait, values: Mapping[str, Any]) -> None:
        """What is awaited has come."""
        assert wait in self.waits
        if wait.kind == "timer":
            self.waits.remove(wait)
        node, token = wait.node, wait.token
        if token is None:
            self.start_event_subprocess(wait.scope, node, values)
        elif node.type == "boundaryEvent":
            self.fire_boundary(token, node, values)
        elif node is token.node:
            self.accept(token, values)
            self.leave(token)
        else:  # behind an event gateway: the first one wins (13.4.6)
            self.place(node, token.scope, fired=dict(values))
            self.leave(token)

    def look_at_conditions(self) -> None:
        """Conditional events happen when their condition becomes true (10.5.5)."""
        self.has_changed = False
        for wait in [wait for wait in self.waits if wait.kind == "conditional"]:
            if wait not in self.waits:  # another one has ended it
                continue
            text = wait.event.expression or ""
            is_true = self.value(text, wait.token) if wait.token is not None else self.ask(text, wait.scope)
            was_true, wait.was_true = wait.was_true, is_true is True
            if wait.was_true and not was_true:
                self.happen(wait, {})

    def ask(self, text: str, scope: Scope) -> Any:
        """The value of a FEEL text in a scope."""
        return expressions.evaluate(text, self.see(None, scope)).value

    # -- throwing

    def throw_all(self, token: Token) -> bool:
        """Throw what an event says; whether the token may go on at once."""
        passes = True
        for event in token.node.events:
            if event.kind == "signal":
                self.signals.append(event.ref or "")
            elif event.kind in ("error", "escalation"):
                self.climb(token, event.kind, event.ref, {})
            elif event.kind == "terminate":
                self.clear(token.scope, but=token)
            elif event.kind == "compensate":
                passes = not self.undo(token, event) and passes
            elif event.kind == "cancel":
                self.clear(token.scope, but=token)
                token.cancels = True
                if not self.undo(token, Event("compensate")):
                    self.cancel_transaction(token)
                passes = False
            if not self.lives(token):
                return False
        return passes

    def climb(self, token: Token, kind: str, code: str | None, values: Mapping[str, Any]) -> None:
        """Errors and escalations go outward to the nearest who catches them (10.5.7); an uncaught error stays."""
        inside, scope = token, token.scope
        while True:
            caught = catching(inside.boundaries, kind, code)
            if caught is not None:
                self.fire_boundary(inside, caught, values)
                return
            if not scope.is_interrupted and (scope.owner is None or scope.owner.undoing is None):
                subs = [node for node in scope.level.nodes.values() if node.is_event_subprocess]
                caught = catching(subs, kind, code)
                if caught is not None:
                    self.start_event_subprocess(scope, caught, values)
                    return
            if scope.owner is None:
                break
            inside, scope = scope.owner, scope.owner.scope
        if kind == "error":
            raise Stuck("UNHANDLED_ERROR_EVENT")

    def fire_boundary(self, token: Token, boundary: Node, values: Mapping[str, Any]) -> None:
        """A boundary event happens (13.5.3)."""
        if boundary.interrupting:
            self.end(token)
        self.place(boundary, token.scope, fired=dict(values))

    def start_event_subprocess(self, scope: Scope, node: Node, values: Mapping[str, Any]) -> None:
        """An event sub-process starts; an interrupting one ends all else in its scope, and is the last (13.5.4)."""
        assert node.body is not None
        if node.body.of("startEvent")[0].interrupting:
            scope.is_interrupted = True
            self.unwatch(scope=scope)
            self.clear(scope)
        self.write(self.place(node, scope), values)

    # -- compensation (10.6, 13.5.5): what a scope has to undo, oldest first

    def remember_undo(self, token: Token) -> None:
        """A completed activity can be undone by its handler, or by undoing what was done inside it."""
        inner, mine = token.inner, token.scope.undo
        if token.is_undo:
            return
        if token.done_inside:
            mine.append(Undo(token.node.id, None, token.done_inside))
        is_level = inner is not None and not inner.is_body and not token.node.is_event_subprocess
        if is_level and (inner.undo or own_undo(inner) is not None):
            mine.append(Undo(token.node.id, None, inner.undo, dict(token.local)))
        for boundary in token.boundaries:
            if boundary.event.kind == "compensate" and boundary.compensation_handler:
                mine.append(Undo(token.node.id, boundary.compensation_handler))

    def undo(self, token: Token, event: Event) -> bool:
        """Start what undoes completed work, newest first; whether there is something to wait for."""
        scope = token.scope
        while scope.owner is not None and scope.owner.node.is_event_subprocess:
            scope = scope.owner.scope  # an event sub-process undoes the work of the scope around it
        meant = [one for one in scope.undo if event.ref in (None, one.activity)]
        scope.undo = [one for one in scope.undo if one not in meant]
        if event.waits:
            token.pending = len(meant)
        self.start_undoing(scope, meant, token if event.waits else None)
        return bool(meant) and event.waits

    def start_undoing(self, scope: Scope, undos: list[Undo], waiter: Token | None) -> None:
        """Start handlers, newest first."""
        for one in reversed(undos):
            node = scope.level.nodes[one.handler or one.activity]
            self.place(
                node, scope, is_undo=True, undoes_for=waiter, undoing=None if one.handler is not None else one
            )

    def undo_inside(self, scope: Scope, undos: list[Undo]) -> None:
        """Undo what a finished sub-process did: by its own event sub-process for that, else handler by handler."""
        own = own_undo(scope)
        if own is None:
            self.start_undoing(scope, undos, None)
        else:
            scope.undo = undos
            self.start_event_subprocess(scope, own, {})

    def undone(self, token: Token) -> None:
        """A handler is done; who waits for the last one goes on."""
        waiter = token.undoes_for
        if waiter is None or not self.lives(waiter):
            return
        waiter.pending -= 1
        if not waiter.pending:
            if waiter.cancels:
                self.cancel_transaction(waiter)
            else:
                self.leave(waiter)

    def cancel_transaction(self, token: Token) -> None:
        """10.5.7: all is undone, the transaction leaves by its cancel boundary event."""
        owner = token.scope.owner
        assert owner is not None
        caught = next((b for b in owner.boundaries if b.event.kind == "cancel"), None)
        if caught is None:
            self.leave(owner)
        else:
            self.fire_boundary(owner, caught, {})


def catching(nodes: list[Node], kind: str, code: str | None) -> Node | None:
    """Who catches this: one that names the code before one that catches all."""
    for wanted in (code, None):
        for node in nodes:
            if any(event.kind == kind and event.ref == wanted for event in node.triggers.values()):
                return node
    return None


def own_undo(scope: Scope) -> Node | None:
    """The event sub-process that undoes a scope, if it has one."""
    subs = [node for node in scope.level.nodes.values() if node.is_event_subprocess]
    return catching(subs, "compensate", None)
