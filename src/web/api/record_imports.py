"""Imports of records for programs: send a file, ask how far it is, read what is wrong, cancel."""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Blueprint, request

from laneway.engine import access, database
from laneway.engine.access import Action
from laneway.errors import Invalid
from laneway.records import catalogue
from laneway.records.importing import imports
from laneway.records.importing.imports import Import, State
from laneway.records.kinds.declared import Kind
from laneway.web.api.operations import Answer, instant, key, operation
from laneway.web.api.shapes import COUNT, FLAG, INSTANT, KEY, TEXT, list_of, nullable, one_of, record
from laneway.web.auth import current_person
from laneway.web.records import importing

blueprint = Blueprint("api_record_imports", __name__, url_prefix="/api/v1")

_KIND = {"kind": {"type": "string", "pattern": "^[a-z_]{1,40}$"}}
_UPLOAD = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "dryRun": {"type": "string", "enum": ["true", "false"], "description": "only check"},
        "onlyNew": {
            "type": "string",
            "enum": ["true", "false"],
            "description": "leave known records as they are",
        },
        "encoding": {"type": "string", "maxLength": 40},
    },
}
_IMPORT = record(
    importKey=KEY,
    kind=TEXT,
    fileName=TEXT,
    state=one_of(*State),
    failure=nullable(TEXT),
    rows=nullable(COUNT),
    doneRows=COUNT,
    counts={"type": "object", "additionalProperties": COUNT, "description": "rows by what becomes of them"},
    ignoredColumns=list_of(TEXT),
    isOnlyNew=FLAG,
    uploadedBy=nullable(TEXT),
    uploadedTime=INSTANT,
    endedTime=nullable(INSTANT),
)
_PROBLEM = record(number=COUNT, row=COUNT, column=TEXT, field=TEXT, value=TEXT, code=TEXT, message=TEXT)


def _kind(kind_id: str) -> Kind:
    person = current_person()
    access.require(person, Action.SEE_RECORD)
    kind = catalogue.kind(kind_id)
    access.require(person, Action.EDIT_RECORD, kind)
    return kind


@operation(
    blueprint,
    "POST",
    "/records/{kind}/imports",
    name="createRecordImport",
    summary="Import a CSV or XLSX file in the background; columns are known by their headers",
    texts=_KIND,
    body=_UPLOAD,
    media_type="multipart/form-data",
    answer=_IMPORT,
)
def create_record_import(kind: str) -> Answer:
    found_kind, person = _kind(kind), current_person()
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid("upload_empty")
    asked = request.form
    with tempfile.TemporaryDirectory(prefix="laneway-upload-") as folder:
        path = Path(folder) / "file"
        sent.save(path)
        with database.unit_of_work() as session:
            made = imports.add(
                session, found_kind, sent.filename, path, by=person, encoding=asked.get("encoding", "")
            )
            is_dry, only_new = asked.get("dryRun") == "true", asked.get("onlyNew") == "true"
            imports.begin(session, made, by=person, is_dry=is_dry, is_only_new=only_new)
            return _told(imports.get(session, made))


@operation(
    blueprint,
    "GET",
    "/records/{kind}/imports/{importKey}",
    name="readRecordImport",
    summary="How far an import is, and what became of its rows",
    texts=_KIND,
    answer=_IMPORT,
)
def read_record_import(kind: str, import_key: int) -> Answer:
    found_kind = _kind(kind)
    with database.reading() as session:
        return _told(imports.get(session, import_key, found_kind))


@operation(
    blueprint,
    "GET",
    "/records/{kind}/imports/{importKey}/problems",
    name="listRecordImportProblems",
    summary="What is wrong, row by row; `after` is the number of the last one that is known",
    texts=_KIND,
    query={
        "after": {"type": "integer", "minimum": 0},
        "limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    },
    answer=record(items=list_of(_PROBLEM)),
)
def list_record_import_problems(kind: str, import_key: int) -> Answer:
    found_kind, asked = _kind(kind), request.args
    with database.reading() as session:
        found = imports.get(session, import_key, found_kind)
        wrong = imports.problems(
            session,
            import_key,
            after=asked.get("after", 0, type=int),
            limit=asked.get("limit", 100, type=int),
        )
    return {"items": importing.told(found_kind, found, wrong)}


@operation(
    blueprint,
    "POST",
    "/records/{kind}/imports/{importKey}/run",
    name="runRecordImport",
    summary="Run an import that was only checked",
    texts=_KIND,
    answer=_IMPORT,
)
def run_record_import(kind: str, import_key: int) -> Answer:
    found_kind = _kind(kind)
    with database.unit_of_work() as session:
        imports.get(session, import_key, found_kind)
        imports.begin(session, import_key, by=current_person(), is_dry=False)
        return _told(imports.get(session, import_key))


@operation(
    blueprint,
    "POST",
    "/records/{kind}/imports/{importKey}/cancellation",
    name="cancelRecordImport",
    summary="Stop an import; what it has written stays",
    texts=_KIND,
)
def cancel_record_import(kind: str, import_key: int) -> Answer:
    found_kind = _kind(kind)
    with database.unit_of_work() as session:
        imports.get(session, import_key, found_kind)
        imports.cancel(session, import_key, by=current_person())
    return None


def _told(found: Import) -> dict[str, object]:
    return {
        "importKey": key(found.key),
        "kind": found.kind,
        "fileName": found.file_name,
        "state": found.state,
        "failure": found.failure or None,
        "rows": found.rows,
        "doneRows": found.done_rows,
        "counts": {name: number for name, number in found.counts.items() if name != "problems"},
        "ignoredColumns": [name for name, path in zip(found.header, found.mapping, strict=True) if not path],
        "isOnlyNew": found.is_only_new,
        "uploadedBy": found.uploaded_by,
        "uploadedTime": instant(found.uploaded_at),
        "endedTime": instant(found.ended_at) if found.ended_at else None,
    }
