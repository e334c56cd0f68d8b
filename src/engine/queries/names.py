"""How things are called in both languages: people, groups, elements of a diagram, fields of forms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import definitions, forms
from laneway.engine.bpmn.model import TASKS
from laneway.engine.tables import form_definition, membership, person, person_group
from laneway.words import Text

_NOTE = "laneway:note"


@dataclass(frozen=True)
class FieldWords:
    """Labels of form fields by variable name, and of their options by value."""

    labels: Mapping[str, Text]
    options: Mapping[str, Mapping[str, Text]]


def people(session: Session, usernames: Collection[str] | None = None) -> dict[str, Text]:
    """Names by username; of everyone when no usernames are given. Unknown ones are left out."""
    query = select(person.c.username, person.c.name_zh, person.c.name_en).order_by(person.c.username)
    if usernames is not None:
        query = query.where(person.c.username.in_(sorted(usernames)))
    return {row.username: Text(row.name_zh, row.name_en) for row in session.execute(query)}


def groups(session: Session) -> dict[str, Text]:
    """Names of all groups by group id."""
    query = select(person_group.c.group_id, person_group.c.name_zh, person_group.c.name_en)
    return {row.group_id: Text(row.name_zh, row.name_en) for row in session.execute(query)}


def members(session: Session) -> dict[str, dict[str, Text]]:
    """Names of the active people of each group: group id → username → name."""
    query = (
        select(membership.c.group_id, person.c.username, person.c.name_zh, person.c.name_en)
        .join(person, person.c.username == membership.c.username)
        .where(person.c.is_active)
        .order_by(person.c.username)
    )
    found: dict[str, dict[str, Text]] = {}
    for row in session.execute(query):
        found.setdefault(row.group_id, {})[row.username] = Text(row.name_zh, row.name_en)
    return found


def elements(session: Session, process_definition_key: int) -> Mapping[str, Text]:
    """Names of the elements of one version of a process, by element id. Raises NotFound."""
    return definitions.load(session, process_definition_key).names


def note_variables(session: Session, process_definition_key: int) -> dict[str, str]:
    """Which variable takes what was said with a message, by element id (property `laneway:note`)."""
    level = definitions.load(session, process_definition_key).process.level
    return {node.id: node.properties[_NOTE] for node in level.everything() if _NOTE in node.properties}


def steps(session: Session, process_definition_key: int) -> list[Text]:
    """Names of the tasks and called processes of one version, in diagram order. Raises NotFound."""
    level = definitions.load(session, process_definition_key).process.level
    return [
        node.name for node in level.everything() if node.type in TASKS | {"callActivity"} and any(node.name)
    ]


def fields(session: Session, process_definition_key: int) -> FieldWords:
    """Labels of everything that the forms of this process fill in, from the latest version of each form."""
    level = definitions.load(session, process_definition_key).process.level
    used = {node.assignment.form_id for node in level.everything() if node.assignment is not None}
    form_ids = sorted(form_id for form_id in used if form_id)
    columns = form_definition.c
    latest = columns.form_id.in_(form_ids) & definitions.is_newest(columns.form_id)
    labels: dict[str, Text] = {}
    options: dict[str, Mapping[str, Text]] = {}
    for row in session.execute(select(columns.form_id, columns.schema).where(latest)):
        schema = orjson.loads(row.schema)
        labels = {**forms.labels(schema), **labels}
        options = {**forms.option_labels(schema), **options}
    return FieldWords(labels, options)
