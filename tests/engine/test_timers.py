"""Timers: at boundaries, between steps, again and again, and at the start of a process."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from laneway.engine import clock, tables, timers
from laneway.engine.bpmn.cron import next_moment
from laneway.errors import Refused
from laneway.testing import drain


def with_boundary(draw: Any, timer: str, *, interrupting: bool) -> Any:
    body = (
        draw.start()
        + draw.user("u")
        + draw.boundary("b", "u", timer, interrupting=interrupting)
        + draw.user("late")
        + draw.end()
        + draw.way("start", "u", "end")
        + draw.way("b", "late")
    )
    return draw.file(draw.process(body))


def test_an_interrupting_timer_moves_the_case_on(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(with_boundary(draw, draw.timer("PT2H"), interrupting=True))
    key = engine.start()
    frozen_clock.advance(minutes=119)
    drain()
    assert engine.instance(key).waiting_at == ["u"]
    frozen_clock.advance(minutes=1)
    drain()
    assert engine.instance(key).waiting_at == ["late"]
    assert "timer_fired b" in engine.events(key)
    assert engine.rows(tables.timer) == []


def test_a_non_interrupting_cycle_fires_as_often_as_it_says(
    engine: Any, draw: Any, mei: Any, frozen_clock: Any
) -> None:
    engine.deploy(with_boundary(draw, draw.timer("R3/PT1H", "timeCycle"), interrupting=False))
    key = engine.start()
    for count in (1, 2, 3, 3):
        frozen_clock.advance(hours=1)
        drain()
        assert engine.events(key).count("timer_fired b") == count
    assert len(engine.rows(tables.user_task, element_id="late")) == 3
    engine.do(mei)
    assert engine.instance(key).waiting_at == ["late"]


def test_a_timer_that_is_no_longer_needed_is_gone(engine: Any, draw: Any, mei: Any) -> None:
    engine.deploy(with_boundary(draw, draw.timer("R/PT1H", "timeCycle"), interrupting=False))
    engine.start()
    assert len(engine.rows(tables.timer)) == 1
    engine.do(mei)
    assert engine.rows(tables.timer) == []


def test_a_timer_may_be_computed_from_variables(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(with_boundary(draw, draw.timer("=duration(wait)"), interrupting=True))
    key = engine.start(wait="P1D")
    (row,) = engine.rows(tables.timer)
    assert row.due_at == frozen_clock.now + timedelta(days=1)
    broken = engine.start(wait="soon")
    assert [row.element_id for row in engine.incidents(broken)] == ["u"]
    assert engine.incidents(key) == []


def test_due_timers_fire_in_order_of_time(engine: Any, draw: Any, frozen_clock: Any) -> None:
    def catch(name: str, length: str) -> str:
        return str(draw.node("intermediateCatchEvent", name, draw.timer(length)))

    body = (
        draw.start()
        + draw.gateway("parallel", "g")
        + catch("second", "PT20S")
        + catch("first", "PT10S")
        + draw.end()
        + draw.way("start", "g", "second", "end")
        + draw.way("g", "first", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    frozen_clock.advance(minutes=1)
    drain()
    fired = [event for event in engine.events(key) if event.startswith("timer_fired")]
    assert fired == ["timer_fired first", "timer_fired second"]
    assert engine.instance(key).state == "COMPLETED"


def test_a_process_starts_by_the_clock_in_its_newest_version_only(
    engine: Any, draw: Any, frozen_clock: Any
) -> None:
    def file(cycle: str) -> Any:
        start = draw.start("daily", draw.timer(cycle, "timeCycle"))
        return draw.file(draw.process(start, draw.user("u"), draw.end(), draw.way("daily", "u", "end")))

    engine.deploy(file("R2/PT1H"))
    frozen_clock.advance(hours=1)
    drain()
    engine.deploy(file("R/PT24H"))
    frozen_clock.advance(hours=1)
    drain()
    assert [row.version for row in engine.rows(tables.process_instance)] == [1]
    frozen_clock.advance(hours=23)
    drain()
    assert [row.version for row in engine.rows(tables.process_instance)] == [1, 2]
    assert engine.events(engine.rows(tables.process_instance)[0].key)[:2] == [
        "instance_started",
        "element_entered daily",
    ]


@pytest.mark.parametrize("text", ["R0/PT1H", "every morning", '="R/" + wait'])
def test_a_start_timer_without_sense_is_refused_at_deployment(engine: Any, draw: Any, text: str) -> None:
    start = draw.start("daily", draw.timer(text.replace('"', "&quot;"), "timeCycle"))
    with pytest.raises(Refused) as refused:
        engine.deploy(draw.file(draw.process(start, draw.end(), draw.way("daily", "end"))))
    assert "daily" in [finding.element_id for finding in refused.value.findings]
    assert engine.rows(tables.deployment) == []


def test_a_timer_that_cannot_fire_lets_the_others_go_first(engine: Any, draw: Any, frozen_clock: Any) -> None:
    engine.deploy(with_boundary(draw, draw.timer("PT1H"), interrupting=True))
    broken, sound = engine.start(), engine.start()
    state = engine.instance(broken).live_state

    def store(live_state: bytes) -> None:
        this = tables.process_instance.c.key == broken
        statement = update(tables.process_instance).where(this).values(live_state=live_state)
        engine.call(lambda session: session.execute(statement))

    store(b"")
    frozen_clock.advance(hours=1)
    drain()
    assert engine.instance(sound).waiting_at == ["late"]
    store(state)
    frozen_clock.advance(minutes=1)
    drain()
    assert engine.instance(broken).waiting_at == ["late"]


def test_a_cycle_does_not_drift_and_does_not_make_up_for_a_standstill(
    engine: Any, draw: Any, frozen_clock: Any
) -> None:
    engine.deploy(with_boundary(draw, draw.timer("R/PT1H", "timeCycle"), interrupting=False))
    key = engine.start()
    began = frozen_clock.now
    frozen_clock.advance(minutes=65)
    drain()
    (row,) = engine.rows(tables.timer)
    assert row.due_at == began + timedelta(hours=2)
    frozen_clock.advance(days=3)
    drain()
    assert engine.events(key).count("timer_fired b") == 2
    (row,) = engine.rows(tables.timer)
    assert row.due_at == frozen_clock.now + timedelta(hours=1)


def test_a_cron_text_is_told_in_the_time_of_the_department(engine: Any, draw: Any, frozen_clock: Any) -> None:
    clock.set_zone(ZoneInfo("Asia/Shanghai"))  # the clock stands at Monday 17:00 there
    try:
        start = draw.start(inner=draw.timer("0 30 9 * * MON-FRI", "timeCycle"))
        engine.deploy(
            draw.file(draw.process(start, draw.user("u"), draw.end(), draw.way("start", "u", "end")))
        )
        (row,) = engine.rows(tables.timer)
        assert row.due_at == datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
        days = []
        for _ in range(5):
            frozen_clock.now = row.due_at
            drain()
            (row,) = engine.rows(tables.timer)
            days.append(row.due_at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%a %H:%M"))
        assert days == ["Wed 09:30", "Thu 09:30", "Fri 09:30", "Mon 09:30", "Tue 09:30"]
        assert len(engine.rows(tables.process_instance)) == 5
    finally:
        clock.set_zone(UTC)


@pytest.mark.parametrize("text", ["0 0 25 * * *", "0 9 * * MON", "@never", "* * * * * * *"])
def test_a_cron_text_without_sense_is_refused(engine: Any, draw: Any, text: str) -> None:
    start = draw.start(inner=draw.timer(text, "timeCycle"))
    with pytest.raises(Refused) as refused:
        engine.deploy(draw.file(draw.process(start, draw.end(), draw.way("start", "end"))))
    assert [(f.code, f.element_id) for f in refused.value.findings] == [("timer_unreadable", "start")]


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("0 30 2 * * *", "2026-03-27", ["28 02:30", "29 03:00", "30 02:30"]),
        ("0 30 2 * * *", "2026-10-23", ["24 02:30", "25 02:30", "26 02:30"]),
        ("0 30 1-3 * * *", "2026-10-24", ["25 01:30", "25 02:30", "25 03:30"]),
    ],
)
def test_summer_time_neither_skips_nor_doubles_what_names_its_hours(
    text: str, day: str, expected: list[str]
) -> None:
    moment = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    found = []
    for _ in expected:
        moment = next_moment(text, moment)
        found.append(moment.strftime("%d %H:%M"))
    assert found == expected


def test_what_happens_every_hour_happens_in_the_hour_that_comes_twice_as_well() -> None:
    moment = datetime(2026, 10, 25, 1, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    found = []
    for _ in range(4):
        moment = next_moment("0 30 * * * *", moment)
        found.append(moment.strftime("%H:%M %z"))
    assert found == ["01:30 +0200", "02:30 +0200", "02:30 +0100", "03:30 +0100"]


def test_timers_that_are_due_together_fire_as_if_one_came_after_the_other(
    engine: Any, draw: Any, frozen_clock: Any
) -> None:
    body = (
        draw.start()
        + draw.user("u")
        + draw.boundary("first", "u", draw.timer("PT1H"))
        + draw.boundary("second", "u", draw.timer("PT2H"))
        + draw.user("late")
        + draw.user("later")
        + draw.end()
        + draw.way("start", "u", "end")
        + draw.way("first", "late")
        + draw.way("second", "later")
    )
    engine.deploy(draw.file(draw.process(body)))
    keys = [engine.start() for _number in range(3)]
    frozen_clock.advance(hours=3)
    assert engine.call(timers.fire_due, limit=10)
    assert not engine.call(timers.fire_due, limit=10)
    for key in keys:
        assert engine.instance(key).waiting_at == ["late"]
        assert [event for event in engine.events(key) if event.startswith("timer")] == ["timer_fired first"]


def test_each_of_many_due_timers_fires_once_however_many_threads_fire_them(
    engine: Any, draw: Any, frozen_clock: Any
) -> None:
    wait = draw.node("intermediateCatchEvent", "wait", draw.timer("PT1H"))
    inner = draw.start("inner") + wait + draw.end("done") + draw.way("inner", "wait", "done")
    body = draw.start() + draw.sub("all", inner, draw.many("=for i in 1..4 return i")) + draw.end()
    engine.deploy(draw.file(draw.process(body + draw.way("start", "all", "end"))))
    keys = [engine.start() for _number in range(12)]
    frozen_clock.advance(hours=1)

    def fire() -> None:
        while engine.rows(tables.timer):
            engine.call(timers.fire_due, limit=5)

    threads = [threading.Thread(target=fire) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for key in keys:
        assert engine.events(key).count("timer_fired wait") == 4
        assert engine.instance(key).state == "COMPLETED"
