"""What lies on the board of the token game: scopes, tokens, and what they wait for."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from laneway.engine.bpmn.model import Event, Flow, Level, Node

_numbers = count()


class Stuck(Exception):
    """An element cannot be entered or left; somebody has to look."""


@dataclass(eq=False)
class Undo:
    """A completed activity and how to undo it: a handler, or what was done inside it with its variables then."""

    activity: str
    handler: str | None
    inside: list[Undo] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Scope:
    """A process, the inside of a sub-process, or the inside of an activity that is repeated."""

    level: Level
    owner: Token | None = None
    is_body: bool = False
    """Inside of a multi-instance or loop activity: one token for each time it is done."""
    tokens: list[Token] = field(default_factory=list)
    undo: list[Undo] = field(default_factory=list)
    is_interrupted: bool = False
    used: dict[str, list[str]] = field(default_factory=dict)
    """By complex gateway: the flows that have been heard in its present round."""
    items: list[Any] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    started: int = 0
    done: int = 0


@dataclass(eq=False)
class Token:
    """A token at a node. `is_inside` tells that the element has been entered."""

    node: Node
    scope: Scope
    local: dict[str, Any] = field(default_factory=dict)
    by: str = ""
    """The flow it came in by."""
    fired: dict[str, Any] | None = None
    """What the event brought that placed it here."""
    is_at_join: bool = False
    is_inside: bool = False
    inner: Scope | None = None
    stuck: str = ""
    undoes_for: Token | None = None
    is_undo: bool = False
    undoing: Undo | None = None
    """What it undoes, where it stands for a completed sub-process: nothing watches that any more."""
    done_inside: list[Undo] = field(default_factory=list)
    """Of a repeated activity: what its rounds have to undo."""
    pending: int = 0
    cancels: bool = False
    is_enough: bool = False
    result: Any = None
    leaving: list[Flow] = field(default_factory=list)
    number: int = field(default_factory=_numbers.__next__)

    @property
    def is_repeated(self) -> bool:
        """Whether it stands for all rounds of a repeated activity, not for one."""
        return self.node.loop is not None and not self.scope.is_body

    @property
    def boundaries(self) -> list[Node]:
        """What watches the activity: once for all its rounds, and not while it is undone."""
        if self.scope.is_body or self.undoing is not None:
            return []
        return [n for n in self.scope.level.of("boundaryEvent") if n.attached_to == self.node.id]


@dataclass(eq=False)
class Wait:
    """One thing awaited, by a token or by a scope (for an event sub-process)."""

    kind: str
    id: str
    node: Node
    token: Token | None
    scope: Scope
    event: Event = field(default_factory=Event)
    due: datetime | None = None
    name: str = ""
    was_true: bool = False


def chain(scope: Scope, token: Token | None) -> list[dict[str, Any]]:
    """The variables of a token and of its owners, innermost first; those of the process are not among them."""
    maps = [] if token is None else [token.local]
    while scope.owner is not None:
        maps.append(scope.owner.local)
        scope = scope.owner.scope
    return maps


def visible(variables: dict[str, Any], scope: Scope, token: Token | None, **extra: Any) -> ChainMap[str, Any]:
    """What an expression sees."""
    return ChainMap(extra, *chain(scope, token), variables)


def starts_of(level: Level) -> list[Node]:
    """Where tokens appear when a level is entered: its none start events, or what nothing leads to (10.2.4)."""
    if level.of("startEvent"):
        return [node for node in level.of("startEvent") if not node.events]
    return [
        node
        for node in level.nodes.values()
        if not node.incoming
        and not node.is_event_subprocess
        and not node.is_for_compensation
        and node.type != "boundaryEvent"
        and node.event.kind != "link"
    ]


def upstream(level: Level, join: Node, flow: Flow) -> set[str]:
    """Nodes from which a path leads over this flow into the join without visiting the join before (13.4.3)."""
    found: set[str] = set()
    todo = [flow.source]
    while todo:
        here = todo.pop()
        if here in found or here == join.id:
            continue
        found.add(here)
        node = level.nodes[here]
        todo += [incoming.source for incoming in node.incoming]
        if node.attached_to is not None:
            todo.append(node.attached_to)
    return found
