"""Conditional events, events with several triggers, transactions, and sub-processes that say how they are undone."""

from __future__ import annotations

from typing import Any


def test_a_conditional_catch_event_waits_until_another_branch_makes_it_true(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.user("u")
        + draw.node("intermediateCatchEvent", "c", draw.condition("=amount > 10"))
        + draw.script("after")
        + draw.way("start", "fork", "u")
        + draw.way("fork", "c", "after")
    )
    file = draw.file(draw.process(body))
    bench = run(file, amount=1)
    assert bench.trace == []
    assert bench.instance.waiting_at() == ["u", "c"]
    bench.do("u", amount=11)
    assert bench.trace == ["after"]
    assert bench.is_completed
    assert run(file, amount=20).trace == ["after"]  # true from the beginning


def test_a_conditional_boundary_event_fires_each_time_its_condition_becomes_true(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.user("u")
        + draw.boundary("watch", "u", draw.condition("hot"), interrupting=False)
        + draw.boundary("stop", "u", draw.condition("=broken = true"))
        + draw.user("set")
        + draw.gateway("exclusive", "again")
        + draw.script("cool")
        + draw.script("repair")
        + draw.way("start", "fork", "u")
        + draw.way("fork", "again", "set", "again")
        + draw.way("watch", "cool")
        + draw.way("stop", "repair")
    )
    bench = run(draw.file(draw.process(body)), hot=False, broken=None)
    for hot, times in ((True, 1), (True, 1), (False, 1), (True, 2)):
        bench.do("set", hot=hot)
        assert bench.trace == ["cool"] * times
    bench.do("set", broken=True)
    assert bench.trace == ["cool", "cool", "repair"]
    assert bench.waiting() == ["set"]


def test_a_conditional_event_sub_process_starts_from_a_change_inside(run: Any, draw: Any) -> None:
    def body(*, interrupting: bool) -> str:
        return (
            draw.start()
            + draw.user("u")
            + draw.user("v")
            + draw.way("start", "u", "v")
            + draw.event_sub(
                "h",
                draw.condition("=x > 1"),
                draw.script("seen"),
                draw.end("he"),
                draw.way("h_start", "seen", "he"),
                interrupting=interrupting,
            )
        )

    bench = run(draw.file(draw.process(body(interrupting=False))), x=0)
    bench.do("u", x=2)
    assert bench.trace == ["seen"]
    assert bench.waiting() == ["v"]
    bench = run(draw.file(draw.process(body(interrupting=True))), x=0)
    bench.do("u", x=2)
    assert bench.trace == ["seen"]
    assert bench.is_completed


def test_a_condition_that_fails_is_an_incident_and_leaves_the_task_alone(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.user("u")
        + draw.boundary("b", "u", draw.condition("=x"))
        + draw.script("then")
        + draw.way("start", "u")
        + draw.way("b", "then")
    )
    bench = run(draw.file(draw.process(body)), x="text")
    assert bench.incidents == [("CONDITION_ERROR", "u")]
    assert bench.waiting() == ["u"]
    bench.change(lambda instance: instance.data.update(x=True))
    bench.retry()
    assert bench.trace == ["then"]
    assert bench.is_completed


def test_an_event_gateway_takes_a_condition_too(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("eventBased", "g")
        + draw.node("intermediateCatchEvent", "t", draw.timer("PT1H"))
        + draw.node("intermediateCatchEvent", "c", draw.condition("=ok"))
        + draw.script("late")
        + draw.script("good")
        + draw.way("start", "g", "t", "late")
        + draw.way("g", "c", "good")
    )
    file = draw.file(draw.process(body))
    bench = run(file, ok=False)
    (token,) = (token for token in bench.instance.live.values() if token.task_spec.name == "g")
    bench.change(lambda instance: instance.set_variables(instance.live[token.id], {"ok": True}))
    assert bench.trace == ["good"]
    assert bench.opened == []
    bench = run(file, ok=False)
    bench.wait(3600)
    assert bench.trace == ["late"]


def test_one_of_several_triggers_is_enough_unless_all_are_needed(run: Any, draw: Any) -> None:
    def body(**attributes: str) -> str:
        return (
            draw.start()
            + draw.node(
                "intermediateCatchEvent", "c", draw.signal + draw.message + draw.timer("PT1H"), **attributes
            )
            + draw.script("after")
            + draw.way("start", "c", "after")
        )

    one = draw.file(draw.process(body()))
    bench = run(one, key="k")
    bench.signal()
    assert bench.trace == ["after"]
    assert bench.opened == []
    bench = run(one, key="k")
    bench.wait(3600)
    assert bench.is_completed
    bench = run(draw.file(draw.process(body(parallelMultiple="true"))), key="k")
    bench.signal()
    bench.message(said="yes")
    assert bench.trace == []
    bench.wait(3600)
    assert bench.trace == ["after"]
    assert bench.variables == {"key": "k", "said": "yes"}
    assert bench.is_completed


def test_a_boundary_event_may_catch_several_errors_and_a_throw_event_throws_several(
    run: Any, draw: Any
) -> None:
    body = (
        draw.start()
        + draw.sub(
            "sub",
            draw.start("is"),
            draw.user("u"),
            draw.node("intermediateThrowEvent", "t", draw.escalation + draw.signal),
            draw.end("boom", draw.other_error),
            draw.way("is", "u", "t", "boom"),
        )
        + draw.boundary("e", "sub", draw.error + draw.other_error)
        + draw.boundary("x", "sub", draw.escalation, interrupting=False)
        + draw.boundary("s", "sub", draw.signal, interrupting=False)
        + draw.script("failed")
        + draw.script("escalated")
        + draw.script("heard")
        + draw.way("start", "sub")
        + draw.way("e", "failed")
        + draw.way("x", "escalated")
        + draw.way("s", "heard")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    assert sorted(bench.trace) == ["escalated", "failed"]  # the level has ended when the signal arrives
    assert [request.name for request in bench.asked if type(request).__name__ == "SignalThrown"] == ["S"]
    assert bench.is_completed


def transaction(draw: Any) -> str:
    return (
        draw.start()
        + draw.node(
            "transaction",
            "tx",
            draw.start("ts")
            + draw.script("book")
            + draw.boundary("undo_book", "book", draw.compensation)
            + draw.script("unbook", isForCompensation="true")
            + draw.script("pay")
            + draw.boundary("undo_pay", "pay", draw.compensation)
            + draw.script("repay", isForCompensation="true")
            + draw.user("u")
            + draw.gateway("exclusive", "x", default="x_to_te")
            + draw.end("te")
            + draw.end("canceled", draw.cancel)
            + draw.way("ts", "book", "pay", "u", "x")
            + draw.flow("x", "te", id="x_to_te")
            + draw.flow("x", "canceled", "=not(ok)")
            + '<association id="a1" sourceRef="undo_book" targetRef="unbook"/>'
            + '<association id="a2" sourceRef="undo_pay" targetRef="repay"/>',
        )
        + draw.boundary("c", "tx", draw.cancel)
        + draw.script("sorry")
        + draw.script("thanks")
        + draw.way("start", "tx", "thanks")
        + draw.way("c", "sorry")
    )


def test_a_canceled_transaction_undoes_its_work_backwards_and_leaves_by_its_boundary(
    run: Any, draw: Any
) -> None:
    file = draw.file(draw.process(transaction(draw)))
    bench = run(file)
    bench.do("u", ok=False)
    assert bench.trace == ["book", "pay", "repay", "unbook", "sorry"]
    assert bench.is_completed
    bench = run(file)
    bench.do("u", ok=True)
    assert bench.trace == ["book", "pay", "thanks"]


def test_a_sub_process_may_say_itself_how_it_is_undone(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.script("work", "=7", "v")
        + draw.end("ie")
        + draw.way("is", "work", "ie")
        + draw.event_sub(
            "h",
            draw.compensation,
            draw.script("undo", "=v + 1", "undone"),
            draw.end("he"),
            draw.way("h_start", "undo", "he"),
        )
    )
    body = (
        draw.start()
        + draw.sub("sub", inner, extra=draw.mapping(inputs={"v": "=0"}, outputs={"kept": "=v"}))
        + draw.user("u")
        + draw.node("intermediateThrowEvent", "t", '<compensateEventDefinition activityRef="sub"/>')
        + draw.script("after")
        + draw.way("start", "sub", "u", "t", "after")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    assert bench.trace == ["work", "undo", "after"]
    assert bench.variables["undone"] == 8
    assert bench.is_completed


def test_a_compensation_may_go_on_without_waiting_for_what_it_undoes(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.script("work")
        + draw.boundary("b", "work", draw.compensation)
        + draw.user("undo", extra="").replace("<userTask ", '<userTask isForCompensation="true" ')
        + '<association id="a" sourceRef="b" targetRef="undo"/>'
        + draw.node("intermediateThrowEvent", "t", '<compensateEventDefinition waitForCompletion="false"/>')
        + draw.script("after")
        + draw.way("start", "work", "t", "after")
    )
    bench = run(draw.file(draw.process(body)))
    assert bench.trace == ["work", "after"]
    assert bench.waiting() == ["undo"]
    bench.do("undo")
    assert bench.is_completed
