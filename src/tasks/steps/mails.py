"""The job type `laneway:send-mail`: a diagram sends a mail that is made from a template of its process."""

from __future__ import annotations

from typing import Any, Final

from laneway.engine import definitions
from laneway.engine.database import Session, reading
from laneway.engine.queries import names
from laneway.engine.queries.names import FieldWords
from laneway.records.documents import attachments, mails, templates
from laneway.records.documents.attachments import State
from laneway.records.documents.mails import Letter
from laneway.records.documents.templates import Kind
from laneway.tasks.registry import Job, handler

JOB_TYPE = "laneway:send-mail"
LARGEST: Final = 15 * 2**20
"""Bytes of all files of one mail: with their encoding, what most mail servers take."""


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(send)


def send(job: Job) -> dict[str, Any]:
    """Queue the mail that the headers name (docs/dialect.md); the result variable tells whether it leaves."""
    template = job.headers.get("template", "").strip()
    if not template:
        raise ValueError(f"{JOB_TYPE}: 缺少 template / the header template is missing")
    required = job.headers.get("required", "").strip() == "true"
    result = job.headers.get("result", "").strip() or "mail_sent"
    return {result: send_template(job, template, required=required)}


def send_template(job: Job, template: str, *, required: bool = True) -> bool:
    """Queue a mail made from a template of the job's process; False when there is no address and it is not `required`.

    ValueError, and so an incident in plain words, for a value that the case lacks, for a file that is not there, and
    without an address that is `required`: a mail goes out whole or not at all. NotFound without such a template.
    """
    to = str(_said(job, "to", job.variables.get("contact_email")) or "").strip()
    if not to:
        if required:
            raise ValueError(
                "没有收件人邮箱（contact_email）· there is no address to write to (contact_email)"
            )
        return False
    with reading() as session:
        letter = _letter(session, job, template)
        files = _files(session, job)
    if letter.missing:
        lacking = ", ".join(letter.missing)
        raise ValueError(
            f"邮件未发出，案件缺少：{lacking} · the mail is not sent, the case does not know: {lacking}"
        )
    job.send_mail(to=to, subject=letter.subject, body=letter.text, html=letter.html, files=files)
    return True


def _said(job: Job, name: str, otherwise: Any) -> Any:
    """An input mapping of this name, else the task's header, else what holds without either."""
    return job.variables[name] if name in job.variables else job.headers.get(name, otherwise)


def _letter(session: Session, job: Job, template_id: str) -> Letter:
    language = templates.language_of(job.variables)
    template = templates.newest(session, job.process_id, template_id, language, Kind.MAIL)
    return mails.write(
        template, job.variables, words_for(session, job.process_id), number=job.case_number or ""
    )


def words_for(session: Session, process_id: str) -> FieldWords:
    """The labels that the forms of the newest version of a process give to values. Raises NotFound."""
    return names.fields(session, definitions.find_process(session, process_id))


def _files(session: Session, job: Job) -> list[tuple[int, int]]:
    """The newest versions of the files of the case that go with the mail."""
    asked = _said(job, "attachments", None) or []
    wanted = asked.split(",") if isinstance(asked, str) else [str(one) for one in asked]
    wanted = [name.strip() for name in wanted if name.strip()]
    if not wanted:
        return []
    if job.case_number is None:
        raise ValueError(f"{JOB_TYPE}: 没有案件，无附件可用 / no case, so there are no files")
    root_key = templates.root_key_of(session, job.case_number)
    newest: dict[str, attachments.Attachment] = {}
    for one in attachments.listed(session, root_key):
        newest.setdefault(one.name, one)
    for name in wanted:
        found = newest.get(name)
        if found is None or found.state is not State.READY:
            raise ValueError(
                f"附件“{name}”不存在或未通过检查 · the file “{name}” is not there or not let through"
            )
    if sum(newest[name].size for name in wanted) > LARGEST:
        raise ValueError(f"附件超过 {LARGEST // 2**20} MB · the files are larger than {LARGEST // 2**20} MB")
    return [(root_key, newest[name].key) for name in wanted]
