"""Instances that go round often, fork wide and nest deep: nothing is lost, and the cost does not grow with the past.

Facts 0.2 and 4 of docs/spiffworkflow.md: SpiffWorkflow by itself loses what lies deeper than 1,000 tasks, needs ever
longer for a round of a loop, and cannot read some 500 tasks in a row. What moves without end is in test_tokens.
"""

from __future__ import annotations

from statistics import median
from time import process_time
from typing import Any

import pytest

from laneway.engine.spiff import state

from .conftest import Bench


@pytest.fixture
def plain(draw: Any, frozen_clock: Any) -> Any:
    """Starts a process, not saved in between."""

    def starting(*parts: str, is_saved: bool = False, **variables: Any) -> Bench:
        return Bench(draw.file(draw.process(*parts)), is_saved=is_saved, frozen=frozen_clock, **variables)

    return starting


def loop(draw: Any, task: str, condition: str) -> str:
    return str(
        draw.start()
        + draw.gateway("exclusive", "m")
        + task
        + draw.gateway("exclusive", "g", default="out")
        + draw.end()
        + draw.way("start", "m", "t", "g")
        + draw.flow("g", "m", condition)
        + draw.flow("g", "end", id="out")
    )


def test_fact_0_2_ten_thousand_rounds_of_a_loop_are_counted(plain: Any, draw: Any) -> None:
    bench = plain(loop(draw, draw.script("t", "=n + 1", "n"), "=n < 10000"), n=0)
    assert bench.variables == {"n": 10_000}
    assert bench.is_completed
    assert bench.incidents == []


def test_fact_0_2_a_loop_with_a_person_in_it_keeps_its_size_and_its_pace(plain: Any, draw: Any) -> None:
    bench = plain(loop(draw, draw.user("t"), "=n < 2000"), n=0)
    sizes, seconds = set(), []
    for block in range(8):
        began = process_time()
        for number in range(250):
            bench.do("t", n=block * 250 + number + 1)
        seconds.append(process_time() - began)
        sizes.add(len(state.dump(bench.instance)) // 100)
        bench.notes.clear()
        bench.asked.clear()
    assert bench.is_completed
    assert len(sizes) <= 2  # the last one is over
    assert median(seconds[4:]) < median(seconds[:4]) * 3


def test_fact_0_2_a_loop_saved_before_every_step_goes_beyond_a_thousand_tasks(plain: Any, draw: Any) -> None:
    bench = plain(loop(draw, draw.script("t", "=n + 1", "n"), "=n < 400"), is_saved=True, n=0)
    assert bench.variables == {"n": 400}
    assert bench.is_completed


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_a_thousand_branches_fork_and_join(plain: Any, draw: Any, kind: str) -> None:
    names = [f"t{number}" for number in range(1_000)]
    condition = "" if kind == "parallel" else "=true"
    body = (
        draw.start()
        + draw.gateway(kind, "fork")
        + draw.gateway(kind, "join")
        + draw.script("after")
        + "".join(
            draw.user(name) + draw.flow("fork", name, condition) + draw.way(name, "join") for name in names
        )
        + draw.way("start", "fork")
        + draw.way("join", "after")
    )
    bench = plain(body)
    tokens = [request.token for request in bench.opened]
    assert len(tokens) == 1_000
    bench.opened.clear()
    seconds = []
    for block in range(4):
        began = process_time()
        for token in tokens[block * 250 : block * 250 + 250]:
            bench.instance.complete(token, {})
            bench.instance.run()
        seconds.append(process_time() - began)
        assert bench.instance.completed is (block == 3)
    assert sum(seconds) < 4  # a scan of all that wait, for each that comes, takes a minute


@pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])
def test_a_thousand_items_are_worked_on_and_collected(plain: Any, draw: Any, sequential: bool) -> None:
    many = draw.many(
        "=for i in 1..1000 return i",
        sequential=sequential,
        inputElement="item",
        outputCollection="all",
        outputElement="=item * 2",
    )
    bench = plain(draw.start() + draw.node("task", "t", many) + draw.way("start", "t"))
    assert bench.variables == {"all": [2 * number for number in range(1, 1_001)]}
    assert bench.is_completed


def test_a_thousand_nodes_in_a_row_are_read_checked_and_run(plain: Any, draw: Any) -> None:
    names = [f"步骤{number}" for number in range(1_000)]
    bench = plain(draw.start("开始"), *(draw.script(name) for name in names), draw.way("开始", *names))
    assert bench.trace == names
    assert bench.is_completed


@pytest.mark.parametrize("is_saved", [False, True], ids=["plain", "saved before every step"])
def test_a_sub_process_in_a_sub_process_is_entered_two_hundred_times(
    plain: Any, draw: Any, is_saved: bool
) -> None:
    inner = (
        draw.start("is")
        + draw.script("count", "=n + 1", "n")
        + draw.end("ie")
        + draw.way("is", "count", "ie")
    )
    outer = draw.start("os") + draw.sub("inner", inner) + draw.end("oe") + draw.way("os", "inner", "oe")
    bench = plain(loop(draw, draw.sub("t", outer), "=n < 200"), is_saved=is_saved, n=0)
    assert bench.variables == {"n": 200}
    assert bench.is_completed
    assert list(bench.instance.live) == [bench.instance.task_tree.id]


def test_fifty_sub_processes_stand_one_in_another(plain: Any, draw: Any) -> None:
    level = draw.start("s0") + draw.user("deep") + draw.end("e0") + draw.way("s0", "deep", "e0")
    for number in range(1, 50):
        start, sub, end = f"s{number}", f"sub{number}", f"e{number}"
        level = draw.start(start) + draw.sub(sub, level) + draw.end(end) + draw.way(start, sub, end)
    bench = plain(level, is_saved=True)
    bench.do("deep")
    assert bench.is_completed


def test_names_may_be_chinese_and_ids_nearly_anything(plain: Any, draw: Any) -> None:
    body = (
        draw.start("Start")
        + draw.user("End")
        + draw.gateway("exclusive", "判断", default="否")
        + draw.script("Root", "=数量 + 1", "结果")
        + draw.end("_结束-1.x")
        + draw.way("Start", "End", "判断")
        + draw.flow("判断", "Root", "=数量 > 1")
        + draw.flow("判断", "_结束-1.x", id="否")
        + draw.way("Root", "_结束-1.x")
    )
    bench = plain(body, is_saved=True)
    assert bench.waiting() == ["End"]
    bench.do("End", 数量=2)
    assert bench.variables == {"数量": 2, "结果": 3}
    assert bench.is_completed
