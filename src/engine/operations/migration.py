"""Migrate running process instances to another version of their process, or to another process.

Everything that people and programs hold stays: user tasks with drafts, assignees and deadlines, jobs with leases, timers
with their due date, subscriptions, incidents, called processes. What only the new version waits for begins to be awaited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, case, delete, select, update
from sqlalchemy.orm import Session

from laneway import observed
from laneway.engine import access, definitions, runtime
from laneway.engine.access import PERSON, Action
from laneway.engine.bpmn.model import Node
from laneway.engine.database import unit_of_work
from laneway.engine.definitions import Definition
from laneway.engine.expressions import StepHost
from laneway.engine.model import IncidentState, JobState, Person, UserTaskState
from laneway.engine.operations.suspension import reason_of
from laneway.engine.spiff import migration as moves
from laneway.engine.spiff import state as live_state
from laneway.engine.spiff.instance import Instance
from laneway.engine.spiff.migration import Obstacle, Plan
from laneway.engine.spiff.places import Places
from laneway.engine.spiff.requests import Note, StepFailed
from laneway.engine.tables import (
    case_file,
    incident,
    job,
    message_subscription,
    signal_subscription,
    timer,
    user_task,
)
from laneway.errors import Invalid, LanewayError
from laneway.words import Text

_TOLD_AT_ONCE = 3
_OPEN_JOBS = (JobState.CREATED, JobState.ACTIVATED, JobState.FAILED)
_WAITS = {"timer": timer, "message": message_subscription, "signal": signal_subscription}


@dataclass(frozen=True)
class Told:
    """An obstacle in words: what stands in the way, and what mends it."""

    element_id: str
    name: Text
    reason: Text
    mend: Text


@dataclass(frozen=True)
class Happening:
    """What a migration does to one thing. `kind` is task, job, incident, call, timer, message, signal or condition."""

    kind: str
    verb: str
    """kept, begun or ended."""
    element_id: str
    name: Text
    to_name: Text
    due_at: datetime | None = None


@dataclass(frozen=True)
class Outlook:
    """What a migration would do, and what stands in its way; without obstacles it can be done."""

    obstacles: list[Told] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """How the migration of one of many instances went; `error` is None when it was done."""

    instance_key: int
    error: LanewayError | None


def look_ahead(
    session: Session, instance_key: int, target_key: int, mapping: Mapping[str, str], *, by: Person
) -> Outlook:
    """What `migrate` would do now; nothing is changed. Raises NotFound, NotAllowed, Conflict when it has ended."""
    access.require(by, Action.OPERATE_CASE)
    row = runtime.read_open(session, instance_key)
    going = _Going(session, row, target_key, mapping)
    return Outlook([in_words(one) for one in going.obstacles()], list(going.happenings()))


def elements(session: Session, target_key: int) -> list[tuple[str, Text]]:
    """(id, name) of every element of a version, outer levels first. Raises NotFound."""
    definition = definitions.load(session, target_key)
    places = Places(definition.process_id, definition.specs)
    return [(element_id, _name(places.node(element_id))) for element_id in places.elements()]


def migrate(
    session: Session,
    instance_key: int,
    target_key: int,
    mapping: Mapping[str, str],
    *,
    by: Person,
    reason: str,
) -> None:
    """Let an instance go on under the definition `target_key`.

    `mapping` is {element id: element id there}; ids that are equal need none. The history says who did it, why and
    with which mapping. Raises NotFound, NotAllowed, Conflict when the instance has ended, Invalid with the obstacles.
    """
    access.require(by, Action.OPERATE_CASE)
    words = reason_of(reason)
    row = runtime.lock_open(session, instance_key, suspended_too=True)
    if row.process_definition_key == target_key:
        raise Invalid("migration_same_version")
    going = _Going(session, row, target_key, mapping)
    obstacles = going.obstacles()
    if obstacles:
        first = [in_words(one) for one in obstacles[:_TOLD_AT_ONCE]]
        raise Invalid("migration_refused", count=len(obstacles), obstacles=_listed(first))
    going.move_rows()

    def change(instance: Instance) -> None:
        told = {"reason": words, "mapping": dict(mapping), "from": _version(going.source)}
        instance.notes.append(Note("instance_migrated", None, None, told | {"to": _version(going.target)}))
        going.plan.open_waits(instance)

    observed.step(session.info, "migrate")
    runtime.migrate(session, row, going.target, going.plan.dump(), change, by=by)


def migrate_all(
    instance_keys: Sequence[int], target_key: int, mapping: Mapping[str, str], *, by: Person, reason: str
) -> list[Result]:
    """Migrate many instances, each in a transaction of its own: one that cannot go over does not hold up the others.

    Raises NotAllowed and Invalid (without a reason) before anything is done.
    """
    access.require(by, Action.OPERATE_CASE)
    reason_of(reason)
    results = []
    for key in dict.fromkeys(instance_keys):
        error: LanewayError | None = None
        try:
            with unit_of_work() as session:
                migrate(session, key, target_key, mapping, by=by, reason=reason)
        except LanewayError as caught:
            error = caught
        results.append(Result(key, error))
    return results


def _version(definition: Definition) -> dict[str, Any]:
    return {"process_id": definition.process_id, "version": definition.version, "key": str(definition.key)}


class _Going:
    """One instance on its way from one definition to another; its row is locked before anything is moved."""

    def __init__(self, session: Session, row: Any, target_key: int, mapping: Mapping[str, str]) -> None:
        self.session, self.row, self.mapping = session, row, mapping
        self.source = definitions.load(session, row.process_definition_key)
        self.target = definitions.load(session, target_key)
        old, new = (Places(one.process_id, one.specs) for one in (self.source, self.target))
        self.plan: Plan = moves.plan(row.live_state, old, new, mapping)

    def obstacles(self) -> list[Obstacle]:
        """What stands in the way; also what the new version would wait for but cannot."""
        if self.plan.obstacles:
            return self.plan.obstacles
        host = StepHost(self.session, self.target)
        instance = live_state.load(host, self.target.process_id, self.target.specs, self.plan.dump())
        try:
            self.plan.open_waits(instance)
        except StepFailed as failure:
            waiting = next(
                (node for _token, node, _wait in self.plan.new_waits if _mentions(node, failure)), None
            )
            name, element_id = (waiting.name, waiting.id) if waiting else (self.target.name, "")
            return [Obstacle(element_id, name, "migration_wait_failed", {"problem": failure.message})]
        return []

    # -- what would happen

    def happenings(self) -> Iterator[Happening]:
        """What becomes of everything that the instance holds."""
        for kind, table, is_open in _HELD:
            for row in self._rows(table, is_open):
                if row.token in self.plan.elements:
                    before, after = self.plan.elements[row.token]
                    due = row.due_at if kind == "task" else None
                    yield Happening(kind, "kept", before.id, _name(before), _name(after), due)
        for before, after in self.plan.elements.values():
            if before.called_process is not None and before.loop is None:
                yield Happening("call", "kept", before.id, _name(before), _name(after))
        kept = {(wait.token, wait.wait): wait for wait in self.plan.waits}
        for kind, table in _WAITS.items():
            for row in self._rows(table):
                wait = kept.get((row.token, row.wait))
                due = row.due_at if kind == "timer" else None
                name = self._of(self.source, row.element_id)
                if wait is None or wait.to is None:
                    yield Happening(kind, "ended", row.element_id, name, name, due)
                else:
                    to_name = self._of(self.target, wait.to_element)
                    yield Happening(kind, "kept", row.element_id, name, to_name, due)
        for _token, node, wait_id in self.plan.new_waits:
            event = node.triggers[wait_id].kind
            kind = "condition" if event == "conditional" else event
            yield Happening(kind, "begun", node.id, _name(node), _name(node))

    @staticmethod
    def _of(definition: Definition, element_id: str) -> Text:
        known = definition.names.get(element_id, Text("", ""))
        return known if known.zh or known.en else Text(element_id, element_id)

    def _rows(self, table: Table, is_open: Callable[[Any], Any] | None = None) -> Sequence[Any]:
        query = select(table).where(table.c.instance_key == self.row.key).order_by(table.c.key)
        return self.session.execute(query.where(is_open(table.c)) if is_open else query).all()

    # -- doing it

    def move_rows(self) -> None:
        """Let all rows of the instance tell of the new definition."""
        self._move_past_tasks()
        for _kind, table, is_open in _HELD:
            changed = []
            for row in self._rows(table, is_open):
                if row.token in self.plan.elements:
                    changed.append(self._moved(table, row, self.plan.elements[row.token][1]))
            self._write(table, changed)
        kept = {(wait.kind, wait.token, wait.wait): wait for wait in self.plan.waits}
        for kind, table in _WAITS.items():
            changed, gone = [], []
            for row in self._rows(table):
                wait = kept.get((kind, row.token, row.wait))
                if wait is None or wait.to is None:
                    gone.append(row.key)
                else:
                    told: dict[str, Any] = {
                        "wait": wait.to,
                        "element_id": wait.to_element,
                        "is_aside": wait.is_aside,
                    }
                    if table is message_subscription:
                        name = self._of(self.target, wait.to_element)
                        told |= {"name_zh": name.pick("zh"), "name_en": name.pick("en")}
                    changed.append({"key": row.key, "process_definition_key": self.target.key, **told})
            self._write(table, changed)
            if gone:
                self.session.execute(delete(table).where(table.c.key.in_(gone)))
        file = update(case_file).where(case_file.c.instance_key == self.row.key)
        self.session.execute(file.values(process_id=self.target.process_id))

    def _moved(self, table: Table, row: Any, node: Node) -> dict[str, Any]:
        values: dict[str, Any] = {
            "key": row.key,
            "element_id": node.id,
            "process_definition_key": self.target.key,
            "process_id": self.target.process_id,
        }
        if table is user_task:
            apart = list(node.assignment.separate_from) if node.assignment is not None else []
            apart += [one for one in row.separate_from if one.startswith(PERSON)]
            values |= {
                "name_zh": node.name.pick("zh") or node.id,
                "name_en": node.name.pick("en") or node.id,
                "separate_from": apart,
            }
        return values

    def _move_past_tasks(self) -> None:
        """Who completed a step must be known under its new id too: later steps are kept apart from it by that."""
        renamed = {source: to for source, to in self.mapping.items() if source != to}
        if renamed:
            columns = user_task.c
            past = (columns.instance_key == self.row.key) & (columns.state == UserTaskState.COMPLETED)
            to = case(renamed, value=columns.element_id)
            self.session.execute(
                update(user_task).where(past, columns.element_id.in_(renamed)).values(element_id=to)
            )

    def _write(self, table: Table, changed: list[dict[str, Any]]) -> None:
        if changed:
            new: dict[str, Any] = {name: bindparam(f"new_{name}") for name in changed[0] if name != "key"}
            statement = update(table).where(table.c.key == bindparam("new_key")).values(new)
            rows = [{f"new_{name}": value for name, value in row.items()} for row in changed]
            self.session.connection().execute(statement, rows)


_HELD: tuple[tuple[str, Table, Callable[[Any], Any]], ...] = (
    ("task", user_task, lambda columns: columns.state == UserTaskState.CREATED),
    ("job", job, lambda columns: columns.state.in_(_OPEN_JOBS)),
    ("incident", incident, lambda columns: columns.state == IncidentState.ACTIVE),
)
"""What belongs to a token and goes with it, and which of its rows are open."""


def _mentions(node: Node, failure: StepFailed) -> bool:
    texts = [text for event in node.triggers.values() for text in (event.ref, event.correlation_key)]
    texts += [event.expression for event in node.triggers.values()]
    return any(text and (text in failure.message or text == failure.expression) for text in texts)


def _name(node: Node) -> Text:
    return node.name if node.name.zh or node.name.en else Text(node.id, node.id)


# -- obstacles in words

_WORDS: Mapping[str, tuple[Text, Text]] = {
    "migration_source_unknown": (
        Text("流程中没有此步骤", "this version has no such step"),
        Text("从对应关系中去掉它", "leave it out of the mapping"),
    ),
    "migration_target_unknown": (
        Text("新版本没有步骤 {target}", "the new version has no step {target}"),
        Text("选择新版本中的步骤", "choose a step of the new version"),
    ),
    "migration_no_target": (
        Text(
            "案件停在这里或经过这里，而新版本没有此步骤",
            "the case stands here or has this to undo, and the new version has no such step",
        ),
        Text(
            "指定它对应新版本的哪个步骤，或先移走",
            "tell which step of the new version takes its place, or move the case on first",
        ),
    ),
    "migration_other_kind": (
        Text(
            "新版本的 {target} 是另一种步骤（{kind}）",
            "{target} in the new version is of another kind ({kind})",
        ),
        Text(
            "选择同一种类、事件与循环相同的步骤",
            "choose a step of the same kind, with the same event and loop",
        ),
    ),
    "migration_other_scope": (
        Text(
            "新版本的 {target} 在另一个子流程中", "{target} is inside another sub-process in the new version"
        ),
        Text(
            "把外层的子流程也对应起来，或选择同一层的步骤",
            "map the sub-process around it too, or choose a step on the same level",
        ),
    ),
    "migration_no_flow": (
        Text(
            "有分支在此等待汇合，而它经过的连线 {flow} 在新版本中没有",
            "a branch waits here for the others, and the flow {flow} that it came by is gone",
        ),
        Text(
            "在新版本保留这条连线的标识，或对应它的起点",
            "keep the id of that flow in the new version, or map the step that it comes from",
        ),
    ),
    "migration_wait_failed": (
        Text(
            "新版本要等待的事件无法开始：{problem}", "what the new version waits for cannot begin: {problem}"
        ),
        Text("先设置缺少的变量，或修改新版本", "set the missing variable first, or mend the new version"),
    ),
}


def in_words(obstacle: Obstacle) -> Told:
    """An obstacle as people read it."""
    reason, mend = (
        Text(*(words.format(**obstacle.params) for words in text)) for text in _WORDS[obstacle.code]
    )
    name = obstacle.name
    if not (name.zh or name.en):
        name = Text(obstacle.element_id, obstacle.element_id)
    return Told(obstacle.element_id, name, reason, mend)


def _listed(obstacles: list[Told]) -> Text:
    return Text(
        "；".join(
            f"{one.name.pick('zh')}（{one.element_id}）{one.reason.zh}，请{one.mend.zh}" for one in obstacles
        ),
        "; ".join(
            f"{one.name.pick('en')} ({one.element_id}): {one.reason.en} - {one.mend.en}" for one in obstacles
        ),
    )
