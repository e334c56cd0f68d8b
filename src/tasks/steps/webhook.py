"""The job type `laneway:webhook`: a diagram posts to another system without any Python."""

from __future__ import annotations

from typing import Any

from laneway.tasks.registry import Job, handler

JOB_TYPE = "laneway:webhook"
_HEADER = "header:"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(post)


def post(job: Job) -> None:
    """Queue the webhook that the element describes (docs/dialect.md). ValueError when something is missing.

    `url` and `event` come from the task's headers or from input mappings of these names, the payload from the input
    mapping `payload` or from the variables that the header `variables` lists.
    """
    job.send_webhook(
        url=_said(job, "url"),
        event=_said(job, "event"),
        payload=_payload(job),
        headers={
            name.removeprefix(_HEADER): content
            for name, content in job.headers.items()
            if name.startswith(_HEADER)
        },
    )


def _said(job: Job, name: str) -> str:
    content = job.headers.get(name) or job.variables.get(name)
    if not isinstance(content, str) or not content.strip():
        raise ValueError(f"{JOB_TYPE}: 缺少 {name} / {name} is missing")
    return content.strip()


def _payload(job: Job) -> Any:
    if "variables" in job.headers:
        names = [name.strip() for name in job.headers["variables"].split(",") if name.strip()]
        return {name: job.variables.get(name) for name in names}
    if "payload" not in job.variables:
        raise ValueError(f"{JOB_TYPE}: 缺少输入 payload / the input payload is missing")
    return job.variables["payload"]
