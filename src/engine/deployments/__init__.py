"""Deployments: check files, version what has changed, make it runnable. All of a deployment, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, insert, select, text, update
from sqlalchemy.orm import Session

from laneway.engine import access, clock, forms, messages, timers
from laneway.engine.access import Action
from laneway.engine.bpmn.model import Process, starts_of
from laneway.engine.database import is_postgresql, new_key
from laneway.engine.deployments import decision_files, deployment_files
from laneway.engine.deployments.decision_files import DeployedDecision, DeployedRequirements
from laneway.engine.model import Person
from laneway.engine.spiff.requests import StepFailed
from laneway.engine.tables import (
    STARTS,
    decision_definition,
    deployment,
    form_definition,
    message_subscription,
    process_definition,
    signal_subscription,
    timer,
)
from laneway.errors import NotFound, Refused
from laneway.words import Finding, Resource, Text

_LOCK = 5_284_001
"""PostgreSQL advisory lock: one deployment at a time, so that versions have no gap and no double."""


@dataclass(frozen=True)
class DeployedProcess:
    """One process of a deployment; `is_new` is False when its content had not changed."""

    key: int
    process_id: str
    version: int
    name: Text
    resource_name: str
    version_tag: str | None
    is_new: bool
    warnings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class DeployedForm:
    """One form of a deployment."""

    key: int
    form_id: str
    version: int
    resource_name: str
    is_new: bool


@dataclass
class Deployed:
    """What a deployment has made effective, and what the checks of all its files say nevertheless."""

    key: int
    processes: list[DeployedProcess] = field(default_factory=list)
    requirements: list[DeployedRequirements] = field(default_factory=list)
    decisions: list[DeployedDecision] = field(default_factory=list)
    forms: list[DeployedForm] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def has_news(self) -> bool:
        """Whether anything in it has changed since the deployment before."""
        return (
            any(item.is_new for item in self.forms)
            or any(item.is_new for item in self.requirements)
            or any(item.is_new for item in self.processes)
        )


@dataclass(frozen=True)
class Definition:
    """One deployed version of a process, as screens and the API show it."""

    key: int
    process_id: str
    version: int
    name: Text
    xml: bytes
    start_form_id: str | None
    start_groups: list[str]
    warnings: list[Finding]
    deployed_at: datetime
    deployed_by: str | None
    version_tag: str | None
    resource_name: str
    has_none_start: bool


@dataclass(frozen=True)
class Form:
    """One deployed version of a form."""

    key: int
    form_id: str
    version: int
    schema: dict[str, Any]


# -- check and deploy


def check(session: Session, resources: Sequence[Resource]) -> list[Finding]:
    """Everything a deployment of these files would say, errors and warnings; nothing is stored."""
    return deployment_files.read(session, resources).findings


def deploy(session: Session, resources: Sequence[Resource], *, by: Person | None) -> Deployed:
    """Check and deploy files together. What has not changed keeps its version; running cases keep theirs.

    Raises Refused with every error found, in which case nothing of it is deployed.
    """
    if by is not None:
        access.require(by, Action.EDIT_PROCESS)
    files = deployment_files.read(session, resources)
    if files.errors:
        raise Refused(files.errors)
    if is_postgresql():
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    deployed = Deployed(new_key(), findings=files.findings)
    session.execute(
        insert(deployment).values(
            key=deployed.key,
            deployed_at=clock.now(),
            deployed_by=by.username if by is not None else None,
            unchanged=[],
        )
    )
    deployed.forms = [_deploy_form(session, deployed.key, *item) for item in files.forms]
    deployed.requirements, deployed.decisions = decision_files.deploy(session, deployed.key, files.decisions)
    renewed = _bound_to_news(session, files.processes, deployed.decisions)
    for resource, process in files.processes:
        warnings = [f for f in files.findings if f.file == resource.name]
        is_renewed = process.id in renewed
        deployed.processes.append(
            _deploy_process(session, deployed.key, resource, process, warnings, is_renewed=is_renewed)
        )
    if not deployed.has_news:  # nothing has changed: leave no trace
        session.execute(delete(deployment).where(deployment.c.key == deployed.key))
        return deployed
    unchanged = [file.key for file in deployed.requirements if not file.is_new]
    unchanged += [process.key for process in deployed.processes if not process.is_new]
    unchanged += [form.key for form in deployed.forms if not form.is_new]
    unchanged += _bound_to_older(session, files.processes, deployed)
    this = deployment.c.key == deployed.key
    session.execute(update(deployment).where(this).values(unchanged=unchanged))
    return deployed


def _newest(session: Session, table: Table, id_column: ColumnElement[Any], id_: str) -> Any:
    query = select(table).where(id_column == id_).order_by(table.c.version.desc()).limit(1)
    return session.execute(query).one_or_none()


def _deploy_form(session: Session, deployment_key: int, resource: Resource, form_id: str) -> DeployedForm:
    newest = _newest(session, form_definition, form_definition.c.form_id, form_id)
    if newest is not None and newest.sha256 == resource.sha256:
        return DeployedForm(newest.key, form_id, newest.version, resource.name, is_new=False)
    key, version = new_key(), newest.version + 1 if newest is not None else 1
    session.execute(
        insert(form_definition).values(
            key=key,
            deployment_key=deployment_key,
            form_id=form_id,
            version=version,
            resource_name=resource.name,
            schema=resource.content,
            sha256=resource.sha256,
        )
    )
    return DeployedForm(key, form_id, version, resource.name, is_new=True)


def _bound_to_news(
    session: Session,
    processes: Sequence[tuple[Resource, Process]],
    decisions: Sequence[DeployedDecision],
) -> set[str]:
    """Processes that are new, if only because something new here is bound to them by their deployment."""
    columns = process_definition.c
    renewed = set()
    for resource, process in processes:
        newest = _newest(session, process_definition, columns.process_id, process.id)
        if newest is None or newest.sha256 != resource.sha256:
            renewed.add(process.id)
    news = {decision.decision_id for decision in decisions if decision.is_new}
    was_renewed = True
    while was_renewed:
        was_renewed = False
        for _resource, process in processes:
            is_bound = bool(_bound(process, "decision") & news or _bound(process, "process") & renewed)
            if is_bound and process.id not in renewed:
                renewed.add(process.id)
                was_renewed = True
    return renewed


def _bound_to_older(
    session: Session, processes: Sequence[tuple[Resource, Process]], deployed: Deployed
) -> list[int]:
    """Keys of what processes are bound to by deployment although it is not among the files: the newest then."""
    decisions = {id_ for _resource, process in processes for id_ in _bound(process, "decision")}
    decisions -= {decision.decision_id for decision in deployed.decisions}
    called = {id_ for _resource, process in processes for id_ in _bound(process, "process")}
    called -= {process.process_id for process in deployed.processes}
    found = []
    for decision_id in decisions:
        newest = _newest(session, decision_definition, decision_definition.c.decision_id, decision_id)
        found += [newest.requirements_key] if newest is not None else []
    for process_id in called:
        newest = _newest(session, process_definition, process_definition.c.process_id, process_id)
        found += [newest.key] if newest is not None else []
    return sorted(found)


def _bound(process: Process, kind: str) -> set[str]:
    """Ids of the decisions or processes that a process calls in the version of its own deployment."""
    nodes = list(process.level.everything())
    called = [node.called_decision if kind == "decision" else node.called_process for node in nodes]
    return {one.id for one in called if one is not None and one.binding == "deployment"}


def _deploy_process(
    session: Session,
    deployment_key: int,
    resource: Resource,
    process: Process,
    warnings: list[Finding],
    *,
    is_renewed: bool,
) -> DeployedProcess:
    columns = process_definition.c
    newest = _newest(session, process_definition, columns.process_id, process.id)
    key = new_key() if is_renewed else newest.key
    version = newest.version + is_renewed if newest is not None else 1
    if is_renewed:
        session.execute(
            insert(process_definition).values(
                key=key,
                deployment_key=deployment_key,
                process_id=process.id,
                version=version,
                name_zh=process.name.pick("zh") or process.id,
                name_en=process.name.pick("en") or process.id,
                version_tag=process.version_tag,
                resource_name=resource.name,
                xml=resource.content,
                sha256=resource.sha256,
                warnings=[finding.as_json() for finding in warnings],
                start_groups=process.start_groups,
                start_form_id=process.start_form_id,
                has_none_start=process.none_start is not None,
            )
        )
        _watch_starts(session, key, process)
    return DeployedProcess(
        key,
        process.id,
        version,
        process.name,
        resource.name,
        process.version_tag,
        is_new=is_renewed,
        warnings=warnings,
    )


def _watch_starts(session: Session, definition_key: int, process: Process) -> None:
    """Events start the newest version only: older versions stop listening."""
    older = select(process_definition.c.key).where(process_definition.c.process_id == process.id)
    for table in (timer, message_subscription, signal_subscription):
        of_older = (table.c.instance_key == STARTS) & table.c.process_definition_key.in_(older)
        session.execute(delete(table).where(of_older))
    watch = {
        "timer": timers.watch_start,
        "message": messages.watch_start,
        "signal": messages.watch_start_signal,
    }
    starting = [(node, event) for node in starts_of(process.level) for event in node.events]
    for node, event in starting:
        if event.kind not in watch:
            continue
        try:
            watch[event.kind](session, definition_key, node, event)
        except StepFailed as failure:
            words = Text(f"定时无效：{failure.message}", f"the timer makes no sense: {failure.message}")
            raise Refused([Finding("timer_invalid", words, process.file, node.id, node.name.zh)]) from failure


# -- look up


def definition(session: Session, key: int) -> Definition:
    """One deployed version by its key. Raises NotFound."""
    return _one(session, process_definition.c.key == key, key)


def latest(session: Session, process_id: str) -> Definition:
    """The newest version of a process. Raises NotFound."""
    return _one(session, process_definition.c.process_id == process_id, process_id)


def versions(session: Session, process_id: str) -> list[Definition]:
    """All versions of a process, newest first."""
    return _definitions(session, process_definition.c.process_id == process_id)


def form(session: Session, form_id: str) -> Form:
    """The newest version of a form. Raises NotFound."""
    row = _newest(session, form_definition, form_definition.c.form_id, form_id)
    if row is None:
        raise NotFound("form_not_found", form_id=form_id)
    return Form(row.key, row.form_id, row.version, forms.read_schema(row.schema))


def _one(session: Session, where: ColumnElement[bool], asked: object) -> Definition:
    found = _definitions(session, where)
    if not found:
        raise NotFound("process_definition_not_found", key=asked)
    return found[0]


def _definitions(session: Session, where: ColumnElement[bool]) -> list[Definition]:
    query = (
        select(process_definition, deployment.c.deployed_at, deployment.c.deployed_by)
        .join(deployment, deployment.c.key == process_definition.c.deployment_key)
        .where(where)
        .order_by(process_definition.c.version.desc())
    )
    return [
        Definition(
            row.key,
            row.process_id,
            row.version,
            Text(row.name_zh, row.name_en),
            row.xml,
            row.start_form_id,
            row.start_groups,
            [Finding.from_json(stored) for stored in row.warnings],
            row.deployed_at,
            row.deployed_by,
            row.version_tag,
            row.resource_name,
            row.has_none_start,
        )
        for row in session.execute(query)
    ]
