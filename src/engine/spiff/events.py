"""Errors, escalations and compensation: what climbs from scope to scope.

Errors and escalations are looked for at the boundary events of the element, then the event sub-processes of its level,
then its owner, and so on to the calling instance (BPMN 2.0 section 10.5.7; exact code before catch-all).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laneway.engine.bpmn.model import Event, Node
from laneway.engine.spiff.effects import StepFailed, ThrownToParent

if TYPE_CHECKING:
    from laneway.engine.spiff.elements import Token
    from laneway.engine.spiff.instance import Instance
    from laneway.engine.spiff.scopes import Scope


def trigger_of(node: Node) -> Event:
    """The event that starts an event sub-process, or the node's own event."""
    return node.body.of("startEvent")[0].event if node.body is not None else node.event


def throw(token: Token, kind: str, code: str | None, variables: dict[str, Any], message: str = "") -> bool:
    """Take an error or escalation to whatever catches it; whether something did.

    Raises StepFailed for an error that nobody catches: it becomes an incident where it was thrown.
    """
    top: Instance = token.workflow.top_workflow
    element, scope = token, token.workflow
    while True:
        spec = scope.spec
        caught = best(spec.boundaries_of(element.task_spec.name), kind, code)
        if caught is not None:
            fire_boundary(element, caught, variables | _told(caught.event, code, message))
            return True
        if not scope.book.get("interrupted"):
            caught = best(spec.event_subprocesses, kind, code)
            if caught is not None:
                told = _told(trigger_of(caught), code, message)
                start_event_subprocess(scope, caught, variables | told)
                return True
        if scope.owner is None:
            break
        element, scope = scope.owner, scope.owner.workflow
    if catches(top.parent_catches, kind, code):
        top.effects.append(ThrownToParent(kind, code or "", variables))
        if kind == "error":
            top.terminate()
        return True
    if kind == "error":
        words = f": {message}" if message else ""
        raise StepFailed("UNHANDLED_ERROR_EVENT", f"Nobody catches the error '{code}'{words}")
    return False


def catches(listed: list[str], kind: str, code: str | None) -> bool:
    """Whether a list such as `["error:E1", "escalation:*"]` covers this."""
    return f"{kind}:*" in listed or f"{kind}:{code}" in listed


def catches_above(token: Token) -> list[str]:
    """What would be caught if a child of this call activity threw it; see `catches`."""
    listed: set[str] = set(token.workflow.top_workflow.parent_catches)
    element, scope = token, token.workflow
    while True:
        nodes = scope.spec.boundaries_of(element.task_spec.name) + scope.spec.event_subprocesses
        for event in (trigger_of(node) for node in nodes):
            if event.kind in ("error", "escalation"):
                listed.add(f"{event.kind}:{event.ref or '*'}")
        if scope.owner is None:
            return sorted(listed)
        element, scope = scope.owner, scope.owner.workflow


def best(nodes: list[Node], kind: str, code: str | None) -> Node | None:
    """The node that catches this: an exact code before one that catches all."""
    fitting = [n for n in nodes if trigger_of(n).kind == kind and trigger_of(n).ref in (None, code)]
    return next((n for n in fitting if trigger_of(n).ref == code), fitting[0] if fitting else None)


def _told(event: Event, code: str | None, message: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if event.code_variable:
        told[event.code_variable] = code
    if event.message_variable:
        told[event.message_variable] = message
    return told


def fire_boundary(token: Token, boundary: Node, variables: dict[str, Any]) -> None:
    """Let a boundary event of this token happen."""
    scope = token.workflow
    if boundary.interrupting:
        token.cancel()
    scope.spawn(boundary.id, fired=variables)


def start_event_subprocess(scope: Scope, node: Node, variables: dict[str, Any]) -> None:
    """Start an event sub-process of a level; an interrupting one ends what else runs there, once."""
    assert node.body is not None
    top: Instance = scope.top_workflow
    if node.body.of("startEvent")[0].interrupting:
        scope.book["interrupted"] = True
        top.closed(scope.task_tree, done=False)
        scope.clear()
    top.set_variables(scope.spawn(node.id), variables)


# -- compensation: what a level has to undo stands in its book, newest last


def compensate(token: Token, activity: str | None) -> bool:
    """Start the handlers of completed activities, newest first; whether there are any to wait for."""
    scope = token.workflow
    while scope.owner is not None and scope.owner.task_spec.node.is_event_subprocess:
        scope = scope.owner.workflow  # thrown in an event sub-process: its parent's work is meant
    book = scope.book.get("compensable", [])
    mine = [entry for entry in book if activity in (None, entry[0])]
    scope.book["compensable"] = [entry for entry in book if entry not in mine]
    _spawn_handlers(scope, mine, token)
    return bool(mine)


def _spawn_handlers(scope: Scope, entries: list[list[Any]], waiter: Token | None) -> None:
    if waiter is not None and entries:
        waiter.internal_data["pending"] = len(entries)
    for node_id, handler, nested in reversed(entries):
        more = {"compensating": nested} if nested else {}
        scope.spawn(handler or node_id, compensates_for=waiter.id if waiter else 0, **more)


def compensate_inside(scope: Scope, entries: list[list[Any]]) -> None:
    """Undo what a finished sub-process did: its level is opened again with handlers only."""
    _spawn_handlers(scope, entries, None)


def compensated(token: Token) -> None:
    """A handler has finished; the throwing event goes on after the last one."""
    top: Instance = token.workflow.top_workflow
    waiter = top.live.get(token.internal_data["compensates_for"])
    if waiter is None:
        return
    waiter.internal_data["pending"] -= 1
    if not waiter.internal_data["pending"]:
        del waiter.internal_data["pending"]
        top.finish(waiter)
