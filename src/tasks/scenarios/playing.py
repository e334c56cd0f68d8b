"""A whole story with its checks, and how it went."""

from __future__ import annotations

import time as stopwatch
from collections.abc import Callable
from dataclasses import dataclass, field

from laneway.engine.database import reading
from laneway.engine.model import Person
from laneway.engine.queries import case_detail
from laneway.errors import LanewayError
from laneway.records.scenarios.format import Scenario
from laneway.tasks.scenarios import checks
from laneway.tasks.scenarios.checks import Difference
from laneway.tasks.scenarios.moving import Time
from laneway.tasks.scenarios.player import Player


@dataclass(frozen=True)
class Outcome:
    """How a story went. `stopped_at` is the number of the step that failed, `given`, `then`, or empty.

    `error` is why a step could not be done, `incidents` which steps of a case failed, `differences` what was otherwise
    than told.
    """

    scenario: Scenario
    seconds: float
    stopped_at: str = ""
    error: Exception | None = None
    differences: list[Difference] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)

    @property
    def is_passed(self) -> bool:
        """Whether everything went as told."""
        return not self.stopped_at


def play(scenario: Scenario, person: Callable[[str], Person], time: Time) -> Outcome:
    """Play a story in the connected database, up to the first thing that goes otherwise than told."""
    begun, player, at = stopwatch.perf_counter(), Player(scenario, person, time), "given"
    error: Exception | None = None
    found: list[Difference] = []
    try:
        player.begin()
        for step in scenario.steps:
            at = str(step.number)
            player.do(step)
            named = {"of": step.told["as"]} if "as" in step.told else step.told
            found = checks.differences(player, step.then, named)
            if found:
                break
        else:
            at = "then"
            found = checks.differences(player, scenario.then, {}, is_end=True)
    except (LanewayError, LookupError, ValueError) as caught:
        error = caught
    incidents = _incidents(player) if error or at == "then" else []
    failed = bool(error or found or incidents)
    seconds = stopwatch.perf_counter() - begun
    return Outcome(scenario, seconds, at if failed else "", error, found, incidents)


def _incidents(player: Player) -> list[str]:
    """Steps that failed in the cases of the story: none may be left at its end."""
    told = []
    with reading() as session:
        for case in list(player.cases.values())[:20]:
            around = case_detail.surroundings(session, case.instance_key)
            told += [f"{case.number} {one.element_id}: {one.message}" for one in around.incidents]
    return told
