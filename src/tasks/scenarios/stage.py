"""Where stories play: each in a fresh copy of one prepared database, never in that of an installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from laneway.engine import accounts, clock, database
from laneway.engine.database import reading, schema, unit_of_work
from laneway.engine.database.scratch import Scratch
from laneway.engine.model import Person
from laneway.records.scenarios import wording
from laneway.records.scenarios.format import Scenario
from laneway.records.scenarios.wording import Words
from laneway.tasks import preparing
from laneway.tasks.scenarios.moving import MovableClock
from laneway.tasks.scenarios.playing import Outcome, play
from laneway.tasks.scenarios.stopped import Stopped

ZONE = "Asia/Shanghai"
"""The department's time zone in stories, whatever the installation's is."""


class Stage:
    """Plays stories of a folder of processes. This process must not be connected to any other database meanwhile."""

    def __init__(self, processes: Path, server_url: str = "") -> None:
        """SQLite, or a PostgreSQL server by the address of one of its databases. Raises as `Scratch` does."""
        self._processes = processes
        self._scratch = Scratch(server_url)
        self._template = ""
        self._people: dict[str, Person] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Prepare the database that is copied. Raises Refused when a file of the folder cannot run."""
        with ExitStack() as opening:
            opening.enter_context(self._scratch)
            self._prepare()
            self._open = opening.pop_all()
        return self

    def _prepare(self) -> None:
        self._template = self._scratch.new()
        with _connected(self._template) as engine:
            schema.upgrade(engine)
            with unit_of_work() as session:
                preparing.bring_in_records(session, demo=False)
                preparing.bring_in_people(session)
            preparing.bring_in_processes(self._processes)
            with reading() as session:
                people = [account.person for account in accounts.list_people(session)]
        self._people = {person.username: person for person in people}

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._open.close()

    def play(self, scenario: Scenario) -> tuple[Outcome, Words]:
        """Play one story from its beginning; how it went, and how the things in it are called."""
        with self.copy(scenario) as time:
            outcome = play(scenario, self.person, time)
            with reading() as session:
                return outcome, wording.words_for(session, scenario)

    def person(self, username: str) -> Person:
        """Someone of the demonstration. Raises Stopped."""
        if username not in self._people:
            raise Stopped(f"没有用户 {username}", f"nobody is called {username}")
        return self._people[username]

    @contextmanager
    def copy(self, scenario: Scenario) -> Iterator[MovableClock]:
        """A fresh database, connected, at the time at which the story begins."""
        url = self._scratch.new(self._template)
        time = MovableClock(scenario.given.now)
        zone_before = clock.zone()
        clock.set_zone(ZoneInfo(ZONE))
        try:
            with _connected(url):
                with unit_of_work() as session:
                    preparing.bring_in_samples(session)
                yield time
        finally:
            clock.set_zone(zone_before)
            time.release()
            self._scratch.drop(url)


@contextmanager
def _connected(url: str) -> Iterator[Any]:
    engine = database.connect(url)
    try:
        yield engine
    finally:
        database.disconnect()
