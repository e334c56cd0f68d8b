"""The executor of jobs: time limits, coroutines, progress, what is given back, and a database that goes away."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, select

from laneway.engine import jobs
from laneway.engine.tables import incident, job
from laneway.tasks import BpmnError, Job, handler, keeper, reports, runs, worker
from laneway.tasks.registry import registered
from laneway.tasks.worker import Worker
from laneway.testing import drain


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


@pytest.fixture
def working(database: Any) -> Iterator[Callable[..., Worker]]:
    """Starts workers, and stops them at the end of the test."""
    begun = []

    def begin(**settings: Any) -> Worker:
        one = Worker(**settings)
        one.start()
        begun.append(one)
        return one

    yield begin
    for one in begun:
        one.stop()


@pytest.fixture
def rows(database: Any) -> Callable[[], list[Any]]:
    """All jobs, oldest first."""

    def read() -> list[Any]:
        with database.reading() as session:
            return list(session.execute(select(job).order_by(job.c.key)))

    return read


# -- time limits


def test_a_handler_that_takes_too_long_fails_and_its_thread_is_replaced(
    start: Any, instance: Any, rows: Any, working: Any
) -> None:
    let_go, late = threading.Event(), []

    @handler("exec.hangs", timeout=0.2)
    def hangs(job: Job) -> dict[str, Any]:
        let_go.wait()
        late.append(job.key)
        return {"late": True}

    @handler("exec.quick")
    def quick(job: Job) -> None:
        return None

    slow = start("exec.hangs")
    working(threads=1)
    until(lambda: rows()[0].state == "FAILED")
    assert rows()[0].error_message == "The handler did not end within 0.2 seconds."
    assert rows()[0].retries == 1
    other = start("exec.quick")
    until(lambda: instance(other).state == "COMPLETED")
    let_go.set()
    until(lambda: bool(late))
    time.sleep(0.1)
    assert (instance(slow).state, rows()[0].state) == ("ACTIVE", "FAILED")


def test_a_handler_that_works_for_longer_than_a_lease_keeps_its_job(
    monkeypatch: Any, start: Any, instance: Any, rows: Any, working: Any
) -> None:
    for module in (keeper, runs, worker):
        monkeypatch.setattr(module, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(keeper, "_RENEW_WITHIN_SECONDS", 0.8)
    begun = []

    @handler("exec.long")
    def long(job: Job) -> None:
        begun.append(job.key)
        time.sleep(3)

    key = start("exec.long")
    working()
    working()
    until(lambda: instance(key).state == "COMPLETED")
    assert len(begun) == 1
    assert rows()[0].retries == 2


def test_a_handler_that_ends_the_program_only_fails(start: Any, rows: Any, working: Any) -> None:
    @handler("exec.exits")
    def exits(job: Job) -> None:
        raise SystemExit("enough")

    start("exec.exits")
    working(threads=1)
    until(lambda: rows()[0].state == "FAILED")
    assert rows()[0].error_message == "SystemExit: enough"


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_handler_needs_some_time(timeout: float) -> None:
    with pytest.raises(ValueError, match="some time"):
        handler("exec.none", timeout=timeout)
    assert "exec.none" not in registered()


# -- coroutines


def test_coroutines_run_side_by_side(start: Any, instance: Any, working: Any) -> None:
    here: list[int] = []

    @handler("exec.async")
    async def together(job: Job) -> dict[str, Any]:
        here.append(job.key)
        while len(here) < 12:  # each waits until all are there
            await asyncio.sleep(0.01)
        return {"was": len(here)}

    keys = [start("exec.async") for _number in range(12)]
    working(threads=1, async_jobs=20)
    until(lambda: all(instance(key).state == "COMPLETED" for key in keys))


def test_coroutines_throw_fail_and_are_stopped_in_time(
    start: Any, instance: Any, rows: Any, working: Any
) -> None:
    @handler("exec.async_error")
    async def error(job: Job) -> None:
        raise BpmnError("E", "out of stock")

    @handler("exec.async_fails")
    async def fails(job: Job) -> None:
        raise ValueError("no line")

    @handler("exec.async_sleeps", timeout=0.2)
    async def sleeps(job: Job) -> None:
        await asyncio.sleep(60)

    caught = start("exec.async_error")
    start("exec.async_fails")
    start("exec.async_sleeps")
    working()
    until(lambda: [row.state for row in rows()] == ["ERROR_THROWN", "FAILED", "FAILED"])
    assert instance(caught).waiting_at == ["caught"]
    assert [row.error_message for row in rows()[1:]] == [
        "ValueError: no line",
        "The handler did not end within 0.2 seconds.",
    ]


def test_a_coroutine_that_blocks_the_others_is_left_behind(
    monkeypatch: Any, start: Any, instance: Any, rows: Any, working: Any
) -> None:
    monkeypatch.setattr(keeper, "_ASYNC_GRACE_SECONDS", 0.2)
    let_go = threading.Event()

    @handler("exec.blocks", timeout=0.2)
    async def blocks(job: Job) -> None:
        let_go.wait()

    @handler("exec.async_quick")
    async def quick(job: Job) -> None:
        return None

    start("exec.blocks")
    working()
    until(lambda: rows()[0].state == "FAILED")
    other = start("exec.async_quick")
    until(lambda: instance(other).state == "COMPLETED")
    let_go.set()


def test_coroutines_are_drained_like_any_handler(start: Any, instance: Any) -> None:
    @handler("exec.async_drained")
    async def work(job: Job) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"x": 1}

    key = start("exec.async_drained")
    drain()
    assert instance(key).state == "COMPLETED"


# -- progress


@pytest.mark.parametrize("is_async", [False, True])
def test_progress_is_shown_while_a_handler_works(start: Any, rows: Any, working: Any, is_async: bool) -> None:
    let_go = threading.Event()

    @handler("exec.progress.sync")
    def work(job: Job) -> None:
        job.progress(0.1)
        job.progress(0.4, "4 of 10 pages")
        let_go.wait()

    @handler("exec.progress.async")
    async def work_async(job: Job) -> None:
        job.progress(0.4, "4 of 10 pages")
        while not let_go.is_set():
            await asyncio.sleep(0.01)

    start("exec.progress.async" if is_async else "exec.progress.sync")
    working()
    until(lambda: rows()[0].progress is not None)
    assert (rows()[0].progress, rows()[0].progress_text) == (0.4, "4 of 10 pages")
    let_go.set()


def test_a_progress_beyond_the_whole_is_refused(start: Any, rows: Any, database: Any) -> None:
    @handler("exec.too_far")
    def work(job: Job) -> None:
        job.progress(1.5)

    start("exec.too_far")
    drain()
    assert "not between 0 and 1" in rows()[0].error_message


# -- pauses between tries


def test_pauses_grow_and_differ_a_little(start: Any, rows: Any, frozen_clock: Any) -> None:
    @handler("exec.unlucky")
    def unlucky(job: Job) -> None:
        raise ValueError("not yet")

    start("exec.unlucky")
    drain()
    pause = (rows()[0].retry_at - frozen_clock.now).total_seconds()
    assert 8 <= pause <= 12
    frozen_clock.advance(seconds=13)
    drain()
    assert rows()[0].failures == 2


def test_the_pauses_of_a_diagram_come_before_the_usual_ones(database: Any, start: Any) -> None:
    start("exec.paused")
    with database.unit_of_work() as session:
        (leased,) = jobs.activate(session, types=["exec.paused"], worker="w", lease_seconds=9, limit=1)
    for failures, backoff, usual in (
        (0, [4, 8], 4),
        (1, [4, 8], 8),
        (7, [4, 8], 8),
        (0, None, 10),
        (9, None, 1800),
    ):
        object.__setattr__(leased, "failures", failures)
        object.__setattr__(leased, "backoff", backoff)
        pauses = {reports.pause_after(leased) for _time in range(50)}
        assert 0.8 * usual <= min(pauses) < usual < max(pauses) <= 1.2 * usual


# -- stopping


def test_what_has_not_ended_is_given_to_others_at_once(
    monkeypatch: Any, start: Any, instance: Any, rows: Any, working: Any
) -> None:
    monkeypatch.setattr(worker, "_STOP_SECONDS", 0.3)
    let_go, runs = threading.Event(), []

    @handler("exec.stopped")
    def stopped(job: Job) -> None:
        runs.append(job.key)
        if len(runs) == 1:
            let_go.wait()

    key = start("exec.stopped")
    first = working(threads=1)
    until(lambda: bool(runs))
    first.stop()
    assert (rows()[0].state, rows()[0].retries, rows()[0].worker) == ("CREATED", 2, None)
    working(threads=1)
    until(lambda: instance(key).state == "COMPLETED")
    let_go.set()


def test_a_handler_that_is_nearly_done_is_let_finish(start: Any, instance: Any, working: Any) -> None:
    began = threading.Event()

    @handler("exec.nearly")
    def nearly(job: Job) -> None:
        began.set()
        time.sleep(0.5)

    key = start("exec.nearly")
    one = working(threads=1)
    assert began.wait(20)
    one.stop()
    assert instance(key).state == "COMPLETED"


# -- a database that goes away


class Switch:
    """Takes a database out of reach, and gives it back."""

    def __init__(self, url: str, server: str) -> None:
        self._name = make_url(url).database
        self._server = server

    def off(self) -> None:
        self._run(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false")
        self._run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._name}'")

    def on(self) -> None:
        self._run(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS true")

    def _run(self, statement: Any) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture
def connections_may_be_dropped() -> Iterator[None]:
    """Those that are in use when the database goes away are left to the garbage collection, which psycopg mentions."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.usefixtures("connections_may_be_dropped")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_report_waits_for_the_database_and_nobody_is_bothered(
    database: Any,
    database_url: str,
    postgresql: str,
    start: Any,
    instance: Any,
    rows: Any,
    working: Any,
    caplog: Any,
) -> None:
    switch = Switch(database_url, postgresql)
    began, let_go, runs = threading.Event(), threading.Event(), []

    @handler("exec.outage")
    def work(job: Job) -> None:
        runs.append(job.key)
        began.set()
        let_go.wait()

    key = start("exec.outage")
    with caplog.at_level(logging.INFO, logger="laneway.tasks.worker"):
        working(threads=1)
        assert began.wait(20)
        switch.off()
        let_go.set()
        time.sleep(1.5)
        switch.on()
        until(lambda: instance(key).state == "COMPLETED")
        other = start("exec.outage")
        until(lambda: instance(other).state == "COMPLETED")
    assert len(runs) == 2
    assert [row.retries for row in rows()] == [2, 2]
    with database.reading() as session:
        assert session.execute(select(incident)).all() == []
    assert caplog.messages.count("database_lost") <= 1
