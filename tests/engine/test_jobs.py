"""Jobs: lease, report, failure with backoff, retries, incidents, BPMN errors, lost leases, mails once."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import jobs, tables
from laneway.engine.jobs import Mail
from laneway.errors import Conflict, NotFound
from laneway.tasks import worker
from laneway.testing import drain


@pytest.fixture
def deployed(engine: Any, draw: Any) -> Any:
    body = (
        draw.start()
        + draw.job("j", extra=draw.mapping(inputs={"own": "=x * 2"}, outputs={"y": "=z + 1"}))
        + draw.boundary("failed", "j", draw.error)
        + draw.user("repair")
        + draw.end()
        + draw.way("start", "j", "end")
        + draw.way("failed", "repair")
    )
    engine.deploy(draw.file(draw.process(body)))
    return engine


def test_a_job_is_leased_to_one_worker_and_its_result_is_mapped(deployed: Any) -> None:
    key = deployed.start(x=4)
    (leased,) = deployed.lease(limit=5)
    assert leased.variables == {"x": 4, "own": 8}
    assert (leased.retries, leased.element_id, leased.process_id) == (3, "j", "P")
    assert deployed.lease(worker="other") == []
    deployed.call(jobs.complete, leased.key, variables={"z": 1}, worker="w")
    assert deployed.instance(key).state == "COMPLETED"
    assert deployed.variables(key) == {"x": 4, "y": 2}
    with pytest.raises(Conflict):
        deployed.call(jobs.complete, leased.key, variables={}, worker="w")
    with pytest.raises(NotFound):
        deployed.call(jobs.complete, 1, variables={})


def test_a_failed_job_waits_before_its_next_try_and_ends_as_an_incident(
    deployed: Any, frozen_clock: Any
) -> None:
    key = deployed.start(x=1)
    (leased,) = deployed.lease()
    deployed.call(jobs.fail, leased.key, retries=1, message="no line", backoff_seconds=30, worker="w")
    assert deployed.lease() == []
    frozen_clock.advance(seconds=30)
    (leased,) = deployed.lease()
    assert leased.retries == 1
    deployed.call(jobs.fail, leased.key, retries=0, message="still no line", worker="w")
    frozen_clock.advance(hours=1)
    assert deployed.lease() == []
    (incident,) = deployed.incidents(key)
    assert (incident.type, incident.message) == ("JOB_NO_RETRIES", "still no line")
    assert deployed.instance(key).has_incident
    deployed.resolve(key)
    assert not deployed.instance(key).has_incident
    assert deployed.incidents(key) == []
    deployed.work(z=1)
    assert deployed.instance(key).state == "COMPLETED"


def test_a_bpmn_error_takes_the_path_of_the_diagram(deployed: Any) -> None:
    key = deployed.start(x=1)
    (leased,) = deployed.lease()
    deployed.call(
        jobs.throw_error, leased.key, code="E", message="no stock", variables={"left": 0}, worker="w"
    )
    assert deployed.instance(key).waiting_at == ["repair"]
    assert deployed.variables(key)["left"] == 0
    assert deployed.job().state == "ERROR_THROWN"


def test_an_error_nobody_catches_is_an_incident_and_the_retry_a_new_job(deployed: Any) -> None:
    key = deployed.start(x=1)
    (leased,) = deployed.lease()
    deployed.call(jobs.throw_error, leased.key, code="unknown", message="hm", worker="w")
    (incident,) = deployed.incidents(key)
    assert incident.type == "UNHANDLED_ERROR_EVENT"
    deployed.resolve(key)
    (again,) = deployed.lease()
    assert again.key != leased.key
    deployed.call(jobs.complete, again.key, variables={"z": 1}, worker="w")
    assert deployed.instance(key).state == "COMPLETED"


def test_a_lost_lease_costs_a_retry_and_the_late_report_is_dropped(deployed: Any, frozen_clock: Any) -> None:
    key = deployed.start(x=1)
    (leased,) = deployed.lease(seconds=10)
    frozen_clock.advance(seconds=11)
    assert worker.expire_lease()
    assert not worker.expire_lease()
    (again,) = deployed.lease(worker="second")
    assert (again.key, again.retries) == (leased.key, 2)
    with pytest.raises(Conflict) as refused:
        deployed.call(jobs.complete, leased.key, variables={"z": 1}, worker="w")
    assert refused.value.code == "job_lease_lost"
    deployed.call(jobs.complete, again.key, variables={"z": 1}, worker="second")
    assert deployed.events(key).count("job_completed j") == 1


def test_work_that_always_kills_its_worker_ends_as_an_incident(deployed: Any, frozen_clock: Any) -> None:
    key = deployed.start(x=1)
    for _ in range(3):
        assert deployed.lease(seconds=10)
        frozen_clock.advance(seconds=11)
        assert worker.expire_lease()
    assert deployed.lease() == []
    assert len(deployed.incidents(key)) == 1


def test_the_incident_of_a_failed_job_ends_with_its_step(engine: Any, draw: Any, frozen_clock: Any) -> None:
    body = (
        draw.start()
        + draw.job("j", retries="1")
        + draw.boundary("late", "j", draw.timer("PT1H"))
        + draw.user("next")
        + draw.way("start", "j")
        + draw.way("late", "next")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    (leased,) = engine.lease()
    engine.call(jobs.fail, leased.key, retries=0, message="broken", worker="w")
    assert len(engine.incidents(key)) == 1
    frozen_clock.advance(hours=1)
    drain()
    assert engine.incidents(key) == []
    assert not engine.instance(key).has_incident
    assert engine.job().state == "CANCELED"


def test_more_retries_bring_a_job_back(deployed: Any, admin: Any) -> None:
    deployed.start(x=1)
    (leased,) = deployed.lease()
    deployed.call(jobs.fail, leased.key, retries=0, message="broken", worker="w")
    deployed.call(jobs.update_retries, leased.key, retries=2, by=admin)
    (again,) = deployed.lease()
    assert again.retries == 2


def test_mails_leave_with_the_report_each_once(deployed: Any) -> None:
    deployed.start(x=1)
    (leased,) = deployed.lease()
    mails = [Mail("a@example.com", "One", "text"), Mail("b@example.com", "Two", "text")]
    deployed.call(jobs.complete, leased.key, variables={"z": 1}, mails=mails, worker="w")
    with pytest.raises(Conflict):
        deployed.call(jobs.complete, leased.key, variables={"z": 1}, mails=mails, worker="w")
    rows = deployed.rows(tables.outgoing)
    assert [row.recipient for row in rows] == ["a@example.com", "b@example.com"]
    assert len({row.dedupe_key for row in rows}) == 2


def test_mails_of_a_report_that_fails_do_not_leave(deployed: Any) -> None:
    key = deployed.start(x=1)
    (leased,) = deployed.lease()

    def report_and_die(session: Any) -> None:
        jobs.complete(session, leased.key, variables={"z": 1}, mails=[Mail("a@example.com", "One", "text")])
        raise RuntimeError("the process dies here")

    with pytest.raises(RuntimeError):
        deployed.call(report_and_die)
    assert deployed.rows(tables.outgoing) == []
    assert deployed.instance(key).state == "ACTIVE"
    assert deployed.job().state == "ACTIVATED"
