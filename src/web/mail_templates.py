"""The templates of the mails of a process: changed by owners, with a preview in both languages from a case."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, deployments, instances
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.queries import cases, names
from laneway.engine.queries.cases import CaseFilter, CaseRow
from laneway.errors import Invalid, NotFound
from laneway.records.documents import mails, templates
from laneway.records.documents.mails import Letter
from laneway.records.documents.templates import Kind
from laneway.web import errors
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import _

bp = Blueprint("mail_templates", __name__)

LANGUAGES = {"zh": "中文", "en": "English"}
_PATH = "/processes/<process_id>/mails/<template_id>/<any(zh, en):language>"


@dataclass(frozen=True)
class Preview:
    """A mail in one language as it would leave, or why it would not."""

    language: str
    letter: Letter | None
    problem: str = ""


@bp.get(_PATH)
def template(process_id: str, template_id: str, language: str) -> str:
    """One template, to be changed by owners; beside it both languages with the values of a case."""
    person = current_person()
    access.require(person, Action.EDIT_PROCESS)
    return _page(person, process_id, template_id, language, None)


@bp.post(_PATH)
def save_template(process_id: str, template_id: str, language: str) -> BaseResponse | str | tuple[str, int]:
    """Keep a new version of a template, or only show what it would give."""
    person = current_person()
    access.require(person, Action.EDIT_PROCESS)
    text = request.form.get("text", "").replace("\r\n", "\n")
    if "try" in request.form:
        return _page(person, process_id, template_id, language, text)
    try:
        with unit_of_work() as session:
            templates.newest(session, process_id, template_id, language, Kind.MAIL)
            saved = templates.save(
                session, process_id, template_id, language, text, by=person, kind=Kind.MAIL
            )
    except Invalid as refusal:
        return _page(person, process_id, template_id, language, text, errors.message(refusal)), 422
    flash(_("Version %(number)s of the template is saved.", number=saved.version))
    return redirect(request.path, 303)


def _page(
    person: Person, process_id: str, template_id: str, language: str, text: str | None, problem: str = ""
) -> str:
    """The editor; `text` is what was written in it, None for what is stored."""
    asked = request.values.get("case", "").strip()
    with reading() as session:
        definition = deployments.latest(session, process_id)
        versions = templates.versions(session, process_id, template_id, language, Kind.MAIL)
        other = "en" if language == "zh" else "zh"
        found = templates.newest(session, process_id, template_id, language, Kind.MAIL)
        written = found.text if text is None and versions else text or ""
        stored = templates.newest(session, process_id, template_id, other, Kind.MAIL)
        row = _case(session, person, process_id, asked)
        texts = {language: written, other: stored.text if stored.language == other else ""}
        previews = [_preview(session, row, templates.with_text(found, one, texts[one])) for one in LANGUAGES]
    return page(
        "processes/mail_edit.html",
        nav="processes",
        shown=definition,
        template_id=template_id,
        language=language,
        languages=LANGUAGES,
        text=written,
        versions=versions,
        problem=problem,
        case=row.number if row is not None else asked,
        is_case_known=row is not None,
        previews=previews,
    )


def _case(session: Session, person: Person, process_id: str, number: str) -> CaseRow | None:
    """The case to fill the preview from: the one that is asked for, else the newest of the process."""
    if not number:
        found = cases.search(
            session, person, CaseFilter(process_id=process_id, state="all"), limit=1, offset=0
        )
        return found.rows[0] if found.rows else None
    try:
        return cases.find(session, person, number)
    except NotFound:
        return None


def _preview(session: Session, row: CaseRow | None, one: templates.Template) -> Preview:
    if not one.text.strip():
        return Preview(one.language, None, _("There is no text in this language."))
    known = {} if row is None else instances.variables(session, row.instance_key)
    words = names.fields(session, deployments.latest(session, one.process_id).key)
    try:
        letter = mails.write(one, known, words, number="" if row is None else row.number)
    except Invalid as refusal:
        return Preview(one.language, None, errors.message(refusal))
    return Preview(one.language, letter)
