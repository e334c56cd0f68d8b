"""How things are called in both languages: people, groups, elements of a diagram, fields of forms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from laneway.engine import forms
from laneway.engine.bpmn.reader import element_names as names_of_process
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.errors import NotFound, Refused
from laneway.engine.model import Resource, Text
from laneway.engine.tables import (
    form_definition,
    membership,
    person,
    person_group,
    process_definition,
)

_DIAGRAMS_KEPT = 64


@dataclass(frozen=True)
class DiagramWords:
    """What a diagram says for people: names by element id, and which forms its steps use."""

    elements: Mapping[str, Text]
    form_ids: tuple[str, ...]


@dataclass(frozen=True)
class FieldWords:
    """Labels of form fields by variable name, and of their options by value."""

    labels: Mapping[str, Text]
    options: Mapping[str, Mapping[str, Text]]


def people(session: Session, usernames: Collection[str] | None = None) -> dict[str, Text]:
    """Names by username; of everyone when no usernames are given. Unknown ones are left out."""
    query = select(person.c.username, person.c.name_zh, person.c.name_en)
    if usernames is not None:
        query = query.where(person.c.username.in_(sorted(usernames)))
    return {row.username: Text(row.name_zh, row.name_en) for row in session.execute(query)}


def groups(session: Session) -> dict[str, Text]:
    """Names of all groups by group id."""
    query = select(person_group.c.group_id, person_group.c.name_zh, person_group.c.name_en)
    return {row.group_id: Text(row.name_zh, row.name_en) for row in session.execute(query)}


def members(session: Session, group_ids: Collection[str]) -> dict[str, Text]:
    """Active people of any of these groups, by username."""
    query = (
        select(person.c.username, person.c.name_zh, person.c.name_en)
        .join(membership, membership.c.username == person.c.username)
        .where(membership.c.group_id.in_(sorted(group_ids)), person.c.is_active)
        .distinct()
        .order_by(person.c.username)
    )
    return {row.username: Text(row.name_zh, row.name_en) for row in session.execute(query)}


def diagram_words(session: Session, process_definition_key: int) -> DiagramWords:
    """Names and forms of one version of a process; read once, since a version never changes. Raises NotFound."""
    row = session.execute(
        select(process_definition.c.process_id, process_definition.c.sha256).where(
            process_definition.c.key == process_definition_key
        )
    ).one_or_none()
    if row is None:
        raise NotFound("process_not_found", key=process_definition_key)
    kept = _kept_words(row.sha256, row.process_id)
    if kept.words is None:
        xml = session.scalar(
            select(process_definition.c.xml).where(process_definition.c.key == process_definition_key)
        )
        kept.words = _read_words(bytes(xml or b""), row.process_id)
    return kept.words


@dataclass
class _Kept:
    words: DiagramWords | None = None


@lru_cache(maxsize=_DIAGRAMS_KEPT)
def _kept_words(_sha256: str, _process_id: str) -> _Kept:
    return _Kept()


def _read_words(xml: bytes, process_id: str) -> DiagramWords:
    try:
        diagram = read_processes(Resource(f"{process_id}.bpmn", xml))
    except Refused:  # deployed by an earlier release that read more: ids stand in for names
        return DiagramWords({}, ())
    elements: dict[str, Text] = {}
    form_ids: list[str] = []
    for process in diagram.processes:
        elements.update(names_of_process(process))
        for node in process.level.everything():
            if node.assignment is not None and node.assignment.form_id:
                form_ids.append(node.assignment.form_id)
    return DiagramWords(elements, tuple(dict.fromkeys(form_ids)))


def field_words(session: Session, process_definition_key: int) -> FieldWords:
    """Labels of everything that the forms of this process fill in, from the latest version of each form."""
    form_ids = diagram_words(session, process_definition_key).form_ids
    latest = (
        select(form_definition.c.form_id, func.max(form_definition.c.version).label("version"))
        .where(form_definition.c.form_id.in_(form_ids))
        .group_by(form_definition.c.form_id)
        .subquery()
    )
    rows = session.execute(
        select(form_definition.c.form_id, form_definition.c.schema).join(
            latest,
            (latest.c.form_id == form_definition.c.form_id) & (latest.c.version == form_definition.c.version),
        )
    )
    labels: dict[str, Text] = {}
    options: dict[str, Mapping[str, Text]] = {}
    for row in rows:
        schema = orjson.loads(row.schema)
        labels = {**forms.labels(schema), **labels}
        options = {**forms.option_labels(schema), **options}
    return FieldWords(labels, options)
