"""Plays a scenario: who does what with which values, in a file beside the process, through the same use cases as people.

A scenario is TOML. `process`, `title_zh`, `title_en`; `[start]` with `by` and `values`; `[[step]]`s, each one of
`element` with `by` and `values` (claim and complete that user task), `message` with `by` and `values` (it is correlated
by the case number), or `advance` (an ISO 8601 duration); `[expect]` with `state`, `end` (the last element), `variables`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from laneway.engine import access, clock, feel, instances, messages, user_tasks
from laneway.engine.access import Action
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person, Text
from laneway.engine.runtime import Started
from laneway.testing.draining import drain


@dataclass(frozen=True)
class Scenario:
    """One story of a process."""

    name: str
    title: Text
    process_id: str
    start: Mapping[str, Any]
    steps: list[Mapping[str, Any]]
    expect: Mapping[str, Any] = field(default_factory=dict)


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file. Raises KeyError or tomllib.TOMLDecodeError when something is missing or broken."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return Scenario(
        path.stem,
        Text(told["title_zh"], told["title_en"]),
        told["process"],
        told["start"],
        told.get("step", []),
        told.get("expect", {}),
    )


class MovableClock:
    """The engine's time while a scenario plays: stands still until moved."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        clock.set_source(lambda: self.now)

    def advance(self, duration: str) -> None:
        """Move on by an ISO 8601 duration."""
        self.now = feel.add_duration(self.now, duration)

    def release(self) -> None:
        """Give the engine the system's time back."""
        clock.set_source(None)


class Player:
    """Plays scenarios for people found by `person`, on a clock that it moves."""

    def __init__(self, person: Callable[[str], Person], time: MovableClock) -> None:
        self._person = person
        self._time = time

    def play(
        self, scenario: Scenario, *, steps: int | None = None, pause: timedelta = timedelta(minutes=1)
    ) -> Started:
        """Start the process and do the first `steps` steps, all of them by default, a `pause` apart.

        Raises LookupError when a step's user task is not open, telling which are.
        """
        with unit_of_work() as session:
            started = instances.start_from_form(
                session,
                scenario.process_id,
                values=scenario.start["values"],
                by=self._person(scenario.start["by"]),
            )
        drain()
        for step in scenario.steps[:steps]:
            self._time.now += pause
            self._do(step, started)
            drain()
        return started

    def _do(self, step: Mapping[str, Any], started: Started) -> None:
        if "advance" in step:
            self._time.advance(step["advance"])
        elif "message" in step:
            with unit_of_work() as session:
                messages.publish(
                    session,
                    name=step["message"],
                    correlation_key=started.case_number,
                    variables=step.get("values", {}),
                    by=self._person(step["by"]),
                )
        else:
            self._complete(step, started)

    def _complete(self, step: Mapping[str, Any], started: Started) -> None:
        by = self._person(step["by"])
        with reading() as session:
            open_tasks = user_tasks.open_under(session, started.instance_key)
        here = [task for task in open_tasks if task.element_id == step["element"]]
        # Of a multi-instance task, the one that this person may do.
        key = next((t.key for t in here if access.may(by, Action.CLAIM_USER_TASK, t)), None)
        if key is None:
            names = ", ".join(task.element_id for task in open_tasks) or "none"
            raise LookupError(f"{step['element']} is not open for {by.username}; open: {names}")
        with unit_of_work() as session:
            user_tasks.claim(session, key, by=by)
            user_tasks.complete(session, key, by=by, values=step.get("values", {}))

