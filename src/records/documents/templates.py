"""Templates of letters, reports and mails: shipped beside their process and improved in the browser.

A template is one Markdown text. That of a document gives PDF and DOCX alike, so that a letter says the same in either;
its first heading is its title. The first heading of a mail is its subject (`mails` makes them). Every change is a new
version, and what was made stays as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from laneway.engine import clock
from laneway.engine.database import new_key
from laneway.engine.model import Person
from laneway.engine.queries.names import FieldWords
from laneway.engine.tables import case_file
from laneway.engine.tables.department.documents import document_template
from laneway.errors import Invalid, NotFound
from laneway.records.documents import pdf, word
from laneway.records.documents.filling import LONGEST, Filled, as_text, fill

LANGUAGES: Final = ("zh", "en")
FORMATS: Final = ("pdf", "docx")
_FILE = re.compile(r"([a-z0-9_]{1,100})\.(zh|en)\.md")
_PLACE = re.compile(r"\{\{.*?\}\}")


class Kind(StrEnum):
    """What a template gives."""

    DOCUMENT = "document"
    MAIL = "mail"


_FOLDERS: Final = {"documents": Kind.DOCUMENT, "mails": Kind.MAIL}


@dataclass(frozen=True)
class Template:
    """One version of a template in one language."""

    key: int
    process_id: str
    kind: str
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


def title_of(text: str, *, with_places: bool = False) -> str:
    """The words of the first heading of a Markdown text, without placeholders unless asked for."""
    heading = next((line for line in text.splitlines() if line.startswith("# ")), "").removeprefix("# ")
    return (heading if with_places else _PLACE.sub("", heading)).strip(" ·-—:：")


def add_shipped(session: Session, processes: Path) -> int:
    """Take in `<template>.<language>.md` of `processes/<process>/documents` and `…/mails`; returns how many are new.

    A file whose content was a version once is left out: what was improved in the browser stays.
    """
    new = 0
    for path in sorted(processes.glob("*/*/*.md")):
        named, kind = _FILE.fullmatch(path.name), _FOLDERS.get(path.parent.name)
        if named is None or kind is None:
            continue
        process_id, text = path.parent.parent.name, path.read_text("utf-8")
        columns = document_template.c
        known = select(columns.key).where(
            columns.process_id == process_id,
            columns.kind == kind,
            columns.template_id == named[1],
            columns.language == named[2],
            columns.sha256 == _digest(text),
        )
        if session.scalar(known) is None:
            save(session, process_id, named[1], named[2], text, by=None, kind=kind)
            new += 1
    return new


def save(
    session: Session,
    process_id: str,
    template_id: str,
    language: str,
    text: str,
    *,
    by: Person | None,
    kind: Kind = Kind.DOCUMENT,
) -> Template:
    """Keep a new version of a template. Raises Invalid when it cannot be read; `placeholder` names what is wrong."""
    if _FILE.fullmatch(f"{template_id}.{language}.md") is None:
        raise Invalid("template_name_wrong")
    if not text.strip():
        raise Invalid("template_empty")
    if kind is Kind.MAIL and not title_of(text.strip().splitlines()[0], with_places=True):
        raise Invalid("mail_template_without_subject")
    if len(text) > LONGEST:
        raise Invalid("template_too_long", placeholder="")
    fill(text, {}, lambda _name, _value: "")
    columns = document_template.c
    last = select(func.max(columns.version)).where(*_which(process_id, template_id, language, kind))
    session.execute(
        insert(document_template).values(
            key=new_key(),
            process_id=process_id,
            kind=kind,
            template_id=template_id,
            language=language,
            version=(session.scalar(last) or 0) + 1,
            text=text,
            sha256=_digest(text),
            written_at=clock.now(),
            written_by=by.username if by is not None else None,
        )
    )
    return newest(session, process_id, template_id, language, kind)


def listed(session: Session, process_id: str, kind: Kind = Kind.DOCUMENT) -> list[Template]:
    """The newest version of each template of a process, by id and language."""
    columns = document_template.c
    query = select(*_columns()).where(columns.process_id == process_id, columns.kind == kind)
    newest_of: dict[tuple[str, str], Template] = {}
    for row in session.execute(query.order_by(document_template.c.version)):
        found = Template(**row._mapping)
        newest_of[found.template_id, found.language] = found
    return [newest_of[which] for which in sorted(newest_of)]


def newest(
    session: Session, process_id: str, template_id: str, language: str, kind: Kind = Kind.DOCUMENT
) -> Template:
    """The newest version in this language, else in the other one. Raises NotFound."""
    found = [one for one in listed(session, process_id, kind) if one.template_id == template_id]
    if not found:
        raise NotFound("template_not_found", template=template_id)
    return next((one for one in found if one.language == language), found[0])


def versions(
    session: Session, process_id: str, template_id: str, language: str, kind: Kind = Kind.DOCUMENT
) -> list[Template]:
    """All versions in a language, the newest first."""
    query = select(*_columns()).where(*_which(process_id, template_id, language, kind))
    newest_first = query.order_by(document_template.c.version.desc())
    return [Template(**row._mapping) for row in session.execute(newest_first)]


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
    filled = filled_in(template, values, words, number=number)
    title = template.title
    make_it = pdf.render if format_ == "pdf" else word.render
    footer = " · ".join(part for part in (number, title) if part)
    content = make_it(
        filled.blocks, title=title, number=number, footer=footer, language=template.language, at=at
    )
    return Made(
        f"{'-'.join(part for part in (number, title) if part)}.{format_}", content, tuple(filled.missing)
    )


def filled_in(template: Template, values: Mapping[str, Any], words: FieldWords, *, number: str) -> Filled:
    """The blocks of a template with the values of a case. Raises Invalid for a placeholder that cannot be read."""
    return fill(
        template.text,
        {**values, "case_number": number, "today": clock.here().date().isoformat()},
        lambda name, value: _shown(name, value, words, template.language),
        lambda name: (words.labels[name].pick(template.language) if name in words.labels else "") or name,
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


def _which(process_id: str, template_id: str, language: str, kind: Kind) -> tuple[ColumnElement[bool], ...]:
    columns = document_template.c
    return (
        columns.process_id == process_id,
        columns.kind == kind,
        columns.template_id == template_id,
        columns.language == language,
    )


def _columns() -> list[Any]:
    return [document_template.c[name] for name in Template.__dataclass_fields__]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
