"""The job type `laneway:log-interaction`: a diagram writes a line into the log of its case."""

from __future__ import annotations

from laneway.engine.database import unit_of_work
from laneway.records.documents import templates
from laneway.records.interactions import log
from laneway.tasks.registry import Job, handler

JOB_TYPE = "laneway:log-interaction"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(write)


def write(job: Job) -> None:
    """Write the line that headers and inputs tell (docs/dialect.md); done again, it stays one line.

    `kind`, `channel`, `text` and `contact` are headers of the task, or input mappings named `log_kind` and so on, so
    that a case's own variables are not taken for them. ValueError outside a case, without a text, or for a kind or
    channel that there is not.
    """
    if job.case_number is None:
        raise ValueError(f"{JOB_TYPE}: 缺少案件 / there is no case")
    text = _said(job, "text")
    if not text:
        raise ValueError(f"{JOB_TYPE}: 缺少 text / text is missing")
    entry = log.Entry(
        log.Kind(_said(job, "kind") or log.Kind.NOTE),
        text[: log.LONGEST],
        log.Channel(_said(job, "channel") or log.Channel.OTHER),
        _said(job, "contact")[:200],
    )
    with unit_of_work() as session:
        root_key = templates.root_key_of(session, job.case_number)
        log.add(session, root_key, entry, by=None, source_key=job.key)


def _said(job: Job, name: str) -> str:
    return str(job.headers.get(name) or job.variables.get(f"log_{name}") or "").strip()
