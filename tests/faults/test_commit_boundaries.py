"""T2: the process dies at every single commit, just before and just after it; then another one goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from laneway.engine.database import storage

from . import oracle
from .crew import Crew
from .ledger import Ledger
from .models import Model, random_models
from .oracle import Tally
from .steps import live


def die_at(moment: str, commit: int) -> None:
    """Let this process die at its n-th commit: before anything of it is sent, or when the database has answered."""
    seen, send = count(1), storage.commit

    def die(_session: Session) -> None:
        if next(seen) == commit:
            os.kill(os.getpid(), signal.SIGKILL)

    def die_or_send(session: Session) -> None:
        die(session)
        send(session)

    if moment == "before":
        storage.commit = die_or_send
    else:
        event.listen(Session, "after_commit", die)


class Mortal:
    """A process that lives a case to its end, publishing, completing and working, or dies on the way."""

    def __init__(self, model: Model, url: str, database: ModuleType, clock: Any, person: Any) -> None:
        self._model, self._url, self._database = model, url, database
        self._clock, self._person = clock, person

    def live(self, key: int, case: str) -> None:
        """Live the case in this very process."""
        live(
            lambda: self._act(key, case),
            self._clock.advance,
            is_over=lambda: not oracle.is_open(key) and oracle.is_quiet(),
        )

    def _act(self, key: int, case: str) -> int:
        oracle.publish_all(self._model, case, by=self._person)
        return oracle.complete_open_tasks(key, by=self._person)

    def dies(self, key: int, case: str, *, commit: int, moment: str) -> bool:
        """Live the case in a child of this process; whether that was killed at its n-th commit."""
        self._database.disconnect()
        child = os.fork()
        if child == 0:
            try:
                self._database.connect(self._url)
                die_at(moment, commit)
                self.live(key, case)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        self._database.connect(self._url)
        return os.WIFSIGNALED(status)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_every_case_ends_once_and_whole_wherever_its_process_dies(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    frozen_clock: Any,
    database_url: str,
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
    sqlite_template: Path,
    tmp_path: Path,
    mei: Any,
    moment: str,
) -> None:
    models = random_models(scale(3, 12), seed)
    crew = new_crew()
    expected = oracle.undisturbed(models, sqlite_template, tmp_path, mei, still=frozen_clock)
    database = connected()
    oracle.deploy(models)
    crew.effects_file.write_text("")
    step = 1 if scale.is_long else 7
    tally, deaths, cases = Tally(), 0, 0
    for model in models:
        mortal = Mortal(model, database_url, database, frozen_clock, mei)
        for commit in count(1 + seed % step, step):
            case = f"{model.process_id}-{commit}"
            key = oracle.start(model, case)
            has_died = mortal.dies(key, case, commit=commit, moment=moment)
            frozen_clock.advance(seconds=60)
            mortal.live(key, case)
            tally += oracle.judge(model, key, expected[model.process_id])
            cases, deaths = cases + 1, deaths + has_died
            if not has_died:
                break
    tally += oracle.left_over()
    ledger.enter(
        f"T2 dies {moment} commit", kind, seed, tally, cases=cases, faults=deaths, repeats=crew.repeats()
    )
    assert deaths >= len(models)
