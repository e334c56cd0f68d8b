"""Reads and judges the files of a deployment: diagrams, decisions and forms, together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from laneway.engine import forms, job_types
from laneway.engine.bpmn.checks import Known
from laneway.engine.bpmn.checks import check as check_process
from laneway.engine.bpmn.model import Process
from laneway.engine.bpmn.reader import read_processes
from laneway.engine.deployments import decision_files
from laneway.engine.deployments.decision_files import DecisionFile
from laneway.engine.feel.types import NAMED, Type
from laneway.engine.tables import decision_definition, form_definition, person_group, process_definition
from laneway.errors import Refused
from laneway.words import Finding, Resource, Severity, Text


@dataclass
class Files:
    """Resources, read and judged."""

    processes: list[tuple[Resource, Process]] = field(default_factory=list)
    decisions: list[DecisionFile] = field(default_factory=list)
    forms: list[tuple[Resource, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]


def read(session: Session, resources: Sequence[Resource]) -> Files:
    files = Files()
    if not resources:
        words = Text(
            "没有可部署的文件：选择 .bpmn、.dmn 或 .form 文件",
            "nothing to deploy: choose .bpmn, .dmn or .form files",
        )
        files.findings.append(Finding("nothing_to_deploy", words))
    decisions = [resource for resource in resources if _suffix(resource) == ".dmn"]
    for resource in resources:
        if resource in decisions:
            continue
        try:
            _READERS.get(_suffix(resource), _unknown_file)(files, resource)
        except Refused as refusal:
            files.findings.extend(refusal.findings)
    _read_dmn(session, files, decisions)
    files.findings.extend(_doubles(files))
    known = _known(session, files)
    for _resource, process in files.processes:
        files.findings.extend(check_process(process, known))
    return files


def _suffix(resource: Resource) -> str:
    return PurePosixPath(resource.name).suffix.lower()


def _read_bpmn(files: Files, resource: Resource) -> None:
    diagram = read_processes(resource)
    files.findings.extend(diagram.findings)
    files.processes.extend((resource, process) for process in diagram.processes)


def _read_dmn(session: Session, files: Files, resources: Sequence[Resource]) -> None:
    """Together: they may import each other."""
    files.decisions, findings = decision_files.read(session, resources)
    files.findings.extend(findings)


def _read_form(files: Files, resource: Resource) -> None:
    form_id, findings = forms.check_form(resource)
    files.findings.extend(findings)
    if form_id:
        files.forms.append((resource, form_id))


def _unknown_file(files: Files, resource: Resource) -> None:
    words = Text(
        "不认识的文件类型：只能部署 .bpmn、.dmn、.form 文件",
        "unknown kind of file: only .bpmn, .dmn and .form files can be deployed",
    )
    files.findings.append(Finding("unknown_file", words, resource.name))


_READERS: dict[str, Callable[[Files, Resource], None]] = {
    ".bpmn": _read_bpmn,
    ".form": _read_form,
}


def _doubles(files: Files) -> list[Finding]:
    """The same id twice in one deployment: which would count?"""
    found = []
    ids = [("process", r, p.id) for r, p in files.processes] + [("form", r, f) for r, f in files.forms]
    ids += [("decision", f.resource, d.decision_id) for f in files.decisions for d in f.decisions]
    ids += [("requirements", f.resource, f.linkage.requirements_id) for f in files.decisions]
    first: dict[tuple[str, str], str] = {}
    for kind, resource, id_ in ids:
        other = first.setdefault((kind, id_), resource.name)
        if other != resource.name:
            words = Text(
                f"{id_} 在 {other} 中已有：每个标识只能出现一次",
                f"{id_} is in {other} already: each id may stand once",
            )
            found.append(Finding("duplicate_id", words, resource.name, id_))
    return found


def _known(session: Session, files: Files) -> Known:
    def ids(column: ColumnElement[Any], new: Sequence[str]) -> frozenset[str]:
        return frozenset(session.scalars(select(column).distinct())) | frozenset(new)

    decisions = [decision for file in files.decisions for decision in file.decisions]
    columns = decision_definition.c
    tags = session.execute(select(columns.decision_id, columns.version_tag).distinct())
    groups = ids(person_group.c.group_id, [])
    return Known(
        forms=ids(form_definition.c.form_id, [form_id for _, form_id in files.forms]),
        decisions=ids(columns.decision_id, [decision.decision_id for decision in decisions]),
        decision_tags=frozenset(
            {(row.decision_id, row.version_tag) for row in tags}
            | {(decision.decision_id, decision.version_tag) for decision in decisions}
        ),
        processes=ids(process_definition.c.process_id, [p.id for _, p in files.processes]),
        job_types=job_types.served(),
        groups=groups or None,
        form_fields=_form_fields(session, files),
    )


def _form_fields(session: Session, files: Files) -> dict[str, dict[str, Type]]:
    """What the forms of the processes fill in: those of this deployment, else the latest deployed ones."""
    nodes = [node for _, process in files.processes for node in process.level.everything()]
    wanted = {str(node.assignment.form_id) for node in nodes if node.assignment and node.assignment.form_id}
    columns = form_definition.c
    query = (
        select(columns.form_id, columns.schema).where(columns.form_id.in_(wanted)).order_by(columns.version)
    )
    schemas = {row.form_id: row.schema for row in session.execute(query)} if wanted else {}
    schemas |= {form_id: resource.content for resource, form_id in files.forms}
    # A field that only shows a variable tells its name but not its type: null fits every other source.
    shown = NAMED["Null"]
    return {
        form_id: forms.field_types(forms.read_schema(schema), shown) for form_id, schema in schemas.items()
    }
