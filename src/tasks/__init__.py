"""What automatic tasks do. A process author's `handlers.py` imports these three names and nothing else of ours."""

from laneway.errors import BpmnError
from laneway.tasks import document_step, webhook_step
from laneway.tasks.registry import Job, handler

__all__ = ["BpmnError", "Job", "handler"]

document_step.install()
webhook_step.install()
