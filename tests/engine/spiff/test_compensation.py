"""Undoing what sub-processes did, also repeated ones (BPMN 2.0 sections 10.6 and 13.5.5)."""

from __future__ import annotations

from typing import Any

import pytest


def undoable(draw: Any, name: str, *, by: str = "script") -> str:
    handler = (
        draw.script(f"un_{name}", isForCompensation="true")
        if by == "script"
        else draw.node("userTask", f"un_{name}", extra="<zeebe:userTask/>", isForCompensation="true")
    )
    return str(
        draw.boundary(f"b_{name}", name, draw.compensation)
        + handler
        + f'<association id="as_{name}" sourceRef="b_{name}" targetRef="un_{name}"/>'
    )


def thrown_after(draw: Any, activity: str) -> str:
    return str(
        draw.user("u")
        + draw.node("intermediateThrowEvent", "t", draw.compensation)
        + draw.script("after")
        + draw.way("start", activity, "u", "t", "after")
    )


def test_a_sub_process_that_is_being_undone_is_not_watched_by_its_boundary_events(
    run: Any, draw: Any
) -> None:
    inner = (
        draw.start("is")
        + draw.script("work")
        + undoable(draw, "work", by="user")
        + draw.end("ie")
        + draw.way("is", "work", "ie")
    )
    body = (
        draw.start()
        + draw.sub("sub", inner)
        + draw.boundary("late", "sub", draw.timer("PT10S"))
        + draw.script("too_late")
        + draw.way("late", "too_late")
        + thrown_after(draw, "sub")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    assert bench.waiting() == ["un_work"]
    assert [request.opens for request in bench.opened] == ["user_task"]
    bench.wait(20)
    bench.do("un_work")
    assert bench.trace == ["work", "after"]
    assert bench.is_completed


@pytest.mark.parametrize("again", ["parallel", "sequential", "loop"])
def test_each_round_of_a_repeated_sub_process_is_undone_with_its_own_values(
    run: Any, draw: Any, again: str
) -> None:
    repeats = {
        "parallel": draw.many("=[10, 20, 30]", inputElement="item"),
        "sequential": draw.many("=[10, 20, 30]", sequential=True, inputElement="item"),
        "loop": draw.again(loopMaximum="3"),
    }[again]
    handler = draw.script("undo", "=append(undone, mine)", "undone", isForCompensation="true")
    inner = (
        draw.start("is")
        + draw.script("work", "=loopCounter", "mine")
        + draw.boundary("b", "work", draw.compensation)
        + handler
        + '<association id="as" sourceRef="b" targetRef="undo"/>'
        + draw.end("ie")
        + draw.way("is", "work", "ie")
        + repeats
    )
    maps = draw.mapping(inputs={"mine": "=0"})
    body = draw.start() + draw.sub("sub", inner, extra=maps) + thrown_after(draw, "sub")
    bench = run(draw.file(draw.process(body)), undone=[])
    assert bench.trace == ["work"] * 3
    bench.do("u")
    assert bench.variables["undone"] == [3, 2, 1]
    assert bench.trace == ["work"] * 3 + ["undo"] * 3 + ["after"]
    assert bench.is_completed
    assert bench.opened == []


def test_a_handler_of_a_repeated_activity_runs_once_for_all_its_rounds(run: Any, draw: Any) -> None:
    many = draw.many("=[1, 2]", inputElement="item")
    body = (
        draw.start() + draw.node("task", "work", many) + undoable(draw, "work") + thrown_after(draw, "work")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    assert bench.trace == ["un_work", "after"]
    assert bench.is_completed


def test_a_level_whose_last_step_makes_a_condition_true_waits_for_what_that_starts(
    run: Any, draw: Any
) -> None:
    sent = '<zeebe:taskDefinition type="work"/>'
    handler = draw.user("h") + draw.end("he") + draw.way("esp_start", "h", "he")
    inner = (
        draw.start("is")
        + draw.node("endEvent", "ie", draw.message, extra=sent)
        + draw.way("is", "ie")
        + draw.event_sub("esp", draw.condition("=go"), handler, interrupting=False)
    )
    body = draw.start() + draw.sub("sub", inner) + draw.script("after") + draw.way("start", "sub", "after")
    bench = run(draw.file(draw.process(body)), go=False)
    (job,) = [request for request in bench.opened if request.opens == "job"]
    bench.complete(job.token, {"go": True})
    assert bench.waiting() == ["h"]
    assert bench.trace == []
    bench.do("h")
    assert bench.trace == ["after"]
    assert bench.is_completed


def test_what_has_been_undone_is_not_undone_again(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.script("work")
        + undoable(draw, "work")
        + draw.end("ie")
        + draw.way("is", "work", "ie")
    )
    body = (
        draw.start()
        + draw.sub("sub", inner)
        + undoable(draw, "sub")
        + thrown_after(draw, "sub")
        + draw.node("intermediateThrowEvent", "again", draw.compensation)
        + draw.way("after", "again")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    assert bench.trace == ["work", "un_sub", "un_work", "after"]
    assert bench.is_completed


def test_results_of_a_sub_process_are_not_handed_out_again_when_it_is_undone(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.script("work")
        + undoable(draw, "work")
        + draw.end("ie")
        + draw.way("is", "work", "ie")
    )
    maps = draw.mapping(inputs={"mine": "=1"}, outputs={"result": "=mine"})
    body = draw.start() + draw.sub("sub", inner, extra=maps) + thrown_after(draw, "sub")
    bench = run(draw.file(draw.process(body)))
    bench.do("u", result="changed since")
    assert bench.trace == ["work", "un_work", "after"]
    assert bench.variables["result"] == "changed since"


def test_an_error_while_work_is_undone_goes_to_whoever_watches_the_undoing(run: Any, draw: Any) -> None:
    handler = draw.node(
        "serviceTask", "undo", extra='<zeebe:taskDefinition type="work"/>', isForCompensation="true"
    )
    inner = (
        draw.start("is")
        + draw.script("work")
        + draw.boundary("b", "work", draw.compensation)
        + handler
        + '<association id="as" sourceRef="b" targetRef="undo"/>'
        + draw.end("ie")
        + draw.way("is", "work", "ie")
    )
    outer = (
        draw.start("os")
        + draw.sub("sub", inner)
        + draw.boundary("too_late", "sub", draw.error)
        + draw.script("wrong")
        + draw.way("too_late", "wrong")
        + draw.user("u")
        + draw.node("intermediateThrowEvent", "t", draw.compensation)
        + draw.end("oe")
        + draw.way("os", "sub", "u", "t", "oe")
    )
    body = (
        draw.start()
        + draw.sub("around", outer)
        + draw.boundary("e", "around", draw.error)
        + draw.script("caught")
        + draw.way("start", "around")
        + draw.way("e", "caught")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    bench.throw("undo", "E")
    assert bench.trace == ["work", "caught"]
    assert bench.is_completed


def test_what_an_ad_hoc_sub_process_did_is_undone(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.ad_hoc("h", draw.script("work"), undoable(draw, "work"), until="=true")
        + thrown_after(draw, "h")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    assert bench.trace == ["work", "un_work", "after"]
    assert bench.is_completed
