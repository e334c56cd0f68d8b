"""The job type `laneway:find-similar-cases`: a diagram learns which cases are about the same, and how many."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from laneway.engine import clock
from laneway.engine.database import unit_of_work
from laneway.engine.model import OPEN_STATES
from laneway.records.cases import similar
from laneway.records.documents import templates
from laneway.records.goods import lots
from laneway.tasks.registry import Job, handler

JOB_TYPE = "laneway:find-similar-cases"


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(find)


def find(job: Job) -> dict[str, Any]:
    """Remember what the case is about and look for others like it (docs/dialect.md); safe to repeat.

    Reads `lots`, `defect`, `customer` (`party` goes before) and `received_at`. ValueError for a step outside a case.
    """
    if job.case_number is None:
        raise ValueError(f"{JOB_TYPE}: 缺少案件 / there is no case")
    told = job.variables
    named = lots_text(told.get("lots"))
    subject = similar.Subject(
        customer=str(told.get("party") or told.get("customer") or ""),
        lots=similar.lots_in(named),
        defect=str(told.get("defect") or ""),
        received_at=_moment(told.get("received_at")),
    )
    with unit_of_work() as session:
        root_key = templates.root_key_of(session, job.case_number)
        similar.remember(session, root_key, subject)
        found = similar.found(session, root_key)
        known = {number.upper() for number in lots.named(session, subject.lots)}
    unknown = [lot for lot in subject.lots if lot not in known]
    return {
        "similar_complaints": found.complaints,
        "similar_customers": found.customers,
        "duplicate_cases": [row.number for row in found.duplicates],
        "unknown_lots": unknown if subject.lots or not named.strip() else [named.strip()],
        "similar_cases": [row.number for row in found.cluster if row.state in OPEN_STATES],
    }


def lots_text(told: Any) -> str:
    """What a form or a program says of lots, as one text: a list counts as one too."""
    return ",".join(str(one) for one in told) if isinstance(told, list) else str(told or "")


def _moment(told: Any) -> datetime:
    """When the complaint came in; now, where it does not say so in a way that can be read."""
    try:
        found = datetime.fromisoformat(told.partition("[")[0]) if isinstance(told, str) else None
    except ValueError:
        found = None
    return found if found is not None and found.tzinfo is not None else clock.now()
