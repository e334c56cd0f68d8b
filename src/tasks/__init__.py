"""What automatic tasks do. A process author's `handlers.py` imports these four names and nothing else of ours."""

from laneway.errors import BpmnError
from laneway.tasks.registry import Job, handler
from laneway.tasks.steps import (
    block_lot,
    count_time,
    countries,
    document,
    goods,
    groups,
    interaction,
    knowledge,
    mails,
    message,
    parties,
    service_orders,
    service_visits,
    similar,
    webhook,
)
from laneway.tasks.steps.mails import send_template

__all__ = ["BpmnError", "Job", "handler", "send_template"]

for _step in (
    block_lot,
    count_time,
    countries,
    document,
    goods,
    groups,
    interaction,
    knowledge,
    mails,
    message,
    parties,
    service_orders,
    service_visits,
    similar,
    webhook,
):
    _step.install()
