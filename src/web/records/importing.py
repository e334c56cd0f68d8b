"""Importing a file: upload, columns, what would happen, what has happened; and records as files."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, flash, redirect, request, send_file, url_for
from werkzeug.exceptions import NotFound as PageNotFound
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import access
from laneway.engine.access import Action
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.errors import Invalid
from laneway.records.importing import columns, exporting, imports, sheets
from laneway.records.importing.batches import Wrong
from laneway.records.importing.imports import ENDED, WORKING, Import, State
from laneway.records.kinds.declared import Kind
from laneway.records.kinds.listing import Wanted
from laneway.web import i18n, import_texts, record_texts
from laneway.web.auth import current_person
from laneway.web.frame import page, piece
from laneway.web.i18n import _, pick
from laneway.web.looking import looking
from laneway.web.records import pages

bp = Blueprint("record_importing", __name__, url_prefix="/records")
logger = logging.getLogger(__name__)

LARGEST = 100 * 2**20
"""Bytes of a file that comes through a browser; `laneway records import` takes larger ones."""
_PROBLEMS = 100
_MIME = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def register(app: Flask) -> None:
    """Let uploads be larger than other requests; must be registered before anything reads a request."""
    app.before_request(_make_room)


def _make_room() -> None:
    if request.endpoint in ("record_importing.upload", "api_record_imports.create_record_import"):
        request.max_content_length = LARGEST + 2**16


@bp.get("/<kind>/import")
def start(kind: str) -> str:
    """Choose a file; and the latest imports of this kind."""
    person, found_kind = _allowed(kind)
    return _start(person, found_kind)


@bp.post("/<kind>/import")
def upload(kind: str) -> BaseResponse | tuple[str, int]:
    """Keep the file and go on to its columns."""
    person, found_kind = _allowed(kind)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _start(person, found_kind, _("Choose a file.")), 422
    try:
        with tempfile.TemporaryDirectory(prefix="laneway-upload-") as folder:
            path = Path(folder) / "file"
            sent.save(path)
            key = add(found_kind, sent.filename, path, by=person, encoding=request.form.get("encoding", ""))
    except Invalid as refusal:
        return _start(person, found_kind, _in_words(refusal)), 422
    return redirect(url_for("record_importing.show", kind=kind, key=key), 303)


def add(kind: Kind, name: str, path: Path, *, by: Person, encoding: str) -> int:
    """Keep a file that was uploaded. Raises what `imports.add` raises."""
    with unit_of_work() as session:
        return imports.add(session, kind, name, path, by=by, encoding=encoding)


@bp.get("/<kind>/import/<int:key>")
def show(kind: str, key: int) -> str:
    """Where an import stands: its columns, how far it is, or its report."""
    _person, found_kind = _allowed(kind)
    return _show(found_kind, key)


@bp.get("/<kind>/import/<int:key>/progress")
def progress(kind: str, key: int) -> Response:
    """How far it is, asked for again and again by the page; once it rests, the page is to be read anew."""
    _person, found_kind = _allowed(kind)
    with reading() as session:
        found = imports.get(session, key, found_kind)
    answer = Response(piece("records/import_progress.html", kind=found_kind, found=found, texts=import_texts))
    if found.state not in WORKING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@bp.post("/<kind>/import/<int:key>/<action>")
def act(kind: str, key: int, action: str) -> BaseResponse | tuple[str, int]:
    """Check, run or cancel it."""
    person, found_kind = _allowed(kind)
    if action not in ("check", "run", "cancel"):
        raise PageNotFound
    with reading() as session:
        found = imports.get(session, key, found_kind)
    mapping = None
    if "column.0" in request.form:
        mapping = [request.form.get(f"column.{at}", "") for at in range(len(found.header))]
    try:
        with unit_of_work() as session:
            if action == "cancel":
                imports.cancel(session, key, by=person)
            else:
                only_new = request.form.get("known") == "leave" if "known" in request.form else None
                is_dry = action == "check"
                imports.begin(session, key, by=person, is_dry=is_dry, mapping=mapping, is_only_new=only_new)
    except Invalid as refusal:
        return _show(found_kind, key, problem=_in_words(refusal), mapping=mapping), 422
    if action == "cancel":
        flash(_("Cancelled. What was written before stays."))
    return redirect(url_for("record_importing.show", kind=kind, key=key), 303)


@bp.get("/<kind>/import/<int:key>/report.<format_>")
def report(kind: str, key: int, format_: str) -> Response:
    """What is wrong, row by row, as a file."""
    _person, found_kind = _allowed(kind)
    with reading() as session:
        found = imports.get(session, key, found_kind)
        wrong = told(found_kind, found, imports.problems(session, key))
    header = [_("Row"), _("Column"), _("Value"), _("What is wrong")]
    rows = [[one["row"], one["column"], one["value"], one["message"]] for one in wrong]
    name = f"{found_kind.id}-report"
    if format_ == "csv":
        lines = b"\xef\xbb\xbf" + b"".join(exporting.csv_line(row) for row in [header, *rows])
        return _as_file(lines, name, format_)
    return _workbook(name, lambda path: exporting.write_workbook(path, header, rows), format_)


@bp.get("/<kind>/import/template.<format_>")
def template(kind: str, format_: str) -> Response:
    """An empty file with the columns that an import understands."""
    _person, found_kind = _allowed(kind)
    header = exporting.head(exporting.template(found_kind), i18n.locale())
    if format_ == "csv":
        return _as_file(b"\xef\xbb\xbf" + exporting.csv_line(header), found_kind.id, format_)
    return _workbook(found_kind.id, lambda path: exporting.write_workbook(path, header, []), format_)


@bp.get("/<kind>/export.<format_>")
def export(kind: str, format_: str) -> Response:
    """The records that the list's words and filters fit, as a file."""
    person = current_person()
    found_kind = pages.kind_for(person, kind)
    asked = request.args
    wanted = Wanted(
        text=asked.get("q", "").strip()[:200],
        filters={name: asked[name] for name in found_kind.filtered_by if asked.get(name)},
        sort=asked.get("sort", ""),
        is_descending=asked.get("down") == "1",
    )
    header = asked.get("header", i18n.locale())
    if header not in exporting.HEADERS:
        raise Invalid("search_invalid")
    is_masked = not access.may(person, Action.EXPORT_PERSONAL_DATA)
    logger.info("records_exported", extra={"kind": kind, "format": format_, "person": person.username})
    if format_ == "csv":
        pieces = exporting.as_csv(found_kind, wanted, header=header, is_masked=is_masked)
        return _as_file(pieces, kind, format_)
    return _workbook(
        kind,
        lambda path: exporting.as_xlsx(found_kind, wanted, path, header=header, is_masked=is_masked),
        format_,
    )


def told(kind: Kind, found: Import, wrong: list[tuple[int, Wrong]]) -> list[dict[str, Any]]:
    """What is wrong as people read it, with the columns named as in their file."""
    names = dict(zip(found.mapping, found.header, strict=True))
    return [
        {
            "number": number,
            "row": one.row,
            "column": names.get(one.path) or _label(kind, one.path),
            "field": one.path,
            "value": one.value,
            "code": one.code,
            "message": record_texts.problem(one.code, one.params),
        }
        for number, one in wrong
    ]


# -- parts


def _allowed(kind_id: str) -> tuple[Person, Kind]:
    person = current_person()
    kind = pages.kind_for(person, kind_id)
    access.require(person, Action.EDIT_RECORD, kind)
    return person, kind


def _start(person: Person, kind: Kind, problem: str = "") -> str:
    with looking() as session:
        latest = imports.listed(session, kind)
    return page(
        "records/import_start.html",
        nav="records",
        kind=kind,
        latest=latest,
        problem=problem,
        encodings=sheets.ENCODINGS,
        texts=import_texts,
        largest=LARGEST // 2**20,
        person=person,
    )


def _show(kind: Kind, key: int, *, problem: str = "", mapping: list[str] | None = None) -> str:
    with reading() as session:
        found = imports.get(session, key, kind)
        wrong = told(kind, found, imports.problems(session, key, limit=_PROBLEMS))
        sample = []
        if found.state in (State.UPLOADED, State.CHECKED):
            with tempfile.TemporaryDirectory(prefix="laneway-sample-") as folder:
                sample = imports.sample(session, found, Path(folder))
    chosen = mapping or list(found.mapping)
    return page(
        "records/import.html",
        nav="records",
        kind=kind,
        found=found,
        wrong=wrong,
        problem=problem,
        texts=import_texts,
        states=State,
        is_working=found.state in WORKING,
        has_ended=found.state in ENDED,
        header=[(at, name, chosen[at], _samples(sample, at)) for at, name in enumerate(found.header)],
        choices=_choices(kind, chosen),
        sensitive=[pick(kind.by_name[name].label) for name in kind.sensitive if name in chosen],
        failure=_in_words(Invalid(found.failure)) if found.failure else "",
    )


def _choices(kind: Kind, chosen: list[str]) -> list[tuple[str, str]]:
    offered = {one.path: one for one in columns.importable(kind)}
    for path in chosen:
        more = columns.column(kind, path) if path else None
        if more is not None:
            offered.setdefault(path, more)
    return [(path, pick(one.label)) for path, one in offered.items()]


def _samples(sample: list[list[Any]], at: int) -> list[str]:
    return [str(row[at])[:60] for row in sample if at < len(row) and row[at] not in (None, "")]


def _label(kind: Kind, path: str) -> str:
    one = columns.column(kind, path)
    return pick(one.label) if one is not None else path


def _in_words(refusal: Invalid) -> str:
    return pick(import_texts.in_both(refusal))


def _as_file(content: bytes | Iterator[bytes], name: str, format_: str) -> Response:
    answer = Response(content, mimetype=_MIME[format_].partition(";")[0])
    answer.headers["Content-Disposition"] = f"attachment; filename={secure_filename(name)}.{format_}"
    return answer


def _workbook(name: str, write: Any, format_: str) -> Response:
    if format_ != "xlsx":
        raise PageNotFound
    with tempfile.TemporaryDirectory(prefix="laneway-export-") as folder:
        path = Path(folder) / "file.xlsx"
        write(path)
        whole = path.open("rb")  # it stays readable when its name is gone, and is closed with the answer
    return send_file(whole, _MIME[format_], as_attachment=True, download_name=f"{secure_filename(name)}.xlsx")
