"""Standard loops, multi-instance by number, token quantities, complex gateways and ad-hoc sub-processes."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_loop_goes_round_while_its_condition_holds_and_counts_its_rounds(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.script("count", "=n + loopCounter", "n", inner=draw.again("=n < 6"))
        + draw.end()
        + draw.way("start", "count", "end")
    )
    bench = run(draw.file(draw.process(body)), n=0)
    assert bench.is_completed
    assert bench.variables == {"n": 6}
    assert bench.trace == ["count"] * 3


@pytest.mark.parametrize(("tested_before", "rounds"), [("true", 0), ("false", 1)])
def test_a_loop_may_test_its_condition_before_the_first_round(
    run: Any, draw: Any, tested_before: str, rounds: int
) -> None:
    loop = draw.again("=false", testBefore=tested_before)
    body = draw.start() + draw.user("u", loop) + draw.script("after") + draw.way("start", "u", "after")
    bench = run(draw.file(draw.process(body)))
    assert bench.waiting() == ["u"] * rounds
    if rounds:
        bench.do("u")
    assert bench.trace == ["after"]
    assert bench.is_completed


def test_a_loop_stops_at_its_maximum_and_a_boundary_event_ends_it(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.user("u", draw.again(loopMaximum="3"))
        + draw.boundary("late", "u", draw.timer("PT1H"))
        + draw.script("escalate")
        + draw.script("after")
        + draw.way("start", "u", "after")
        + draw.way("late", "escalate")
    )
    file = draw.file(draw.process(body))
    bench = run(file)
    for _ in range(3):
        bench.do("u")
    assert bench.trace == ["after"]
    bench = run(file)
    bench.do("u")
    bench.wait(3600)
    assert bench.trace == ["escalate"]
    assert bench.is_completed
    assert bench.opened == []


def test_a_loop_whose_condition_fails_waits_for_a_person(run: Any, draw: Any) -> None:
    body = draw.start() + draw.user("u", draw.again("=n")) + draw.end() + draw.way("start", "u", "end")
    bench = run(draw.file(draw.process(body)), n="x")
    bench.do("u")
    assert bench.incidents == [("CONDITION_ERROR", "u")]
    bench.change(lambda instance: instance.data.update(n=False))
    bench.retry()
    assert bench.is_completed


def test_many_instances_may_be_told_by_number(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.script("s", "=loopCounter", "_n", inner=draw.times("count"))
        + draw.user("u", draw.times("=2", sequential=True))
        + draw.end()
        + draw.way("start", "s", "u", "end")
    )
    file = draw.file(draw.process(body))
    bench = run(file, count=3)
    assert bench.trace == ["s"] * 3
    assert bench.waiting() == ["u"]
    bench.do("u")
    assert bench.waiting() == ["u"]
    bench.do("u")
    assert bench.is_completed
    assert run(file, count=0).waiting() == ["u"]
    assert run(file, count=-1).incidents == [("EXTRACT_VALUE_ERROR", "s")]
    assert run(file, count="three").incidents == [("EXTRACT_VALUE_ERROR", "s")]


def test_an_activity_may_need_several_tokens_and_send_several_on(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.user("a")
        + draw.user("b")
        + draw.user("c")
        + draw.script("two", startQuantity="2", completionQuantity="3")
        + draw.script("after")
        + draw.way("start", "fork")
        + "".join(draw.way("fork", way, "two") for way in "abc")
        + draw.way("two", "after")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("a")
    assert bench.trace == []
    bench.do("b")
    assert bench.trace == ["two", "after", "after", "after"]
    bench.do("c")
    assert not bench.is_completed  # one token alone waits for a second one


def complex_join(draw: Any, condition: str) -> str:
    return (
        draw.start()
        + draw.gateway("parallel", "fork")
        + "".join(draw.user(way) for way in "abc")
        + draw.node("complexGateway", "join", f"<activationCondition>{condition}</activationCondition>")
        + draw.user("after")
        + draw.gateway("exclusive", "more", default="more_to_end")
        + draw.gateway("exclusive", "begin")
        + draw.end()
        + draw.way("start", "begin", "fork")
        + "".join(draw.way("fork", way, "join") for way in "abc")
        + draw.way("join", "after", "more")
        + draw.flow("more", "begin", "=again")
        + draw.flow("more", "end", id="more_to_end")
    )


def test_a_complex_gateway_passes_with_two_of_three_takes_the_third_in_and_begins_anew(
    run: Any, draw: Any
) -> None:
    bench = run(draw.file(draw.process(complex_join(draw, "activationCount &gt;= 2"))), again=True)
    bench.do("a")
    assert bench.waiting() == ["b", "c"]
    bench.do("b")
    assert sorted(bench.waiting()) == ["after", "c"]
    bench.do("c")
    assert bench.waiting() == ["after"]
    bench.do("after")
    for way in "ca":
        bench.do(way)
    assert sorted(bench.waiting()) == ["after", "b"]
    bench.do("after", again=False)
    assert not bench.is_completed
    bench.do("b")
    assert bench.is_completed


def test_a_complex_gateway_whose_condition_fails_waits_for_a_person(run: Any, draw: Any) -> None:
    bench = run(draw.file(draw.process(complex_join(draw, "=limit"))), again=False, limit="x")
    bench.do("a")
    assert bench.incidents == [("CONDITION_ERROR", "join")]
    bench.change(lambda instance: instance.data.update(limit=True))
    bench.retry()
    assert sorted(bench.waiting()) == ["after", "b", "c"]


def ad_hoc(draw: Any, *, until: str = "", settings: str = "", **attributes: str) -> str:
    return (
        draw.start()
        + draw.ad_hoc(
            "h",
            draw.user("a"),
            draw.user("b"),
            draw.script("then"),
            draw.user("c"),
            draw.way("a", "then"),
            until=until,
            settings=settings,
            **attributes,
        )
        + draw.script("after")
        + draw.way("start", "h", "after")
    )


def test_an_ad_hoc_sub_process_starts_what_its_list_says_and_collects_results(run: Any, draw: Any) -> None:
    settings = 'activeElementsCollection="=wanted" outputCollection="found" outputElement="=result"'
    file = draw.file(draw.process(ad_hoc(draw, settings=settings)))
    bench = run(file, wanted=["a", "c"])
    assert bench.waiting() == ["a", "c"]
    bench.do("c", result=1)
    bench.do("a", result=2)
    assert bench.trace == ["then", "after"]
    assert bench.variables["found"] == [1, 2]
    assert bench.is_completed
    assert run(file, wanted=["then"]).incidents == [("EXTRACT_VALUE_ERROR", "h")]
    assert run(file, wanted="a").incidents == [("EXTRACT_VALUE_ERROR", "h")]
    assert run(file, wanted=[]).variables["found"] == []


def test_an_ad_hoc_sub_process_ends_by_its_condition_with_or_without_the_rest(run: Any, draw: Any) -> None:
    bench = run(draw.file(draw.process(ad_hoc(draw, until="=done"))), done=False)
    assert bench.waiting() == ["a", "b", "c"]
    bench.do("b", done=True)
    assert bench.trace == ["after"]
    assert bench.is_completed
    assert bench.opened == []
    keeps = ad_hoc(draw, until="=done", cancelRemainingInstances="false")
    bench = run(draw.file(draw.process(keeps)), done=False)
    bench.do("b", done=True)
    assert bench.waiting() == ["a", "c"]
    bench.do("a")
    bench.do("c")
    assert bench.trace == ["then", "after"]


def test_a_sequential_ad_hoc_sub_process_does_one_after_the_other(run: Any, draw: Any) -> None:
    bench = run(draw.file(draw.process(ad_hoc(draw, ordering="Sequential"))))
    seen = []
    while not bench.is_completed:
        (waiting,) = bench.waiting()
        seen.append(waiting)
        bench.do(waiting)
    assert seen == ["a", "b", "c"]
