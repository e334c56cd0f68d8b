"""Sub-processes, boundary events, errors, event sub-processes, compensation: what climbs, ends and comes back."""

from __future__ import annotations

from typing import Any


def test_an_error_finds_its_own_scope_and_not_a_sibling(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.sub("a", draw.start("as"), draw.end("ae", draw.other_error), draw.way("as", "ae"))
        + draw.sub("b", draw.start("bs"), draw.user("bt"), draw.end("be"), draw.way("bs", "bt", "be"))
        + draw.boundary("ba", "a", draw.error)
        + draw.boundary("bb", "b", draw.other_error)
        + draw.script("mine")
        + draw.script("wrong")
        + draw.way("start", "fork", "a")
        + draw.way("fork", "b")
        + draw.way("ba", "mine")
        + draw.way("bb", "wrong")
    )
    bench = run(draw.file(draw.process(body)))
    assert bench.incidents == [("UNHANDLED_ERROR_EVENT", "ae")]
    assert bench.trace == []
    assert bench.waiting() == ["bt"]


def test_an_exact_error_code_goes_before_one_that_catches_all(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.job("pay")
        + draw.boundary("any", "pay", draw.any_error)
        + draw.boundary("exact", "pay", draw.error)
        + draw.script("all")
        + draw.script("this")
        + draw.way("start", "pay")
        + draw.way("any", "all")
        + draw.way("exact", "this")
    )
    file = draw.file(draw.process(body))
    bench = run(file)
    bench.throw("pay", "E", why="test")
    assert bench.trace == ["this"]
    assert bench.variables == {"why": "test"}
    assert bench.is_completed
    assert bench.opened == []
    bench = run(file)
    bench.throw("pay", "F")
    assert bench.trace == ["all"]


def test_an_error_event_sub_process_sees_inner_data_and_ends_only_its_level(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.script("set", "=7", "v")
        + draw.end("boom", draw.error)
        + draw.way("is", "set", "boom")
        + draw.event_sub(
            "h",
            draw.error,
            draw.script("handle", "=v + 1", "seen"),
            draw.end("he"),
            draw.way("h_start", "handle", "he"),
        )
    )
    body = (
        draw.start()
        + draw.sub("sub", inner, extra=draw.mapping(inputs={"v": "=null"}, outputs={"result": "=v"}))
        + draw.script("after")
        + draw.end()
        + draw.way("start", "sub", "after", "end")
    )
    bench = run(draw.file(draw.process(body)))
    assert bench.trace == ["set", "handle", "after"]
    assert bench.variables == {"seen": 8, "result": 7}
    assert bench.is_completed
    assert not bench.incidents


def test_non_interrupting_events_fire_again_and_again(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.user("u")
        + draw.boundary("b", "u", draw.signal, interrupting=False)
        + draw.script("note")
        + draw.way("start", "u")
        + draw.way("b", "note")
        + draw.event_sub(
            "h",
            draw.message,
            draw.script("mail"),
            draw.end("he"),
            draw.way("h_start", "mail", "he"),
            interrupting=False,
        )
    )
    bench = run(draw.file(draw.process(body)), key="k")
    for _ in range(3):
        bench.signal()
        bench.message()
    assert bench.trace == ["note", "mail"] * 3
    assert bench.waiting() == ["u"]
    bench.do("u")
    assert bench.is_completed
    assert bench.opened == []


def test_an_interrupting_event_sub_process_stops_its_level_once(run: Any, draw: Any) -> None:
    fix = (draw.user("fix"), draw.end("he"), draw.way("h_start", "fix", "he"))
    body = draw.start() + draw.user("u") + draw.way("start", "u") + draw.event_sub("h", draw.message, *fix)
    bench = run(draw.file(draw.process(body)), key="k")
    bench.message()
    bench.message()
    assert bench.waiting() == ["fix"]
    assert bench.waiting("message") == []
    bench.do("fix")
    assert bench.is_completed


def test_an_interrupting_boundary_event_ends_everything_inside(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.gateway("parallel", "g")
        + draw.user("one")
        + draw.job("two")
        + draw.boundary("inner_timer", "one", draw.timer("PT1H"))
        + draw.end("x")
        + draw.way("is", "g", "one")
        + draw.way("g", "two")
        + draw.way("inner_timer", "x")
    )
    body = (
        draw.start()
        + draw.sub("sub", inner)
        + draw.boundary("late", "sub", draw.timer("PT10M"))
        + draw.script("expired")
        + draw.way("start", "sub")
        + draw.way("late", "expired")
    )
    bench = run(draw.file(draw.process(body)))
    bench.wait(599)
    assert bench.waiting() == ["one"]
    bench.wait(1)
    assert bench.trace == ["expired"]
    assert bench.is_completed
    assert bench.opened == []


def test_an_escalation_goes_on_behind_a_non_interrupting_boundary(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.node("intermediateThrowEvent", "tell", draw.escalation)
        + draw.script("inside")
        + draw.end("ie")
        + draw.way("is", "tell", "inside", "ie")
    )
    body = (
        draw.start()
        + draw.sub("sub", inner)
        + draw.boundary("b", "sub", draw.escalation, interrupting=False)
        + draw.script("informed")
        + draw.script("after")
        + draw.way("start", "sub", "after")
        + draw.way("b", "informed")
    )
    bench = run(draw.file(draw.process(body)))
    assert sorted(bench.trace) == ["after", "informed", "inside"]
    assert bench.is_completed


def test_a_terminate_end_event_ends_its_own_level_only(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.gateway("parallel", "g")
        + draw.user("never")
        + draw.end("stop", draw.terminate)
        + draw.way("is", "g", "never")
        + draw.way("g", "stop")
    )
    body = draw.start() + draw.sub("sub", inner) + draw.script("after") + draw.way("start", "sub", "after")
    bench = run(draw.file(draw.process(body)))
    assert bench.trace == ["after"]
    assert bench.is_completed
    assert bench.opened == []


def test_compensation_runs_backwards_and_into_finished_sub_processes(run: Any, draw: Any) -> None:
    def undo(name: str) -> str:
        return str(
            draw.script(name)
            + draw.boundary(f"b_{name}", name, draw.compensation)
            + draw.script(f"un_{name}", isForCompensation="true")
            + f'<association id="as_{name}" sourceRef="b_{name}" targetRef="un_{name}"/>'
        )

    inner = draw.start("is") + undo("two") + draw.end("ie") + draw.way("is", "two", "ie")
    body = (
        draw.start()
        + undo("one")
        + draw.sub("sub", inner)
        + undo("three")
        + draw.node("intermediateThrowEvent", "c", draw.compensation)
        + draw.script("after")
        + draw.way("start", "one", "sub", "three", "c", "after")
    )
    bench = run(draw.file(draw.process(body)))
    assert bench.trace[:3] == ["one", "two", "three"]
    assert bench.trace[3] == "un_three"
    assert sorted(bench.trace[4:6]) == ["un_one", "un_two"]
    assert bench.trace[6:] == ["after"]
    assert bench.is_completed


def test_variables_of_a_step_stay_its_own_and_outputs_go_where_the_name_lives(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.user("u", extra=draw.mapping(inputs={"own": "=total"}, outputs={"total": "=own + more"}))
        + draw.script("free", '="everywhere"', "new")
        + draw.end("ie")
        + draw.way("is", "u", "free", "ie")
    )
    body = (
        draw.start()
        + draw.sub("sub", inner, extra=draw.mapping(inputs={"total": "=10"}))
        + draw.end()
        + draw.way("start", "sub", "end")
    )
    bench = run(draw.file(draw.process(body)), total=1)
    bench.do("u", more=5)
    assert bench.is_completed
    assert bench.variables == {"total": 1, "new": "everywhere"}


# -- steps that fail wait for a person, and can be tried again


def test_a_step_that_cannot_be_entered_waits_and_is_retried(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "g")
        + draw.script("good")
        + draw.user("fix")
        + draw.user("each", draw.many("=items", inputElement="item"))
        + draw.boundary("late", "each", draw.timer("PT1H"), interrupting=False)
        + draw.script("remind")
        + draw.way("start", "g", "good")
        + draw.way("g", "fix")
        + draw.way("g", "each")
        + draw.way("late", "remind")
    )
    bench = run(draw.file(draw.process(body)), items=5)
    assert bench.trace == ["good"]
    assert bench.incidents == [("EXTRACT_VALUE_ERROR", "each")]
    assert bench.waiting("timer") == []
    assert set(bench.instance.waiting_at()) == {"fix", "each"}
    bench.retry()
    assert bench.incidents == [("EXTRACT_VALUE_ERROR", "each")]
    bench.do("fix", items=["a"])
    bench.retry()
    assert bench.incidents == []
    bench.do("each")
    assert bench.is_completed
    assert bench.opened == []


def test_a_step_that_cannot_be_left_waits_and_is_retried_without_being_done_again(
    run: Any, draw: Any
) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.user("fix")
        + draw.user("decide")
        + draw.gateway("exclusive", "g")
        + draw.script("yes")
        + draw.script("no")
        + draw.way("start", "fork", "fix")
        + draw.way("fork", "decide", "g")
        + draw.flow("g", "yes", '=answer = "yes"')
        + draw.flow("g", "no", '=answer = "no"')
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("decide", answer="perhaps")
    assert bench.incidents == [("CONDITION_ERROR", "g")]
    bench.do("fix", answer="yes")
    bench.retry()
    assert bench.trace == ["yes"]
    assert bench.is_completed
    entered = [note.element_id for note in bench.notes if note.event == "element_entered"]
    assert entered.count("g") == 1


def test_a_failed_result_mapping_keeps_the_work_and_is_retried(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.user("fix")
        + draw.user("each", draw.many("=[1, 2]", until="=enough", outputCollection="all", outputElement="=r"))
        + draw.way("start", "fork", "fix")
        + draw.way("fork", "each")
    )
    bench = run(draw.file(draw.process(body)), enough="not a boolean")
    bench.do("each", r=1)
    assert bench.incidents == [("CONDITION_ERROR", "each")]
    bench.do("fix", enough=False)
    bench.retry()
    assert bench.incidents == []
    bench.do("each", r=2)
    assert bench.variables["all"] == [1, 2]
    assert bench.is_completed


def test_an_uncaught_error_of_a_job_waits_and_the_retry_makes_a_new_job(run: Any, draw: Any) -> None:
    body = draw.start() + draw.job("pay") + draw.end() + draw.way("start", "pay", "end")
    bench = run(draw.file(draw.process(body)))
    bench.throw("pay", "E")
    assert bench.incidents == [("UNHANDLED_ERROR_EVENT", "pay")]
    bench.retry()
    assert bench.waiting("job") == ["pay"]
    bench.do("pay")
    assert bench.is_completed
    assert bench.opened == []


def test_a_process_whose_own_waits_cannot_open_waits_for_a_person(run: Any, draw: Any) -> None:
    handle = (draw.user("fix"), draw.end("he"), draw.way("h_start", "fix", "he"))
    body = draw.start() + draw.user("u") + draw.way("start", "u") + draw.event_sub("h", draw.message, *handle)
    bench = run(draw.file(draw.process(body)))
    assert bench.incidents == [("EXTRACT_VALUE_ERROR", "start")]
    assert bench.waiting() == []
    bench.retry()
    assert bench.incidents == [("EXTRACT_VALUE_ERROR", "start")]
    bench.instance.data["key"] = "k"
    bench.retry()
    assert bench.incidents == []
    assert bench.waiting() == ["u"]
    bench.message()
    assert bench.waiting() == ["fix"]


def test_output_mappings_of_an_event_keep_the_rest_of_what_came_away(run: Any, draw: Any) -> None:
    mapped = draw.mapping(outputs={"answer": "=text"})
    body = (
        draw.start()
        + draw.user("u")
        + draw.node("boundaryEvent", "b", draw.message, extra=mapped, attachedToRef="u")
        + draw.end()
        + draw.way("start", "u")
        + draw.way("b", "end")
    )
    bench = run(draw.file(draw.process(body)), key="k")
    bench.message(text="yes", secret="no")
    assert bench.is_completed
    assert bench.variables == {"key": "k", "answer": "yes"}
