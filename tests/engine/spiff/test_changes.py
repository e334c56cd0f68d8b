"""Tokens started, ended and moved by hand, and rewound; each in memory, plain and saved before every step."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine.spiff.changes import CannotChange, End, Move, Start, modify
from laneway.engine.spiff.places import Places
from laneway.engine.spiff.requests import Note
from laneway.engine.spiff.rewind import Past, Step, rewind


def change(bench: Any, *instructions: Any) -> None:
    places = Places(bench.process.id, bench.specs)
    moves = [
        {"kind": "move", "element_id": one.element_id, "target": one.target}
        for one in instructions
        if isinstance(one, Move)
    ]
    bench.change(lambda instance: modify(instance, places, instructions))
    bench.notes.append(Note("instance_modified", None, None, {"instructions": moves}))


def back(bench: Any, element_id: str, **options: Any) -> None:
    places = Places(bench.process.id, bench.specs)

    def go(instance: Any) -> None:
        past = Past([Step(note.event, note.element_id, note.details) for note in bench.notes])
        instance.notes.append(Note("instance_rewound", element_id, None))
        rewind(instance, places, past, element_id, **options)

    bench.change(go)


def line(draw: Any) -> Any:
    body = draw.start() + draw.user("a") + draw.user("b") + draw.user("c") + draw.end()
    return draw.file(draw.process(body + draw.way("start", "a", "b", "c", "end")))


def nested(draw: Any) -> Any:
    inner = (
        draw.start("in") + draw.user("x") + draw.user("y") + draw.end("out") + draw.way("in", "x", "y", "out")
    )
    outer = (
        draw.start("mid")
        + draw.sub("inner", inner)
        + draw.user("z")
        + draw.end("done")
        + draw.way("mid", "inner", "z", "done")
    )
    body = (
        draw.start()
        + draw.user("a")
        + draw.sub("outer", outer, extra=draw.mapping(inputs={"here": "=amount + 1"}))
        + draw.boundary("late", "outer", draw.timer("PT1H"))
        + draw.user("b")
        + draw.end()
        + draw.end("too_late")
        + draw.way("start", "a", "outer", "b", "end")
        + draw.way("late", "too_late")
    )
    return draw.file(draw.process(body))


def test_a_token_moves_to_a_later_step(run: Any, draw: Any) -> None:
    bench = run(line(draw))
    change(bench, Move("c", element_id="a"))
    assert bench.waiting() == ["c"]
    bench.do("c")
    assert bench.is_completed


def test_a_step_starts_beside_what_runs(run: Any, draw: Any) -> None:
    bench = run(line(draw))
    change(bench, Start("b", variables=[("", {"whole": 1}), ("b", {"own": 2})]))
    assert bench.waiting() == ["a", "b"]
    assert bench.variables == {"whole": 1}
    assert bench.instance.live[bench.token_at("b")].data == {"own": 2}
    change(bench, End("a"))
    assert bench.waiting() == ["b"]
    bench.do("b")
    bench.do("c")
    assert bench.is_completed


def test_ending_the_last_token_terminates_the_instance(run: Any, draw: Any) -> None:
    bench = run(line(draw))
    change(bench, End(token=bench.token_at("a")))
    assert bench.is_completed
    assert bench.instance.is_terminated


def test_missing_scopes_are_opened_around_an_element(run: Any, draw: Any) -> None:
    bench = run(nested(draw), amount=4)
    change(bench, Move("y", element_id="a", variables=[("outer", {"told": True})]))
    assert bench.waiting() == ["y"]
    assert [one.wait for one in bench.opened if one.opens == "timer"] == ["late"]
    owner = next(t for t in bench.instance.live.values() if t.task_spec.name == "outer")
    assert owner.data == {"here": 5, "told": True}
    bench.do("y")
    assert bench.waiting() == ["z"]
    bench.do("z")
    assert bench.waiting() == ["b"]


def test_a_second_step_uses_the_scope_that_is_open(run: Any, draw: Any) -> None:
    bench = run(nested(draw), amount=4)
    change(bench, Move("y", element_id="a"), Start("x"))
    assert sorted(bench.waiting()) == ["x", "y"]
    assert len(bench.instance.subprocesses) == 2


def test_scopes_end_with_their_last_token(run: Any, draw: Any) -> None:
    bench = run(nested(draw), amount=4)
    bench.do("a")
    change(bench, Move("b", element_id="x"))
    assert bench.waiting() == ["b"]
    assert bench.instance.subprocesses == {}
    assert [note.element_id for note in bench.notes if note.event == "element_terminated"] == [
        "x",
        "inner",
        "outer",
    ]
    assert not [one for one in bench.opened if one.opens == "timer"]


def test_a_sub_process_moves_into_itself_anew(run: Any, draw: Any) -> None:
    bench = run(nested(draw), amount=4)
    bench.do("a")
    change(bench, Move("y", element_id="inner"))
    assert bench.waiting() == ["y"]
    assert len(bench.instance.subprocesses) == 2


def many(draw: Any, *, sequential: bool = False) -> Any:
    inner = (
        draw.start("in") + draw.user("x") + draw.user("y") + draw.end("out") + draw.way("in", "x", "y", "out")
    )
    body = (
        draw.start()
        + draw.sub("each", inner + draw.many("=items", inputElement="item", sequential=sequential))
        + draw.user("b")
        + draw.end()
        + draw.way("start", "each", "b", "end")
    )
    return draw.file(draw.process(body))


def test_inside_a_multi_instance_the_instance_must_be_told(run: Any, draw: Any) -> None:
    bench = run(many(draw), items=[1, 2])
    with pytest.raises(CannotChange) as caught:
        change(bench, Start("y"))
    assert caught.value.code == "modification_ambiguous"
    second = bench.token_at("x", last=True)
    change(bench, Move("y", token=second))
    assert sorted(bench.waiting()) == ["x", "y"]
    bench.do("y")
    bench.do("x")
    bench.do("y")
    assert bench.waiting() == ["b"]


def test_a_multi_instance_that_is_not_open_cannot_be_entered(run: Any, draw: Any) -> None:
    bench = run(many(draw), items=[])
    with pytest.raises(CannotChange) as caught:
        change(bench, Start("y"))
    assert caught.value.code == "modification_inside_multi_instance"


def test_ending_one_instance_lets_the_others_complete_the_activity(run: Any, draw: Any) -> None:
    bench = run(many(draw), items=[1, 2])
    change(bench, End(token=bench.token_at("x")))
    bench.do("x")
    bench.do("y")
    assert bench.waiting() == ["b"]


def test_ending_all_of_a_multi_instance_activity_by_name(run: Any, draw: Any) -> None:
    bench = run(many(draw), items=[1, 2])
    change(bench, Move("b", element_id="each"))
    assert bench.waiting() == ["b"]
    change(bench, Move("each", element_id="b"))
    assert bench.waiting() == ["x", "x"]


def test_elements_start_inside_an_ad_hoc_sub_process(run: Any, draw: Any) -> None:
    inner = draw.user("x") + draw.user("y")
    body = draw.start() + draw.user("a") + draw.ad_hoc("some", inner) + draw.user("b")
    body += draw.end() + draw.way("start", "a", "some", "b", "end")
    file = draw.file(draw.process(body))
    bench = run(file)
    change(bench, Move("y", element_id="a"))
    assert bench.waiting() == ["y"]
    change(bench, Start("x"))
    assert bench.waiting() == ["y", "x"]
    bench.do("x")
    bench.do("y")
    assert bench.waiting() == ["b"]


@pytest.mark.parametrize(
    ("element_id", "code"),
    [
        ("nothing", "modification_unknown_element"),
        ("start", "modification_start_event"),
        ("watch", "modification_boundary_event"),
        ("aside", "modification_event_subprocess"),
        ("in_aside", "modification_inside_event_subprocess"),
        ("join", "modification_join"),
        ("come", "modification_behind_event_gateway"),
        ("undo", "modification_compensation"),
    ],
)
def test_what_cannot_be_started_is_refused(run: Any, draw: Any, element_id: str, code: str) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.user("a")
        + draw.user("b")
        + draw.gateway("parallel", "join")
        + draw.gateway("eventBased", "which")
        + draw.node("intermediateCatchEvent", "come", draw.timer("PT1H"))
        + draw.node("intermediateCatchEvent", "other", draw.signal)
        + draw.boundary("watch", "a", draw.timer("PT1H"))
        + draw.boundary("book", "b", draw.compensation)
        + draw.script("undo", isForCompensation="true")
        + '<association id="as" sourceRef="book" targetRef="undo" associationDirection="One"/>'
        + draw.event_sub(
            "aside",
            draw.signal,
            draw.user("in_aside"),
            draw.end("aside_end"),
            draw.way("aside_start", "in_aside", "aside_end"),
        )
        + draw.end()
        + draw.way("start", "fork", "a", "join", "which", "come", "end")
        + draw.way("fork", "b", "join")
        + draw.way("which", "other", "end")
        + draw.way("watch", "end")
    )
    bench = run(draw.file(draw.process(body)))
    with pytest.raises(CannotChange) as caught:
        change(bench, Start(element_id))
    assert caught.value.code == code


def test_tokens_that_are_not_there_are_refused(run: Any, draw: Any) -> None:
    for instruction in (End("b"), Move("c", element_id="b"), End(token=99), Start("b", near=99)):
        bench = run(line(draw))
        with pytest.raises(CannotChange):
            change(bench, instruction)


def test_a_case_rewinds_to_an_earlier_step(run: Any, draw: Any) -> None:
    bench = run(line(draw), n=1)
    bench.do("a", n=2, more=True)
    bench.do("b", n=3)
    back(bench, "a")
    assert bench.waiting() == ["a"]
    assert bench.variables == {"n": 3, "more": True}
    bench.do("a")
    assert bench.waiting() == ["b"]
    back(bench, "a", with_variables=True)
    bench.do("a", n=5)
    bench.do("b")
    back(bench, "b", with_variables=True)
    assert bench.variables == {"n": 5, "more": True}
    assert bench.waiting() == ["b"]


def test_variables_are_as_they_were(run: Any, draw: Any) -> None:
    bench = run(line(draw), n=1)
    bench.do("a", n=2, more=True)
    back(bench, "a", with_variables=True)
    assert bench.variables == {"n": 1}


def parallel(draw: Any) -> Any:
    body = (
        draw.start()
        + draw.user("first")
        + draw.gateway("parallel", "fork")
        + draw.user("a")
        + draw.user("a2")
        + draw.user("b")
        + draw.gateway("parallel", "join")
        + draw.user("review")
        + draw.gateway("exclusive", "again", default="again_to_end")
        + draw.end()
        + draw.way("start", "first", "fork", "a", "a2", "join", "review", "again", "end")
        + draw.way("fork", "b", "join")
        + draw.flow("again", "first", "=redo")
    )
    return draw.file(draw.process(body))


def test_what_runs_beside_stays(run: Any, draw: Any) -> None:
    bench = run(parallel(draw), redo=False)
    bench.do("first")
    bench.do("a")
    back(bench, "a")
    assert sorted(bench.waiting()) == ["a", "b"]
    bench.do("a")
    bench.do("b")
    back(bench, "a")
    assert bench.waiting() == ["a"]
    bench.do("a")
    bench.do("a2")
    assert bench.waiting() == ["review"]


def test_whoever_had_arrived_at_a_join_from_beside_waits_there_again(run: Any, draw: Any) -> None:
    bench = run(parallel(draw), redo=True)
    for step in ("first", "a", "a2", "b", "review", "first", "a", "b", "a2"):
        bench.do(step)
    assert bench.waiting() == ["review"]
    back(bench, "a")
    assert bench.waiting() == ["a"]
    bench.do("a")
    bench.do("a2")
    assert bench.waiting() == ["review"]
    back(bench, "fork")
    assert sorted(bench.waiting()) == ["a", "b"]
    back(bench, "first")
    assert bench.waiting() == ["first"]


def test_a_finished_sub_process_is_opened_again(run: Any, draw: Any) -> None:
    bench = run(nested(draw), amount=1)
    for step in ("a", "x", "y", "z"):
        bench.do(step)
    assert bench.waiting() == ["b"]
    back(bench, "y")
    assert bench.waiting() == ["y"]
    assert len(bench.instance.subprocesses) == 2
    back(bench, "x")
    assert bench.waiting() == ["x"]
    back(bench, "outer")
    assert bench.waiting() == ["x"]
    for step in ("x", "y", "z", "b"):
        bench.do(step)
    assert bench.is_completed


def test_an_interrupting_event_sub_process_is_taken_back(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.user("a")
        + draw.user("b")
        + draw.end()
        + draw.way("start", "a", "b", "end")
        + draw.event_sub(
            "stop",
            draw.signal,
            draw.user("clear"),
            draw.end("stop_end"),
            draw.way("stop_start", "clear", "stop_end"),
        )
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("a")
    bench.signal()
    assert bench.waiting() == ["clear"]
    back(bench, "b")
    assert bench.waiting() == ["b"]
    bench.signal()
    assert bench.waiting() == ["clear"]


def test_only_where_the_case_has_been_can_it_go_back_to(run: Any, draw: Any) -> None:
    bench = run(line(draw))
    with pytest.raises(CannotChange) as caught:
        back(bench, "c")
    assert caught.value.code == "rewind_never_entered"


def test_what_was_moved_by_hand_or_taken_back_before_is_taken_back_too(run: Any, draw: Any) -> None:
    bench = run(nested(draw), amount=1)
    change(bench, Move("y", element_id="a"))
    back(bench, "a")
    assert bench.waiting() == ["a"]
    for step in ("a", "x", "y", "z"):
        bench.do(step)
    back(bench, "a")
    assert bench.waiting() == ["a"]
    back(bench, "b")
    assert bench.waiting() == ["b"]
    back(bench, "y")
    assert bench.waiting() == ["y"]
    back(bench, "z")
    assert bench.waiting() == ["z"]


def test_one_of_many_runs_goes_back_by_itself(run: Any, draw: Any) -> None:
    bench = run(many(draw), items=[1, 2])
    bench.do("x")
    with pytest.raises(CannotChange) as caught:
        back(bench, "x")
    assert caught.value.code == "modification_ambiguous"
    back(bench, "x", near=bench.token_at("y"))
    assert bench.waiting() == ["x", "x"]
    for step in ("x", "y", "x", "y"):
        bench.do(step)
    assert bench.waiting() == ["b"]
    back(bench, "each")
    assert bench.waiting() == ["x", "x"]


def test_no_instance_is_added_to_a_multi_instance_activity(run: Any, draw: Any) -> None:
    bench = run(many(draw), items=[1])
    (scope,) = [one for one in bench.instance.subprocesses.values() if one.spec.is_body]
    (inner,) = [number for number in scope.tasks if number != scope.task_tree.id]
    with pytest.raises(CannotChange) as caught:
        change(bench, Move("y", token=inner))
    assert caught.value.code == "modification_inside_multi_instance"


def test_inside_an_event_sub_process_of_one_of_many_runs(run: Any, draw: Any) -> None:
    inner = (
        draw.start("in")
        + draw.user("x")
        + draw.end("out")
        + draw.way("in", "x", "out")
        + draw.event_sub(
            "stop",
            draw.signal,
            draw.user("clear"),
            draw.user("sign"),
            draw.end("stop_end"),
            draw.way("stop_start", "clear", "sign", "stop_end"),
        )
    )
    each = draw.sub("each", inner + draw.many("=items", inputElement="item"))
    body = draw.start() + each + draw.end() + draw.way("start", "each", "end")
    bench = run(draw.file(draw.process(body)), items=[1])
    bench.signal()
    bench.do("clear")
    back(bench, "clear")
    assert bench.waiting() == ["clear"]
    assert not [one for one in bench.opened if one.opens == "signal"]
    bench.do("clear")
    bench.do("sign")
    assert bench.is_completed
    assert not bench.opened
