"""Files of cases for programs: list them, read one, add some."""

from __future__ import annotations

from flask import Blueprint, request

from laneway.engine import access, database
from laneway.engine.access import Action
from laneway.engine.queries import cases
from laneway.errors import Invalid
from laneway.records.documents import attachments
from laneway.records.documents.attachments import Attachment, State
from laneway.records.documents.kinds_of_file import LARGEST
from laneway.web import files
from laneway.web.api.operations import Answer, instant, key, operation
from laneway.web.api.shapes import COUNT, INSTANT, KEY, TEXT, list_of, nullable, one_of, record
from laneway.web.auth import current_person

blueprint = Blueprint("api_files", __name__, url_prefix="/api/v1")

FILE = record(
    fileKey=KEY,
    name=TEXT,
    version=COUNT,
    kind=TEXT,
    contentType=TEXT,
    size=COUNT,
    sha256=TEXT,
    state=one_of(*State),
    addedTime=INSTANT,
    addedBy=nullable(TEXT),
)
_NUMBER = {"caseNumber": {"type": "string", "pattern": "^[^/]{1,40}$"}}
_UPLOAD = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "kind": {"type": "string", "maxLength": 40},
    },
}


@operation(
    blueprint,
    "GET",
    "/cases/{caseNumber}/files",
    name="listCaseFiles",
    summary="Files of a case with all their versions, the newest first",
    texts=_NUMBER,
    answer=record(items=list_of(FILE)),
)
def list_case_files(case_number: str) -> Answer:
    with database.reading() as session:
        row = cases.find(session, current_person(), case_number)
        found = attachments.listed(session, row.instance_key)
    return {"items": [_render(one) for one in found]}


@operation(
    blueprint,
    "GET",
    "/cases/{caseNumber}/files/{fileKey}/content",
    name="readCaseFile",
    summary="The bytes of a file; 409 while it is in quarantine",
    texts=_NUMBER,
    answer={"type": "string", "format": "binary"},
    answer_type="application/octet-stream",
)
def read_case_file(case_number: str, file_key: int) -> Answer:
    with database.reading() as session:
        row = cases.find(session, current_person(), case_number)
        found, content = attachments.read(session, row.instance_key, file_key)
    return files.answer(found, content)


@operation(
    blueprint,
    "POST",
    "/cases/{caseNumber}/files",
    name="createCaseFile",
    summary="Add a file to a case; one with the name of an older file is its next version",
    texts=_NUMBER,
    body=_UPLOAD,
    media_type="multipart/form-data",
    answer=record(fileKey=KEY),
)
def create_case_file(case_number: str) -> Answer:
    person = current_person()
    access.require(person, Action.ATTACH_FILE)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("upload_empty")
    kind = request.form.get("kind", attachments.EVIDENCE)[:40]
    made = files.add_checked(case_number, sent.filename, sent.read(LARGEST + 1), kind, person)
    return {"fileKey": key(made)}


def _render(one: Attachment) -> dict[str, object]:
    return {
        "fileKey": key(one.key),
        "name": one.name,
        "version": one.version,
        "kind": one.kind,
        "contentType": one.content_type,
        "size": one.size,
        "sha256": one.sha256,
        "state": one.state,
        "addedTime": instant(one.added_at),
        "addedBy": one.added_by,
    }
