"""Signs of life of workers: who lives, who is silent, and who is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from laneway.engine import database as laneway_database
from laneway.engine import tables
from laneway.engine.monitoring import workers
from laneway.engine.monitoring.workers import WorkerProcess


def beat(name: str, *, is_first: bool = False) -> None:
    kinds = ("jobs", "timers")
    workers.beat(name, host="host-a", pid=7, version="1.2.3", kinds=kinds, is_first=is_first)


def everyone() -> dict[str, WorkerProcess]:
    with laneway_database.reading() as session:
        return {one.name: one for one in workers.everyone(session)}


def age(name: str, span: timedelta) -> None:
    """Let the last sign of life of a worker be so long ago."""
    with laneway_database.unit_of_work() as session:
        this = tables.worker.c.name == name
        session.execute(update(tables.worker).where(this).values(seen_at=datetime.now(UTC) - span))


def test_a_worker_that_beats_is_alive_and_shows_since_when(database: Any) -> None:
    beat("w", is_first=True)
    started = everyone()["w"].started_at
    beat("w")
    one = everyone()["w"]
    assert one.is_alive
    assert (one.host, one.pid, one.version, one.kinds) == ("host-a", 7, "1.2.3", ("jobs", "timers"))
    assert one.started_at == started <= one.seen_at
    with database.reading() as session:
        assert workers.alive(session) == 1
        assert workers.silence(session) < workers.DEAD_AFTER_SECONDS


def test_a_worker_that_says_nothing_counts_as_dead_and_is_forgotten_after_a_day(database: Any) -> None:
    beat("w", is_first=True)
    age("w", timedelta(seconds=16))
    assert not everyone()["w"].is_alive
    with database.reading() as session:
        assert workers.alive(session) == 0
        assert workers.silence(session) >= 15
    age("w", timedelta(hours=23))
    beat("other", is_first=True)
    assert set(everyone()) == {"w", "other"}
    age("w", timedelta(hours=25))
    beat("another", is_first=True)
    assert set(everyone()) == {"other", "another"}


def test_a_worker_whose_row_was_lost_puts_itself_back(database: Any) -> None:
    beat("w", is_first=True)
    workers.leave("w")
    assert everyone() == {}
    beat("w")
    assert everyone()["w"].is_alive


def test_a_worker_of_the_same_name_begins_anew(database: Any) -> None:
    beat("w", is_first=True)
    age("w", timedelta(hours=2))
    before = everyone()["w"].started_at
    beat("w", is_first=True)
    assert everyone()["w"].started_at > before


def test_a_sign_of_life_wakes_nobody(database: Any) -> None:
    woken: list[bool] = []
    forget = database.on_commit(lambda: woken.append(True))
    beat("w", is_first=True)
    beat("w")
    forget()
    assert woken == []


def test_the_jobs_that_a_worker_has_taken_are_counted(engine: Any, draw: Any) -> None:
    engine.deploy(
        draw.file(draw.process(draw.start(), draw.job("j"), draw.end(), draw.way("start", "j", "end")))
    )
    for _number in range(3):
        engine.start()
    engine.lease(worker="w", limit=2)
    beat("w", is_first=True)
    beat("idle", is_first=True)
    found = everyone()
    assert (found["w"].jobs_running, found["idle"].jobs_running) == (2, 0)


def test_nobody_has_ever_lived_in_a_new_database(database: Any) -> None:
    with database.reading() as session:
        assert workers.silence(session) is None
        assert workers.everyone(session) == []
