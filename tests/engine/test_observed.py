"""Steps, conflicts, waits and limits are counted where they happen, and cost next to nothing."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from laneway import metrics, observed
from laneway.engine import runtime, user_tasks
from laneway.errors import Conflict


def sample(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


class Change:
    """How much a figure has grown since."""

    def __init__(self, name: str, **labels: str) -> None:
        self._asked = (name, labels)
        self._before = sample(name, **labels)

    @property
    def amount(self) -> float:
        name, labels = self._asked
        return sample(name, **labels) - self._before


@pytest.fixture
def one_step(engine: Any, draw: Any) -> Any:
    """A process of one user task."""
    engine.deploy(
        draw.file(draw.process(draw.start(), draw.user("u"), draw.end(), draw.way("start", "u", "end")))
    )
    return engine


def test_a_step_is_timed_by_what_moved_the_instance(one_step: Any, mei: Any) -> None:
    started = Change("laneway_step_seconds_count", kind="start")
    completed = Change("laneway_step_seconds_count", kind="complete_user_task")
    others = Change("laneway_step_seconds_count", kind="other")
    seconds = Change("laneway_step_seconds_sum", kind="complete_user_task")
    one_step.start()
    one_step.do(mei)
    assert (started.amount, completed.amount, others.amount) == (1, 1, 0)
    assert seconds.amount > 0


def test_a_transaction_that_moves_no_instance_is_no_step(engine: Any) -> None:
    before = {line.name: line.samples for line in metrics.STEP_SECONDS.collect()}
    with engine.database.unit_of_work():
        pass
    assert {line.name: line.samples for line in metrics.STEP_SECONDS.collect()} == before


def test_a_conflict_is_counted_by_its_code(one_step: Any, mei: Any, bob: Any) -> None:
    conflicts = Change("laneway_conflicts_total", code="user_task_already_claimed")
    one_step.start()
    key = one_step.task().key
    one_step.call(user_tasks.claim, key, by=mei)
    with pytest.raises(Conflict):
        one_step.call(user_tasks.claim, key, by=bob)
    assert conflicts.amount == 1


def test_waiting_for_a_lock_is_timed(one_step: Any) -> None:
    key = one_step.start()
    waited = Change("laneway_lock_wait_seconds_sum")
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        def stay(session: Any) -> None:
            runtime.lock(session, key)
            is_held.set()
            may_end.wait(10)

        one_step.call(stay)

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(10)
    threading.Timer(0.5, may_end.set).start()
    one_step.call(runtime.lock, key)
    holder.join()
    assert waited.amount > 0.01


def test_an_expression_that_used_up_its_budget_is_counted(engine: Any, draw: Any) -> None:
    limits = Change("laneway_feel_limits_total")
    endless = draw.script("s", "=count(for x in 1..100000, y in 1..100000 return x)")
    engine.deploy(draw.file(draw.process(draw.start(), endless, draw.end(), draw.way("start", "s", "end"))))
    engine.start()
    assert limits.amount == 1


def test_an_instance_that_this_process_has_just_moved_is_known_to_it(one_step: Any, mei: Any) -> None:
    hits = Change("laneway_cache_lookups_total", cache="instance", result="hit")
    one_step.start()
    one_step.do(mei)
    assert hits.amount >= 1


def test_the_first_reason_of_a_transaction_stays() -> None:
    info: dict[Any, Any] = {}
    observed.step(info, "correlate_message")
    observed.step(info, "start")
    observed.instance(info, 1, "P")
    observed.instance(info, 2, "Q")
    assert info == {"step": "correlate_message", "instance": (1, "P")}
