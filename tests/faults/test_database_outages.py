"""T8 and T9: the database goes away and comes back, or drops connections, while cases run and people work."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from laneway.engine import database

from ..conftest import prepare  # noqa: TID252  # a conftest has no absolute name
from . import oracle
from .crew import Crew, wait_until
from .ledger import Ledger
from .models import Model, random_models
from .outages import Breakable, OwnFile, OwnServer
from .people import People


@pytest.fixture
def breakable(kind: str, sqlite_url: str, password_hash: str) -> Iterator[Breakable]:
    """This test's own database, on either kind."""
    if kind == "sqlite":
        yield OwnFile(Path(sqlite_url.removeprefix("sqlite:///")))
        return
    server = OwnServer()
    prepare(server.url, password_hash)
    yield server
    database.disconnect()
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(breakable: Breakable) -> str:
    return breakable.url


class Work:
    """Cases that run and people who work at them, while something happens to the database."""

    def __init__(self, crew: Crew, models: list[Model], seed: int) -> None:
        self._crew, self._models = crew, models
        self._people = People(lambda: [web.address for web in crew.alive("web")], seed)
        self._expected: dict[str, Any] = {}
        self._cases: dict[int, Model] = {}

    def prepare(self, expected: dict[str, Any], cases: int) -> None:
        """Everything that must be there before the database goes away."""
        self._expected = expected
        oracle.deploy(self._models)
        self._crew.start("web", "worker")
        self._crew.effects_file.write_text("")
        for number in range(cases):
            model = self._models[number % len(self._models)]
            self._cases[oracle.start(model, f"case{number}")] = model
            self._people.publish(model.messages, f"case{number}")

    def go_on_during(self, fault: Callable[[], None]) -> float:
        """Work while the fault happens; returns how long it took until everything was done, from its end on."""
        self._people.start()
        try:
            time.sleep(0.5)
            fault()
            ended = time.monotonic()
            wait_until(oracle.is_quiet, seconds=120, pause=0.2)
            return time.monotonic() - ended
        finally:
            self._people.stop()

    def judge(self) -> oracle.Tally:
        """What came of it: no answer may have been an error of ours, no process may have died."""
        tally = oracle.judge_all(self._cases, self._expected)
        tally.problems += self._people.failures
        if len(self._crew.alive()) != 2:
            tally.problems.append(f"a process died of it: {self._crew.logs()[-2000:]}")
        return tally

    @property
    def answers(self) -> dict[int, int]:
        return dict(sorted(self._people.answers.items()))


@pytest.fixture
def work(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    seed: int,
    scale: Any,
    sqlite_template: Path,
    tmp_path: Path,
    mei: Any,
) -> Work:
    models = random_models(scale(6, 40), seed)
    crew = new_crew(FAULTS_PAUSE=0.1)
    expected = oracle.undisturbed(models, sqlite_template, tmp_path, mei)
    connected()
    begun = Work(crew, models, seed)
    begun.prepare(expected, scale(12, 200))
    return begun


def test_a_database_that_goes_away_costs_time_and_nothing_else(
    work: Work, breakable: Breakable, kind: str, seed: int, scale: Any, ledger: Ledger
) -> None:
    seconds, times = scale(3, 30), scale(1, 5)

    def fault() -> None:
        for _ in range(times):
            breakable.take_away(seconds)
            time.sleep(1)

    drained = work.go_on_during(fault)
    tally = work.judge()
    note = f"{seconds} s away each time; drained {drained:.0f} s after; answers {work.answers}"
    ledger.enter("T8 database away", kind, seed, tally, cases=scale(12, 200), faults=times, note=note)
    assert drained <= 60


def test_connections_that_are_cut_at_random_cost_time_and_nothing_else(
    work: Work, breakable: Breakable, kind: str, seed: int, scale: Any, ledger: Ledger
) -> None:
    times = scale(15, 100)
    drained = work.go_on_during(lambda: breakable.disturb(random.Random(seed), times))
    tally = work.judge()
    note = f"drained {drained:.0f} s after; answers {work.answers}"
    ledger.enter("T9 connections cut", kind, seed, tally, cases=scale(12, 200), faults=times, note=note)
