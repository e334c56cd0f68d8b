"""The manual of a process and the templates of its documents: shown, changed by owners, as PDF."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, clock, deployments
from laneway.engine.access import Action
from laneway.engine.bpmn import picture
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.queries import cases, names
from laneway.errors import Invalid, NotFound
from laneway.records.documents import blocks, filling, manuals, pdf, templates
from laneway.records.documents.blocks import Block, Run
from laneway.records.documents.manuals import Activity
from laneway.records.documents.templates import Kind
from laneway.web import errors, files
from laneway.web.auth import current_person
from laneway.web.frame import page
from laneway.web.i18n import N_, _, locale, pick

bp = Blueprint("manuals", __name__)

LANGUAGES = {"zh": "中文", "en": "English"}
_COLUMNS = (N_("Activity"), N_("Who"), N_("Form"), N_("Due"))


def shown_on_process(session: Session, process_id: str, version: int, key: int) -> dict[str, Any]:
    """What the tab of the manual shows."""
    manual = manuals.newest(session, process_id, version)
    text = manual.part(locale()) if manual is not None else ""
    return {
        "manual": manual,
        "manual_html": Markup(blocks.html(text)),  # the reader lets no HTML of the text through
        "activities": manuals.activities(session, key),
    }


def documents_on_process(session: Session, process_id: str) -> dict[str, Any]:
    """What the tab of the templates of documents and mails shows."""
    return {
        "templates": templates.listed(session, process_id),
        "mail_templates": templates.listed(session, process_id, Kind.MAIL),
        "languages": LANGUAGES,
    }


@bp.get("/processes/<process_id>/manual/edit")
def edit(process_id: str) -> str:
    """The text of a manual, to be changed by owners."""
    access.require(current_person(), Action.EDIT_PROCESS)
    with reading() as session:
        definition = deployments.latest(session, process_id)
        manual = manuals.newest(session, process_id, definition.version)
    return _edit_page(definition, manual.text if manual else "")


@bp.post("/processes/<process_id>/manual")
def save(process_id: str) -> BaseResponse | str:
    """Keep a changed manual, or show how it would look."""
    person = current_person()
    access.require(person, Action.EDIT_PROCESS)
    text = request.form.get("text", "").replace("\r\n", "\n")
    if "preview" in request.form:
        with reading() as session:
            definition = deployments.latest(session, process_id)
        return _edit_page(definition, text, preview=Markup(blocks.html(text)))
    with unit_of_work() as session:
        manuals.save(session, process_id, text, by=person)
    flash(_("The manual is saved. It holds from this version of the diagram on."))
    return redirect(url_for("processes.show", process_id=process_id, tab="manual"), 303)


def _edit_page(definition: deployments.Definition, text: str, preview: Markup | str = "") -> str:
    return page("processes/manual_edit.html", nav="processes", shown=definition, text=text, preview=preview)


@bp.get("/processes/<process_id>/manual.pdf")
def as_pdf(process_id: str) -> Response:
    """The manual as PDF, in the reader's language."""
    access.require(current_person(), Action.SEE_PROCESSES)
    with reading() as session:
        versions = deployments.versions(session, process_id)
        if not versions:
            raise NotFound("process_not_found", process_id=process_id)
        asked = request.args.get("version", versions[0].version, type=int)
        one = next((found for found in versions if found.version == asked), versions[0])
        written = _written(session, one)
    return _pdf(written, pick(one.name), f"{one.process_id} v{one.version}", f"{one.process_id}.pdf")


def _written(session: Session, one: deployments.Definition) -> list[Block]:
    manual = manuals.newest(session, one.process_id, one.version)
    if manual is None:
        raise NotFound("manual_not_found", process_id=one.process_id)
    body = blocks.read(manual.part(locale()))
    head = Block("heading", [Run(f"{pick(one.name)} · v{one.version}")], level=1)
    called = {id_: pick(name) for id_, name in names.elements(session, one.key).items()}
    drawn = Block("image", [Run(picture.svg(one.xml, called))])
    table = _table(manuals.activities(session, one.key))
    return [head, drawn, *body, Block("heading", [Run(_("Main activities"))], level=2), table]


def _table(activities: list[Activity]) -> Block:
    rows = [[[Run(_(label))] for label in _COLUMNS]]
    for one in activities:
        who = ", ".join(pick(group) for group in one.groups)
        rows.append([[Run(text)] for text in (pick(one.name), who, one.form, one.due)])
    return Block("table", cells=rows)


def _pdf(written: list[Block], title: str, number: str, name: str) -> Response:
    content = pdf.render(
        written, title=title, number=number, footer=number, language=locale(), at=clock.now()
    )
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


@bp.get("/manuals.pdf")
def all_as_pdf() -> Response:
    """The manuals of all processes in one PDF."""
    access.require(current_person(), Action.SEE_PROCESSES)
    title = _("Process manual")
    written: list[Block] = []
    with reading() as session:
        for process_id in manuals.written_for(session):
            written += _written(session, deployments.latest(session, process_id))
    return _pdf(written or [Block("heading", [Run(title)], level=1)], title, "", "manual.pdf")


@bp.get("/processes/<process_id>/templates/<template_id>/<any(zh, en):language>")
def template(process_id: str, template_id: str, language: str) -> str:
    """One template, to be changed and tried by owners."""
    access.require(current_person(), Action.EDIT_PROCESS)
    with reading() as session:
        found = templates.versions(session, process_id, template_id, language)
        definition = deployments.latest(session, process_id)
    if not found:
        raise NotFound("template_not_found", template=template_id)
    return _template_page(definition, template_id, language, found[0].text, found)


@bp.post("/processes/<process_id>/templates/<template_id>/<any(zh, en):language>")
def save_template(process_id: str, template_id: str, language: str) -> BaseResponse | str | tuple[str, int]:
    """Keep a new version of a template, or try it with a case without keeping it."""
    person = current_person()
    access.require(person, Action.EDIT_PROCESS)
    asked = request.form
    sent = request.files.get("file")
    text = asked.get("text", "")
    try:
        if sent is not None and sent.filename:
            text = sent.read(filling.LONGEST * 4).decode("utf-8-sig", "replace")
        text = text.replace("\r\n", "\n")
        if "try" in asked:
            return _tried(person, process_id, template_id, language, text)
        with unit_of_work() as session:
            saved = templates.save(session, process_id, template_id, language, text, by=person)
    except (Invalid, NotFound) as refusal:
        with reading() as session:
            found = templates.versions(session, process_id, template_id, language)
            definition = deployments.latest(session, process_id)
        return _template_page(
            definition, template_id, language, text, found, problem=errors.message(refusal)
        ), 422
    flash(_("Version %(number)s of the template is saved.", number=saved.version))
    return redirect(request.path, 303)


def _tried(person: Person, process_id: str, template_id: str, language: str, text: str) -> Response:
    """The document that the text on the page would give; nothing is stored."""
    with reading() as session:
        row = cases.find(session, person, request.form.get("case", "").strip())
        known = templates.newest(session, process_id, template_id, language)
        made = files.made_for(session, row, templates.with_text(known, language, text), "pdf")
    return Response(made.content, mimetype="application/pdf")


def _template_page(
    definition: deployments.Definition,
    template_id: str,
    language: str,
    text: str,
    versions: list[templates.Template],
    problem: str = "",
) -> str:
    return page(
        "processes/template_edit.html",
        nav="processes",
        shown=definition,
        template_id=template_id,
        language=language,
        languages=LANGUAGES,
        text=text,
        versions=versions,
        problem=problem,
        case=request.form.get("case", ""),
    )
