"""For those who test their processes: run a process without a browser or a background worker."""

from laneway.records.scenarios.format import parse_scenario
from laneway.tasks.draining import drain
from laneway.tasks.scenarios import Outcome, Player, Scenario, play, read_scenario

__all__ = ["Outcome", "Player", "Scenario", "drain", "parse_scenario", "play", "read_scenario"]
