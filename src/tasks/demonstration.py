"""Cases for the demonstration: the scenarios of the processes, played some way, some time ago."""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from laneway import logs
from laneway.engine import cases, clock, user_tasks
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.errors import LanewayError
from laneway.tasks.scenarios import MovableClock, Player, read_scenario

logger = logging.getLogger(__name__)


def fill(processes: Path, people: Mapping[str, Person]) -> int:
    """Play the demonstration's cases, oldest first, unless there are cases already; how many.

    A case whose scenario is not in the folder `processes` is left out. Only for a process that serves nobody yet:
    the engine's clock is moved while they play.
    """
    with reading() as session:
        if cases.any_(session):
            return 0
    told = tomllib.loads((files("laneway.tasks") / "demo_cases.toml").read_text(encoding="utf-8"))
    found = [(_scenario_path(processes, one), one) for one in told["case"]]
    playable = [(path, one) for path, one in found if path.is_file()]
    for path, one in sorted(playable, key=lambda pair: -pair[1]["hours_ago"]):
        try:
            _play(path, one, people)
        except (LanewayError, LookupError) as error:
            # The folder's processes may have been changed; then this case stays where it got to.
            logger.warning(
                "demonstration_case_stopped",
                extra={"scenario": one["scenario"], "reason": logs.in_brief(error)},
            )
    return len(playable)


def _scenario_path(processes: Path, told: Mapping[str, Any]) -> Path:
    process_id, name = str(told["scenario"]).split("/")
    return processes / process_id / "scenarios" / f"{name}.toml"


def _play(path: Path, told: Mapping[str, Any], people: Mapping[str, Person]) -> None:
    time = MovableClock(clock.now() - timedelta(hours=told["hours_ago"]))
    try:
        player = Player(read_scenario(path), people.__getitem__, time, begins=time.now)
        player.start(**told.get("values", {}))
        player.play(steps=told.get("steps"), pause=timedelta(minutes=told.get("minutes_between", 0)))
        if "claim" in told:
            time.now += timedelta(minutes=5)
            _claim(player, told["claim"], people)
    finally:
        time.release()


def _claim(player: Player, told: Mapping[str, Any], people: Mapping[str, Person]) -> None:
    with unit_of_work() as session:
        for task in user_tasks.open_under(session, player.instance_key):
            if task.element_id == told["element"]:
                user_tasks.claim(session, task.key, by=people[told["by"]])
