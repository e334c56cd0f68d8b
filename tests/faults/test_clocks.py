"""T10: clocks that are wrong, jump, or follow summer time. A timer never fires before the database says that it is due,
soon after it does, and once for each period.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from laneway.engine import clock, database
from laneway.engine.tables import history_line, process_instance
from laneway.testing import drain

from . import oracle
from .crew import Crew, wait_until
from .ledger import Ledger
from .models import Draw, Model, written
from .oracle import Tally

HOUR, DAY = 3600, 86_400
SKEWS = (HOUR, -HOUR, DAY, -DAY)
SOON = 30.0
WAIT = 2.0
BERLIN = ZoneInfo("Europe/Berlin")


def waiting(draw: Any) -> str:
    return str(draw.node("intermediateCatchEvent", "t", draw.timer("=date and time(due)", "timeDate")))


def test_workers_whose_clocks_are_wrong_fire_timers_by_the_clock_of_the_database(
    new_crew: Callable[..., Crew],
    seed: int,
    scale: Any,
    ledger: Ledger,
    postgresql_only: None,
    connected: Callable[[], Any],
) -> None:
    """Each worker alone, then two that are wrong in opposite ways and take each other's jobs for abandoned."""
    crew, model, tally, cases = new_crew(), written("Wait", waiting), Tally(), 0
    jobs = written("Jobs", lambda draw: draw.job("j", "faults.work", retries="60"))
    connected()
    oracle.deploy([model, jobs])
    crews = [(by,) for by in SKEWS] if scale.is_long else [(-HOUR,)]
    for skews in [*crews, (DAY, -DAY)]:
        workers = [worker for by in skews for worker in crew.start("worker", FAULTS_SKEW=str(by))]
        due = datetime.now(UTC) + timedelta(seconds=WAIT)
        keys = [oracle.start(model, "case", due=due.isoformat()) for _ in range(scale(3, 20))]
        others = [oracle.start(jobs, "case") for _ in range(scale(3, 20))]
        while datetime.now(UTC) < due - timedelta(seconds=0.2):
            early = [key for key in keys if not oracle.is_open(key)]
            if early:
                tally.problems.append(f"{len(early)} timers fired early with a clock of {skews}")
                break
            time.sleep(0.1)
        wait_until(lambda keys=keys + others: not any(map(oracle.is_open, keys)), seconds=WAIT + SOON)
        for key in keys:
            tally += oracle.completed_once(key, ("start", "t", "end"))
        for key in others:
            tally += oracle.completed_once(key, ("start", "j", "end"))
        cases += len(keys) + len(others)
        for worker in workers:
            worker.kill()
    tally += oracle.left_over()
    if crew.repeats():
        tally.problems.append(f"{crew.repeats()} jobs were taken from workers that were alive")
    note = "one hour or day before or behind the database's clock"
    ledger.enter("T10 wrong clocks", "postgresql", seed, tally, cases=cases, faults=len(crews) + 2, note=note)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """PostgreSQL alone where its clock is another than the workers', else both."""
    if "postgresql_only" in request.fixturenames:
        return str(request.getfixturevalue("new_postgresql_database")())
    if request.getfixturevalue("kind") == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return str(request.getfixturevalue("new_postgresql_database")())


@pytest.fixture
def postgresql_only() -> None:
    """SQLite has no clock of its own: the machine's is the database's."""


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def nightly() -> Model:
    """Starts every night at half past two, an hour that summer time takes away once and gives twice once."""
    draw = Draw()
    start = draw.start("start", draw.timer("0 30 2 * * *", "timeCycle"))
    process = draw.process(start, draw.end(), draw.way("start", "end"), id="Nightly")
    return Model("Nightly", 0, draw.file(process), {}, (), True)


@pytest.fixture
def berlin() -> Iterator[ZoneInfo]:
    clock.set_zone(BERLIN)
    yield BERLIN
    clock.set_zone(ZoneInfo("UTC"))


def started_on() -> Counter[str]:
    """The local dates of all starts."""
    with database.reading() as session:
        rows = session.scalars(select(process_instance.c.started_at)).all()
    return Counter(at.astimezone(BERLIN).date().isoformat() for at in rows)


@pytest.mark.parametrize("changes_on", ["2026-03-29", "2026-10-25"])
def test_a_nightly_start_happens_once_a_night_when_clocks_change_and_jump(
    connected: Callable[[], Any],
    kind: str,
    seed: int,
    ledger: Ledger,
    frozen_clock: Any,
    berlin: ZoneInfo,
    changes_on: str,
) -> None:
    connected()
    day = datetime.fromisoformat(f"{changes_on}T12:00").replace(tzinfo=berlin)
    frozen_clock.now = (day - timedelta(days=1)).astimezone(UTC)
    oracle.deploy([nightly()])
    jumps = {8: 1, 9: -1, 30: 24, 31: -24}
    for hour in range(24 * 3):
        drain()
        frozen_clock.advance(hours=1 + jumps.get(hour, 0))
    nights = [(day + timedelta(days=number)).date().isoformat() for number in range(3)]
    found, tally = started_on(), Tally()
    for night in nights:
        if found[night] == 0:
            tally += Tally(lost=1, problems=[f"nothing started on {night}: {dict(found)}"])
        elif found[night] > 1:
            tally += Tally(duplicated=1, problems=[f"{found[night]} starts on {night}"])
    note = "hours and days forward and back, summer time begins" if "-03-" in changes_on else "… ends"
    ledger.enter(f"T10 clock jumps {changes_on}", kind, seed, tally, cases=len(nights), faults=4, note=note)


def test_a_cycle_fires_at_most_once_for_each_period_however_the_clock_jumps(
    connected: Callable[[], Any], kind: str, seed: int, ledger: Ledger, frozen_clock: Any
) -> None:
    """A day that the clock leaps over is one firing, as a standstill would be; a day that comes again is none."""
    model = written("Hourly", hourly, first="u", last="u")
    connected()
    oracle.deploy([model])
    key = oracle.start(model, "case")
    fired = []
    for minutes in (30, 40, -60, 70, 24 * 60, -24 * 60, 30, 24 * 60, 40):
        frozen_clock.advance(minutes=minutes)
        drain()
        drain()
        fired.append(firings(key))
    expected = [0, 1, 1, 1, 2, 2, 2, 2, 3]
    pairs = list(zip(fired, expected, strict=True))
    tally = Tally(
        lost=max(0, *(wanted - found for found, wanted in pairs)),
        duplicated=max(0, *(found - wanted for found, wanted in pairs)),
    )
    ledger.enter("T10 cycle", kind, seed, tally, cases=1, faults=4, note=f"fired {fired}")


def firings(key: int) -> int:
    columns = history_line.c
    of_timer = (columns.instance_key == key) & (columns.event == "timer_fired")
    with database.reading() as session:
        return len(session.scalars(select(columns.seq).where(of_timer)).all())


def hourly(draw: Any) -> str:
    event = draw.timer("R/PT1H", "timeCycle")
    parts = [draw.user("u"), draw.boundary("b", "u", event, interrupting=False), draw.end("noted")]
    return "".join(parts) + str(draw.way("b", "noted"))
