"""The ground of the faults: how much is asked of them, the seed, and the table in which each run is entered."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from laneway.engine import database as laneway_database
from laneway.tasks.loader import load_handlers

from .crew import Crew
from .ledger import Ledger

IS_LONG = os.environ.get("FAULTS") == "long"
collect_ignore = [] if IS_LONG else ["cluster"]  # which needs root and a cluster's programs
SEED = 20260302
"""The seed of the short form: the same in every run, so that what breaks in it has been broken by a change."""


@dataclass(frozen=True)
class Scale:
    """Whether this is the short form, and how much the long one asks."""

    is_long: bool
    share: float

    def __call__(self, short: int, long: int) -> int:
        """A number of cases, kills and the like."""
        return max(short, int(long * self.share)) if self.is_long else short


@pytest.fixture(scope="session")
def scale() -> Scale:
    """By the environment: `FAULTS=long` for the long form, `FAULTS_SHARE=0.1` for a tenth of it."""
    return Scale(IS_LONG, float(os.environ.get("FAULTS_SHARE", "1")))


@pytest.fixture
def seed(scale: Scale) -> int:
    """What everything random of a test is drawn from; printed, so that a failure can be had again."""
    drawn = os.environ.get("FAULTS_SEED") or (time.time_ns() % 2**31 if scale.is_long else SEED)
    print(f"FAULTS_SEED={drawn}")  # noqa: T201  # the way to see a failure again
    return int(drawn)


@pytest.fixture
def kind(database_url: str) -> str:
    """`sqlite` or `postgresql`."""
    return database_url.partition(":")[0].partition("+")[0]


@pytest.fixture
def new_crew(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Crew]]:
    """Makes the crew of an installation on this test's database; its handlers work in this process, too."""
    made: list[Crew] = []

    def make(**settings: Any) -> Crew:
        folder = tmp_path / f"crew-{len(made)}"
        folder.mkdir()
        monkeypatch.setenv("FAULTS_FOLDER", str(folder))
        made.append(Crew(folder, database_url, **{name: str(value) for name, value in settings.items()}))
        load_handlers(folder / "processes")
        return made[-1]

    yield make
    for crew in made:
        crew.stop()


@pytest.fixture
def connected(database_url: str) -> Iterator[Callable[[], ModuleType]]:
    """Connects this process to the test's database, once the test has need of it."""

    def connect() -> ModuleType:
        laneway_database.connect(database_url)
        return laneway_database

    yield connect
    laneway_database.disconnect()


@pytest.fixture(scope="session")
def ledger(scale: Scale) -> Ledger:
    """The table of this run; the long form keeps it in the documentation."""
    page = Path(__file__).parents[2] / "docs"
    return Ledger(page / "reliability.json", page / "reliability.md", is_kept=scale.is_long and _is_alone())


def _is_alone() -> bool:
    # Tests that run beside each other slow each other down: their figures are not for the book.
    return "PYTEST_XDIST_WORKER" not in os.environ
