"""The live state of an instance as bytes: open branches, scopes, variables and the queue, and nothing finished."""

from __future__ import annotations

from collections import deque
from typing import Any

import orjson
from SpiffWorkflow.util.task import TaskState

from laneway.engine.spiff.build import Specs
from laneway.engine.spiff.elements import ROOT, Token
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.joins import Joining
from laneway.engine.spiff.requests import Host
from laneway.engine.spiff.scopes import InnerScope, Scope
from laneway.errors import Conflict

_FORMAT = 1


def dump(instance: Instance) -> bytes:
    """The live state, to be given to `load`."""
    scopes = [[0, instance.spec.name, _tokens(instance)]]
    todo: list[Scope] = [instance]
    while todo:  # owners before what they own
        for token in todo.pop(0).tasks.values():
            scope = instance.subprocesses.get(token.id)
            if scope is not None:
                scopes.append([token.id, scope.spec.name, _tokens(scope)])
                todo.append(scope)
    return orjson.dumps(
        {
            "format": _FORMAT,
            "last_token": instance.last_token,
            "queue": list(instance.queue),
            "inclusive_joins": list(instance.inclusive_joins),
            "conditions": list(instance.conditions),
            "conditions_due": instance.conditions_due,
            "parent_catches": instance.parent_catches,
            "variables": instance.data,
            "scopes": scopes,
        },
        # A date that is no text would be one after loading: the instance in memory would not be what is stored.
        option=orjson.OPT_PASSTHROUGH_DATETIME,
    )


def _tokens(scope: Scope) -> list[list[Any]]:
    return [[t.id, t.task_spec.name, t._state, t.data, t.internal_data] for t in scope.tasks.values()]


def load(host: Host, process_id: str, specs: Specs, stored: bytes) -> Instance:
    """The instance that `dump` stored, in this release or an earlier one. Raises Conflict for a later one."""
    state = _read(stored)
    instance = Instance(host, process_id, specs)
    instance.data = state["variables"]
    instance.parent_catches = state["parent_catches"]
    for owner, level_id, tokens in state["scopes"]:
        scope: Any = instance
        if owner:
            scope = InnerScope(specs[level_id], instance.live[owner], instance)
            instance.subprocesses[owner] = scope
        for number, name, token_state, local, internal in tokens:
            spec = scope.spec.task_specs[name]
            token = Token(scope, spec, None if name == ROOT else scope.task_tree, token_state, number)
            token.data, token.internal_data = local, internal
            if name == ROOT:
                scope.task_tree = token
            elif token_state == TaskState.WAITING and isinstance(spec, Joining):
                spec.join(token)
    instance.last_token = state["last_token"]
    instance.queue = deque(state["queue"])
    instance.inclusive_joins = dict.fromkeys(state["inclusive_joins"], True)
    instance.conditions = dict.fromkeys(state.get("conditions", ()), True)
    instance.conditions_due = state.get("conditions_due", False)
    return instance


def _read(stored: bytes) -> dict[str, Any]:
    state: dict[str, Any] = orjson.loads(stored)
    if state["format"] > _FORMAT:
        raise Conflict("live_state_newer", format=state["format"])
    return state


def variables_of(stored: bytes) -> dict[str, Any]:
    """The instance's own variables, without building the instance."""
    variables: dict[str, Any] = _read(stored)["variables"]
    return variables


def scope_chain(stored: bytes, number: int) -> list[dict[str, Any]]:
    """The variable maps that a token sees, innermost first, without building the instance."""
    state = _read(stored)
    local: dict[int, dict[str, Any]] = {}
    owner_of: dict[int, int] = {}
    for owner, _level, tokens in state["scopes"]:
        for token_number, _name, _state, data, _internal in tokens:
            local[token_number] = data
            owner_of[token_number] = owner
    chain = []
    while number:
        chain.append(local[number])
        number = owner_of[number]
    return [*chain, state["variables"]]
