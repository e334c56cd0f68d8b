"""The automatic steps of the cluster's test: each takes a moment, as a call to another system would."""

from __future__ import annotations

import time
from typing import Any

from laneway.tasks import Job, handler


@handler("paper.fetch")
def fetch(job: Job) -> dict[str, Any]:
    time.sleep(0.1)
    return {"fetched_by": str(job.key)}


@handler("paper.keep")
def keep(job: Job) -> dict[str, Any]:
    time.sleep(0.1)
    return {"kept_by": str(job.key)}
