"""Where elements are in the nested levels of a process, and in the scopes that are open in an instance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from laneway.engine.bpmn.model import Node
from laneway.engine.spiff.build import Specs
from laneway.engine.spiff.elements import ROOT, Element, LevelSpec, Token
from laneway.engine.spiff.levels import body_id

if TYPE_CHECKING:
    from laneway.engine.spiff.instance import Instance
    from laneway.engine.spiff.scopes import Scope


class Place(NamedTuple):
    """A level, and the element that owns it in the level around it; the outermost has no owner."""

    level_id: str
    owner: str = ""


class Places:
    """The levels of a process."""

    def __init__(self, process_id: str, specs: Specs) -> None:
        self.process_id = process_id
        self.specs = specs
        self._around: dict[str, tuple[str, str]] = {}
        """{level id: (level id around it, owner's element id)}."""
        self._level_of: dict[str, str] = {}
        todo = [process_id]
        while todo:
            level_id = todo.pop(0)
            for name, spec in specs[level_id].task_specs.items():
                if name == ROOT:
                    continue
                self._level_of.setdefault(name, level_id)
                inner = inner_level(specs[level_id], spec)
                if inner is not None:
                    self._around[inner] = (level_id, name)
                    todo.append(inner)

    def elements(self) -> list[str]:
        """The ids of all elements, outer levels first."""
        return list(self._level_of)

    def level_of(self, element_id: str) -> str | None:
        """The level where an element stands; of a multi-instance activity, where the whole of it stands."""
        return self._level_of.get(element_id)

    def spec(self, element_id: str) -> Element:
        """The spec of an element that there is."""
        found: Element = self.specs[self._level_of[element_id]].task_specs[element_id]
        return found

    def node(self, element_id: str) -> Node:
        """The node of an element that there is."""
        return self.spec(element_id).node

    def path(self, level_id: str) -> list[Place]:
        """The levels from the process down to this one."""
        found = []
        while level_id != self.process_id:
            around, owner = self._around[level_id]
            found.append(Place(level_id, owner))
            level_id = around
        return [Place(self.process_id), *reversed(found)]


def inner_level(level: LevelSpec, spec: Element) -> str | None:
    """The id of the level that tokens of this element own."""
    if spec.node.loop is not None and not level.is_body:
        return body_id(spec.node.id)
    return spec.node.body.id if spec.node.body is not None else None


def scopes_of(top: Instance) -> Iterator[Scope]:
    """Every open scope, the instance itself first."""
    yield top
    yield from top.subprocesses.values()


def tokens_of(scope: Scope) -> list[Token]:
    """The tokens of a scope, without those of the levels inside it."""
    return [token for token in scope.tasks.values() if token is not scope.task_tree]


def scopes_around(top: Instance, number: int) -> list[Scope]:
    """The scopes that a token stands in, the one that it owns first; 0 is the instance itself."""
    if not number:
        return [top]
    found: list[Scope] = [top.subprocesses[number]] if number in top.subprocesses else []
    scope = top.live[number].workflow
    while scope.owner is not None:
        found.append(scope)
        scope = scope.owner.workflow
    return [*found, top]
