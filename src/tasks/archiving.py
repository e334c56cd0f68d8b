"""Archives the cases whose time is over, a batch at a time, beside the worker's other work."""

from __future__ import annotations

import logging
import time

from laneway.engine.database import unit_of_work
from laneway.engine.keeping import retention as keeping
from laneway.engine.keeping.retention import Rules

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 600.0


class Archivist:
    """Looks for such cases every ten minutes, and then goes on until there are none."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._rests_until = 0.0

    def archive_batch(self) -> bool:
        """Archive one batch if it is time to; whether there were cases."""
        if time.monotonic() < self._rests_until:
            return False
        self._rests_until = (
            time.monotonic() + _PAUSE_SECONDS
        )  # also when it fails: a full disk stays full for a while
        with unit_of_work() as session:
            cases = keeping.run_batch(session, self._rules)
        if cases:
            logger.info("cases_archived", extra={"cases": cases})
            self._rests_until = 0.0
        return cases > 0
