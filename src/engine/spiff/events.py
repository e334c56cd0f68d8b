"""Errors, escalations and compensation: what climbs from scope to scope.

Errors and escalations are looked for at the boundary events of the element, then the event sub-processes of its level,
then its owner, and so on to the calling instance (BPMN 2.0 section 10.5.7; exact code before catch-all).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from laneway.engine.bpmn.model import Event, Node
from laneway.engine.spiff.requests import StepFailed, ThrownToParent

if TYPE_CHECKING:
    from laneway.engine.spiff.elements import LevelSpec, Token
    from laneway.engine.spiff.instance import Instance
    from laneway.engine.spiff.scopes import Scope


def throw(token: Token, kind: str, code: str | None, variables: dict[str, Any], message: str = "") -> bool:
    """Take an error or escalation to whatever catches it; whether something did.

    Raises StepFailed for an error that nobody catches: it becomes an incident where it was thrown.
    """
    top: Instance = token.workflow.top_workflow
    element, scope = token, token.workflow
    while True:
        spec = scope.spec
        watching = [] if is_undone(element) else spec.boundaries_of(element.task_spec.name)
        caught = best(watching, kind, code)
        if caught is not None:
            fire_boundary(element, caught[0], variables | _told(caught[1], code, message))
            return True
        is_over = scope.book.get("interrupted") or (scope.owner is not None and is_undone(scope.owner))
        if not is_over:
            caught = best(spec.event_subprocesses, kind, code)
            if caught is not None:
                start_event_subprocess(scope, caught[0], variables | _told(caught[1], code, message))
                return True
        if scope.owner is None:
            break
        element, scope = scope.owner, scope.owner.workflow
    if catches(top.parent_catches, kind, code):
        top.requests.append(ThrownToParent(kind, code or "", variables))
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
        for event in (event for node in nodes for event in node.triggers.values()):
            if event.kind in ("error", "escalation"):
                listed.add(f"{event.kind}:{event.ref or '*'}")
        if scope.owner is None:
            return sorted(listed)
        element, scope = scope.owner, scope.owner.workflow


def best(nodes: list[Node], kind: str, code: str | None) -> tuple[Node, Event] | None:
    """The node that catches this, and by which event: an exact code before one that catches all."""
    listed = [(node, event) for node in nodes for event in node.triggers.values() if event.kind == kind]
    fitting = [hit for hit in listed if hit[1].ref in (None, code)]
    return next((hit for hit in fitting if hit[1].ref == code), fitting[0] if fitting else None)


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


def is_undone(token: Token) -> bool:
    """Whether this token stands for a completed activity that is being undone: nothing watches that any more."""
    return "compensating" in token.internal_data


def compensate(token: Token, activity: str | None, *, waits: bool = True) -> bool:
    """Start the handlers of completed activities, newest first; whether there are any to wait for."""
    scope = token.workflow
    while scope.owner is not None and scope.owner.task_spec.node.is_event_subprocess:
        scope = scope.owner.workflow  # thrown in an event sub-process: its parent's work is meant
    book = scope.book.get("compensable", [])
    mine = [entry for entry in book if activity in (None, entry[0])]
    scope.book["compensable"] = [entry for entry in book if entry not in mine]
    _spawn_handlers(scope, mine, token if waits else None)
    return bool(mine) and waits


def _spawn_handlers(scope: Scope, entries: list[list[Any]], waiter: Token | None) -> None:
    if waiter is not None and entries:
        waiter.internal_data["pending"] = len(entries)
    for node_id, handler, nested in reversed(entries):
        more = {"compensating": nested} if nested else {}
        scope.spawn(handler or node_id, compensates_for=waiter.id if waiter else 0, **more)


def compensate_inside(scope: Scope, entries: list[list[Any]]) -> None:
    """Undo what a finished sub-process did: its level is opened again for its handlers only.

    One that says itself how it is undone, by an event sub-process for compensation, does that instead.
    """
    own = compensation_of(scope.spec)
    if own is None:
        _spawn_handlers(scope, entries, None)
    else:
        scope.book["compensable"] = entries
        start_event_subprocess(scope, own, {})


def compensation_of(spec: LevelSpec) -> Node | None:
    """The event sub-process that undoes a level, if it has one."""
    found = best(spec.event_subprocesses, "compensate", None)
    return None if found is None else found[0]


def cancel_transaction(token: Token) -> None:
    """All is undone: the transaction leaves by its cancel boundary event."""
    owner = token.workflow.owner
    assert owner is not None
    caught = best(owner.workflow.spec.boundaries_of(owner.task_spec.name), "cancel", None)
    if caught is None:
        token.workflow.top_workflow.finish(owner)
    else:
        fire_boundary(owner, caught[0], {})


def compensated(token: Token) -> None:
    """A handler has finished; the throwing event goes on after the last one."""
    top: Instance = token.workflow.top_workflow
    waiter = top.live.get(token.internal_data["compensates_for"])
    if waiter is None:
        return
    waiter.internal_data["pending"] -= 1
    if not waiter.internal_data["pending"]:
        del waiter.internal_data["pending"]
        if waiter.internal_data.get("cancels"):
            cancel_transaction(waiter)
        else:
            top.finish(waiter)
