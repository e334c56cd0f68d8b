"""DMN files of a deployment: linked with what they import, and versioned when they or their imports have changed.

An imported file is found by its namespace: among the files deployed together, else the newest that is deployed. A
deployed file keeps the versions it was linked with, whatever is deployed later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from laneway.engine import definitions
from laneway.engine.database import new_key
from laneway.engine.dmn import Decision, Linkage, read_decisions, read_linkage
from laneway.engine.tables import decision_definition, decision_requirements
from laneway.errors import Refused
from laneway.words import Finding, Resource, Text


@dataclass(frozen=True)
class DecisionFile:
    """One DMN file of a deployment: its own decisions, and all files that it is linked with.

    `along` are files of the same deployment, `pinned` keys of deployed versions.
    """

    resource: Resource
    linkage: Linkage
    decisions: list[Decision]
    along: list[str]
    pinned: list[int]

    def linked_with(self, keys: dict[str, int]) -> list[int]:
        """The keys of all linked files, where `keys` are those of this deployment's by file name."""
        return sorted([*self.pinned, *(keys[name] for name in self.along)])


@dataclass(frozen=True)
class DeployedRequirements:
    """One DMN file of a deployment; one that only others use has no decisions."""

    key: int
    requirements_id: str
    version: int
    resource_name: str
    is_new: bool


@dataclass(frozen=True)
class DeployedDecision:
    """One decision of a deployment."""

    key: int
    decision_id: str
    version: int
    version_tag: str | None
    name: Text
    requirements_key: int
    requirements_id: str
    resource_name: str
    is_new: bool


# -- reading


def read(session: Session, resources: Iterable[Resource]) -> tuple[list[DecisionFile], list[Finding]]:
    """The files that are right, and what is found in all of them."""
    findings: list[Finding] = []
    linkages: dict[str, tuple[Resource, Linkage]] = {}
    for resource in resources:
        if resource.name in linkages:
            words = Text("有两个文件使用此名称：请改名", "two files have this name: rename one of them")
            findings.append(Finding("duplicate_file", words, resource.name))
            continue
        try:
            linkages[resource.name] = resource, read_linkage(resource)
        except Refused as refusal:
            findings += refusal.findings
    search = _Imports(session, list(linkages.values()))
    files = []
    for resource, linkage in linkages.values():
        along, pinned = search.of(resource, linkage)
        linked = [*along, *definitions.decision_files(session, pinned)]
        try:
            model = read_decisions([resource, *linked])
        except Refused as refusal:
            findings += refusal.findings
            continue
        findings += [finding for finding in model.warnings if finding.file == resource.name]
        own = [decision for decision in model.decisions if decision.file == resource.name]
        files.append(DecisionFile(resource, linkage, own, [other.name for other in along], pinned))
    # What is wrong in an imported file is found with each importer.
    return files, list(dict.fromkeys(findings))


class _Imports:
    """Finds the files that a file imports, directly or not: one version of each namespace."""

    def __init__(self, session: Session, files: Sequence[tuple[Resource, Linkage]]) -> None:
        self._session, self._files = session, files
        self._newest: dict[str, int] | None = None

    def of(self, resource: Resource, linkage: Linkage) -> tuple[list[Resource], list[int]]:
        """The other files of the deployment, and keys of deployed files."""
        along: list[Resource] = []
        outside: list[str] = []
        todo, seen = list(linkage.imports), set[str]()
        while todo:
            namespace = todo.pop(0)
            if namespace in seen:
                continue
            seen.add(namespace)
            here = [one for one in self._files if one[1].namespace == namespace]
            others = [one for one in here if one[0] is not resource]
            if others:
                along.append(others[0][0])
                todo += others[0][1].imports
            elif not here:
                outside.append(namespace)
        return along, self._pinned(outside)

    def _pinned(self, namespaces: list[str]) -> list[int]:
        """The newest deployed file of each namespace, with those that it was linked with when it was deployed."""
        if not namespaces:
            return []
        newest = self._newest_keys()
        pinned = {namespace: newest[namespace] for namespace in namespaces if namespace in newest}
        columns = decision_requirements.c
        linked = self._session.scalars(select(columns.imports).where(columns.key.in_(pinned.values())))
        here = {linkage.namespace for _resource, linkage in self._files}
        for namespace, key in self._namespaces(sorted({key for keys in linked for key in keys})):
            if namespace not in here:
                pinned.setdefault(namespace, key)
        return list(pinned.values())

    def _newest_keys(self) -> dict[str, int]:
        """The key of the newest deployed file of each namespace; read only when an import asks for one."""
        if self._newest is None:
            columns = decision_requirements.c
            newest = select(columns.key).where(definitions.is_newest(columns.requirements_id))
            self._newest = dict(self._namespaces(sorted(self._session.scalars(newest))))
        return self._newest

    def _namespaces(self, keys: list[int]) -> list[tuple[str, int]]:
        files = definitions.decision_files(self._session, keys)
        return [(read_linkage(file).namespace, key) for file, key in zip(files, keys, strict=True)]


# -- storing


def deploy(
    session: Session, deployment_key: int, files: Sequence[DecisionFile]
) -> tuple[list[DeployedRequirements], list[DeployedDecision]]:
    """Give what has changed its versions."""
    newest = {file.resource.name: _newest_requirements(session, file) for file in files}
    keys = _keys(files, newest)
    requirements: list[DeployedRequirements] = []
    deployed: list[DeployedDecision] = []
    for file in files:
        row, key = newest[file.resource.name], keys[file.resource.name]
        is_new = row is None or row.key != key
        version = (row.version if row is not None else 0) + is_new
        requirements.append(
            DeployedRequirements(
                key, file.linkage.requirements_id, version, file.resource.name, is_new=is_new
            )
        )
        if not is_new:
            deployed += _as_deployed(session, file, key)
            continue
        session.execute(
            insert(decision_requirements).values(
                key=key,
                deployment_key=deployment_key,
                requirements_id=file.linkage.requirements_id,
                version=version,
                name=file.linkage.requirements_name,
                resource_name=file.resource.name,
                xml=file.resource.content,
                sha256=file.resource.sha256,
                imports=file.linked_with(keys),
            )
        )
        deployed += [_deploy_decision(session, key, file, decision) for decision in file.decisions]
    return requirements, deployed


def _keys(files: Sequence[DecisionFile], newest: dict[str, Any]) -> dict[str, int]:
    """The key of each file: a new one for what has changed, or is linked with what has changed."""
    keys: dict[str, int] = {}
    for file in files:
        row = newest[file.resource.name]
        is_same = row is not None and row.sha256 == file.resource.sha256
        keys[file.resource.name] = row.key if is_same else new_key()
    was_renewed = True
    while was_renewed:
        was_renewed = False
        for file in files:
            row = newest[file.resource.name]
            is_kept = row is not None and keys[file.resource.name] == row.key
            if is_kept and row.imports != file.linked_with(keys):
                keys[file.resource.name] = new_key()
                was_renewed = True
    return keys


def _newest_requirements(session: Session, file: DecisionFile) -> Any:
    columns = decision_requirements.c
    query = select(decision_requirements).where(columns.requirements_id == file.linkage.requirements_id)
    return session.execute(query.order_by(columns.version.desc()).limit(1)).one_or_none()


def _as_deployed(session: Session, file: DecisionFile, requirements_key: int) -> list[DeployedDecision]:
    rows = session.execute(
        select(decision_definition).where(decision_definition.c.requirements_key == requirements_key)
    )
    return [
        DeployedDecision(
            row.key,
            row.decision_id,
            row.version,
            row.version_tag,
            Text(row.name_zh, row.name_en),
            requirements_key,
            file.linkage.requirements_id,
            file.resource.name,
            is_new=False,
        )
        for row in rows
    ]


def _deploy_decision(
    session: Session, requirements_key: int, file: DecisionFile, decision: Decision
) -> DeployedDecision:
    columns = decision_definition.c
    older = session.scalar(
        select(func.max(columns.version)).where(columns.decision_id == decision.decision_id)
    )
    key, version = new_key(), (older or 0) + 1
    name = Text(
        decision.name.pick("zh") or decision.decision_id, decision.name.pick("en") or decision.decision_id
    )
    session.execute(
        insert(decision_definition).values(
            key=key,
            requirements_key=requirements_key,
            decision_id=decision.decision_id,
            version=version,
            name_zh=name.zh,
            name_en=name.en,
            version_tag=decision.version_tag,
        )
    )
    return DeployedDecision(
        key,
        decision.decision_id,
        version,
        decision.version_tag,
        name,
        requirements_key,
        file.linkage.requirements_id,
        file.resource.name,
        is_new=True,
    )
