"""Gateways, joins and loops: where tokens go, and that nothing finished is kept."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine.spiff import instance as executor

from .conftest import Bench


def test_a_rework_loop_with_a_parallel_join_keeps_the_newest_values_and_its_size(run: Any, draw: Any) -> None:
    body = (
        draw.start("Start")
        + draw.gateway("exclusive", "again")
        + draw.gateway("parallel", "fork")
        + draw.user("qa")
        + draw.user("sales")
        + draw.gateway("parallel", "join")
        + draw.gateway("exclusive", "decide", default="ok")
        + draw.end("End")
        + draw.way("Start", "again", "fork", "qa", "join", "decide")
        + draw.way("fork", "sales", "join")
        + draw.flow("decide", "again", '=qa = "reject"')
        + draw.flow("decide", "End", id="ok")
    )
    bench = run(draw.file(draw.process(body)))
    sizes = []
    for _ in range(60):
        bench.do("qa", qa="reject")
        bench.do("sales", s=1)
        sizes.append(bench.size)
    assert max(sizes) - min(sizes) < 30
    bench.do("qa", qa="approve")
    bench.do("sales", s=2)
    assert bench.is_completed
    assert bench.variables == {"qa": "approve", "s": 2}


def test_elements_may_be_called_start_and_end(run: Any, draw: Any) -> None:
    body = draw.start("Start") + draw.user("Root") + draw.end("End") + draw.way("Start", "Root", "End")
    bench = run(draw.file(draw.process(body)))
    bench.do("Root")
    assert bench.is_completed


def test_an_exclusive_gateway_takes_the_first_true_flow_only(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("exclusive", "g", default="none")
        + draw.script("first")
        + draw.script("second")
        + draw.script("other")
        + draw.way("start", "g")
        + draw.flow("g", "first", "=x > 1")
        + draw.flow("g", "second", "=x > 0")
        + draw.flow("g", "other", id="none")
    )
    file = draw.file(draw.process(body))
    assert run(file, x=2).trace == ["first"]
    assert run(file, x=1).trace == ["second"]
    assert run(file, x=0).trace == ["other"]
    assert run(file, x=None).trace == ["other"]


def test_an_inclusive_join_waits_for_every_branch_that_was_taken(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("inclusive", "split", default="c_flow")
        + draw.user("a")
        + draw.user("b")
        + draw.user("c")
        + draw.gateway("inclusive", "join")
        + draw.script("after")
        + draw.way("start", "split")
        + draw.flow("split", "a", "=a")
        + draw.flow("split", "b", "=b")
        + draw.flow("split", "c", id="c_flow")
        + draw.way("a", "join", "after")
        + draw.way("b", "join")
        + draw.way("c", "join")
    )
    file = draw.file(draw.process(body))
    bench = run(file, a=True, b=True)
    assert bench.waiting() == ["a", "b"]
    bench.do("a")
    assert bench.trace == []
    bench.do("b")
    assert bench.trace == ["after"]
    assert bench.is_completed
    bench = run(file, a=False, b=False)
    bench.do("c")
    assert bench.trace == ["after"]


def test_two_tokens_on_one_flow_do_not_satisfy_a_parallel_join(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.gateway("exclusive", "merge")
        + draw.user("a")
        + draw.user("b")
        + draw.user("c")
        + draw.gateway("parallel", "join")
        + draw.script("after")
        + draw.way("start", "fork", "a", "merge", "join", "after")
        + draw.way("fork", "b", "merge")
        + draw.way("fork", "c", "join")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("a")
    bench.do("b")
    assert bench.trace == []
    bench.do("c")
    assert bench.trace == ["after"]
    assert not bench.is_completed
    assert bench.instance.waiting_at() == ["join"]


def endless(draw: Any) -> str:
    return (
        draw.start()
        + draw.gateway("exclusive", "again")
        + draw.script("turn")
        + draw.gateway("exclusive", "g", default="back")
        + draw.end()
        + draw.way("start", "again", "turn", "g")
        + draw.flow("g", "end", "=false")
        + draw.flow("g", "again", id="back")
    )


def test_an_endless_loop_without_a_wait_becomes_an_incident(
    run: Any, draw: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "STEP_LIMIT", 1_000)
    bench = run(draw.file(draw.process(endless(draw))))
    assert [type_ for type_, _ in bench.incidents] == ["ENDLESS_LOOP"]
    bench.retry()  # goes on for as long again, and stops again
    assert [type_ for type_, _ in bench.incidents] == ["ENDLESS_LOOP"]


def test_an_instance_that_moves_for_too_long_becomes_an_incident(
    draw: Any, frozen_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "SECONDS_LIMIT", 0.05)
    bench = Bench(draw.file(draw.process(endless(draw))), is_saved=False, frozen=frozen_clock)
    assert [type_ for type_, _ in bench.incidents] == ["ENDLESS_LOOP"]
    assert len(bench.trace) < executor.STEP_LIMIT // 3


def test_an_event_gateway_with_two_timers_keeps_each_ones_deadline(run: Any, draw: Any) -> None:
    def catch(name: str, length: str) -> str:
        return str(draw.node("intermediateCatchEvent", name, draw.timer(length)))

    body = (
        draw.start()
        + draw.gateway("eventBased", "g")
        + catch("late", "PT50S")
        + catch("soon", "PT20S")
        + draw.script("one")
        + draw.script("two")
        + draw.way("start", "g", "late", "one")
        + draw.way("g", "soon", "two")
    )
    bench = run(draw.file(draw.process(body)))
    bench.wait(19)
    assert bench.trace == []
    bench.wait(2)
    assert bench.trace == ["two"]
    assert bench.is_completed
    assert bench.opened == []


@pytest.mark.parametrize("sequential", [False, True])
def test_an_empty_collection_makes_no_instance_and_an_empty_result(
    run: Any, draw: Any, sequential: bool
) -> None:
    loop = draw.many(
        "=items", sequential=sequential, inputElement="item", outputCollection="all", outputElement="=item"
    )
    body = draw.start() + draw.user("each", loop) + draw.script("after") + draw.way("start", "each", "after")
    bench = run(draw.file(draw.process(body)), items=[])
    assert bench.is_completed
    assert bench.variables == {"items": [], "all": []}


def test_multi_instance_results_stand_in_input_order_whoever_finishes_first(run: Any, draw: Any) -> None:
    loop = draw.many("=items", inputElement="item", outputCollection="results", outputElement="=r")
    inner = (
        draw.start("s") + draw.user("ask") + draw.script("calc", "=item * 10", "r") + draw.end("e")
    ) + draw.way("s", "ask", "calc", "e")
    body = draw.start() + draw.sub("each", inner, loop) + draw.end() + draw.way("start", "each", "end")
    bench = run(draw.file(draw.process(body)), items=[1, 2, 3])
    while bench.waiting():
        bench.do("ask", last=True)
    assert bench.variables == {"items": [1, 2, 3], "results": [10, 20, 30]}
    assert bench.is_completed


def test_sequential_multi_instance_goes_one_by_one(run: Any, draw: Any) -> None:
    loop = draw.many(
        "=items", sequential=True, inputElement="item", outputCollection="results", outputElement="=r"
    )
    body = draw.start() + draw.user("each", loop) + draw.end() + draw.way("start", "each", "end")
    bench = run(draw.file(draw.process(body)), items=["a", "b"])
    assert bench.waiting() == ["each"]
    bench.do("each", r=1)
    assert bench.waiting() == ["each"]
    bench.do("each", r=2)
    assert bench.variables["results"] == [1, 2]


def test_multi_instance_stops_early_and_its_boundary_event_is_outside(run: Any, draw: Any) -> None:
    loop = draw.many(
        "=items",
        until="=numberOfCompletedInstances = 2",
        inputElement="item",
        outputCollection="results",
        outputElement="=r",
    )
    body = (
        draw.start()
        + draw.user("each", loop)
        + draw.boundary("late", "each", draw.timer("PT9S"), interrupting=False)
        + draw.script("remind")
        + draw.end()
        + draw.way("start", "each", "end")
        + draw.way("late", "remind")
    )
    bench = run(draw.file(draw.process(body)), items=[1, 2, 3])
    bench.wait(10)
    assert bench.trace == ["remind"]
    bench.do("each", r="x")
    bench.do("each", r="y")
    assert bench.is_completed
    assert bench.variables["results"] == ["x", "y", None]
    assert bench.opened == []


def test_an_inclusive_gateway_that_joins_and_finds_no_way_out_waits_for_a_person(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.script("a")
        + draw.script("b")
        + draw.gateway("inclusive", "join")
        + draw.script("after")
        + draw.script("other")
        + draw.way("start", "fork", "a", "join")
        + draw.way("fork", "b", "join")
        + draw.flow("join", "after", "=go")
        + draw.flow("join", "other", "=false")
    )
    bench = run(draw.file(draw.process(body)), go=False)
    assert bench.incidents == [("CONDITION_ERROR", "join")]
    bench.change(lambda instance: instance.data.update(go=True))
    bench.retry()
    assert bench.trace[2:] == ["after"]
    assert bench.is_completed
