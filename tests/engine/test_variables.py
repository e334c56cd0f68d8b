"""Variables that operators set and delete, whole or local, and what hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import cases, tables, user_tasks
from laneway.engine.operations import variables
from laneway.errors import Conflict, Invalid, NotAllowed


def change(engine: Any, key: int, values: dict[str, Any] | None = None, **options: Any) -> None:
    engine.call(variables.change, key, values=values, **({"by": engine.owner} | options))


@pytest.fixture
def case(engine: Any, draw: Any) -> int:
    """A case at a task with a local variable, beside one that waits for a condition."""
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.user("u", extra=draw.mapping(inputs={"own": "=n"}))
        + draw.node("intermediateCatchEvent", "hot", draw.condition("=n > 10"))
        + draw.end()
        + draw.way("start", "fork", "u", "end")
        + draw.way("fork", "hot", "end")
    )
    process = draw.process(body, laneway__case__series="CV", laneway__case__title="=title")
    engine.deploy(draw.file(process))
    return int(engine.start(n=1, title="Old"))


def test_setting_a_variable_keeps_the_old_value_in_the_history(engine: Any, case: int) -> None:
    change(engine, case, {"n": 2, "new": [1, {"a": None}]}, reason="Typing error")
    assert engine.variables(case) | {"case_number": ""} == {
        "n": 2,
        "title": "Old",
        "new": [1, {"a": None}],
        "case_number": "",
    }
    said, told = engine.rows(tables.history_line, instance_key=case)[-2:]
    assert (said.event, said.details) == ("variables_changed", {"reason": "Typing error"})
    assert (told.event, told.person) == ("variables_set", "owner")
    assert told.details == {"values": {"n": 2, "new": [1, {"a": None}]}, "before": {"n": 1}}


def test_conditional_events_hear_of_it(engine: Any, case: int) -> None:
    assert engine.instance(case).waiting_at == ["u", "hot"]
    change(engine, case, {"n": 11})
    assert engine.instance(case).waiting_at == ["u"]


def test_lists_show_the_new_title(engine: Any, case: int) -> None:
    change(engine, case, {"title": "New"})
    assert engine.rows(tables.case_file)[0].title == "New"


def test_a_variable_is_deleted(engine: Any, case: int) -> None:
    change(engine, case, deleted=["title", "unknown"])
    assert set(engine.variables(case)) == {"n", "case_number"}
    told = engine.rows(tables.history_line, instance_key=case)[-1]
    assert (told.event, told.details) == (
        "variables_deleted",
        {"values": {"title": "Old"}, "is_local": False},
    )


def test_local_variables_are_of_one_element_instance(engine: Any, case: int, mei: Any) -> None:
    token = engine.task().token

    def seen() -> Any:
        return engine.call(user_tasks.open_task, engine.task().key, by=mei).variables

    change(engine, case, {"own": 5, "n": 6}, token=token, is_local=True)
    assert (seen()["own"], seen()["n"], engine.variables(case)["n"]) == (5, 6, 1)
    change(engine, case, deleted=["n"], token=token)
    assert (seen()["own"], seen()["n"]) == (5, 1)
    change(engine, case, {"own": 7, "n": 8, "other": 9}, token=token)
    assert (seen()["own"], seen()["n"]) == (7, 8)
    assert engine.variables(case)["n"] == 8
    assert engine.variables(case)["other"] == 9
    assert "own" not in engine.variables(case)
    told = engine.rows(tables.history_line, instance_key=case)[-1]
    assert (told.element_id, told.details["local"]) == ("u", ["own"])
    assert told.details["before"] == {"own": 5, "n": 1}


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("case_number", "X", "reserved_name"),
        ("loopCounter", 1, "reserved_name"),
        ("null", 1, "reserved_name"),
        ("", 1, "no_variable_name"),
        ("a.b", 1, "no_variable_name"),
        ("a\n", 1, "no_variable_name"),
        ("x" * 201, 1, "no_variable_name"),
        ("n", {1, 2}, "no_json_value"),
        ("n", float("nan"), "no_json_value"),
        ("n", 2**70, "no_json_value"),
        ("n", "a\0b", "no_json_value"),
        ("n", {"deep": [object()]}, "no_json_value"),
        ("n", "x" * 1_000_001, "values_too_large"),
    ],
)
def test_only_json_under_a_name_of_ones_own(engine: Any, case: int, name: str, value: Any, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        change(engine, case, {name: value})
    assert [problem[1] for problem in caught.value.problems] == [code]
    assert engine.variables(case)["n"] == 1


def test_the_number_of_a_case_stays(engine: Any, case: int) -> None:
    with pytest.raises(Invalid):
        change(engine, case, deleted=["case_number"])
    with engine.database.reading() as session:
        assert cases.number_of(session, case)


def test_who_may_and_when(engine: Any, case: int, mei: Any, chen: Any, admin: Any) -> None:
    for person in (mei, chen):
        with pytest.raises(NotAllowed):
            change(engine, case, {"n": 2}, by=person)
    with pytest.raises(Conflict) as caught:
        change(engine, case, {"n": 2}, token=99)
    assert caught.value.code == "element_instance_ended"
    change(engine, case, {"n": 20}, by=admin)
    engine.do(mei)
    with pytest.raises(Conflict):
        change(engine, case, {"n": 2})
