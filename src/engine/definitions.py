"""Deployed versions, ready to run: diagrams as specs, decisions compiled; kept in memory by their key.

A definition row never changes, so what was read from it once may be kept as long as memory allows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from laneway.engine.bpmn.model import Process
from laneway.engine.bpmn.reader import element_names, read_processes
from laneway.engine.dmn import DecisionModel, read_decisions
from laneway.engine.spiff.build import Specs, specs_of
from laneway.engine.tables import decision_definition, decision_requirements, process_definition
from laneway.errors import NotFound
from laneway.words import Resource, Text

_KEPT = 500

T = TypeVar("T")


@dataclass(frozen=True)
class Definition:
    """One deployed version of a process, parsed and built."""

    key: int
    deployment_key: int
    process_id: str
    version: int
    name: Text
    process: Process
    specs: Specs
    names: dict[str, Text]
    """Names of the elements by id."""


class _Kept(Generic[T]):
    """The most recently used values by key; safe for threads."""

    def __init__(self) -> None:
        self._values: OrderedDict[int, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: int, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > _KEPT:
                self._values.popitem(last=False)
        return value


_definitions: _Kept[Definition] = _Kept()
_decisions: _Kept[DecisionModel] = _Kept()


def load(session: Session, definition_key: int) -> Definition:
    """The definition of this key. Raises NotFound."""
    return _definitions.get(definition_key, lambda: _read(session, definition_key))


def _read(session: Session, definition_key: int) -> Definition:
    columns = process_definition.c
    row = session.execute(select(process_definition).where(columns.key == definition_key)).one_or_none()
    if row is None:
        raise NotFound("process_definition_not_found", key=definition_key)
    diagram = read_processes(Resource(row.resource_name, row.xml))
    process = next(p for p in diagram.processes if p.id == row.process_id)
    return Definition(
        row.key,
        row.deployment_key,
        row.process_id,
        row.version,
        Text(row.name_zh, row.name_en),
        process,
        specs_of(process),
        element_names(process),
    )


def find_process(
    session: Session,
    process_id: str,
    *,
    version: int | None = None,
    version_tag: str | None = None,
    deployment_key: int | None = None,
) -> int:
    """The key of a version of a process: the one asked for, else the latest. Raises NotFound."""
    columns = process_definition.c
    query = select(columns.key).where(columns.process_id == process_id)
    if version is not None:
        query = query.where(columns.version == version)
    if version_tag is not None:
        query = query.where(columns.version_tag == version_tag)
    if deployment_key is not None:
        query = query.where(columns.deployment_key == deployment_key)
    key: int | None = session.scalar(query.order_by(columns.version.desc()).limit(1))
    if key is None:
        raise NotFound("process_not_found", process_id=process_id)
    return key


def find_decisions(
    session: Session, decision_id: str, *, deployment_key: int | None = None
) -> tuple[DecisionModel, int]:
    """The decision model that holds the latest version of a decision, and that version. Raises NotFound.

    With `deployment_key`, the version that came with that deployment.
    """
    query: Select[Any] = (
        select(decision_requirements, decision_definition.c.version.label("decision_version"))
        .join(decision_definition, decision_definition.c.requirements_key == decision_requirements.c.key)
        .where(decision_definition.c.decision_id == decision_id)
        .order_by(decision_definition.c.version.desc())
        .limit(1)
    )
    if deployment_key is not None:
        query = query.where(decision_requirements.c.deployment_key == deployment_key)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound("decision_not_found", decision_id=decision_id)
    resource = Resource(row.resource_name, row.xml)
    return _decisions.get(row.key, lambda: read_decisions([resource])), row.decision_version
