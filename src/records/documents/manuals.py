"""The manual of a process: the README beside its diagram, kept with the versions of the process.

It follows the template of the department's own process documents (DOMAIN section 1). The table of activities is made from
the diagram each time, so that it is never stale.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from laneway.engine import clock, definitions
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.queries import names
from laneway.engine.tables import process_definition
from laneway.engine.tables.department.documents import process_manual
from laneway.errors import Invalid
from laneway.words import Text

_LONGEST = 200_000
_PARTS = {"zh": re.compile(r"^## 中文\s*$", re.MULTILINE), "en": re.compile(r"^## English\s*$", re.MULTILINE)}


@dataclass(frozen=True)
class Manual:
    """One revision of a manual; it holds from version `from_version` of the diagram on."""

    process_id: str
    revision: int
    from_version: int
    text: str
    written_at: datetime
    written_by: str | None

    def part(self, locale: str) -> str:
        """The part in one language; the whole text where it is not divided."""
        starts = sorted(
            (found.start(), found.end(), language)
            for language, pattern in _PARTS.items()
            if (found := pattern.search(self.text))
        )
        for index, (_start, end, language) in enumerate(starts):
            if language == locale:
                stop = starts[index + 1][0] if index + 1 < len(starts) else len(self.text)
                return self.text[end:stop].strip()
        return self.text


@dataclass(frozen=True)
class Activity:
    """A user task as the manual lists it. `due` is how the diagram says it; `groups` are names or FEEL."""

    name: Text
    groups: tuple[Text, ...]
    form: str
    due: str


def newest(session: Session, process_id: str, version: int) -> Manual | None:
    """The manual that holds for a version: the newest that was written for it or for an older one."""
    columns = process_manual.c
    query = select(*(columns[name] for name in Manual.__dataclass_fields__)).where(
        columns.process_id == process_id, columns.from_version <= version
    )
    row = session.execute(query.order_by(columns.revision.desc()).limit(1)).one_or_none()
    return None if row is None else Manual(**row._mapping)


def save(session: Session, process_id: str, text: str, *, by: Person | None) -> None:
    """Keep a new revision for the newest version of the diagram. Raises Invalid, and NotFound without a diagram."""
    if not text.strip():
        raise Invalid("manual_empty")
    if len(text) > _LONGEST:
        raise Invalid("manual_too_long", characters=_LONGEST)
    definition = definitions.load(session, definitions.find_process(session, process_id))
    last = select(func.max(process_manual.c.revision)).where(process_manual.c.process_id == process_id)
    session.execute(
        insert(process_manual).values(
            key=new_key(),
            process_id=process_id,
            revision=(session.scalar(last) or 0) + 1,
            from_version=definition.version,
            text=text,
            sha256=_digest(text),
            written_at=clock.now(),
            written_by=by.username if by is not None else None,
        )
    )


def add_shipped(session: Session, processes: Path) -> int:
    """Take in `processes/<process>/README.md` of what is deployed; returns how many are new.

    A text that was a revision once is left out: what was improved in the browser stays.
    """
    new = 0
    deployed = set(session.scalars(select(process_definition.c.process_id).distinct()))
    for path in sorted(processes.glob("*/README.md")):
        process_id, text = path.parent.name, path.read_text("utf-8")
        columns = process_manual.c
        known = select(columns.key).where(columns.process_id == process_id, columns.sha256 == _digest(text))
        if process_id in deployed and session.scalar(known) is None:
            save(session, process_id, text, by=None)
            new += 1
    return new


def written_for(session: Session) -> list[str]:
    """The processes that have a manual, by id."""
    columns = process_manual.c
    return list(session.scalars(select(columns.process_id).distinct().order_by(columns.process_id)))


def activities(session: Session, definition_key: int) -> list[Activity]:
    """The user tasks of a version in the order of the diagram, with who does them, by when, with which form."""
    process = definitions.load(session, definition_key).process
    groups = names.groups(session)
    found = []
    for node in process.level.everything():
        if node.type != "userTask":
            continue
        assigned = node.assignment
        asked = (assigned.candidate_groups if assigned else None) or ",".join(node.lane_groups)
        if asked.startswith("="):
            listed: tuple[Text, ...] = (Text(asked, asked),)
        else:
            ids = [one.strip() for one in asked.split(",") if one.strip()]
            listed = tuple(groups.get(one, Text(one, one)) for one in ids)
        found.append(
            Activity(
                node.name,
                listed,
                (assigned.form_id if assigned else None) or "",
                (assigned.due_date if assigned else None) or "",
            )
        )
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
