"""An expression that meets something unexpected goes on with null; what it met is kept, and told by the incident."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import tables
from laneway.engine.queries import case_detail
from laneway.words import Text


def warnings_of(engine: Any, key: int) -> list[Any]:
    with engine.database.reading() as session:
        return case_detail.expression_warnings(session, key)


def split(draw: Any, condition: str, *, default: bool) -> Any:
    """A gateway with one condition, on to `a`, and perhaps a default flow to `b`."""
    extra = {"default": "g_to_b"} if default else {}
    body = (
        draw.start()
        + draw.gateway("exclusive", "g", **extra)
        + draw.user("a")
        + draw.user("b")
        + draw.flow("start", "g")
        + draw.flow("g", "a", condition)
        + (draw.flow("g", "b") if default else draw.flow("g", "b", "=false"))
    )
    return draw.file(draw.process(body))


def test_a_condition_that_is_null_leaves_its_reason(engine: Any, draw: Any) -> None:
    engine.deploy(split(draw, "=amunt > 10", default=True))
    key = engine.start(amount=50)
    assert engine.task("b")
    [one] = warnings_of(engine, key)
    assert (one.element_id, one.expression) == ("g", "=amunt > 10")
    assert one.use == Text("流程线 g_to_a 的条件", "the condition of flow g_to_a")
    assert one.warnings[0].text == Text("没有变量 'amunt'", "no variable 'amunt'")
    assert one.warnings[0].pos is not None


def test_the_incident_of_a_split_says_which_condition_is_null_and_why(engine: Any, draw: Any) -> None:
    engine.deploy(split(draw, "=amunt > 10", default=False))
    key = engine.start(amount=50)
    [incident] = engine.incidents(key)
    assert incident.type == "CONDITION_ERROR"
    assert (
        "The condition of flow g_to_a '=amunt > 10' warns: no variable 'amunt' (character "
        in incident.message
    )
    assert len(warnings_of(engine, key)) == 1


@pytest.mark.parametrize(
    "condition", ["=amount = null", "=get or else(amount, 0) > 1", "=is defined(amount)"]
)
def test_who_asks_for_null_is_not_warned(engine: Any, draw: Any, condition: str) -> None:
    engine.deploy(split(draw, condition, default=True))
    assert warnings_of(engine, engine.start()) == []


def test_the_same_expression_is_told_once_in_a_step_and_no_more_than_twenty(engine: Any, draw: Any) -> None:
    inputs = {f"x{number}": f"=missing{number}" for number in range(30)} | {"y": "=missing1"}
    body = (
        draw.start()
        + draw.user("u", extra=draw.mapping(inputs=inputs))
        + draw.end()
        + draw.way("start", "u", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    told = warnings_of(engine, key)
    assert len(told) == 20
    assert len({one.expression for one in told}) == 20
    assert told[-1].use == Text("输入映射 x0", "the input mapping of x0")


def test_what_a_failed_step_warned_of_stays_and_explains_the_incident(engine: Any, draw: Any) -> None:
    body = draw.start() + draw.job("j", "=kind") + draw.end() + draw.way("start", "j", "end")
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    [one] = warnings_of(engine, key)
    assert (one.element_id, one.use) == ("j", Text("作业类型", "the job type"))
    entered = [row.event for row in engine.rows(tables.history_line, instance_key=key)]
    assert entered.index("expression_warned") < entered.index("incident_raised")


def test_a_value_of_the_wrong_kind_is_explained(engine: Any, draw: Any) -> None:
    loop = (
        "<multiInstanceLoopCharacteristics><extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=order.items" inputElement="item"/>'
        "</extensionElements></multiInstanceLoopCharacteristics>"
    )
    body = draw.start() + draw.user("u", loop) + draw.end() + draw.way("start", "u", "end")
    engine.deploy(draw.file(draw.process(body)))
    [incident] = engine.incidents(engine.start(order={}))
    assert "The input collection '=order.items' warns: no entry 'items'" in incident.message


def test_an_expression_that_is_stopped_is_named_with_what_it_is_for(engine: Any, draw: Any) -> None:
    text = "=count(for i in 1..100000, j in 1..100000 return 1)"
    extra = draw.mapping(inputs={"many": text})
    body = draw.start() + draw.user("u", extra=extra) + draw.end() + draw.way("start", "u", "end")
    engine.deploy(draw.file(draw.process(body)))
    [incident] = engine.incidents(engine.start())
    assert incident.message.startswith(f"'{text}': ")
    assert incident.message.endswith("It is the input mapping of many.")


def test_a_due_date_that_is_none_says_why(engine: Any, draw: Any) -> None:
    extra = '<zeebe:taskSchedule dueDate="=promised"/>'
    body = draw.start() + draw.user("u", extra=extra) + draw.end() + draw.way("start", "u", "end")
    engine.deploy(draw.file(draw.process(body)))
    [incident] = engine.incidents(engine.start())
    assert (
        "'=promised' gives None, not a date and time. It warns: no variable 'promised'." in incident.message
    )
    assert incident.message.endswith("It is the due date.")


def test_a_number_beyond_64_bits_is_kept_as_a_float(engine: Any, draw: Any) -> None:
    body = draw.start() + draw.script("s", "=10 ** 30", "x") + draw.user("u") + draw.end()
    engine.deploy(draw.file(draw.process(body + draw.way("start", "s", "u", "end"))))
    assert engine.variables(engine.start())["x"] == 1e30


def test_a_condition_that_is_waited_for_warns_at_the_first_look_only(
    engine: Any, draw: Any, mei: Any
) -> None:
    watch = "<conditionalEventDefinition><condition>=total &gt; 10</condition></conditionalEventDefinition>"
    body = (
        draw.start()
        + draw.gateway("parallel", "g")
        + draw.user("u")
        + draw.boundary("b", "u", watch, interrupting=False)
        + draw.user("v")
        + draw.user("more")
        + draw.way("start", "g", "u")
        + draw.flow("g", "v")
        + draw.flow("b", "more")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start(by=mei)
    assert [one.expression for one in warnings_of(engine, key)] == ["=total > 10"]
    engine.do(mei, "v", other=1)  # it is looked at again, and still null
    assert len(warnings_of(engine, key)) == 1
