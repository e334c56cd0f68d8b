"""An evaluation stops at its budget: steps, wall time, nesting, length of texts and lists."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from laneway.engine.feel import (
    GATEWAY,
    SCRIPT,
    Budget,
    FeelLimit,
    Meter,
    compile_expression,
    evaluate_json,
    meter,
)

LOOP = "count(for i in 1..5000 return i + 1)"


def limit_of(text: str, budget: Budget) -> str:
    with pytest.raises(FeelLimit) as caught:
        evaluate_json(text, {}, budget=budget)
    assert caught.value.text.zh != caught.value.text.en
    return caught.value.text.en


def test_steps_run_out() -> None:
    assert limit_of(LOOP, SCRIPT._replace(steps=4_000)) == "the expression needs too many steps"


def test_every_step_of_a_budget_may_be_used() -> None:
    m = Meter(SCRIPT._replace(steps=10_000))
    for _ in range(10_000):
        m.charge(1)

    with pytest.raises(FeelLimit):
        m.charge(1)


def test_a_large_charge_comes_out_of_the_whole_budget() -> None:
    m = Meter(SCRIPT._replace(steps=10_000))
    m.charge(9_999)
    m.charge(1)

    with pytest.raises(FeelLimit):
        m.charge(1)


def test_time_runs_out() -> None:
    assert limit_of(LOOP, SCRIPT._replace(seconds=0.0)) == "the expression takes too long"


def test_waiting_for_others_is_counted_much_later(monkeypatch: pytest.MonkeyPatch) -> None:
    waited = iter([0.0, 0.1, 0.39, 0.41])
    monkeypatch.setattr(meter, "perf_counter", lambda: next(waited))
    monkeypatch.setattr(meter, "thread_time", lambda: 0.0)
    m = Meter(SCRIPT._replace(seconds=0.1))

    assert m.seconds_left() == 0.1  # began at 0.0
    assert m.seconds_left() == 0.1
    with pytest.raises(FeelLimit):
        m.seconds_left()


def test_a_short_expression_is_done_before_anyone_looks_at_the_time() -> None:
    assert evaluate_json("1 + 1", {}, budget=SCRIPT._replace(seconds=0.0)) == (2, [])


def test_a_regular_expression_looks_at_the_time() -> None:
    assert limit_of('matches("a", "a")', SCRIPT._replace(seconds=0.0)) == "the expression takes too long"


def test_calls_texts_and_lists_have_limits_of_their_own() -> None:
    nested = "{f: function(n) if n = 0 then 0 else f(n - 1), r: f(5)}.r"

    assert limit_of(nested, SCRIPT._replace(depth=5)) == "functions call each other too deeply"
    assert limit_of('"abc" + "def"', SCRIPT._replace(max_text=5)) == "a text would become too long"
    assert limit_of("for i in 1..6 return i", SCRIPT._replace(max_list=5)) == "a list would become too long"


def test_conditions_have_less_than_scripts() -> None:
    assert all(less <= more for less, more in zip(GATEWAY, SCRIPT, strict=True))
    assert limit_of("count(for i in 1..30000 return i)", GATEWAY) == "a list would become too long"
    assert evaluate_json("count(for i in 1..30000 return i)", {}) == (30_000, [])


def test_one_evaluation_is_one_moment() -> None:
    ticks = iter(datetime(2026, 3, 5, 8, minute, tzinfo=UTC) for minute in range(60))
    m = Meter(clock=lambda: next(ticks))

    got = compile_expression("now() = now()").evaluate_metered({}, m)

    assert got.value is True
    assert next(ticks).minute == 1
