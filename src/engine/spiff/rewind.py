"""Let a token stand at an earlier element again: what came after it is cancelled, what went on beside it stays.

What came after is told by the history: the flows that were taken since the element was last entered, and the tokens
that were moved by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from laneway.engine.bpmn.model import Level
from laneway.engine.spiff.changes import CannotChange, Start, check_start, end, open_around
from laneway.engine.spiff.elements import LevelSpec, Token
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.joins import ParallelJoin
from laneway.engine.spiff.places import Place, Places, scopes_around, tokens_of
from laneway.engine.spiff.scopes import Scope


class Step(NamedTuple):
    """A row of the history, as far as it matters here."""

    event: str
    element_id: str | None
    details: Mapping[str, Any]


class Past:
    """What has happened to an instance, oldest first."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps

    def last_entry(self, element_id: str, noun: str) -> int | None:
        """Where in the history the element was entered last."""
        entered = (f"{noun}_entered", element_id)
        places = [n for n, step in enumerate(self._steps) if (step.event, step.element_id) == entered]
        return places[-1] if places else None

    def flows_since(self, start: int, level: Level) -> set[str]:
        """Ids of the flows of a level that were taken after a place in the history.

        Of a flow that there is no more, since the instance was migrated, those from the same element are meant.
        """
        taken = [one for one in self._steps[start:] if one.event == "flow_taken"]
        gone = {one.element_id for one in taken if one.details["flow"] not in level.flows}
        ids = {str(one.details["flow"]) for one in taken}
        return ids | {flow.id for flow in level.flows.values() if flow.source in gone}

    def moves_since(self, start: int) -> list[tuple[str, str]]:
        """(from, to) of the tokens that were moved by hand after a place in the history."""
        told = [one for step in self._steps[start:] for one in step.details.get("instructions", ())]
        return [(one["element_id"], one["target"]) for one in told if one["kind"] == "move"]

    def rewound_since(self, start: int) -> list[str]:
        """Elements where the instance was taken back to after a place in the history."""
        found = (one for one in self._steps[start:] if one.event == "instance_rewound")
        return [one.element_id for one in found if one.element_id is not None]

    def since(self, start: int, verb: str) -> set[str]:
        """Elements that were `entered` or `completed` after a place in the history."""
        found = (one for one in self._steps[start:] if one.event.endswith(f"_{verb}"))
        return {one.element_id for one in found if one.element_id is not None}

    def variables_at(self, end: int) -> dict[str, Any]:
        """The instance's own variables as they were at a place in the history."""
        values: dict[str, Any] = {}
        for step in self._steps[:end]:
            if step.event == "variables_set":
                local = step.details.get("local", ())
                values.update(
                    {name: value for name, value in step.details["values"].items() if name not in local}
                )
            elif step.event == "variables_deleted" and not step.details.get("is_local"):
                for name in step.details["values"]:
                    values.pop(name, None)
        return values


def rewind(
    top: Instance,
    places: Places,
    past: Past,
    element_id: str,
    *,
    near: int | None = None,
    with_variables: bool = False,
) -> None:
    """Stand at this element again as when it was last entered; raises CannotChange."""
    check_start(places, Start(element_id))
    if past.last_entry(element_id, places.spec(element_id).noun) is None:
        raise CannotChange("rewind_never_entered", element_id=element_id, name=places.node(element_id).name)
    if with_variables:
        entry = past.last_entry(element_id, places.spec(element_id).noun)
        top.replace_own_variables(past.variables_at(entry or 0))
    level_id = places.level_of(element_id)
    assert level_id is not None
    path = places.path(level_id)
    undone = [_Undone(top, path[0], path[1].owner if path[1:] else element_id, places, past)]
    for number, place in enumerate(path[1:], start=2):
        scope = _inner_scope(top, undone[-1], place, element_id, near)
        anchor = path[number].owner if number < len(path) else element_id
        undone.append(_Undone(scope, place, anchor, places, past))
    again = undone[-1].scope.spawn(element_id)
    doomed = [token for one in undone for token in one.tokens(again)]
    end(top, [token.id for token in doomed])
    for one in undone:
        one.restore()


def _inner_scope(top: Instance, around: _Undone, place: Place, element_id: str, near: int | None) -> Scope:
    """The open scope on the way to the element, or a new one."""
    open_ones: list[Scope] = [
        scope
        for scope in top.subprocesses.values()
        if scope.spec.name == place.level_id and scope.owner.workflow is around.scope
    ]
    if near is not None and near in top.live:
        meant = [scope for scope in scopes_around(top, near) if scope in open_ones]
        open_ones = meant or open_ones
    if len(open_ones) > 1:
        raise CannotChange("modification_ambiguous", element_id=element_id, scope=place.owner)
    return open_ones[0] if open_ones else open_around(top, around.scope, place, None)


class _Undone:
    """What is taken back in one scope: all that came after `anchor`, which is entered again or stays open."""

    def __init__(self, scope: Scope, place: Place, anchor: str, places: Places, past: Past) -> None:
        self.scope = scope
        self.anchor = anchor
        self.spec: LevelSpec = places.specs[place.level_id]
        entry = past.last_entry(anchor, places.spec(anchor).noun)
        start = 0 if entry is None else entry
        if _is_one_of_many(scope):  # the history does not tell which of them it is about
            self.flows = set(self.spec.level.flows)
            self.entered = set(self.spec.level.nodes)
        else:
            self.flows = past.flows_since(start, self.spec.level)
            self.entered = past.since(start + 1, "entered")
        self.completed = past.since(start + 1, "completed")
        self.moved = [
            (self._here(places, source), self._here(places, target))
            for source, target in past.moves_since(start)
        ]
        rewound = [self._here(places, one) for one in past.rewound_since(start)]
        level = self.spec.level
        replaced_by = [one for one in rewound if one is not None and self.anchor in _downstream(level, one)]
        self.after = self._after(level, replaced_by)

    def _here(self, places: Places, element_id: str) -> str | None:
        """The element of this level that an element is in or is itself."""
        level_id = places.level_of(element_id)
        around = places.path(level_id) if level_id is not None else []
        chain = [*(place.owner for place in around[1:]), element_id]
        return next((one for one in chain if one in self.spec.level.nodes), None)

    def _after(self, level: Level, replaced_by: list[str]) -> set[str]:
        """Elements that a token came to from the anchor, by what the history tells."""
        found = {one for one in replaced_by if one != self.anchor}
        todo = [self.anchor, *found]
        while todo:
            node = level.nodes[todo.pop()]
            following = [flow.target for flow in node.outgoing if flow.id in self.flows]
            watching = [one.id for one in self.spec.boundaries_of(node.id) if one.id in self.entered]
            if node.type == "eventBasedGateway":
                watching += [flow.target for flow in node.outgoing if flow.target in self.entered]
            moved = [to for source, to in self.moved if source == node.id and to is not None]
            for name in following + watching + moved:
                if name not in found:
                    found.add(name)
                    todo.append(name)
        return found

    def tokens(self, again: Token) -> list[Token]:
        """The tokens that end. At a join, only those that came from the anchor."""
        listed = []
        is_interrupted = self.scope.book.get("interrupted")
        for token in tokens_of(self.scope):
            node = token.task_spec.node
            if token is again:
                continue
            if node.is_event_subprocess:
                if is_interrupted and node.id in self.entered and node.id != self.anchor:
                    listed.append(token)
                continue
            at_anchor = node.id == self.anchor and again.workflow is self.scope
            came = token.internal_data.get("flow")
            flow = next((one for one in node.incoming if one.id == came), None)
            beside = flow is not None and len(node.incoming) > 1 and not self._leads(flow.source)
            if at_anchor or (node.id in self.after and node.id != self.anchor and not beside):
                listed.append(token)
        return listed

    def _leads(self, source: str) -> bool:
        return source == self.anchor or source in self.after

    def restore(self) -> None:
        """Let those wait again who had arrived at a join from beside; forget what is no longer to be undone."""
        redone = self.after | {self.anchor}
        book = self.scope.book
        if "compensable" in book:
            book["compensable"] = [entry for entry in book["compensable"] if entry[0] not in redone]
        events = {node.id for node in self.spec.event_subprocesses}
        if book.get("interrupted") and events & self.entered and self.anchor not in events:
            del book["interrupted"]
            self.scope.top_workflow._open_level(self.scope)
        for name in self.after:
            join = self.spec.task_specs[name]
            if not isinstance(join, ParallelJoin) or name not in self.completed:
                continue
            for flow in join.node.incoming:
                if not self._leads(flow.source):
                    self.scope.spawn(name, flow=flow.id)


def _is_one_of_many(scope: Scope) -> bool:
    """Whether a scope is inside an instance of a multi-instance activity or loop."""
    while scope.owner is not None:
        if scope.spec.is_body:
            return True
        scope = scope.owner.workflow
    return False


def _downstream(level: Level, element_id: str) -> set[str]:
    """Elements that flows lead to from this one."""
    found, todo = set[str](), [element_id]
    while todo:
        for flow in level.nodes[todo.pop()].outgoing:
            if flow.target not in found:
                found.add(flow.target)
                todo.append(flow.target)
    return found
