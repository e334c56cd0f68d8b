"""What SpiffWorkflow 3.2 by itself does wrong with flow, activities and data, done right, plain and saved.

The numbers are those of the findings in docs/spiffworkflow.md (`0.n` the ten facts, `1.2` gateways and activities, `4`
data). Proven elsewhere:

| fact | test |
|---|---|
| 0.1, 4 a join in a rework loop keeps the newest values | test_tokens: a_rework_loop_with_a_parallel_join_... |
| 0.2 a long loop loses nothing | test_facts_long_and_wide |
| 0.6 an element that cannot be entered waits and is retried | test_scopes: a_step_that_cannot_be_... |
| 0.7, 1.4 hit policies, unary tests, literal expressions, requirements | tests/engine/dmn |
| 0.8 no text is run as Python | tests/engine/test_one_feel |
| 0.8 entities and doctypes are refused | tests/engine/dmn/test_xml, tests/engine/bpmn/test_reader |
| 0.10 what Spiff does right stays right | test_random_flows |
| 1.2 a split on which nothing holds waits for a person | test_scopes: a_step_that_cannot_be_left_... |
| 1.2 two tokens on one flow do not satisfy a join | test_tokens: two_tokens_on_one_flow_... |
| 1.2 event gateways and receive tasks that start a process | tests/engine/test_starts |
| 1.2 a task is done once, and by who may | tests/engine/test_user_tasks |
| 1.2 what has no message, no condition, no end is refused | tests/engine/bpmn/test_checks |
| 1.2 ad-hoc sub-processes, loops, complex gateways | test_loops |
| 1.2 call activities | tests/engine/test_calls |
| 1.2 results of a multi-instance in input order | test_tokens: multi_instance_results_stand_in_input_order_... |
| 1.2 correlation | tests/engine/test_messages |
| 1.2 ids `Start` and `End` | test_tokens: elements_may_be_called_start_and_end |
| 1.2 unreachable nodes | tests/engine/bpmn/test_checks: `unreachable` |
"""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine.spiff import state


def test_fact_0_9_users_may_call_their_data_what_they_like(run: Any, draw: Any) -> None:
    body = draw.start() + draw.user("u") + draw.user("v") + draw.way("start", "u", "v")
    bench = run(draw.file(draw.process(body)))
    values = {
        "typename": "Task",
        "form": {"typename": "Task", "__class__": "x", "data": [{"typename": "TaskState"}]},
        "queue": [1],
        "scopes": None,
        "数量": 1.5,
        "很长": 12345678901234567,
        "list": [True, None, "x"],
    }
    bench.do("u", **values)
    bench.do("v")
    assert bench.variables == values
    assert bench.is_completed


def test_fact_1_2_a_comparison_of_unlike_values_is_not_true_and_breaks_nothing(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("exclusive", "g", default="g_to_b")
        + draw.script("a")
        + draw.script("b")
        + draw.way("start", "g")
        + draw.flow("g", "a", "=amount > 100")
        + draw.flow("g", "b", id="g_to_b")
    )
    bench = run(draw.file(draw.process(body)), amount="500")
    assert bench.trace == ["b"]
    assert bench.is_completed


def test_fact_1_2_a_task_with_several_ways_out_takes_all_and_the_instance_waits_for_all(
    run: Any, draw: Any
) -> None:
    body = (
        draw.start()
        + draw.user("u")
        + draw.user("a")
        + draw.user("b")
        + draw.way("start", "u", "a")
        + draw.way("u", "b")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    assert bench.waiting() == ["a", "b"]
    bench.do("a")
    assert not bench.is_completed
    bench.do("b")
    assert bench.is_completed


@pytest.mark.parametrize(("amount", "taken"), [(5, ["b"]), (50, ["a"]), (500, ["a", "c"])])
def test_fact_1_2_conditions_on_the_ways_out_of_a_task_are_asked(
    run: Any, draw: Any, amount: int, taken: list[str]
) -> None:
    body = (
        draw.start()
        + draw.script("t", default="t_to_b")
        + draw.script("a")
        + draw.script("b")
        + draw.script("c")
        + draw.way("start", "t")
        + draw.flow("t", "a", "=amount > 10")
        + draw.flow("t", "c", "=amount > 100")
        + draw.flow("t", "b", id="t_to_b")
    )
    bench = run(draw.file(draw.process(body)), amount=amount)
    assert bench.trace == ["t", *taken]


def test_fact_1_2_ways_that_meet_at_a_task_without_a_join_run_it_once_for_each_token(
    run: Any, draw: Any
) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.script("a")
        + draw.script("b")
        + draw.script("both")
        + draw.way("start", "fork", "a", "both")
        + draw.way("fork", "b", "both")
    )
    bench = run(draw.file(draw.process(body)))
    assert sorted(bench.trace) == ["a", "b", "both", "both"]
    assert bench.is_completed


def test_fact_1_2_and_4_a_process_without_end_events_is_completed_with_its_results(
    run: Any, draw: Any
) -> None:
    body = draw.start() + draw.script("s", "=1", "v") + draw.way("start", "s")
    bench = run(draw.file(draw.process(body)))
    assert bench.is_completed
    assert bench.variables == {"v": 1}


def test_fact_1_2_a_terminate_end_event_keeps_what_other_branches_have_found(run: Any, draw: Any) -> None:
    inner = (
        draw.start("is")
        + draw.gateway("parallel", "fork")
        + draw.script("a", "=1", "found")
        + draw.user("never")
        + draw.user("u")
        + draw.end("stop", draw.terminate)
        + draw.way("is", "fork", "a", "never")
        + draw.way("fork", "u", "stop")
    )
    body = draw.start() + draw.sub("sub", inner) + draw.script("after", "=found", "seen")
    bench = run(draw.file(draw.process(body + draw.way("start", "sub", "after"))))
    bench.do("u")
    assert bench.variables == {"found": 1, "seen": 1}
    assert bench.is_completed


@pytest.mark.parametrize("items", [None, "abc", 3, {"a": 1}])
@pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])
def test_fact_1_2_a_collection_that_is_no_list_waits_for_a_person_and_is_retried(
    run: Any, draw: Any, items: Any, sequential: bool
) -> None:
    many = draw.many("=items", sequential=sequential, inputElement="item")
    body = draw.start() + draw.user("u", many) + draw.script("after") + draw.way("start", "u", "after")
    bench = run(draw.file(draw.process(body)), items=items)
    assert bench.incidents == [("EXTRACT_VALUE_ERROR", "u")]
    assert bench.waiting() == []
    bench.change(lambda instance: instance.data.update(items=[1]))
    bench.retry()
    bench.do("u")
    assert bench.trace == ["after"]
    assert bench.is_completed


@pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])
def test_fact_1_2_an_instance_without_a_result_leaves_null_and_what_else_it_wrote_stays(
    run: Any, draw: Any, sequential: bool
) -> None:
    many = draw.many(
        "=[1, 2]", sequential=sequential, inputElement="item", outputCollection="all", outputElement="=found"
    )
    body = draw.start() + draw.user("u", many) + draw.way("start", "u")
    bench = run(draw.file(draw.process(body)))
    bench.do("u", other="kept")
    bench.do("u", found=2)
    assert bench.variables == {"all": [None, 2], "other": "kept"}
    assert bench.is_completed


def test_fact_1_2_a_second_round_collects_anew_over_a_filled_list(run: Any, draw: Any) -> None:
    many = draw.many("=[1, 2]", inputElement="item", outputCollection="all", outputElement="=item + base")
    body = (
        draw.start()
        + draw.gateway("exclusive", "again")
        + draw.node("task", "t", many)
        + draw.user("u")
        + draw.gateway("exclusive", "g", default="out")
        + draw.end()
        + draw.way("start", "again", "t", "u", "g")
        + draw.flow("g", "again", "=base < 20")
        + draw.flow("g", "end", id="out")
    )
    bench = run(draw.file(draw.process(body)), all=["old"], base=0)
    assert bench.variables["all"] == [1, 2]
    bench.do("u", base=10)
    assert bench.variables["all"] == [11, 12]
    bench.do("u", base=20)
    assert bench.is_completed


def test_fact_1_2_mappings_of_a_task_take_nothing_else_away(run: Any, draw: Any) -> None:
    maps = draw.mapping(inputs={"a": "=given"}, outputs={"b": "=a + typed"})
    body = draw.start() + draw.user("u", extra=maps) + draw.way("start", "u")
    bench = run(draw.file(draw.process(body)), given=1, other=2)
    bench.do("u", typed=4)
    assert bench.variables == {"given": 1, "other": 2, "b": 5}


def test_fact_1_2_a_script_that_fails_has_changed_nothing(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.script("s", "=for i in 1..99999999 return i", "v")
        + draw.script("after")
        + draw.way("start", "s", "after")
    )
    bench = run(draw.file(draw.process(body)), v="before")
    assert bench.incidents == [("EXTRACT_VALUE_ERROR", "s")]
    assert bench.variables == {"v": "before"}
    assert bench.trace == []


def test_fact_1_2_loops_upstream_of_an_inclusive_join_hold_it_back(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("inclusive", "split")
        + draw.gateway("exclusive", "again")
        + draw.user("a")
        + draw.gateway("exclusive", "g", default="on")
        + draw.script("b")
        + draw.gateway("inclusive", "join")
        + draw.script("after")
        + draw.way("start", "split")
        + draw.flow("split", "again", "=true")
        + draw.flow("split", "b", "=true")
        + draw.way("again", "a", "g")
        + draw.flow("g", "again", "=more")
        + draw.flow("g", "join", id="on")
        + draw.way("b", "join", "after")
    )
    bench = run(draw.file(draw.process(body)), more=True)
    for _ in range(3):
        bench.do("a", more=True)
        assert bench.trace == ["b"]
    bench.do("a", more=False)
    assert bench.trace == ["b", "after"]
    assert bench.is_completed


def test_fact_4_branches_write_one_value_and_overwrite_nothing_they_did_not_touch(
    run: Any, draw: Any
) -> None:
    body = (
        draw.start()
        + draw.script("begin", "={v: 0, list: [1]}", "case")
        + draw.gateway("parallel", "fork")
        + draw.user("a")
        + draw.script("a2", '=context put(case, "list", concatenate(case.list, [2]))', "case")
        + draw.user("b")
        + draw.script("b2", '=context put(case, "v", case.v + 1)', "case")
        + draw.gateway("parallel", "join")
        + draw.script("after", "=case.list", "kept")
        + draw.way("start", "begin", "fork", "a", "a2", "join", "after")
        + draw.way("fork", "b", "b2", "join")
    )
    bench = run(draw.file(draw.process(body)), untouched=[1, 1])
    bench.do("b", w=2)
    bench.do("a")
    assert bench.variables == {
        "case": {"v": 1, "list": [1, 2]},
        "untouched": [1, 1],
        "w": 2,
        "kept": [1, 2],
    }


def test_fact_4_a_copy_of_a_value_does_not_change_with_the_original(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.script("copy", "=list", "before")
        + draw.script("more", "=append(list, 2)", "list")
        + draw.user("u")
        + draw.way("start", "copy", "more", "u")
    )
    bench = run(draw.file(draw.process(body)), list=[1])
    assert bench.variables == {"list": [1, 2], "before": [1]}
    written = [note.details["values"] for note in bench.notes if note.event == "variables_set"]
    assert written == [{"list": [1]}, {"before": [1]}, {"list": [1, 2]}]


def test_fact_4_two_ends_of_a_process_share_one_result(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.script("a", "=1", "v")
        + draw.user("b")
        + draw.end("one")
        + draw.end("two")
        + draw.way("start", "fork", "a", "one")
        + draw.way("fork", "b", "two")
    )
    bench = run(draw.file(draw.process(body)), v=0)
    bench.do("b", w=2)
    assert bench.variables == {"v": 1, "w": 2}
    assert bench.is_completed


def test_fact_4_sub_processes_do_not_copy_the_data(run: Any, draw: Any) -> None:
    inner = draw.user("deep")
    for number in range(10):
        start, first = f"s{number}", "deep" if number == 0 else f"sub{number}"
        level = draw.start(start) + inner + draw.end(f"e{number}") + draw.way(start, first, f"e{number}")
        inner = draw.sub(f"sub{number + 1}", level)
    body = draw.start() + inner + draw.way("start", "sub10")
    big = "x" * 100_000
    bench = run(draw.file(draw.process(body)), big=big)
    assert len(state.dump(bench.instance)) < len(big) + 5_000
    bench.do("deep", w=1)
    assert bench.variables == {"big": big, "w": 1}
    assert bench.is_completed
