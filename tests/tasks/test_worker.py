"""The worker runs handlers between two transactions: results, errors, retries, lost leases, and threads that stop."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import select

from laneway.engine import instances
from laneway.engine.tables import incident, job, outgoing
from laneway.tasks import BpmnError, Job, handler, worker
from laneway.tasks.worker import Worker
from laneway.testing import drain


def row_of(database: Any, table: Any) -> Any:
    with database.reading() as session:
        return session.execute(select(table)).one()


def test_what_a_handler_returns_becomes_variables(database: Any, start: Any, instance: Any) -> None:
    @handler("worker.double")
    def double(job: Job) -> dict[str, Any]:
        assert (job.process_id, job.element_id, job.locale) == ("P", "j", "en")
        job.send_mail(to="a@example.com", subject="Done", body="text")
        return {"twice": job.variables["x"] * 2}

    key = start("worker.double", x=4, language="en")
    assert drain() == 1
    assert instance(key).state == "COMPLETED"
    with database.reading() as session:
        assert instances.variables(session, key)["twice"] == 8
    assert row_of(database, outgoing).subject == "Done"


def test_a_bpmn_error_takes_the_error_path(start: Any, instance: Any) -> None:
    @handler("worker.throws")
    def throws(job: Job) -> None:
        raise BpmnError("E", "out of stock", {"left": 0})

    key = start("worker.throws")
    drain()
    assert instance(key).waiting_at == ["caught"]


def test_any_other_error_costs_a_retry_and_then_asks_a_person(
    database: Any, start: Any, instance: Any, frozen_clock: Any
) -> None:
    tries = []

    @handler("worker.fails")
    def fails(job: Job) -> None:
        tries.append(job.retries)
        raise ValueError("no line")

    key = start("worker.fails")
    drain()
    drain()
    assert tries == [2]
    frozen_clock.advance(minutes=1)
    drain()
    assert tries == [2, 1]
    assert instance(key).has_incident
    assert row_of(database, incident).message == "ValueError: no line"


def test_a_result_that_is_no_json_is_a_failure_and_not_a_crash(
    database: Any, start: Any, frozen_clock: Any
) -> None:
    @handler("worker.odd")
    def odd(job: Job) -> dict[str, Any]:
        return {"thing": object()}

    start("worker.odd")
    drain()
    found = row_of(database, job)
    assert (found.state, found.retries) == ("FAILED", 1)
    assert "JSON" in found.error_message


def test_a_report_that_comes_too_late_is_dropped(
    database: Any, start: Any, instance: Any, frozen_clock: Any
) -> None:
    runs = []

    @handler("worker.slow")
    def slow(job: Job) -> dict[str, Any]:
        runs.append(job.key)
        if len(runs) == 1:
            frozen_clock.advance(seconds=worker.LEASE_SECONDS + 1)
            assert worker.expire_lease()
            assert worker.run_job("another worker")
        return {"by": len(runs)}

    key = start("worker.slow")
    assert worker.run_job("slow worker")
    assert runs[0] == runs[1]
    assert instance(key).state == "COMPLETED"


def test_threads_begin_to_work_as_soon_as_something_is_committed(start: Any, instance: Any) -> None:
    @handler("worker.threads")
    def work(job: Job) -> None:
        return None

    background = Worker(threads=2)
    background.start()
    try:
        began = time.monotonic()
        keys = [start("worker.threads") for _ in range(10)]
        while any(instance(key).state == "ACTIVE" for key in keys) and time.monotonic() < began + 20:
            time.sleep(0.02)
    finally:
        background.stop()
    assert [instance(key).state for key in keys] == ["COMPLETED"] * 10
    key = start("worker.threads")
    time.sleep(0.1)
    assert instance(key).state == "ACTIVE"
