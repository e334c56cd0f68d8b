"""Deployed versions, ready to run: diagrams as specs, decisions compiled; kept in memory by their key.

A definition row never changes, so what was read from it once may be kept as long as memory allows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Column, ColumnElement, Select, Table, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from laneway import metrics
from laneway.engine.bpmn.clock_settings import ClockRules, rules_of
from laneway.engine.bpmn.model import Process
from laneway.engine.bpmn.reader import element_names, read_processes
from laneway.engine.database.storage import Query
from laneway.engine.dmn import DecisionModel, read_decisions
from laneway.engine.spiff.build import Specs, specs_of
from laneway.engine.tables import (
    decision_definition,
    decision_requirements,
    deployment,
    form_definition,
    process_definition,
)
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
    start_groups: Sequence[str]
    start_form_id: str | None
    has_none_start: bool
    clocks: ClockRules | None = None
    """What it says of clocks; None where it says nothing."""


class DecisionVersion(NamedTuple):
    """One deployed version of a decision; `requirements_key` is that of its DMN file."""

    key: int
    decision_id: str
    version: int
    version_tag: str | None
    requirements_key: int


@dataclass(frozen=True)
class LinkedDecisions:
    """A deployed DMN file with those it imports. `versions` tells what each decision in them is, by id."""

    model: DecisionModel
    versions: Mapping[str, DecisionVersion]


def is_newest(id_column: Column[str]) -> ColumnElement[bool]:
    """Whether a row is the newest version of what its table keeps versions of; `id_column` tells which it is of."""
    table = id_column.table
    newer = table.alias()
    return ~exists().where(newer.c[id_column.name] == id_column, newer.c.version > table.c.version)


class _Kept(Generic[T]):
    """The most recently used values by key; safe for threads."""

    def __init__(self) -> None:
        self._values: OrderedDict[int, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: int, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                metrics.CACHE_LOOKUPS.labels("definition", "hit").inc()
                return self._values[key]
        metrics.CACHE_LOOKUPS.labels("definition", "miss").inc()
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > _KEPT:
                self._values.popitem(last=False)
        return value


_definitions: _Kept[Definition] = _Kept()
_forms: _Kept[bytes] = _Kept()
_decisions: _Kept[LinkedDecisions] = _Kept()


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
        row.start_groups,
        row.start_form_id,
        row.has_none_start,
        rules_of(process),
    )


_NEWEST = Query(
    lambda _pg: (
        select(process_definition.c.key)
        .where(process_definition.c.process_id == bindparam("process_id"))
        .order_by(process_definition.c.version.desc())
        .limit(1)
    )
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
    if version is None and version_tag is None and deployment_key is None:
        found = _NEWEST.first(session, process_id=process_id)
        if found is None:
            raise NotFound("process_not_found", process_id=process_id)
        newest: int = found[0].key
        return newest
    columns = process_definition.c
    query = select(columns.key).where(columns.process_id == process_id)
    if version is not None:
        query = query.where(columns.version == version)
    if version_tag is not None:
        query = query.where(columns.version_tag == version_tag)
    if deployment_key is not None:
        query = query.where(_is_in(session, process_definition, deployment_key))
    key: int | None = session.scalar(query.order_by(columns.version.desc()).limit(1))
    if key is None:
        raise NotFound("process_not_found", process_id=process_id)
    return key


def form(session: Session, form_key: int) -> bytes:
    """The form-js JSON of a deployed version of a form, as deployed. Raises NotFound."""
    return _forms.get(form_key, lambda: _read_form(session, form_key))


def _read_form(session: Session, form_key: int) -> bytes:
    query = select(form_definition.c.schema).where(form_definition.c.key == form_key)
    schema: bytes | None = session.scalar(query)
    if schema is None:
        raise NotFound("form_not_found", key=form_key)
    return schema


def find_decision(
    session: Session,
    decision_id: str,
    *,
    version_tag: str | None = None,
    deployment_key: int | None = None,
) -> DecisionVersion:
    """A version of a decision: the newest, of those with this tag, of those in this deployment. Raises NotFound."""
    query = _decision_versions().where(decision_definition.c.decision_id == decision_id)
    if version_tag is not None:
        query = query.where(decision_definition.c.version_tag == version_tag)
    if deployment_key is not None:
        query = query.where(_is_in(session, decision_requirements, deployment_key))
    row = session.execute(query.order_by(decision_definition.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        raise NotFound("decision_not_found", decision_id=decision_id)
    return DecisionVersion(*row)


def decision(session: Session, decision_key: int) -> DecisionVersion:
    """The version of a decision that has this key. Raises NotFound."""
    row = session.execute(_decision_versions().where(decision_definition.c.key == decision_key)).one_or_none()
    if row is None:
        raise NotFound("decision_not_found", key=decision_key)
    return DecisionVersion(*row)


def load_decisions(session: Session, requirements_key: int) -> DecisionModel:
    """A deployed DMN file, linked with those it imports. Raises NotFound."""
    return linked_decisions(session, requirements_key).model


def linked_decisions(session: Session, requirements_key: int) -> LinkedDecisions:
    """A deployed DMN file with those it imports, and which version each of their decisions is. Raises NotFound."""
    return _decisions.get(requirements_key, lambda: _link(session, requirements_key))


def _link(session: Session, requirements_key: int) -> LinkedDecisions:
    columns = decision_requirements.c
    asked = session.execute(select(columns.imports).where(columns.key == requirements_key)).one_or_none()
    if asked is None:
        raise NotFound("decision_not_found", key=requirements_key)
    keys = [requirements_key, *asked.imports]
    versions = _decision_versions().where(decision_definition.c.requirements_key.in_(keys))
    return LinkedDecisions(
        read_decisions(decision_files(session, keys)),
        {row.decision_id: DecisionVersion(*row) for row in session.execute(versions)},
    )


def decision_files(session: Session, requirements_keys: Sequence[int]) -> list[Resource]:
    """DMN files as deployed, in this order. Two may have one file name, so each is named with its version."""
    columns = decision_requirements.c
    query = select(columns.key, columns.resource_name, columns.version, columns.xml)
    rows = {row.key: row for row in session.execute(query.where(columns.key.in_(requirements_keys)))}
    found = (rows[key] for key in requirements_keys)
    return [Resource(f"{row.resource_name} v{row.version}", row.xml) for row in found]


def _decision_versions() -> Select[Any]:
    columns = decision_definition.c
    return select(
        columns.key, columns.decision_id, columns.version, columns.version_tag, columns.requirements_key
    ).join(decision_requirements, decision_requirements.c.key == columns.requirements_key)


def _is_in(session: Session, table: Table, deployment_key: int) -> ColumnElement[bool]:
    """Whether a row of the table was in this deployment, as news or unchanged."""
    unchanged = session.scalar(select(deployment.c.unchanged).where(deployment.c.key == deployment_key))
    return or_(table.c.deployment_key == deployment_key, table.c.key.in_(unchanged or []))
