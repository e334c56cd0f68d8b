"""Decisions as screens show them: what is deployed, who uses it, and every evaluation with what led to its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from laneway.engine import access, clock, definitions
from laneway.engine.decisions import DecisionState, instance_id, warnings_from_json
from laneway.engine.dmn import MatchedRule, RuleOutput, SeenInput
from laneway.engine.feel import FeelWarning
from laneway.engine.model import Person
from laneway.engine.queries import names
from laneway.engine.tables import (
    case_file,
    decision_definition,
    decision_instance,
    decision_requirements,
    deployment,
    process_definition,
    process_instance,
)
from laneway.errors import NotFound
from laneway.words import Text

_COUNTED_DAYS = 30


@dataclass(frozen=True)
class DecisionRow:
    """One version of a decision. `evaluations` counts those of the last 30 days, of all its versions."""

    key: int
    decision_id: str
    version: int
    version_tag: str | None
    name: Text
    requirements_key: int
    resource_name: str
    deployed_at: datetime
    deployed_by: str | None
    evaluations: int


@dataclass(frozen=True)
class RequirementsFile:
    """The DMN file that holds one version of a decision, byte for byte as deployed."""

    requirements_key: int
    resource_name: str
    xml: bytes


@dataclass(frozen=True)
class DecisionInstance:
    """One decision of an evaluation. Values are JSON; the required decisions of an evaluation come first.

    Without an instance it was evaluated outside any case. `duration` is wall time in microseconds, None where it was
    not measured; `failure` says why there is no output.
    """

    key: int
    evaluation_key: int
    position: int
    instance_key: int | None
    case_number: str | None
    element_id: str | None
    element_name: Text
    token: int | None
    decision_key: int
    decision_id: str
    name: Text
    version: int
    version_tag: str | None
    requirements_key: int
    is_root: bool
    evaluated_at: datetime
    evaluated_by: str | None
    duration: int | None
    inputs: list[SeenInput]
    matched_rules: list[MatchedRule]
    output: Any
    warnings: list[FeelWarning]
    state: DecisionState
    failure: Text | None

    @property
    def id(self) -> str:
        """How addresses, the history and the API name it."""
        return instance_id(self.evaluation_key, self.position)


# -- what is deployed


def newest(session: Session, person: Person) -> list[DecisionRow]:
    """Every decision in its newest version, by decision id. Raises NotAllowed."""
    access.require(person, access.Action.SEE_PROCESSES)
    columns = decision_definition.c
    query = _rows().where(definitions.is_newest(columns.decision_id)).order_by(columns.decision_id)
    return _decision_rows(session, query)


def versions(session: Session, decision_id: str) -> list[DecisionRow]:
    """All versions of a decision, newest first; none when there is no such decision."""
    columns = decision_definition.c
    query = _rows().where(columns.decision_id == decision_id).order_by(columns.version.desc())
    return _decision_rows(session, query)


def version(session: Session, key: int) -> RequirementsFile:
    """The file that holds the version of a decision with this key. Raises NotFound."""
    columns = decision_requirements.c
    row = session.execute(
        select(columns.key, columns.resource_name, columns.xml)
        .join(decision_definition, decision_definition.c.requirements_key == columns.key)
        .where(decision_definition.c.key == key)
    ).one_or_none()
    if row is None:
        raise NotFound("decision_not_found", key=key)
    return RequirementsFile(*row)


def uses(session: Session) -> dict[str, list[tuple[str, Text]]]:
    """The processes, as (process id, name), whose newest version calls a decision, by decision id."""
    columns = process_definition.c
    newest = select(columns.key).where(definitions.is_newest(columns.process_id))
    keys = session.scalars(newest.order_by(columns.process_id)).all()
    found: dict[str, list[tuple[str, Text]]] = {}
    for key in keys:
        one = definitions.load(session, key)
        called = {node.called_decision.id for node in one.process.level.everything() if node.called_decision}
        for decision_id in called:
            found.setdefault(decision_id, []).append((one.process_id, one.name))
    return found


def _rows() -> Select[Any]:
    columns = decision_definition.c
    return (
        select(
            columns.key,
            columns.decision_id,
            columns.version,
            columns.version_tag,
            columns.name_zh,
            columns.name_en,
            columns.requirements_key,
            decision_requirements.c.resource_name,
            deployment.c.deployed_at,
            deployment.c.deployed_by,
        )
        .join(decision_requirements, decision_requirements.c.key == columns.requirements_key)
        .join(deployment, deployment.c.key == decision_requirements.c.deployment_key)
    )


def _decision_rows(session: Session, query: Select[Any]) -> list[DecisionRow]:
    since = clock.now() - timedelta(days=_COUNTED_DAYS)
    columns = decision_definition.c
    counted = session.execute(
        select(columns.decision_id, func.count().label("evaluations"))
        .join(decision_instance, decision_instance.c.decision_key == columns.key)
        .where(decision_instance.c.evaluated_at >= since)
        .group_by(columns.decision_id)
    )
    counts = {row.decision_id: int(row.evaluations) for row in counted}
    return [
        DecisionRow(
            row.key,
            row.decision_id,
            row.version,
            row.version_tag,
            Text(row.name_zh, row.name_en),
            row.requirements_key,
            row.resource_name,
            row.deployed_at,
            row.deployed_by,
            counts.get(row.decision_id, 0),
        )
        for row in session.execute(query)
    ]


# -- what was evaluated


def of_case(session: Session, root_key: int) -> list[DecisionInstance]:
    """All decisions of a case and of the processes it called, the latest evaluation first."""
    return _instances(session, decision_instance.c.root_key == root_key)


def last_at(session: Session, instance_key: int) -> dict[str, str]:
    """What each element of a process instance decided last: element id -> id of the decision instance."""
    columns = decision_instance.c
    query = (
        select(columns.element_id, columns.evaluation_key, columns.position)
        .where(columns.instance_key == instance_key, columns.decision_key == columns.root_decision_key)
        .order_by(columns.evaluation_key)
    )
    return {row.element_id: instance_id(row.evaluation_key, row.position) for row in session.execute(query)}


def recent(session: Session, person: Person, decision_id: str, *, limit: int) -> list[DecisionInstance]:
    """The last evaluations of a decision in any version, the latest first. Raises NotAllowed."""
    access.require(person, access.Action.SEE_CASE)
    return _instances(session, decision_definition.c.decision_id == decision_id, limit=limit)


def last_inputs(session: Session, decision_id: str) -> dict[str, Any]:
    """The values of the input columns (by id) in the last evaluation of a decision; none if there was none.

    They may come from a case: only for who may see cases.
    """
    found = _instances(session, decision_definition.c.decision_id == decision_id, limit=1)
    return {seen.input_id: seen.value for seen in found[0].inputs} if found else {}


def _instances(
    session: Session, *where: ColumnElement[bool], limit: int | None = None
) -> list[DecisionInstance]:
    columns = decision_instance.c
    query = (
        select(
            decision_instance,
            decision_definition.c.decision_id,
            decision_definition.c.name_zh,
            decision_definition.c.name_en,
            decision_definition.c.version,
            decision_definition.c.version_tag,
            decision_definition.c.requirements_key,
            process_instance.c.process_definition_key,
            case_file.c.number.label("case_number"),
        )
        .join(decision_definition, decision_definition.c.key == columns.decision_key)
        .outerjoin(process_instance, process_instance.c.key == columns.instance_key)
        .outerjoin(case_file, case_file.c.instance_key == columns.root_key)
        .where(*where)
        .order_by(columns.evaluation_key.desc(), columns.position)
        .limit(limit)
    )
    return [_instance(session, row) for row in session.execute(query)]


def _instance(session: Session, row: Any) -> DecisionInstance:
    elements = names.elements(session, row.process_definition_key) if row.process_definition_key else {}
    return DecisionInstance(
        key=row.key,
        evaluation_key=row.evaluation_key,
        position=row.position,
        instance_key=row.instance_key or None,
        case_number=row.case_number,
        element_id=row.element_id,
        element_name=elements.get(row.element_id or "", Text("", "")),
        token=row.token,
        decision_key=row.decision_key,
        decision_id=row.decision_id,
        name=Text(row.name_zh, row.name_en),
        version=row.version,
        version_tag=row.version_tag,
        requirements_key=row.requirements_key,
        is_root=row.decision_key == row.root_decision_key,
        evaluated_at=row.evaluated_at,
        evaluated_by=row.evaluated_by,
        duration=row.duration_us,
        inputs=seen_inputs(row.inputs),
        matched_rules=matched_rules(row.rules),
        output=row.output,
        warnings=warnings_from_json(row.warnings),
        state=DecisionState(row.state),
        failure=Text(row.failure_zh, row.failure_en) if row.failure_en is not None else None,
    )


def seen_inputs(stored: Sequence[dict[str, Any]]) -> list[SeenInput]:
    """The inputs of a decision instance as they were when it was evaluated."""
    return [SeenInput(*cell) for cell in _cells(stored)]


def matched_rules(stored: Sequence[dict[str, Any]]) -> list[MatchedRule]:
    """The rules of a decision instance as they were when it was evaluated."""
    return [
        MatchedRule(rule["id"], rule["number"], [RuleOutput(*cell) for cell in _cells(rule["outputs"])])
        for rule in stored
    ]


def _cells(stored: Sequence[dict[str, Any]]) -> list[tuple[str, Text, Any]]:
    return [(cell["id"], Text(*cell["label"]), cell["value"]) for cell in stored]
