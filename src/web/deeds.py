"""What of a history someone does, if only the system."""

from __future__ import annotations

from laneway.web import outbox_texts
from laneway.web.operation_texts import TOLD

DEEDS = frozenset(
    {
        "instance_started",
        "user_task_claimed",
        "user_task_released",
        "user_task_assigned",
        "user_task_completed",
        "message_correlated",
        "incident_resolved",
        "instance_canceled",
        *outbox_texts.DEEDS,
        *TOLD,
    }
)
"""Events that someone does, if only the system; all others follow from them, whoever was the last to act."""
