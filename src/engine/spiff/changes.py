"""Changes of a running instance that its diagram does not foresee: start elements, end tokens, move them.

As in Camunda 8's process instance modification: an element is started inside the scopes that are open, missing ones are
opened around it, and a scope whose last token is ended ends with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.util.task import TaskState

from laneway.engine.spiff import events
from laneway.engine.spiff.elements import Token, put
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.joins import Joining
from laneway.engine.spiff.levels import AdHoc, Repeated, SubProcess
from laneway.engine.spiff.places import Place, Places, scopes_around, scopes_of, tokens_of
from laneway.engine.spiff.requests import StepFailed
from laneway.engine.spiff.scopes import Scope


class CannotChange(Exception):
    """What was asked for is not possible; `code` says why, `params` what it is about."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class Start:
    """Start an element. `near` is a token whose scopes are meant, where there are several (None: any)."""

    element_id: str
    near: int | None = None
    variables: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """(element id of a scope, values); an empty id is the instance."""


@dataclass(frozen=True)
class End:
    """End the tokens of an element, or one token."""

    element_id: str = ""
    token: int | None = None


@dataclass(frozen=True)
class Move:
    """End tokens as `End` does, and start `target` once for each, in the scopes around it."""

    target: str
    element_id: str = ""
    token: int | None = None
    near: int | None = None
    variables: Sequence[tuple[str, Mapping[str, Any]]] = ()


Instruction = Start | End | Move


@dataclass
class _Plan:
    starts: list[tuple[int | None, Start]] = field(default_factory=list)
    """With the token that moves, if one does."""
    ends: dict[int, None] = field(default_factory=dict)


def modify(top: Instance, places: Places, instructions: Iterable[Instruction]) -> None:
    """Do all of these, or raise CannotChange for the first that is not possible; the instance is then discarded.

    Starts come before ends, so that moving the last token of a scope keeps the scope open.
    """
    plan = _Plan()
    for one in instructions:
        if isinstance(one, Start):
            check_start(places, one)
            plan.starts.append((None, one))
            continue
        tokens = _tokens_meant(top, one)
        plan.ends.update(dict.fromkeys(tokens))
        if isinstance(one, Move):
            for number in tokens:
                near = number if one.near is None else one.near
                start = Start(one.target, near, one.variables)
                check_start(places, start)
                plan.starts.append((number, start))
    for source, start in plan.starts:
        _start(top, places, start, source)
    end(top, list(plan.ends))


def _tokens_meant(top: Instance, one: End | Move) -> list[int]:
    if one.token is not None:
        token = top.live.get(one.token)
        if token is None or token is token.workflow.task_tree:
            raise CannotChange("modification_token_not_found", token=one.token)
        return [one.token]
    found = [
        token
        for scope in scopes_of(top)
        for token in tokens_of(scope)
        if token.task_spec.name == one.element_id and not _is_inner(token)
    ]
    if not found:
        raise CannotChange("modification_not_active", element_id=one.element_id)
    return [token.id for token in found]


def _is_inner(token: Token) -> bool:
    """Whether this is one instance of a multi-instance activity, and not the whole of it."""
    return bool(token.workflow.spec.is_body)


# -- starting


def check_start(places: Places, start: Start) -> None:
    """Raises CannotChange for an element that cannot be started by itself (Camunda 8's list of them)."""
    level_id = places.level_of(start.element_id)
    if level_id is None:
        raise CannotChange("modification_unknown_element", element_id=start.element_id)
    spec = places.spec(start.element_id)
    node = spec.node
    level = places.specs[level_id].level
    code = None
    if node.type == "startEvent":
        code = "modification_start_event"
    elif node.type == "boundaryEvent":
        code = "modification_boundary_event"
    elif node.is_event_subprocess:
        code = "modification_event_subprocess"
    elif node.is_for_compensation:
        code = "modification_compensation"
    elif isinstance(spec, Joining):
        code = "modification_join"
    elif any(level.nodes[flow.source].type == "eventBasedGateway" for flow in node.incoming):
        code = "modification_behind_event_gateway"
    if code is not None:
        raise CannotChange(code, element_id=node.id, name=node.name)
    around = {place.owner for place in places.path(level_id)} | {"", start.element_id}
    for scope_id, _values in start.variables:
        if scope_id not in around:
            raise CannotChange("modification_variable_scope", element_id=scope_id, target=start.element_id)


def _start(top: Instance, places: Places, start: Start, source: int | None) -> None:
    if start.near is not None and start.near not in top.live and start.near != 0:
        raise CannotChange("modification_token_not_found", token=start.near)
    values: dict[str, dict[str, Any]] = {}
    for scope_id, given in start.variables:
        values.setdefault(scope_id, {}).update(given)
    top.set_own_variables(values.pop("", {}))
    level_id = places.level_of(start.element_id)
    assert level_id is not None
    scope = _scope_for(top, places, places.path(level_id), start, values, leaving=source)
    scope.spawn(start.element_id, local=values.get(start.element_id))


def _scope_for(
    top: Instance,
    places: Places,
    path: list[Place],
    start: Start,
    values: Mapping[str, Mapping[str, Any]],
    *,
    leaving: int | None,
) -> Scope:
    """The scope where the element is to be started: one that is open, or opened now."""
    place = path[-1]
    if not place.owner:
        return top
    if start.near is None:
        open_ones = [scope for scope in top.subprocesses.values() if scope.spec.name == place.level_id]
    else:
        around = _scope_for(top, places, path[:-1], start, values, leaving=leaving)
        open_ones = [
            scope
            for scope in top.subprocesses.values()
            if scope.spec.name == place.level_id and scope.owner.workflow is around
        ]
        meant = [scope for scope in scopes_around(top, start.near) if scope in open_ones]
        open_ones = meant[:1] or open_ones
    if leaving in top.subprocesses:  # moving out of a scope and into it again means a new one
        open_ones = [scope for scope in open_ones if scope is not top.subprocesses[leaving]]
    if len(open_ones) > 1:
        raise CannotChange("modification_ambiguous", element_id=start.element_id, scope=place.owner)
    if open_ones:
        scope: Scope = open_ones[0]
        _give(top, scope.owner, values.get(place.owner))
        return scope
    around = _scope_for(top, places, path[:-1], start, values, leaving=leaving)
    return open_around(top, around, place, values.get(place.owner))


def _give(top: Instance, owner: Token | None, values: Mapping[str, Any] | None) -> None:
    if values and owner is not None:
        top.set_local_variables(owner, values)


def open_around(top: Instance, around: Scope, place: Place, values: Mapping[str, Any] | None) -> Scope:
    """Open the level that an element owns without starting what it would start."""
    spec = around.spec.task_specs[place.owner]
    node = spec.node
    # Only a repeated activity itself makes its instances.
    is_many = around.spec.is_body or isinstance(spec, Repeated)
    if is_many or not isinstance(spec, SubProcess) or node.is_event_subprocess:
        code = "modification_inside_multi_instance" if is_many else "modification_inside_event_subprocess"
        raise CannotChange(code, element_id=node.id, name=node.name)
    owner = Token(around, spec, around.task_tree, TaskState.STARTED)
    top.note(f"{spec.noun}_entered", owner)
    try:
        for mapping in node.inputs:
            put(owner.data, mapping.target, top.evaluate(owner, mapping.source))
        _give(top, owner, values)
        top.open_waits(owner)
        scope = top.open_scope(owner, place.level_id)
    except StepFailed as failure:
        raise CannotChange("modification_scope_failed", element_id=node.id, reason=failure.message) from None
    if isinstance(spec, AdHoc):
        scope.book.update(waiting=[], results=[])
    return scope


# -- ending


def end(top: Instance, numbers: Sequence[int]) -> None:
    """End these tokens and what is inside them; scopes without a token, and at last the instance, end with them."""
    emptied: list[Scope] = []
    for number in numbers:
        token = top.live.get(number)
        if token is None:  # ended with a scope that was ended before
            continue
        scope = token.workflow
        compensates = token.internal_data.get("compensates_for")
        token.cancel()
        if compensates:
            events.compensated(token)
        _count_out(scope)
        emptied.append(scope)
    for scope in emptied:
        _end_if_empty(top, scope)


def _count_out(scope: Scope) -> None:
    """A multi-instance activity does not wait for an instance of it that was ended."""
    if scope.spec.is_body and "items" in scope.book:
        scope.book["done"] += 1


def _end_if_empty(top: Instance, scope: Scope) -> None:
    while scope.is_empty():
        owner = scope.owner
        if owner is None:
            top.terminate()
            return
        if owner.id not in top.live or top.subprocesses.get(owner.id) is not scope:
            return
        if scope.book.get("waiting"):  # of an ad-hoc sub-process: steps still to come
            scope.spawn(scope.book["waiting"].pop(0))
            return
        scope = owner.workflow
        owner.cancel()
        _count_out(scope)
