"""Tokens of running cases started, ended, moved and rewound, with their rows and their history."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import tables
from laneway.engine.operations import migration, modification, suspension
from laneway.engine.operations.modification import End, Move, Start
from laneway.errors import Conflict, Invalid, NotAllowed, NotFound
from laneway.testing import drain


def modify(engine: Any, key: int, *instructions: Any, **options: Any) -> None:
    settings = {"by": engine.owner, "reason": "Wrong turn"} | options
    engine.call(modification.apply, key, instructions, **settings)
    drain()


def back(engine: Any, key: int, element_id: str, **options: Any) -> None:
    settings = {"by": engine.owner, "reason": "Once more"} | options
    engine.call(modification.back_to, key, element_id, **settings)
    drain()


@pytest.fixture
def line(engine: Any, draw: Any) -> int:
    """A case at the first of three tasks, the second with a reminder."""
    body = (
        draw.start()
        + draw.user("a")
        + draw.user("b")
        + draw.boundary("late", "b", draw.timer("PT1H"))
        + draw.job("c")
        + draw.end()
        + draw.way("start", "a", "b", "c", "end")
        + draw.way("late", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    return int(engine.start(n=1))


def test_moving_a_token_closes_its_work_and_opens_the_other(engine: Any, line: int) -> None:
    modify(engine, line, Move("b", element_id="a", variables=[("", {"n": 2})]))
    assert [row.state for row in engine.rows(tables.user_task)] == ["CANCELED", "CREATED"]
    assert [row.wait for row in engine.rows(tables.timer)] == ["late"]
    assert engine.instance(line).waiting_at == ["b"]
    assert engine.variables(line) == {"n": 2}
    modify(engine, line, Move("c", token=engine.task("b").token))
    assert engine.rows(tables.timer) == []
    engine.work()
    assert engine.instance(line).state == "COMPLETED"
    told = [
        row for row in engine.rows(tables.history_line, instance_key=line) if row.event == "instance_modified"
    ]
    assert [(row.person, row.details["reason"]) for row in told] == [("owner", "Wrong turn")] * 2
    assert told[1].details["instructions"][0] | {"token": 0} == {
        "kind": "move",
        "element_id": "b",
        "target": "c",
        "token": 0,
    }


def test_a_case_whose_last_token_goes_is_terminated(engine: Any, line: int) -> None:
    modify(engine, line, End("a"))
    assert engine.instance(line).state == "TERMINATED"
    assert engine.has_no_waits()


def test_all_is_done_or_nothing(engine: Any, line: int) -> None:
    for wrong in (Start("nothing"), Start("late"), Move("c", element_id="b"), End(token=12)):
        with pytest.raises(Invalid):
            modify(engine, line, Move("b", element_id="a"), wrong)
    assert engine.instance(line).waiting_at == ["a"]
    assert engine.task("a").state == "CREATED"
    with pytest.raises(Invalid) as caught:
        modify(engine, line, Start("b", variables=[("", {"loopCounter": 1})]))
    assert caught.value.code == "variables_invalid"
    with pytest.raises(Invalid):
        modify(engine, line)


def test_a_called_process_ends_with_its_step(engine: Any, draw: Any) -> None:
    child = draw.process(
        draw.start("in") + draw.user("u") + draw.end("out") + draw.way("in", "u", "out"), id="C"
    )
    parent = draw.process(
        draw.start() + draw.call("c", "C") + draw.user("v") + draw.end() + draw.way("start", "c", "v", "end")
    )
    engine.deploy(draw.file(parent, child))
    key = engine.start()
    drain()
    modify(engine, key, Move("v", element_id="c"))
    (called,) = engine.rows(tables.process_instance, process_id="C")
    assert called.state == "TERMINATED"
    back(engine, key, "c")
    assert [row.state for row in engine.rows(tables.process_instance, process_id="C")] == [
        "TERMINATED",
        "ACTIVE",
    ]


def test_a_suspended_case_is_modified_and_moves_when_it_is_resumed(engine: Any, line: int) -> None:
    engine.call(suspension.suspend, line, by=engine.owner, reason="Look")
    modify(engine, line, Move("c", element_id="a"))
    assert engine.rows(tables.job) == []
    assert engine.instance(line).state == "SUSPENDED"
    engine.call(suspension.resume, line, by=engine.owner, reason="Go")
    assert engine.instance(line).waiting_at == ["c"]
    assert engine.job("c").state == "CREATED"


def test_a_case_rewinds_with_its_variables(engine: Any, line: int, mei: Any) -> None:
    engine.do(mei, "a", n=2, more="x")
    engine.do(mei, "b", n=3)
    back(engine, line, "b", with_variables=True)
    assert engine.instance(line).waiting_at == ["b"]
    assert engine.variables(line) == {"n": 2, "more": "x"}
    assert engine.job("c").state == "CANCELED"
    back(engine, line, "a", with_variables=True)
    assert engine.variables(line) == {"n": 1}
    engine.do(mei, "a")
    engine.do(mei, "b", n=9)
    back(engine, line, "a")
    assert engine.variables(line) == {"n": 9}
    (first, *_rest) = [
        row for row in engine.rows(tables.history_line, instance_key=line) if row.event == "instance_rewound"
    ]
    assert (first.element_id, first.person, first.details["with_variables"]) == ("b", "owner", True)
    with pytest.raises(Invalid) as caught:
        back(engine, line, "c2")
    assert caught.value.code == "modification_unknown_element"


def test_an_element_instance_is_known_by_the_key_of_its_work(engine: Any, line: int) -> None:
    task = engine.task("a")
    with engine.database.reading() as session:
        assert modification.element_instance(session, task.key) == (line, task.token)
        assert modification.element_instance(session, line) == (line, 0)
        with pytest.raises(NotFound):
            modification.element_instance(session, 5)


def test_who_may_and_when(engine: Any, line: int, mei: Any, chen: Any, admin: Any) -> None:
    for person in (mei, chen):
        with pytest.raises(NotAllowed):
            modify(engine, line, End("a"), by=person)
        with pytest.raises(NotAllowed):
            back(engine, line, "a", by=person)
    with pytest.raises(Invalid):
        modify(engine, line, End("a"), reason="")
    modify(engine, line, End("a"), by=admin)
    with pytest.raises(Conflict):
        modify(engine, line, Start("a"))
    with pytest.raises(Conflict):
        back(engine, line, "a")


def test_an_operator_sees_what_there_is_to_choose_from(engine: Any, line: int, mei: Any, owner: Any) -> None:
    engine.do(mei, "a")
    with engine.database.reading() as session:
        seen = modification.outline(session, line, by=owner)
        version = engine.instance(line).process_definition_key
        ahead = migration.look_ahead(session, line, version, {}, by=owner)
        with pytest.raises(NotAllowed):
            modification.outline(session, line, by=mei)
    assert [one.element.element_id for one in seen.tokens] == ["b"]
    assert [one.element_id for one in seen.startable] == ["a", "b", "c", "end"]
    assert [one.element_id for one in seen.past] == ["b", "a"]
    assert seen.variables == {"n": 1}
    assert [(one.kind, one.verb) for one in ahead.happenings] == [("task", "kept"), ("timer", "kept")]
