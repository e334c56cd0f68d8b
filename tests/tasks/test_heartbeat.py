"""A worker's signs of life: from its start to its end, through outages of the database."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from laneway import __version__
from laneway.engine import database as laneway_database
from laneway.engine.monitoring import workers
from laneway.tasks.heartbeat import Heartbeat


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BEAT_SECONDS", 0.05)


def everyone() -> list[workers.WorkerProcess]:
    with laneway_database.reading() as session:
        return workers.everyone(session)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_worker_is_on_the_list_from_its_start_to_its_end(database: Any) -> None:
    heartbeat = Heartbeat("w", ["jobs", "mail"])
    heartbeat.start()
    (first,) = everyone()
    assert (first.name, first.kinds, first.version) == ("w", ("jobs", "mail"), __version__)
    wait_until(lambda: everyone()[0].seen_at > first.seen_at)
    assert everyone()[0].started_at == first.started_at
    heartbeat.stop()
    assert everyone() == []


def test_an_outage_is_told_once_and_the_signs_of_life_go_on(
    database: Any, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "laneway.tasks.heartbeat")
    heartbeat = Heartbeat("w", ["jobs"])
    heartbeat.start()
    database.disconnect()
    wait_until(lambda: "heartbeat_failed" in caplog.messages)
    time.sleep(0.3)
    database.connect(database_url)
    wait_until(lambda: "heartbeat_goes_on" in caplog.messages)
    assert [one.name for one in everyone()] == ["w"]
    heartbeat.stop()
    assert caplog.messages == ["heartbeat_failed", "heartbeat_goes_on"]


def test_a_worker_that_cannot_take_itself_off_the_list_stops_all_the_same(
    database: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "laneway.tasks.heartbeat")
    heartbeat = Heartbeat("w", ["jobs"])
    heartbeat.start()
    database.disconnect()
    heartbeat.stop()
    assert caplog.messages[-1] == "heartbeat_not_taken_back"
