"""Plays the steps of a story for people found by username, and remembers the cases that they opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from laneway.engine import database
from laneway.engine.database import unit_of_work
from laneway.engine.model import Person
from laneway.errors import NotFound
from laneway.records import catalogue
from laneway.records.kinds import store
from laneway.records.scenarios.format import Scenario, Step, Told
from laneway.tasks.draining import drain
from laneway.tasks.scenarios import steps
from laneway.tasks.scenarios.moving import Time
from laneway.tasks.scenarios.stopped import Stopped

_NUMBER = re.compile(r"\{case(?::([\w-]+))?\}")


@dataclass(frozen=True)
class Played:
    """A case of the story."""

    instance_key: int
    case_number: str | None

    @property
    def number(self) -> str:
        """The case's number, or the key that stands in for it."""
        return self.case_number or str(self.instance_key)


class Player:
    """Plays one story. Its time is set to the story's beginning, or with `begins` all its times are moved to then."""

    def __init__(
        self,
        scenario: Scenario,
        person: Callable[[str], Person],
        time: Time,
        *,
        begins: datetime | None = None,
    ) -> None:
        self.scenario = scenario
        self.person = person
        self.time = time
        self.cases: dict[str, Played] = {}
        self.done = 0
        """How many steps have been played."""
        self.mark = 0
        """A key between everything from before the last step and what it made."""
        self.changes: Told = {}
        """Values that take the place of those of the first start."""
        self._later = timedelta(0) if begins is None else begins - scenario.given.now

    # -- the story

    def begin(self) -> None:
        """Bring in what is given. A record that is there already is changed, but not where the story is moved in time."""
        self.time.now = self.moved(self.scenario.given.now)
        if self.scenario.given.calendar:
            calendar = catalogue.kind("calendar")
            with unit_of_work() as session:
                key = store.key_of(session, calendar, self.scenario.given.calendar)
                store.change(session, calendar, key, {"is_default": True}, by=None)
        for told in self.scenario.given.records:
            kind, values = catalogue.kind(told["kind"]), self.filled(dict(told))
            del values["kind"]
            with unit_of_work() as session:
                try:
                    key = store.key_of(session, kind, str(values.get(kind.code)))
                except NotFound:
                    store.create(session, kind, values, by=None, reason=self.scenario.title.en)
                    continue
                if not self._later:
                    store.change(session, kind, key, values, by=None, reason=self.scenario.title.en)

    def start(self, **values: Any) -> None:
        """Begin, and play until a case is open; `values` take the place of those that its start form is given."""
        self.changes = values
        self.begin()
        while not self.cases:
            self.do(self.scenario.steps[self.done])

    def play(self, *, steps: int | None = None, pause: timedelta = timedelta(0)) -> None:
        """Do the next `steps` steps, all that are left by default, a `pause` before each."""
        left = self.scenario.steps[self.done :]
        for step in left[:steps]:
            self.time.now += pause
            self.do(step)

    def do(self, step: Step) -> None:
        """Do one step, and what follows from it by itself.

        Raises Stopped when it cannot be done, telling what is there instead, or when a refusal did not come.
        """
        self.mark = database.new_key()
        steps.DO[step.verb](self, step.told)
        drain()
        self.done += 1

    # -- what steps ask

    def case(self, told: Told) -> Played:
        """The case that a step tells of: `of`, else the first one of the story. Raises Stopped."""
        return self.named(told.get("of"))

    def named(self, name: str | None) -> Played:
        """The case of this name, the first one without. Raises Stopped."""
        if name is None:
            if not self.cases:
                raise Stopped("还没有案件", "no case has been opened yet")
            return next(iter(self.cases.values()))
        if name not in self.cases:
            raise Stopped(f"没有名为 {name} 的案件", f"no case is called {name}")
        return self.cases[name]

    def opened(self, told: Told, instance_key: int, case_number: str | None) -> Played:
        """Remember a case, under the name that `as` gives it."""
        found = Played(instance_key, case_number)
        self.cases[told.get("as", f"#{len(self.cases) + 1}")] = found
        return found

    @property
    def instance_key(self) -> int:
        """The instance of the first case. Raises Stopped before there is one."""
        return self.named(None).instance_key

    @property
    def case_number(self) -> str | None:
        """The number of the first case, if its process gives one."""
        return self.named(None).case_number

    def moved(self, moment: datetime) -> datetime:
        """A moment of the story in the time in which it is played."""
        return moment + self._later

    def filled(self, value: Any) -> Any:
        """A value of the file as it is entered: times in the time of this play, `{case}` as the number of the case."""
        if isinstance(value, datetime):
            return self.moved(value).isoformat()
        if isinstance(value, date):
            return (value + timedelta(days=self._later.days)).isoformat()
        if isinstance(value, str):
            return _NUMBER.sub(lambda found: self.named(found[1]).number, value)
        if isinstance(value, Mapping):
            return {name: self.filled(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(inner) for inner in value]
        return value

    def entered(self, known: Told, told: Told) -> dict[str, Any]:
        """What a form is sent with: what it shows, under `values`, less what `without` names."""
        given = self.filled(dict(told.get("values", {})))
        left_out = told.get("without", ())
        return {name: value for name, value in (dict(known) | given).items() if name not in left_out}
