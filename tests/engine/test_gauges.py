"""What operators watch is counted right, cheaply, and does not fail with the database."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event

from laneway.engine import jobs
from laneway.engine.monitoring import gauges, workers
from laneway.engine.monitoring.gauges import Gauges
from laneway.engine.operations import suspension


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
    assert found["laneway_process_instances_open"] == {("P",): 3}
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
    assert counted(engine)["laneway_process_instances_open"] == {("P",): 1}


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


def test_no_figure_reads_a_whole_table_that_grows(engine: Any) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        asked.append((statement, parameters))

    event.listen(engine.database.engine(), "before_cursor_execute", note)
    counted(engine)
    event.remove(engine.database.engine(), "before_cursor_execute", note)
    is_postgresql = engine.database.is_postgresql()
    plans = []
    with engine.database.engine().connect() as connection:
        if is_postgresql:  # which reads a small table whole, whatever index there is
            connection.exec_driver_sql("SET enable_seqscan = off")
        explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
        for statement, parameters in asked:
            if statement.lstrip().startswith("SELECT"):
                plans.append(str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all()))
    assert len(plans) > 10
    whole = re.compile(r"Seq Scan on (\w+)" if is_postgresql else r"SCAN (\w+)\b(?! USING)")
    # Work between instances is done at once, and there are as many workers as processes.
    assert {table for plan in plans for table in whole.findall(plan)} <= {"effect", "worker"}
