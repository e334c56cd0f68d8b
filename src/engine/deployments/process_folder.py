"""The folder of processes on disk: diagrams, decisions and forms as files to deploy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from laneway.engine import definitions
from laneway.engine.tables import decision_requirements, form_definition, process_definition
from laneway.errors import NotFound
from laneway.words import Resource

_KINDS = (".bpmn", ".dmn", ".form")


def read_files(paths: Sequence[Path]) -> list[Resource]:
    """The deployable files among `paths`, with everything below those that are folders.

    A resource is named by its path below the folder that was given. Raises NotFound for a missing path.
    """
    resources: list[Resource] = []
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.suffix in _KINDS and file.is_file())
            resources += [Resource(file.relative_to(path).as_posix(), file.read_bytes()) for file in found]
        elif path.is_file():
            resources.append(Resource(path.name, path.read_bytes()))
        else:
            raise NotFound("file_not_found", path=str(path))
    return resources


def never_deployed(session: Session, resources: Sequence[Resource]) -> list[Resource]:
    """Those resources whose content is not in any version yet.

    A start deploys only these: a file that was improved in the browser since must not come back by itself.
    """
    known: set[str] = set()
    for table in (process_definition, decision_requirements, form_definition):
        known.update(session.scalars(select(table.c.sha256)))
    return [resource for resource in resources if resource.sha256 not in known]


def newest(session: Session) -> list[Resource]:
    """The files of all processes, decisions and forms as they run now, each under a name of its own."""
    found: dict[str, Resource] = {}
    for table, id_column, content, suffix in (
        (process_definition, process_definition.c.process_id, process_definition.c.xml, "bpmn"),
        (decision_requirements, decision_requirements.c.requirements_id, decision_requirements.c.xml, "dmn"),
        (form_definition, form_definition.c.form_id, form_definition.c.schema, "form"),
    ):
        rows = session.execute(select(table.c.sha256, content).where(definitions.is_newest(id_column)))
        for sha256, stored in rows:  # a diagram may hold several processes
            found[sha256] = Resource(f"{sha256[:16]}.{suffix}", bytes(stored))
    return list(found.values())
