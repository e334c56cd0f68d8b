"""What SpiffWorkflow 3.2 by itself does wrong with events, done right: each fact plain and saved before every step.

The numbers are those of the findings in docs/spiffworkflow.md (`0.n` the ten facts, `1.1` events by position, `1.3` event
sub-processes). Proven elsewhere:

| fact | test |
|---|---|
| 0.5 an error is not offered to unrelated siblings | test_scopes: an_error_finds_its_own_scope_and_not_a_sibling |
| 1.1 a message that comes early is buffered | tests/engine/test_messages: a_message_that_comes_too_early_... |
| 1.1 a message goes to one waiter, a signal to all instances | tests/engine/test_messages, tests/engine/test_signals |
| 1.1 missed cycles of a timer are not made up for | tests/engine/test_timers: a_cycle_does_not_drift_... |
| 1.1 timer and message starts make instances, not tokens | tests/engine/test_timers, tests/engine/test_messages |
| 1.1 multiple and parallel multiple events | test_conditions_and_transactions: one_of_several_triggers_... |
| 1.1 cancel undoes the work of its transaction | test_conditions_and_transactions: a_canceled_transaction_... |
| 1.2 two timers behind one gateway keep their own deadlines | test_tokens: an_event_gateway_with_two_timers_... |
| 1.3 an error event sub-process sees what is inside its level | test_scopes: an_error_event_sub_process_sees_... |
"""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine.bpmn.checks import Known, check
from laneway.engine.bpmn.reader import read_processes
from laneway.words import Severity

DEFINITIONS = {
    "none": "",
    "message": '<messageEventDefinition messageRef="M"/>',
    "timer": "<timerEventDefinition><timeDuration>PT10S</timeDuration></timerEventDefinition>",
    "signal": '<signalEventDefinition signalRef="S"/>',
    "conditional": "<conditionalEventDefinition><condition>=go</condition></conditionalEventDefinition>",
    "error": '<errorEventDefinition errorRef="E"/>',
    "escalation": '<escalationEventDefinition escalationRef="X"/>',
    "compensate": "<compensateEventDefinition/>",
    "link": '<linkEventDefinition name="L"/>',
    "terminate": "<terminateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
}
AWAITED = ("message", "timer", "signal", "conditional")
RUNS = {
    "start": {"none", "message", "timer", "signal"},
    "catch": {*AWAITED, "link"},
    "throw": {"none", "message", "signal", "escalation", "compensate", "link"},
    "end": {"none", "message", "signal", "error", "escalation", "compensate", "terminate", "cancel"},
    "boundary": {*AWAITED, "error", "escalation", "compensate", "cancel"},
    "boundary that does not interrupt": {*AWAITED, "escalation"},
    "event sub-process": {*AWAITED, "error", "escalation", "compensate"},
    "event sub-process that does not interrupt": {*AWAITED, "escalation"},
}
"""BPMN 2.0, table 10.93, without conditional starts of a process; all else is refused."""


def placed(draw: Any, position: str, kind: str) -> str:
    """A process with this event at this position, sound in everything else."""
    event, ready = DEFINITIONS[kind], '<zeebe:taskDefinition type="work"/>' if kind == "message" else ""
    interrupting = "not" not in position
    if position == "start":
        return str(draw.start("x", event) + draw.user("u") + draw.way("x", "u"))
    way = draw.start() + draw.user("u")
    if position == "catch":
        other = draw.node("intermediateThrowEvent", "l", DEFINITIONS["link"])
        link = other + draw.way("u", "l") + draw.node("intermediateCatchEvent", "x", event) + draw.script("s")
        plain = draw.node("intermediateCatchEvent", "x", event) + draw.way("u", "x")
        return str(draw.way("start", "u") + way + (link + draw.way("x", "s") if kind == "link" else plain))
    if position == "throw":
        partner = draw.node("intermediateCatchEvent", "l", event) + draw.script("s") + draw.way("l", "s")
        thrown = draw.node("intermediateThrowEvent", "x", event, extra=ready)
        return str(way + thrown + draw.way("start", "u", "x") + (partner if kind == "link" else ""))
    if position == "end":
        inner = way + draw.node("endEvent", "x", event, extra=ready) + draw.way("start", "u", "x")
        if kind != "cancel":
            return str(inner)
        return str(draw.start("s") + draw.node("transaction", "tx", inner) + draw.way("s", "tx"))
    if position.startswith("boundary"):
        inner = draw.start("is") + draw.user("u") + draw.end("ie") + draw.way("is", "u", "ie")
        tag = "transaction" if kind == "cancel" else "subProcess"
        after = draw.script("h", **({"isForCompensation": "true"} if kind == "compensate" else {}))
        leads = (
            '<association id="a" sourceRef="x" targetRef="h"/>'
            if kind == "compensate"
            else draw.way("x", "h")
        )
        watching = draw.boundary("x", "sub", event, interrupting=interrupting)
        return str(
            draw.start() + draw.node(tag, "sub", inner) + draw.way("start", "sub") + watching + after + leads
        )
    handler = draw.script("h") + draw.end("he") + draw.way("x_start", "h", "he")
    inner = draw.start("is") + draw.user("u") + draw.end("ie") + draw.way("is", "u", "ie")
    inner += draw.event_sub("x", event, handler, interrupting=interrupting)
    return str(draw.start() + draw.sub("sub", inner) + draw.way("start", "sub"))


@pytest.mark.parametrize("kind", DEFINITIONS)
@pytest.mark.parametrize("position", RUNS)
def test_fact_0_4_and_1_1_an_event_runs_where_the_standard_allows_it_and_is_refused_elsewhere(
    draw: Any, position: str, kind: str
) -> None:
    diagram = read_processes(draw.file(draw.process(placed(draw, position, kind))))
    found = [*diagram.findings, *check(diagram.processes[0], Known())]
    errors = [(one.code, one.element_id) for one in found if one.severity is Severity.ERROR]
    assert (not errors) == (kind in RUNS[position]), errors
    assert not errors or {element_id for _, element_id in errors} & {"x", "x_start"}


def bring(bench: Any, kind: str) -> None:
    """Let the outside bring about the event."""
    if kind == "message":
        bench.message(came=1)
    elif kind == "timer":
        bench.wait(10)
    elif kind == "signal":
        bench.signal()
    else:
        bench.do("switch", go=True)


def beside(draw: Any, *parts: str) -> str:
    """A process with these parts, and beside them a user task `switch` that can be done again and again."""
    return (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.gateway("exclusive", "again")
        + draw.user("switch")
        + draw.way("start", "fork", "again", "switch", "again")
        + "".join(parts)
    )


@pytest.mark.parametrize("kind", AWAITED)
def test_fact_1_1_a_catch_event_waits_until_its_event_has_come(run: Any, draw: Any, kind: str) -> None:
    parts = draw.node("intermediateCatchEvent", "x", DEFINITIONS[kind]) + draw.script("after")
    body = beside(draw, parts + draw.way("fork", "x", "after"))
    bench = run(draw.file(draw.process(body)), key="k", go=False)
    assert bench.trace == []
    bring(bench, kind)
    assert bench.trace == ["after"]


@pytest.mark.parametrize("interrupting", [True, False], ids=["interrupting", "not interrupting"])
@pytest.mark.parametrize("kind", AWAITED)
def test_fact_1_1_a_boundary_event_happens_once_or_as_often_as_it_comes(
    run: Any, draw: Any, kind: str, interrupting: bool
) -> None:
    event = DEFINITIONS[kind]
    parts = (
        draw.user("u")
        + draw.boundary("x", "u", event, interrupting=interrupting)
        + draw.script("caught")
        + draw.way("fork", "u")
        + draw.way("x", "caught")
    )
    bench = run(draw.file(draw.process(beside(draw, parts))), key="k", go=False)
    bring(bench, kind)
    assert bench.trace == ["caught"]
    assert ("u" in bench.waiting()) is not interrupting
    if kind == "timer":  # a duration comes once
        return
    if kind == "conditional":
        bench.do("switch", go=False)
    bring(bench, kind)
    assert bench.trace == ["caught"] * (1 if interrupting else 2)
    assert ("u" in bench.waiting()) is not interrupting


@pytest.mark.parametrize("is_inside", [False, True], ids=["in the process", "in a sub-process"])
@pytest.mark.parametrize("interrupting", [True, False], ids=["interrupting", "not interrupting"])
@pytest.mark.parametrize("kind", AWAITED)
def test_fact_0_3_an_event_sub_process_starts_with_its_event_and_not_with_the_process(
    run: Any, draw: Any, kind: str, interrupting: bool, is_inside: bool
) -> None:
    handler = (
        draw.script("caught", "=mine + 1", "mine") + draw.end("he") + draw.way("esp_start", "caught", "he")
    )
    part = draw.event_sub("esp", DEFINITIONS[kind], handler, interrupting=interrupting)
    if is_inside:
        inner = draw.start("is") + draw.user("u") + draw.end("ie") + draw.way("is", "u", "ie") + part
        parts = draw.sub("sub", inner, extra=draw.mapping(inputs={"mine": "=10"}, outputs={"mine": "=mine"}))
        parts += draw.script("after") + draw.way("fork", "sub", "after")
    else:
        parts = draw.user("u") + draw.way("fork", "u") + part
    file = draw.file(draw.process(beside(draw, parts)))
    bench = run(file, key="k", go=False, mine=1)
    assert bench.trace == []
    bring(bench, kind)
    assert bench.trace == (["caught", "after"] if interrupting and is_inside else ["caught"])
    assert ("u" in bench.waiting()) is not interrupting
    if not is_inside:
        assert bench.variables["mine"] == 2
    elif interrupting:
        assert bench.variables["mine"] == 11  # it saw what is inside, and its result stayed
    elif kind != "timer":
        if kind == "conditional":
            bench.do("switch", go=False)
        bring(bench, kind)
        bench.do("u")
        assert bench.trace == ["caught", "caught", "after"]
        assert bench.variables["mine"] == 12


def test_fact_1_3_a_triggered_event_sub_process_leaves_the_next_instance_alone(run: Any, draw: Any) -> None:
    handler = draw.user("h") + draw.end("he") + draw.way("esp_start", "h", "he")
    part = draw.event_sub("esp", DEFINITIONS["message"], handler, interrupting=False)
    file = draw.file(draw.process(draw.start() + draw.user("u") + draw.way("start", "u") + part))
    first = run(file, key="k")
    specs = first.specs
    first.message()
    assert first.waiting() == ["u", "h"]
    second = type(first)(file, is_saved=first.is_saved, frozen=first.frozen, key="k")
    assert second.waiting() == ["u"]
    assert [spec.name for spec in specs["P"].task_specs["esp"].inputs] == []
    assert specs["P"].start.outputs == []


@pytest.mark.parametrize("kind", ["timer", "message", "signal", "conditional", "error", "escalation"])
def test_fact_1_3_an_event_sub_process_that_did_not_start_keeps_nothing_open(
    run: Any, draw: Any, kind: str
) -> None:
    handler = draw.script("h") + draw.end("he") + draw.way("esp_start", "h", "he")
    part = draw.event_sub("esp", DEFINITIONS[kind], handler)
    body = draw.start() + draw.user("u") + draw.way("start", "u") + part
    bench = run(draw.file(draw.process(body)), key="k", go=False)
    bench.do("u")
    assert bench.is_completed
    assert bench.opened == []
    assert bench.trace == []


@pytest.mark.parametrize("catcher", ["boundary", "event sub-process"])
@pytest.mark.parametrize("kind", ["error", "escalation"])
def test_fact_1_1_errors_and_escalations_are_caught_where_the_standard_says(
    run: Any, draw: Any, kind: str, catcher: str
) -> None:
    inner = (
        draw.start("is") + draw.user("u") + draw.end("boom", DEFINITIONS[kind]) + draw.way("is", "u", "boom")
    )
    around = draw.script("after") + draw.way("start", "sub", "after")
    if catcher == "boundary":
        around += (
            draw.boundary("x", "sub", DEFINITIONS[kind]) + draw.script("caught") + draw.way("x", "caught")
        )
    else:
        handler = draw.script("caught") + draw.end("he") + draw.way("x_start", "caught", "he")
        inner += draw.event_sub("x", DEFINITIONS[kind], handler)
    bench = run(draw.file(draw.process(draw.start() + draw.sub("sub", inner) + around)))
    assert bench.trace == []
    bench.do("u")
    assert bench.trace == (["caught"] if catcher == "boundary" else ["caught", "after"])
    assert bench.is_completed


def test_fact_0_5_an_error_that_nobody_catches_waits_for_a_person_and_does_not_count_as_success(
    run: Any, draw: Any
) -> None:
    inner = draw.start("is") + draw.end("boom", DEFINITIONS["error"]) + draw.way("is", "boom")
    body = draw.start() + draw.sub("sub", inner) + draw.script("after") + draw.way("start", "sub", "after")
    bench = run(draw.file(draw.process(body)))
    assert bench.incidents == [("UNHANDLED_ERROR_EVENT", "boom")]
    assert bench.trace == []
    assert not bench.is_completed


def test_fact_0_6_a_failure_is_no_bpmn_error_and_goes_to_no_boundary_event(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.node(
            "scriptTask", "s", extra='<zeebe:script expression="=&quot;a&quot; + 1" resultVariable="r"/>'
        )
        + draw.node("intermediateCatchEvent", "t", draw.timer("=missing"))
        + draw.script("after")
        + draw.way("start", "s", "t", "after")
    )
    bench = run(draw.file(draw.process(body)))
    assert bench.incidents == [("EXTRACT_VALUE_ERROR", "t")]
    bench.change(lambda instance: instance.data.update(missing="PT5S"))
    bench.retry()
    bench.wait(5)
    assert bench.trace == ["s", "after"]
    assert bench.is_completed


def test_fact_0_4_a_signal_end_event_is_sent(run: Any, draw: Any) -> None:
    inner = draw.start("is") + draw.end("ie", DEFINITIONS["signal"]) + draw.way("is", "ie")
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.node("intermediateCatchEvent", "c", DEFINITIONS["signal"])
        + draw.script("heard")
        + draw.user("u")
        + draw.sub("sub", inner)
        + draw.way("start", "fork", "c", "heard")
        + draw.way("fork", "u", "sub")
    )
    bench = run(draw.file(draw.process(body)))
    bench.do("u")
    assert bench.trace == ["heard"]
    assert [request.name for request in bench.asked if type(request).__name__ == "SignalThrown"] == ["S"]


def test_fact_1_1_a_link_is_followed_and_the_instance_is_completed(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.node("intermediateThrowEvent", "there", DEFINITIONS["link"])
        + draw.node("intermediateCatchEvent", "here", DEFINITIONS["link"])
        + draw.script("after")
        + draw.way("start", "there")
        + draw.way("here", "after")
    )
    bench = run(draw.file(draw.process(body)))
    assert bench.trace == ["after"]
    assert bench.is_completed


def test_fact_1_1_beside_a_message_start_the_none_start_alone_is_taken(run: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.start("by_message", DEFINITIONS["message"])
        + draw.user("u")
        + draw.way("start", "u")
        + draw.flow("by_message", "u")
    )
    bench = run(draw.file(draw.process(body)))
    assert bench.waiting() == ["u"]
    assert bench.opened[0].opens == "user_task"
    assert len(bench.opened) == 1


def test_fact_1_1_the_way_behind_an_interrupting_boundary_event_sees_what_was_done_inside(
    run: Any, draw: Any
) -> None:
    inner = (
        draw.start("is")
        + draw.script("work", "=7", "found")
        + draw.user("u")
        + draw.end("ie")
        + draw.way("is", "work", "u", "ie")
    )
    body = (
        draw.start()
        + draw.sub("sub", inner)
        + draw.boundary("x", "sub", DEFINITIONS["timer"])
        + draw.script("after", "=found * 2", "twice")
        + draw.way("start", "sub")
        + draw.way("x", "after")
    )
    bench = run(draw.file(draw.process(body)))
    bench.wait(10)
    assert bench.variables == {"found": 7, "twice": 14}


def test_fact_1_1_what_is_done_behind_a_non_interrupting_event_is_seen_by_the_main_path(
    run: Any, draw: Any
) -> None:
    body = (
        draw.start()
        + draw.user("u")
        + draw.boundary("x", "u", DEFINITIONS["timer"], interrupting=False)
        + draw.script("aside", "=3", "reminded")
        + draw.script("after", "=reminded", "seen")
        + draw.way("start", "u", "after")
        + draw.way("x", "aside")
    )
    bench = run(draw.file(draw.process(body)))
    bench.wait(10)
    bench.do("u")
    assert bench.variables["seen"] == 3
