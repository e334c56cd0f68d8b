"""The job type `laneway:publish-message`: a diagram tells other cases, or its own, what has happened."""

from __future__ import annotations

from laneway.engine import messages
from laneway.engine.database import unit_of_work
from laneway.errors import Conflict
from laneway.tasks.registry import Job, handler

JOB_TYPE = "laneway:publish-message"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(publish)


def publish(job: Job) -> None:
    """Publish the message that the header `message` names (docs/dialect.md), once however often the job is tried.

    `correlation_keys` (a list, or one key) says for whom, without it the own case; `message_variables` goes with it.
    ValueError without a name or where there is neither key nor case.
    """
    name = job.headers.get("message", "").strip()
    told = job.variables.get("correlation_keys", job.case_number)
    keys = told if isinstance(told, list) else [told]
    if not name or any(not isinstance(key, str) or not key for key in keys):
        raise ValueError(f"{JOB_TYPE}: 缺少 message 或关联键 / no message, or no correlation key")
    variables = job.variables.get("message_variables")
    for key in dict.fromkeys(keys):
        try:
            with unit_of_work() as session:
                messages.publish(
                    session,
                    name=name,
                    correlation_key=key,
                    variables=variables if isinstance(variables, dict) else {},
                    by=None,
                    message_id=f"{name}:{job.key}",
                )
        except Conflict as refusal:
            if refusal.code != "message_already_published":
                raise
