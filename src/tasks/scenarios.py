"""Plays a scenario: who does what with which values, told in a file beside the process, by the same use cases as people.

A scenario is TOML in `processes/<process>/scenarios/`: its title in `zh` and `en`; `[start]` with `by` and `values`, or
with `message` besides; `[[step]]`s, each with one of `element` (`by` claims and completes that user task, its form
filled from the variables and `values`), `message` (published by `by` with `variables`, correlated by case number) or
`advance` (an ISO 8601 duration); `refused = true` tells that access must forbid it. `[expect]` is for tests to judge.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from laneway.engine import access, cases, clock, feel, instances, messages, user_tasks
from laneway.engine.access import Action
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.errors import NotAllowed
from laneway.tasks.draining import drain
from laneway.words import Text

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One story of a process."""

    name: str
    title: Text
    process_id: str
    start: Told
    steps: list[Told]
    expect: Told


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises KeyError or tomllib.TOMLDecodeError when something is missing or broken."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    title = Text(told["zh"], told["en"])
    return Scenario(path.stem, title, path.parts[-3], told["start"], told["step"], told["expect"])


class Time(Protocol):
    """The time that a scenario moves on."""

    now: datetime


class MovableClock:
    """The engine's time while scenarios play: stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        clock.set_source(lambda: self.now)

    def release(self) -> None:
        """Give the engine the system's time back."""
        clock.set_source(None)


class Player:
    """Plays one scenario for people found by username, on a clock that it moves."""

    def __init__(self, scenario: Scenario, person: Callable[[str], Person], time: Time) -> None:
        self._scenario = scenario
        self._person = person
        self._time = time
        self.instance_key = 0
        self.case_number: str | None = None

    def start(self, **values: Any) -> None:
        """Start the process with the scenario's values, under those given here, and let it run to its waits."""
        told = self._scenario.start
        filled = {**told["values"], **values}
        by = self._person(told["by"])
        with unit_of_work() as session:
            if "message" in told:
                messages.publish(session, name=told["message"], correlation_key="", variables=filled, by=by)
            else:
                started = instances.start_from_form(session, self._scenario.process_id, values=filled, by=by)
                self.instance_key, self.case_number = started.instance_key, started.case_number
        drain()
        if "message" in told:
            with reading() as session:
                self.instance_key, self.case_number = cases.newest(session)

    def play(self, *, steps: int | None = None, pause: timedelta = timedelta(0)) -> None:
        """Do the first `steps` steps, all of them by default, a `pause` before each."""
        for told in self._scenario.steps[:steps]:
            self._time.now += pause
            self.do(told)

    def do(self, told: Told) -> None:
        """Do one step, and what follows from it by itself.

        Raises LookupError when its user task is not open, telling what is, or when a refusal did not come.
        """
        if "advance" in told:
            self._time.now = feel.add_duration(self._time.now, told["advance"])
        elif "message" in told:
            with unit_of_work() as session:
                messages.publish(
                    session,
                    name=told["message"],
                    correlation_key=self.case_number,
                    variables=told.get("variables", {}),
                    by=self._person(told["by"]),
                )
        elif told.get("refused"):
            self._be_refused(told)
        else:
            self._complete(told)
        drain()

    def _be_refused(self, told: Told) -> None:
        try:
            self._complete(told)
        except NotAllowed as refused:
            with unit_of_work() as session:
                user_tasks.note_refusal(session, refused, by=self._person(told["by"]))
            return
        raise LookupError(f"{told['by']} was allowed to complete {told['element']}, and should not be")

    def _complete(self, told: Told) -> None:
        by = self._person(told["by"])
        with unit_of_work() as session:
            open_tasks = user_tasks.open_under(session, self.instance_key)
            here = [task for task in open_tasks if task.element_id == told["element"]]
            # Of a multi-instance task, the one that this person may do.
            mine = [task for task in here if access.may(by, Action.CLAIM_USER_TASK, task)]
            if not here:
                names = ", ".join(task.element_id for task in open_tasks) or "none"
                raise LookupError(f"{told['element']} is not open for {by.username}; open: {names}")
            key = (mine or here)[0].key
            user_tasks.claim(session, key, by=by)
            filled = user_tasks.open_task(session, key, by=by).values
            user_tasks.complete(session, key, by=by, values=filled | told.get("values", {}))
