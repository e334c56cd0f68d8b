"""Templates of letters and reports: shipped beside their process, improved in the browser, made into PDF and DOCX.

A template is one Markdown text for both formats, so that a letter says the same in either; its first heading is its
title. Every change is a new version, and documents that were made stay as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.queries.names import FieldWords
from laneway.engine.tables import case_file
from laneway.engine.tables.department.documents import document_template
from laneway.errors import Invalid, NotFound
from laneway.records.documents import pdf, word
from laneway.records.documents.filling import LONGEST, as_text, fill

LANGUAGES: Final = ("zh", "en")
FORMATS: Final = ("pdf", "docx")
_FILE = re.compile(r"([a-z0-9_]{1,100})\.(zh|en)\.md")
_PLACE = re.compile(r"\{\{.*?\}\}")


@dataclass(frozen=True)
class Template:
    """One version of a template in one language."""

    key: int
    process_id: str
    template_id: str
    language: str
    version: int
    text: str
    written_at: datetime
    written_by: str | None

    @property
    def title(self) -> str:
        """Its first heading without the placeholders, else its id."""
        return title_of(self.text) or self.template_id


@dataclass(frozen=True)
class Made:
    """A document. `missing` are the placeholders that the case has no value for; they are marked in it."""

    name: str
    content: bytes
    missing: tuple[str, ...]


def title_of(text: str) -> str:
    """The words of the first heading of a Markdown text without placeholders."""
    heading = next((line for line in text.splitlines() if line.startswith("# ")), "")
    return _PLACE.sub("", heading.removeprefix("# ")).strip(" ·-—")


def add_shipped(session: Session, processes: Path) -> int:
    """Take in `processes/<process>/documents/<template>.<language>.md`; returns how many are new.

    A file whose content was a version once is left out: what was improved in the browser stays.
    """
    new = 0
    for path in sorted(processes.glob("*/documents/*.md")):
        named = _FILE.fullmatch(path.name)
        if named is None:
            continue
        process_id, text = path.parent.parent.name, path.read_text("utf-8")
        columns = document_template.c
        known = select(columns.key).where(
            columns.process_id == process_id,
            columns.template_id == named[1],
            columns.language == named[2],
            columns.sha256 == _digest(text),
        )
        if session.scalar(known) is None:
            save(session, process_id, named[1], named[2], text, by=None)
            new += 1
    return new


def save(
    session: Session, process_id: str, template_id: str, language: str, text: str, *, by: Person | None
) -> Template:
    """Keep a new version of a template. Raises Invalid when it cannot be read; `placeholder` names what is wrong."""
    if _FILE.fullmatch(f"{template_id}.{language}.md") is None:
        raise Invalid("template_name_wrong")
    if not text.strip():
        raise Invalid("template_empty")
    if len(text) > LONGEST:
        raise Invalid("template_too_long", placeholder="")
    fill(text, {}, lambda _name, _value: "")
    columns = document_template.c
    last = select(func.max(columns.version)).where(
        columns.process_id == process_id, columns.template_id == template_id, columns.language == language
    )
    session.execute(
        insert(document_template).values(
            key=new_key(),
            process_id=process_id,
            template_id=template_id,
            language=language,
            version=(session.scalar(last) or 0) + 1,
            text=text,
            sha256=_digest(text),
            written_at=clock.now(),
            written_by=by.username if by is not None else None,
        )
    )
    return newest(session, process_id, template_id, language)


def listed(session: Session, process_id: str) -> list[Template]:
    """The newest version of each template of a process, by id and language."""
    query = select(*_columns()).where(document_template.c.process_id == process_id)
    newest_of: dict[tuple[str, str], Template] = {}
    for row in session.execute(query.order_by(document_template.c.version)):
        found = Template(**row._mapping)
        newest_of[found.template_id, found.language] = found
    return [newest_of[which] for which in sorted(newest_of)]


def newest(session: Session, process_id: str, template_id: str, language: str) -> Template:
    """The newest version in this language, else in the other one. Raises NotFound."""
    found = [one for one in listed(session, process_id) if one.template_id == template_id]
    if not found:
        raise NotFound("template_not_found", template=template_id)
    return next((one for one in found if one.language == language), found[0])


def versions(session: Session, process_id: str, template_id: str, language: str) -> list[Template]:
    """All versions in a language, the newest first."""
    columns = document_template.c
    query = select(*_columns()).where(
        columns.process_id == process_id, columns.template_id == template_id, columns.language == language
    )
    return [Template(**row._mapping) for row in session.execute(query.order_by(columns.version.desc()))]


def with_text(template: Template, language: str, text: str) -> Template:
    """A template as it would be with another text, to try it."""
    return replace(template, language=language, text=text)


def make(
    template: Template, values: Mapping[str, Any], words: FieldWords, *, number: str, format_: str
) -> Made:
    """A document as `pdf` or `docx`, with the labels that forms give to their choices.

    Raises Invalid for another format and for a placeholder that cannot be read.
    """
    if format_ not in FORMATS:
        raise Invalid("document_format_unknown", format=format_)
    at = clock.now()
    known = {**values, "case_number": number, "today": clock.here().date().isoformat()}
    filled = fill(
        template.text,
        known,
        lambda name, value: _shown(name, value, words, template.language),
        lambda name: (words.labels[name].pick(template.language) if name in words.labels else "") or name,
    )
    title = template.title
    make_it = pdf.render if format_ == "pdf" else word.render
    footer = " · ".join(part for part in (number, title) if part)
    content = make_it(
        filled.blocks, title=title, number=number, footer=footer, language=template.language, at=at
    )
    return Made(
        f"{'-'.join(part for part in (number, title) if part)}.{format_}", content, tuple(filled.missing)
    )


def language_of(values: Mapping[str, Any]) -> str:
    """The customer's language: the variable `language`, Chinese without."""
    return "en" if values.get("language") == "en" else "zh"


def root_key_of(session: Session, number: str) -> int:
    """The root instance of a case. Raises NotFound."""
    key: int | None = session.scalar(select(case_file.c.instance_key).where(case_file.c.number == number))
    if key is None:
        raise NotFound("case_not_found", number=number)
    return key


def _shown(name: str, value: Any, words: FieldWords, language: str) -> str:
    options = words.options.get(name) or {}
    parts = value if isinstance(value, list) else [value]
    if options and all(isinstance(part, str) and part in options for part in parts):
        return ("、" if language == "zh" else ", ").join(options[part].pick(language) for part in parts)
    return as_text(value, language)


def _columns() -> list[Any]:
    return [document_template.c[name] for name in Template.__dataclass_fields__]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
