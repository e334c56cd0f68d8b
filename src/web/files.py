"""Files of a case: uploaded, shown, downloaded, and documents made from templates."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access, instances
from laneway.engine.access import Action
from laneway.engine.database import Session, reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.queries import cases, names
from laneway.engine.queries.cases import CaseRow
from laneway.errors import Conflict, Invalid, Unavailable
from laneway.records.documents import attachments, templates
from laneway.records.documents.attachments import Attachment
from laneway.records.documents.kinds_of_file import LARGEST
from laneway.records.mail import reading as mail_reading
from laneway.web import errors
from laneway.web.auth import current_person
from laneway.web.i18n import N_, _
from laneway.words import Text

bp = Blueprint("files", __name__)

KINDS = {
    "evidence": N_("Evidence"),
    "document": N_("Document"),
    "mail": N_("From a mail"),
    "photo": N_("Photo"),
    "signature": N_("Signature"),
}
_CHOSEN = ("evidence", "photo", "document")
_MOST_FILES = 10
# A stranger's file must never run as a page of ours. Browsers show PDF in a viewer of their own, which no sandbox holds.
_SHUT = "default-src 'none'; style-src 'unsafe-inline'"


def register(app: Flask) -> None:
    """Let uploads be larger than other requests; must be registered before anything reads a request."""
    app.before_request(_make_room)


def _make_room() -> None:
    if request.endpoint in ("files.upload", "api_files.create_case_file"):
        request.max_content_length = _MOST_FILES * LARGEST
    elif request.endpoint == "api_mails.receive_mail":
        request.max_content_length = mail_reading.LARGEST


def shown_on_case(session: Session, row: CaseRow, person: Person) -> dict[str, Any]:
    """What the tab of files shows."""
    made_from = templates.listed(session, row.process_id)
    return {
        "files": attachments.listed(session, row.instance_key),
        "kinds": KINDS,
        "chosen_kinds": _CHOSEN,
        "titles": _titles(made_from),
        "document_language": templates.language_of(instances.variables(session, row.instance_key)),
        "may_attach": access.may(person, Action.ATTACH_FILE),
        "largest": LARGEST // 2**20,
    }


@bp.post("/cases/<number>/files")
def upload(number: str) -> BaseResponse:
    """Add files to a case; one that does not fit keeps no other out."""
    person = current_person()
    access.require(person, Action.ATTACH_FILE)
    sent = [file for file in request.files.getlist("files") if file.filename]
    if not sent:
        raise Invalid("upload_empty")
    kind = request.form.get("kind", "")
    added = 0
    for file in sent[:_MOST_FILES]:
        content = file.read(LARGEST + 1)
        try:
            add_checked(number, file.filename or "", content, kind if kind in _CHOSEN else _CHOSEN[0], person)
            added += 1
        except Invalid as refusal:
            flash(errors.message(refusal))
    if added:
        flash(_("%(count)s files added.", count=added))
    return _to_files(number)


def add_checked(number: str, name: str, content: bytes, kind: str, person: Person) -> int:
    """Add one file and ask the checker about it; without an answer the file waits. Raises Invalid, NotFound."""
    with unit_of_work() as session:
        row = cases.find(session, person, number)
        key = attachments.add(session, row.instance_key, name, content, person, kind)
    _check(row.instance_key, key)
    return key


def _check(root_key: int, key: int) -> bool:
    try:
        with unit_of_work() as session:
            attachments.check(session, root_key, key)
    except Unavailable:
        return False
    return True


@bp.post("/cases/<number>/files/<int:key>/check")
def check(number: str, key: int) -> BaseResponse:
    """Ask the checker again about a file in quarantine."""
    person = current_person()
    access.require(person, Action.ATTACH_FILE)
    with reading() as session:
        row = cases.find(session, person, number)
    if not _check(row.instance_key, key):
        flash(_("The checker does not answer. Try again later."))
    return _to_files(number)


@bp.get("/cases/<number>/files/<int:key>")
def download(number: str, key: int) -> Response:
    """The bytes of a file; with `?show=1`, images and PDF to be shown in place."""
    person = current_person()
    with reading() as session:
        row = cases.find(session, person, number)
        found, content = attachments.read(session, row.instance_key, key)
    return answer(found, content, is_shown=request.args.get("show") == "1" and found.is_previewed)


def answer(found: Attachment, content: bytes, *, is_shown: bool = False) -> Response:
    """A file as a response that no browser takes for a page of ours."""
    disposition = "inline" if is_shown else "attachment"
    plain = found.name.encode("ascii", "replace").decode().replace('"', "_").replace("?", "_")
    shut = _SHUT if found.content_type == "application/pdf" else f"{_SHUT}; sandbox"
    return Response(
        content,
        mimetype=found.content_type,
        headers={
            "Content-Disposition": f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(found.name)}",
            "Content-Security-Policy": shut,
            "X-Content-Type-Options": "nosniff",
        },
    )


@bp.post("/cases/<number>/documents")
def make_document(number: str) -> BaseResponse:
    """Make a document from a template and put it among the files."""
    person = current_person()
    access.require(person, Action.ATTACH_FILE)
    asked = request.form
    with reading() as session:
        row = cases.find(session, person, number)
        template = templates.newest(
            session, row.process_id, asked.get("template", ""), asked.get("language", "zh")
        )
        made = made_for(session, row, template, asked.get("format", "pdf"))
    with unit_of_work() as session:
        attachments.add(session, row.instance_key, made.name, made.content, person, attachments.DOCUMENT)
    flash(_("“%(name)s” is among the files.", name=made.name))
    if made.missing:
        flash(
            _("Not known in this case, and marked in the document: %(names)s.", names=", ".join(made.missing))
        )
    return _to_files(number)


def made_for(session: Session, row: CaseRow, template: templates.Template, format_: str) -> templates.Made:
    """The document that a template gives with the values of a case. Raises Conflict for a case that has ended."""
    if row.closed_at is not None and not instances.variables(session, row.instance_key):
        raise Conflict("process_instance_ended")
    return templates.make(
        template,
        instances.variables(session, row.instance_key),
        names.fields(session, row.process_definition_key),
        number=row.number,
        format_=format_,
    )


def size_of(attachment: Attachment) -> str:
    """A size for people."""
    if attachment.size < 2**20:
        return f"{max(1, attachment.size // 1024)} kB"
    return f"{attachment.size / 2**20:.1f} MB"


def _titles(listed: list[templates.Template]) -> dict[str, Text]:
    """Titles in both languages by template id."""
    found: dict[str, dict[str, str]] = {}
    for one in listed:
        found.setdefault(one.template_id, {})[one.language] = one.title
    return {id_: Text(both.get("zh", ""), both.get("en", "")) for id_, both in found.items()}


def _to_files(number: str) -> BaseResponse:
    return redirect(url_for("cases.show", number=number, tab="files"), 303)
