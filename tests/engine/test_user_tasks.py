"""User tasks: claim, release, assign, complete, drafts; two people at once; segregation of duties."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from laneway.engine import tables, user_tasks
from laneway.errors import Conflict, Invalid, NotAllowed, NotFound
from laneway.testing import drain
from laneway.words import Resource

FORM = {
    "id": "decide",
    "type": "default",
    "schemaVersion": 17,
    "components": [
        {"type": "textfield", "key": "note", "label": "Note", "id": "n", "validate": {"required": True}},
        {"type": "number", "key": "amount", "label": "Amount", "id": "a"},
    ],
}


def form_file() -> Resource:
    return Resource("decide.form", json.dumps(FORM).encode())


@pytest.fixture
def deployed(engine: Any, draw: Any) -> Any:
    body = draw.start() + draw.user("u", groups="complaint_desk") + draw.end() + draw.way("start", "u", "end")
    engine.deploy(draw.file(draw.process(body)))
    return engine


def test_a_user_task_is_claimed_and_completed_and_the_history_tells_who(deployed: Any, mei: Any) -> None:
    key = deployed.start(by=mei, x=1)
    deployed.do(mei, result="fine")
    assert deployed.instance(key).state == "COMPLETED"
    assert deployed.instance(key).started_by == "mei"
    assert deployed.variables(key) == {"x": 1, "result": "fine"}
    (task,) = deployed.rows(tables.user_task)
    assert (task.state, task.assignee, task.completed_by) == ("COMPLETED", "mei", "mei")
    history = deployed.rows(tables.history_line, instance_key=key)
    told = {row.event: row.person for row in history if row.event.startswith("user_task")}
    assert told == {"user_task_created": "mei", "user_task_claimed": "mei", "user_task_completed": "mei"}
    assert deployed.events(key)[-1] == "instance_completed"


def test_a_user_task_is_released_and_assigned_to_someone_else(
    deployed: Any, mei: Any, chen: Any, bob: Any
) -> None:
    deployed.start()
    key = deployed.task().key
    deployed.call(user_tasks.claim, key, by=mei)
    deployed.call(user_tasks.claim, key, by=mei)
    deployed.call(user_tasks.release, key, by=mei)
    assert deployed.task().assignee is None
    with pytest.raises(NotAllowed):
        deployed.call(user_tasks.claim, key, by=bob)
    with pytest.raises(NotAllowed):
        deployed.call(user_tasks.assign, key, assignee="bob", by=mei)
    deployed.call(user_tasks.assign, key, assignee="mei", by=chen)
    with pytest.raises(Conflict):
        deployed.call(user_tasks.assign, key, assignee="bob", by=chen, allow_override=False)
    assert deployed.task().assignee == "mei"


def test_a_stranger_neither_sees_nor_completes_a_user_task(
    deployed: Any, mei: Any, stranger: Any, bob: Any
) -> None:
    deployed.start()
    key = deployed.task().key
    for use_case in (
        lambda session: user_tasks.open_task(session, key, by=stranger),
        lambda session: user_tasks.complete(session, key, by=bob, values={}),
        lambda session: user_tasks.save_draft(session, key, by=bob, values={}),
        lambda session: user_tasks.complete_via_api(session, key, by=stranger, variables={}),
    ):
        with pytest.raises(NotAllowed):
            deployed.call(use_case)
    with pytest.raises(NotFound):
        deployed.call(user_tasks.claim, 12345, by=mei)


def at_once(work: Callable[[int], None], number: int) -> list[Exception]:
    """Run in threads that begin together; what they raised."""
    ready, problems = threading.Barrier(number), []

    def run(index: int) -> None:
        ready.wait()
        try:
            work(index)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def test_of_two_people_who_claim_at_once_one_wins_and_the_other_learns_who(
    deployed: Any, mei: Any, chen: Any
) -> None:
    body_people = [mei, chen]
    deployed.start()
    key = deployed.task().key
    lead = type(chen)("chen", chen.name, chen.groups | {"complaint_desk"})
    body_people[1] = lead
    problems = at_once(lambda index: deployed.call(user_tasks.claim, key, by=body_people[index]), 2)
    holder = deployed.task()
    (problem,) = problems
    assert isinstance(problem, Conflict)
    assert problem.code == "user_task_already_claimed"
    assert problem.params == {"holder": holder.assignee, "at": holder.claimed_at}


def test_of_two_completions_at_once_one_counts(deployed: Any, mei: Any) -> None:
    key = deployed.start()
    task = deployed.task().key
    deployed.call(user_tasks.claim, task, by=mei)

    def complete(index: int) -> None:
        deployed.call(user_tasks.complete, task, by=mei, values={"by": index})

    (problem,) = at_once(complete, 2)
    assert isinstance(problem, Conflict)
    assert problem.code == "user_task_already_completed"
    assert problem.params["holder"] == "mei"
    assert problem.params["at"] is not None
    assert deployed.events(key).count("user_task_completed u") == 1
    assert deployed.instance(key).state == "COMPLETED"


def test_whoever_completed_one_step_may_not_do_the_step_separated_from_it(
    engine: Any, draw: Any, mei: Any, chen: Any
) -> None:
    separate = (
        '<zeebe:properties><zeebe:property name="laneway:separateFrom" value="propose"/></zeebe:properties>'
    )
    body = (
        draw.start()
        + draw.user("propose", groups="complaint_desk")
        + draw.user("approve", groups="complaint_desk,complaint_lead", extra=separate)
        + draw.end()
        + draw.way("start", "propose", "approve", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    engine.do(mei, "propose")
    task = engine.task("approve").key
    with pytest.raises(NotAllowed):
        engine.call(user_tasks.claim, task, by=mei)
    with pytest.raises(NotAllowed) as refused:
        engine.call(user_tasks.assign, task, assignee="mei", by=chen)
    assert refused.value.code == "user_task_needs_someone_else"
    with engine.database.reading() as session:
        assert user_tasks.open_task(session, task, by=mei).may == frozenset()
        assert "claim" in user_tasks.open_task(session, task, by=chen).may
    engine.do(chen, "approve")
    assert engine.instance(key).state == "COMPLETED"


def test_a_task_keeps_who_completed_it_and_nobody_can_say_otherwise(engine: Any, draw: Any, mei: Any) -> None:
    kept = '<zeebe:properties><zeebe:property name="laneway:completedBy" value="done_by"/></zeebe:properties>'
    body = (
        draw.start()
        + draw.user("u", groups="complaint_desk", extra=kept)
        + draw.user("after", groups="complaint_desk")
        + draw.end()
        + draw.way("start", "u", "after", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    task = engine.task("u").key
    engine.call(user_tasks.complete_via_api, task, by=mei, variables={"done_by": "somebody else"})
    assert engine.variables(key)["done_by"] == "mei"


def test_a_form_is_prefilled_keeps_drafts_and_is_checked_on_completion(
    engine: Any, draw: Any, mei: Any, chen: Any
) -> None:
    body = (
        draw.start()
        + draw.user("u", groups="complaint_desk", form="decide")
        + draw.end()
        + draw.way("start", "u", "end")
    )
    engine.deploy(form_file(), draw.file(draw.process(body)))
    key = engine.start(amount=5)
    task = engine.task().key
    engine.call(user_tasks.claim, task, by=mei)
    saved_at = engine.call(user_tasks.save_draft, task, by=mei, values={"note": "half a th"})
    with engine.database.reading() as session:
        view = user_tasks.open_task(session, task, by=mei)
        others = user_tasks.open_task(session, task, by=chen)
    assert view.schema is not None
    assert view.values == {"note": "half a th", "amount": 5}
    assert view.draft_saved_at == saved_at
    assert others.draft_saved_at is None
    with pytest.raises(Invalid) as refused:
        engine.call(user_tasks.complete, task, by=mei, values={"note": "", "amount": 5})
    assert [problem[0] for problem in refused.value.problems] == ["note"]
    engine.call(user_tasks.complete, task, by=mei, values={"note": "done", "amount": 6, "hack": 1})
    assert engine.variables(key) == {"note": "done", "amount": 6}
    assert engine.rows(tables.user_task_draft) == []


def test_a_completion_based_on_an_old_view_is_refused(deployed: Any, mei: Any, chen: Any) -> None:
    deployed.start()
    key = deployed.task().key
    deployed.call(user_tasks.claim, key, by=mei)
    seen = deployed.task().revision
    deployed.call(user_tasks.assign, key, assignee="mei", by=chen)
    with pytest.raises(Conflict) as refused:
        deployed.call(user_tasks.complete, key, by=mei, values={}, revision=seen)
    assert refused.value.code == "user_task_changed"


def test_a_form_that_is_missing_may_come_later(engine: Any, draw: Any, mei: Any) -> None:
    body = draw.start() + draw.user("u", form="decide") + draw.end() + draw.way("start", "u", "end")
    deployed = engine.deploy(draw.file(draw.process(body)))
    assert [finding.element_id for finding in deployed.processes[0].warnings] == ["u"]
    engine.start()
    task = engine.task().key
    with engine.database.reading() as session:
        assert user_tasks.open_task(session, task, by=mei).schema is None
    engine.deploy(form_file())
    with engine.database.reading() as session:
        assert user_tasks.open_task(session, task, by=mei).schema is not None
    with pytest.raises(Invalid):
        engine.do(mei)


def test_a_user_task_that_the_case_no_longer_needs_is_canceled(
    engine: Any, draw: Any, mei: Any, frozen_clock: Any
) -> None:
    body = (
        draw.start()
        + draw.user("u")
        + draw.boundary("late", "u", draw.timer("PT1H"))
        + draw.user("next")
        + draw.way("start", "u")
        + draw.way("late", "next")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    task = engine.task().key
    frozen_clock.advance(hours=1)
    drain()
    with pytest.raises(Conflict) as refused:
        engine.call(user_tasks.claim, task, by=mei)
    assert refused.value.code == "user_task_canceled"
    assert "user_task_canceled u" in engine.events(key)
    assert engine.instance(key).waiting_at == ["next"]


@pytest.mark.parametrize(
    ("lane", "groups"),
    [
        ('name="complaint_desk"', ["complaint_desk"]),
        ('name="Nobody is called so"', []),
        ('name="Approval" PROPERTY="credit_control, complaint_lead"', ["credit_control", "complaint_lead"]),
    ],
)
def test_a_task_that_names_nobody_belongs_to_its_lane(
    engine: Any, draw: Any, lane: str, groups: list[str]
) -> None:
    name, _, given = lane.partition(" PROPERTY=")
    extra = (
        f'<extensionElements><zeebe:properties><zeebe:property name="laneway:group" value={given}/>'
        "</zeebe:properties></extensionElements>"
        if given
        else ""
    )
    lanes = (
        f'<laneSet id="ls"><lane id="l" {name}>{extra}<flowNodeRef>u</flowNodeRef>'
        "<flowNodeRef>own</flowNodeRef></lane></laneSet>"
    )
    body = draw.start() + draw.user("u") + draw.user("own", groups="quality") + draw.end()
    engine.deploy(draw.file(draw.process(lanes, body, draw.way("start", "u", "own", "end"))))
    key = engine.start()
    assert engine.task("u", instance_key=key).candidate_groups == groups
