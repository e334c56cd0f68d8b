"""For those who test their processes: run a process without a browser or a background worker."""

from laneway.tasks.draining import drain
from laneway.tasks.scenarios import Player, Scenario, read_scenario

__all__ = ["Player", "Scenario", "drain", "read_scenario"]
