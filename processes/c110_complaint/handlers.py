"""The letters of complaints that began under release 0.1.0, whose diagram names a job type for each.

Later diagrams name the template in the diagram. To be deleted when no such complaint can be open any more.
"""

from __future__ import annotations

from typing import Any

from laneway.tasks import Job, handler, send_template


@handler("c110_complaint.acknowledge")
def acknowledge(job: Job) -> dict[str, Any]:
    """Send the receipt with the case number; without an address the human acknowledgement has to do."""
    return {"receipt_sent": send_template(job, "acknowledge", required=False)}


@handler("c110_complaint.ask_customer")
def ask_customer(job: Job) -> None:
    """Ask the customer what the investigator needs to know."""
    send_template(job, "ask_customer")


@handler("c110_complaint.send_decision")
def send_decision(job: Job) -> None:
    """Send the decision with its reasons and the way to appeal; sent again, it is a reminder."""
    if job.variables.get("answer_due"):  # by which that diagram told the second letter from the first
        job.variables.setdefault("reminders", 1)
    send_template(job, "send_decision")


@handler("c110_complaint.send_closing_letter")
def send_closing_letter(job: Job) -> None:
    """Tell the customer that the case is closed, how to reopen it, and ask for a rating."""
    send_template(job, "send_closing_letter")
