"""The job type `laneway:block-lot`: a diagram keeps suspect lots in the warehouse."""

from __future__ import annotations

from typing import Any

from laneway.engine.database import unit_of_work
from laneway.records.cases import similar
from laneway.records.goods import lots
from laneway.tasks.registry import Job, handler
from laneway.tasks.steps.similar import lots_text

JOB_TYPE = "laneway:block-lot"
_KINDS = ("RECALL", "QUALITY")


def install() -> None:
    """Serve the job type."""
    handler(JOB_TYPE)(block)


def block(job: Job) -> dict[str, Any]:
    """Block what is left of the lots that `lots` names (docs/dialect.md); what is blocked already stays so.

    ValueError without `reason`, outside a case, or for a header `kind` other than RECALL and QUALITY.
    """
    reason = str(job.variables.get("reason") or job.headers.get("reason") or "").strip()
    kind = job.headers.get("kind", "QUALITY").strip()
    if job.case_number is None or not reason or kind not in _KINDS:
        raise ValueError(f"{JOB_TYPE}: 缺少案件、reason 或 kind / no case, no reason, or no such kind")
    wanted = similar.lots_in(lots_text(job.variables.get("lots")))
    with unit_of_work() as session:
        known = lots.named(session, wanted)
        for number in known:
            lots.block_rest(session, number, kind, reason=reason[:400], by=job.case_number)
    found = {number.upper() for number in known}
    return {"blocked_lots": known, "unknown_lots": [one for one in wanted if one not in found]}
