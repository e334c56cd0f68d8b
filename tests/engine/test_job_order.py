"""Which job comes next: priorities, order within an instance, leases that are told apart, pauses of the diagram."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from laneway.engine import clock, jobs, tables, timers
from laneway.errors import Conflict, Refused


def priority(text: str) -> str:
    return f'<zeebe:jobPriorityDefinition priority="{text}"/>'


def properties(**named: str) -> str:
    listed = "".join(
        f'<zeebe:property name="laneway:job:{name}" value="{text}"/>' for name, text in named.items()
    )
    return f"<zeebe:properties>{listed}</zeebe:properties>"


def one_job(draw: Any, *, of_process: str = "", **named: Any) -> Any:
    body = draw.start() + draw.job("j", **named) + draw.end() + draw.way("start", "j", "end")
    extra = f"<extensionElements>{of_process}</extensionElements>" if of_process else ""
    return draw.file(draw.process(extra + body))


def at_once(draw: Any, *ids: str, extra: str = "") -> Any:
    """A process whose jobs are all there from the start."""
    ways = "".join(draw.way("split", id, "end") for id in ids)
    body = (
        draw.start()
        + draw.gateway("parallel", "split")
        + "".join(draw.job(id, extra=extra) for id in ids)
        + draw.end()
        + draw.way("start", "split")
        + ways
    )
    return draw.file(draw.process(body))


# -- priorities


def test_the_highest_priority_comes_first_then_the_oldest(engine: Any, draw: Any) -> None:
    engine.deploy(one_job(draw, extra=priority("=importance")))
    keys = {number: engine.start(importance=value) for number, value in enumerate((5, 50, -3, 50))}
    leased = engine.lease(limit=3)
    assert [job.instance_key for job in leased] == [keys[1], keys[3], keys[0]]
    assert [job.priority for job in leased] == [50, 50, 5]
    (last,) = engine.lease(limit=3)
    assert last.priority == -3


def test_what_a_job_does_not_say_its_process_does(engine: Any, draw: Any) -> None:
    engine.deploy(one_job(draw, of_process=priority("7")))
    engine.start()
    assert engine.job().priority == 7
    engine.deploy(one_job(draw, of_process=priority("7"), extra=priority("9")))
    engine.start()
    assert engine.job().priority == 9
    engine.deploy(one_job(draw))
    engine.start()
    assert engine.job().priority == 0


def test_a_priority_that_is_no_number_is_an_incident(engine: Any, draw: Any) -> None:
    engine.deploy(one_job(draw, extra=priority("=importance")))
    for value in ("high", 2**31):
        key = engine.start(importance=value)
        assert [row.type for row in engine.incidents(key)] == ["EXTRACT_VALUE_ERROR"]
    assert engine.rows(tables.job) == []


def test_a_priority_can_be_changed_while_the_job_waits(engine: Any, draw: Any, admin: Any) -> None:
    engine.deploy(one_job(draw))
    first, second = engine.start(), engine.start()
    engine.call(jobs.update_priority, engine.job(instance_key=second).key, priority=1, by=admin)
    assert [job.instance_key for job in engine.lease(limit=2)] == [second, first]
    assert "job_priority_updated j" in engine.events(second)


def test_many_jobs_of_many_types_are_leased_with_two_statements(engine: Any, draw: Any) -> None:
    ways = "".join(draw.way("split", f"j{n}", "end") for n in range(6))
    body = (
        draw.start()
        + draw.gateway("parallel", "split")
        + "".join(draw.job(f"j{n}", type=f"type{n % 3}") for n in range(6))
        + draw.end()
        + draw.way("start", "split")
        + ways
    )
    engine.deploy(draw.file(draw.process(body)))
    engine.start()
    engine.start()
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine.database.engine(), "before_cursor_execute", note)
    leased = engine.lease("type0", "type1", "type2", limit=10)
    assert [job.key for job in leased] == sorted(job.key for job in leased)
    assert len(leased) == 10
    assert len([text for text in statements if not text.startswith("BEGIN")]) == 2


# -- order within an instance


@pytest.fixture
def in_order(engine: Any, draw: Any) -> Any:
    engine.deploy(at_once(draw, "a", "b", "c", extra=properties(inOrder="true")))
    return engine


def test_jobs_in_order_are_done_one_at_a_time_the_oldest_first(in_order: Any) -> None:
    key, other = in_order.start(), in_order.start()
    done = []
    for _round in range(3):
        leased = {job.instance_key: job for job in in_order.lease(limit=10)}
        assert set(leased) == {key, other}
        assert in_order.lease(limit=10) == []
        done.append(leased[key].element_id)
        for job in leased.values():
            in_order.call(jobs.complete, job.key, variables={}, lease=job.lease)
    assert done == ["a", "b", "c"]
    assert in_order.instance(key).state == "COMPLETED"


def test_a_job_that_failed_holds_back_those_behind_it(in_order: Any, frozen_clock: Any) -> None:
    key = in_order.start()
    (first,) = in_order.lease(limit=10)
    in_order.call(jobs.fail, first.key, retries=1, message="not now", backoff_seconds=30, lease=first.lease)
    assert in_order.lease(limit=10) == []
    frozen_clock.advance(seconds=31)
    (again,) = in_order.lease(limit=10)
    assert again.key == first.key
    in_order.call(jobs.fail, first.key, retries=0, message="never", lease=again.lease)
    assert in_order.lease(limit=10) == []
    in_order.resolve(key)
    assert [job.key for job in in_order.lease(limit=10)] == [first.key]


def test_order_is_kept_however_many_workers_there_are(in_order: Any) -> None:
    keys = [in_order.start() for _number in range(4)]
    busy: Counter[int] = Counter()
    guard, problems, done = threading.Lock(), [], []

    def work(name: str) -> None:
        for _try in range(60):
            for job in in_order.lease(worker=name, limit=2):
                with guard:
                    busy[job.instance_key] += 1
                    if busy[job.instance_key] > 1:
                        problems.append(job)
                    done.append((job.instance_key, job.element_id))
                with guard:
                    busy[job.instance_key] -= 1
                in_order.call(jobs.complete, job.key, variables={}, lease=job.lease)
            if len(done) == 12:
                return

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    for key in keys:
        assert [element for instance, element in done if instance == key] == ["a", "b", "c"]


# -- leases


def test_a_report_of_an_older_lease_is_refused_even_from_the_same_worker(engine: Any, draw: Any) -> None:
    engine.deploy(one_job(draw))
    engine.start()
    (first,) = engine.lease()
    assert engine.call(jobs.give_back, {first.key: first.lease}) == 1
    (second,) = engine.lease()
    assert (second.retries, second.key, second.worker) == (3, first.key, first.worker)
    with pytest.raises(Conflict) as refused:
        engine.call(jobs.complete, first.key, variables={}, worker="w", lease=first.lease)
    assert refused.value.code == "job_lease_lost"
    assert engine.call(jobs.give_back, {first.key: first.lease}) == 0
    engine.call(jobs.complete, second.key, variables={}, worker="w", lease=second.lease)


def test_a_lease_that_is_renewed_does_not_run_out(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(one_job(draw))
    engine.start()
    (leased,) = engine.lease(seconds=10)
    for _turn in range(5):
        frozen_clock.advance(seconds=8)
        assert engine.call(jobs.renew, {leased.key: leased.lease}, lease_seconds=10) == 1
        assert not engine.call(jobs.expire_lease)
    frozen_clock.advance(seconds=11)
    assert engine.call(jobs.expire_lease)
    assert engine.call(jobs.renew, {leased.key: leased.lease}, lease_seconds=10) == 0
    assert engine.job().retries == 2


def test_progress_is_kept_until_the_next_lease(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(one_job(draw))
    engine.start()
    (leased,) = engine.lease(seconds=10)
    told = {"lease": leased.lease, "fraction": 0.4, "text": "4 of 10 pages", "lease_seconds": 10}
    frozen_clock.advance(seconds=8)
    assert engine.call(jobs.tell_progress, leased.key, **told)
    row = engine.job()
    assert (row.progress, row.progress_text) == (0.4, "4 of 10 pages")
    frozen_clock.advance(seconds=8)
    assert not engine.call(jobs.expire_lease)
    engine.call(jobs.give_back, {leased.key: leased.lease})
    assert not engine.call(jobs.tell_progress, leased.key, **told)
    engine.lease()
    assert engine.job().progress is None


# -- what the diagram says


def test_pauses_come_from_the_element_its_process_or_the_header(engine: Any, draw: Any) -> None:
    def pauses(**named: Any) -> Any:
        engine.deploy(one_job(draw, **named))
        engine.start()
        (leased,) = engine.lease()
        return leased.backoff

    header = '<zeebe:taskHeaders><zeebe:header key="retryBackoff" value="PT30S"/></zeebe:taskHeaders>'
    assert pauses() is None
    assert pauses(extra=properties(backoff="PT5S, PT1M")) == [5, 60]
    assert pauses(of_process=properties(backoff="PT1H")) == [3600]
    assert pauses(of_process=properties(backoff="PT1H"), extra=properties(backoff="PT0S")) == [0]
    assert pauses(extra=header) == [30]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (priority("high"), "job_priority"),
        (priority("1.5"), "job_priority"),
        (priority(str(2**31)), "job_priority"),
        (properties(backoff="soon"), "job_backoff"),
        (properties(backoff="PT1M,"), "job_backoff"),
        (properties(backoff="-PT1M"), "job_backoff"),
        (properties(backoff=",".join(["PT1S"] * 21)), "job_backoff"),
        (properties(inOrder="yes"), "job_in_order"),
    ],
)
@pytest.mark.parametrize("is_of_process", [False, True])
def test_senseless_settings_are_refused_where_they_stand(
    engine: Any, draw: Any, settings: str, code: str, is_of_process: bool
) -> None:
    named = {"of_process": settings} if is_of_process else {"extra": settings}
    with pytest.raises(Refused) as refused:
        engine.deploy(one_job(draw, **named))
    assert {(finding.code, finding.element_id) for finding in refused.value.findings} == {
        (code, "P" if is_of_process else "j")
    }


def test_settings_of_jobs_need_a_job(engine: Any, draw: Any) -> None:
    body = draw.start() + draw.user("u", extra=properties(inOrder="true")) + draw.end()
    with pytest.raises(Refused) as refused:
        engine.deploy(draw.file(draw.process(body + draw.way("start", "u", "end"))))
    assert [finding.code for finding in refused.value.findings] == ["job_settings_without_job"]


def test_the_clock_of_a_host_makes_no_timer_fire_early(engine: Any, draw: Any) -> None:
    """PostgreSQL tells the time by which things are due; a host that is minutes ahead does not."""
    wait = draw.node("intermediateCatchEvent", "wait", draw.timer("PT1M"))
    engine.deploy(
        draw.file(draw.process(draw.start() + wait + draw.end() + draw.way("start", "wait", "end")))
    )
    key = engine.start()
    clock.correct(timedelta(hours=1))
    try:
        fired = engine.call(timers.fire_due)
    finally:
        clock.correct(timedelta())
    assert fired is not engine.database.is_postgresql()
    assert (engine.instance(key).state == "ACTIVE") is engine.database.is_postgresql()
