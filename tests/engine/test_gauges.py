"""What operators watch is counted right, cheaply, and does not fail with the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from laneway.engine import gauges, jobs, suspension, workers
from laneway.engine.gauges import Gauges


def counted(engine: Any) -> dict[str, dict[tuple[str, ...], float]]:
    with engine.database.reading() as session:
        return {gauge.name: dict(gauge.samples) for gauge in gauges.count(session)}


def test_an_idle_installation_has_nothing_waiting(engine: Any) -> None:
    found = counted(engine)
    assert found["laneway_jobs_ready"] == {}
    assert found["laneway_timers_overdue"] == {(): 0}
    assert found["laneway_effects_waiting"] == {(): 0}
    assert found["laneway_outbox_oldest_seconds"] == {(): 0}
    assert found["laneway_workers"] == {(): 0}


def test_what_waits_is_counted_with_its_age(engine: Any, draw: Any, frozen_clock: Any) -> None:
    late = draw.node("intermediateCatchEvent", "t", draw.timer("PT1H"))
    ways = (
        draw.way("start", "split")
        + draw.flow("split", "j")
        + draw.flow("split", "u")
        + draw.flow("split", "t")
    )
    diagram = draw.process(
        draw.start(), draw.gateway("parallel", "split"), draw.job("j"), draw.user("u"), late, ways
    )
    engine.deploy(draw.file(diagram))
    for _number in range(3):
        engine.start()
    frozen_clock.advance(hours=1, minutes=1)
    (leased,) = engine.lease()
    found = counted(engine)
    assert found["laneway_jobs_ready"] == {("work",): 2}
    assert found["laneway_jobs_leased"] == {("work",): 1}
    assert found["laneway_job_oldest_seconds"] == {("work",): 3660}
    assert found["laneway_timers_overdue"] == {(): 3}
    assert found["laneway_timer_lag_seconds"] == {(): 60}
    assert found["laneway_process_instances_open"] == {("P", "ACTIVE"): 3}
    assert found["laneway_user_tasks_open"] == {(): 3}
    assert found["laneway_user_tasks_overdue"] == {(): 0}
    engine.call(jobs.fail, leased.key, retries=0, message="no line")
    found = counted(engine)
    assert found["laneway_jobs_failed"] == {("work",): 1}
    assert found["laneway_incidents_open"] == {("JOB_NO_RETRIES",): 1}


def test_what_a_suspended_case_waits_for_raises_no_alarm(
    engine: Any, draw: Any, admin: Any, frozen_clock: Any
) -> None:
    engine.deploy(
        draw.file(draw.process(draw.start(), draw.job("j"), draw.end(), draw.way("start", "j", "end")))
    )
    key = engine.start()
    engine.call(suspension.suspend, key, by=admin, reason="waits for the customer")
    assert counted(engine)["laneway_jobs_ready"] == {}
    assert counted(engine)["laneway_process_instances_open"] == {("P", "SUSPENDED"): 1}


def test_the_figures_are_kept_for_a_while(engine: Any) -> None:
    watched = Gauges(kept_seconds=60)
    before = {gauge.name: gauge.samples for gauge in watched.read()}
    workers.beat("w", host="h", pid=1, version="1", kinds=(), is_first=True)
    after = {gauge.name: gauge.samples for gauge in watched.read()}
    assert before["laneway_workers"] == after["laneway_workers"]
    anew = {gauge.name: gauge.samples for gauge in Gauges().read()}
    assert list(anew["laneway_workers"]) == [((), 1)]


def test_a_database_that_does_not_answer_is_a_figure_too(engine: Any) -> None:
    engine.database.disconnect()
    assert [(gauge.name, list(gauge.samples)) for gauge in Gauges().read()] == [
        ("laneway_database_up", [((), 0)])
    ]


def test_jobs_are_counted_through_the_index_of_what_waits(engine: Any) -> None:
    """Not by reading all jobs that ever were."""
    ask = "SELECT type, count(*) FROM job WHERE state IN ('CREATED', 'FAILED') AND retries > 0 GROUP BY type"
    with engine.database.reading() as session:
        if engine.database.is_postgresql():
            session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = session.execute(text(f"EXPLAIN {ask}")).all()
        else:
            plan = session.execute(text(f"EXPLAIN QUERY PLAN {ask}")).all()
    assert "ix_job_waiting" in str(plan)
