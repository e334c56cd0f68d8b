"""The job type `laneway:document`: a diagram makes a document from a template and puts it among the files of its case."""

from __future__ import annotations

from typing import Any

from laneway.engine.database import reading, unit_of_work
from laneway.engine.queries import case_detail, names
from laneway.records.documents import attachments, templates
from laneway.tasks.registry import Job, handler

JOB_TYPE = "laneway:document"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE, timeout=120)(make)


def make(job: Job) -> dict[str, Any]:
    """Make the document that the headers name (docs/dialect.md), in the customer's language; safe to repeat.

    The result variable, `documents` unless the header `result` names another, lists key, name and what was missing.
    ValueError for a step outside a case or without a template.
    """
    template_id = job.headers.get("template", "").strip()
    if job.case_number is None or not template_id:
        raise ValueError(f"{JOB_TYPE}: 缺少案件或 template / no case, or the header template is missing")
    language = templates.language_of(job.variables)
    wanted = [one.strip() for one in job.headers.get("formats", "pdf").split(",") if one.strip()]
    with reading() as session:
        template = templates.newest(session, job.process_id, template_id, language)
        root_key = templates.root_key_of(session, job.case_number)
        root = next(
            one for one in case_detail.surroundings(session, root_key).instances if one.key == root_key
        )
        words = names.fields(session, root.process_definition_key)
    files = []
    for format_ in wanted:
        made = templates.make(template, job.variables, words, number=job.case_number, format_=format_)
        with unit_of_work() as session:
            key = attachments.add(
                session,
                root_key,
                made.name,
                made.content,
                None,
                attachments.DOCUMENT,
                source_key=job.key,
            )
        files.append({"key": str(key), "name": made.name, "missing": list(made.missing)})
    return {job.headers.get("result", "").strip() or "documents": files}
