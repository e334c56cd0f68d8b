"""Running cases go over to another version: everything held stays, obstacles are named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from laneway.engine import incidents, jobs, messages, tables, timers, user_tasks
from laneway.engine.operations import migration, modification, suspension
from laneway.errors import Conflict, Invalid, NotAllowed
from laneway.testing import drain


def deploy(engine: Any, draw: Any, *parts: str, id: str = "P") -> int:
    deployed = engine.deploy(draw.file(draw.process(*parts, id=id)))
    return int(deployed.processes[0].key)


def migrate(
    engine: Any, key: int, target: int, mapping: dict[str, str] | None = None, **options: Any
) -> None:
    settings = {"by": engine.owner, "reason": "New rules"} | options
    engine.call(migration.migrate, key, target, mapping or {}, **settings)
    drain()


def outlook(engine: Any, key: int, target: int, mapping: dict[str, str] | None = None) -> Any:
    return engine.call(migration.look_ahead, key, target, mapping or {}, by=engine.owner)


def obstacles(engine: Any, key: int, target: int, mapping: dict[str, str] | None = None) -> list[str]:
    return [one.element_id for one in outlook(engine, key, target, mapping).obstacles]


def test_a_task_goes_over_with_its_draft_assignee_and_deadline(
    engine: Any, draw: Any, mei: Any, frozen_clock: Any
) -> None:
    due = '<zeebe:taskSchedule dueDate="=now() + duration(&quot;P2D&quot;)"/>'
    task = draw.user("u", extra=due, groups="complaint_desk")
    deploy(engine, draw, draw.start(), task, draw.end(), draw.way("start", "u", "end"))
    key = engine.start()
    before = engine.task()
    engine.call(user_tasks.claim, before.key, by=mei)
    engine.call(user_tasks.save_draft, before.key, by=mei, values={"half": "written"})
    frozen_clock.advance(hours=1)
    new = draw.user("u2", groups="quality") + draw.user("after", groups="quality")
    target = deploy(engine, draw, draw.start(), new, draw.end(), draw.way("start", "u2", "after", "end"))
    seen = outlook(engine, key, target, {"u": "u2"})
    assert not seen.obstacles
    assert [(one.kind, one.verb, one.element_id, one.to_name.en) for one in seen.happenings] == [
        ("task", "kept", "u", "u2")
    ]
    migrate(engine, key, target, {"u": "u2"})
    after = engine.task("u2")
    assert (after.key, after.assignee, after.due_at) == (before.key, "mei", before.due_at)
    assert (after.name_en, after.process_definition_key) == ("u2", target)
    assert engine.call(user_tasks.open_task, after.key, by=mei).values == {"half": "written"}
    row = engine.instance(key)
    assert (row.version, row.process_definition_key, row.waiting_at) == (2, target, ["u2"])
    (told,) = [
        one for one in engine.rows(tables.history_line, instance_key=key) if one.event == "instance_migrated"
    ]
    assert (told.person, told.details["reason"], told.details["mapping"]) == (
        "owner",
        "New rules",
        {"u": "u2"},
    )
    assert (told.details["from"]["version"], told.details["to"]["version"]) == (1, 2)
    engine.call(user_tasks.complete, after.key, by=mei, values={})
    assert engine.task("after").process_definition_key == target


def test_a_leased_job_is_reported_after_the_migration(engine: Any, draw: Any) -> None:
    deploy(engine, draw, draw.start(), draw.job("j"), draw.end(), draw.way("start", "j", "end"))
    key = engine.start()
    (leased,) = engine.lease()
    target = deploy(
        engine,
        draw,
        draw.start(),
        draw.job("k"),
        draw.user("u"),
        draw.end(),
        draw.way("start", "k", "u", "end"),
    )
    migrate(engine, key, target, {"j": "k"})
    assert engine.job("k").state == "ACTIVATED"
    engine.call(jobs.complete, leased.key, variables={}, worker="w")
    drain()
    assert engine.instance(key).waiting_at == ["u"]


def waiting(draw: Any, *, after: str, watch: str, extra: str = "") -> tuple[str, ...]:
    return (
        draw.start()
        + draw.user("u")
        + watch
        + draw.script("late")
        + draw.user("v")
        + draw.end()
        + draw.way("start", "u", "v", "end")
        + draw.way("late", "end")
        + after
        + extra,
    )


def test_timers_keep_their_due_date_begin_and_end(engine: Any, draw: Any, frozen_clock: Any) -> None:
    def version(timer_id: str, length: str, other: str) -> tuple[str, ...]:
        watch = draw.boundary(timer_id, "u", draw.timer(length)) + draw.boundary(
            other, "u", draw.timer("PT5H"), interrupting=False
        )
        return waiting(draw, watch=watch, after=draw.way(timer_id, "late") + draw.way(other, "late"))

    deploy(engine, draw, *version("t", "PT2H", "old"))
    key = engine.start()
    due = frozen_clock.now + timedelta(hours=2)
    frozen_clock.advance(hours=1)
    target = deploy(engine, draw, *version("t2", "PT9H", "new"))
    seen = outlook(engine, key, target, {"t": "t2"})
    told = [(one.kind, one.verb, one.element_id) for one in seen.happenings if one.kind == "timer"]
    assert told == [("timer", "kept", "t"), ("timer", "ended", "old"), ("timer", "begun", "new")]
    migrate(engine, key, target, {"t": "t2"})
    rows = {row.wait: row for row in engine.rows(tables.timer, instance_key=key)}
    assert set(rows) == {"t2", "new"}
    assert rows["t2"].due_at == due
    assert rows["new"].due_at == frozen_clock.now + timedelta(hours=5)
    assert rows["t2"].process_definition_key == target
    frozen_clock.advance(hours=1)
    assert engine.call(timers.fire_due)
    drain()
    assert "element_completed t2" in engine.events(key)
    assert engine.instance(key).state == "COMPLETED"


def test_a_message_keeps_its_key_unless_the_message_is_another(engine: Any, draw: Any, mei: Any) -> None:
    def version(node_id: str, name: str) -> Any:
        declared = (
            f'<message id="N" name="{name}"><extensionElements><zeebe:subscription correlationKey="=key"/>'
            "</extensionElements></message>"
        )
        catch = draw.node("intermediateCatchEvent", node_id, '<messageEventDefinition messageRef="N"/>')
        body = draw.start() + catch + draw.end() + draw.way("start", node_id, "end")
        deployed = engine.deploy(draw.file(declared, draw.process(body)))
        return deployed.processes[0].key

    version("m", "first")
    key, other = engine.start(key="K"), engine.start(key="L")
    second = version("m2", "first")
    third = version("m", "third")
    migrate(engine, key, second, {"m": "m2"})
    migrate(engine, other, third)
    kept, changed = engine.rows(tables.message_subscription)
    assert (kept.instance_key, kept.element_id, kept.wait, kept.message_name) == (key, "m2", "m2", "first")
    assert (changed.instance_key, changed.message_name, changed.correlation_key) == (other, "third", "L")
    engine.call(messages.publish, name="first", correlation_key="K", variables={}, by=mei)
    engine.call(messages.publish, name="third", correlation_key="L", variables={}, by=mei)
    drain()
    assert engine.instance(key).state == engine.instance(other).state == "COMPLETED"


def test_obstacles_are_named_with_reason_and_mend(engine: Any, draw: Any) -> None:
    inner = draw.start("in") + draw.user("x") + draw.end("out") + draw.way("in", "x", "out")
    first = draw.start() + draw.user("u") + draw.sub("s", inner) + draw.gateway("parallel", "fork")
    deploy(
        engine, draw, first, draw.end(), draw.way("start", "fork", "u", "end"), draw.way("fork", "s", "end")
    )
    key = engine.start()
    target = deploy(
        engine,
        draw,
        draw.start(),
        draw.user("x"),
        draw.job("u"),
        draw.end(),
        draw.way("start", "x", "u", "end"),
    )
    seen = outlook(engine, key, target)
    assert {one.element_id for one in seen.obstacles} == {"u", "s"}
    for one in seen.obstacles:
        assert all([*one.reason, *one.mend, one.name.en])
    assert obstacles(engine, key, target, {"u": "x"}) == ["s"]
    assert obstacles(engine, key, target, {"u": "nowhere", "s": "x"}) == ["u", "s"]
    with pytest.raises(Invalid) as caught:
        migrate(engine, key, target)
    assert caught.value.code == "migration_refused"
    assert caught.value.params["count"] == 2
    assert engine.instance(key).version == 1
    assert sorted(engine.instance(key).waiting_at) == ["u", "x"]


def test_inner_steps_stay_inside_their_sub_process(engine: Any, draw: Any, mei: Any) -> None:
    def version(sub: str, step: str) -> int:
        inner = draw.start("in") + draw.user(step) + draw.end("out") + draw.way("in", step, "out")
        each = draw.sub(
            sub,
            inner
            + draw.many("=items", inputElement="item", outputCollection="all", outputElement="=item * 2"),
        )
        return deploy(engine, draw, draw.start(), each, draw.end(), draw.way("start", sub, "end"))

    version("s", "x")
    key = engine.start(items=[1, 2])
    target = version("s2", "x2")
    assert obstacles(engine, key, target, {"x": "x2"}) == ["s"]
    migrate(engine, key, target, {"s": "s2", "x": "x2"})
    for row in engine.rows(tables.user_task, element_id="x2"):
        engine.call(user_tasks.claim, row.key, by=mei)
        engine.call(user_tasks.complete, row.key, by=mei, values={})
    assert engine.instance(key).state == "COMPLETED"
    assert engine.variables(key)["all"] == [2, 4]


def test_a_branch_that_waits_at_a_join_goes_over_by_its_flow(engine: Any, draw: Any, mei: Any) -> None:
    def version(a: str, b: str) -> int:
        body = draw.start() + draw.gateway("parallel", "fork") + draw.user(a) + draw.user(b)
        body += draw.gateway("parallel", "join") + draw.end()
        body += draw.way("start", "fork", a, "join", "end") + draw.way("fork", b, "join")
        return deploy(engine, draw, body)

    version("a", "b")
    key = engine.start()
    engine.do(mei, "a")
    target = version("a2", "b2")
    assert obstacles(engine, key, target, {"b": "b2"}) == ["join"]
    migrate(engine, key, target, {"a": "a2", "b": "b2"})
    engine.do(mei, "b2")
    assert engine.instance(key).state == "COMPLETED"


def test_what_has_to_be_undone_is_undone_by_the_new_version(engine: Any, draw: Any) -> None:
    def version(step: str, undo: str, fail: str) -> int:
        body = (
            draw.start()
            + draw.script(step)
            + draw.boundary("book", step, draw.compensation)
            + draw.job(undo, "undo", extra="").replace(
                "<serviceTask", '<serviceTask isForCompensation="true"'
            )
            + f'<association id="as" sourceRef="book" targetRef="{undo}" associationDirection="One"/>'
            + draw.job(fail)
            + draw.node("intermediateThrowEvent", "back", draw.compensation)
            + draw.end()
            + draw.way("start", step, fail, "back", "end")
        )
        return deploy(engine, draw, body)

    version("s", "undo", "j")
    key = engine.start()
    target = version("s", "undo2", "j")
    assert obstacles(engine, key, target) == ["undo"]
    migrate(engine, key, target, {"undo": "undo2"})
    engine.work()
    assert engine.job("undo2").state == "CREATED"
    engine.work("undo")
    assert engine.instance(key).state == "COMPLETED"


def test_called_processes_go_on_untouched(engine: Any, draw: Any, mei: Any) -> None:
    child = draw.process(
        draw.start("in") + draw.user("u") + draw.end("out") + draw.way("in", "u", "out"), id="C"
    )
    engine.deploy(draw.file(child, name="c.bpmn"))
    deploy(engine, draw, draw.start(), draw.call("c", "C"), draw.end(), draw.way("start", "c", "end"))
    key = engine.start()
    drain()
    target = deploy(
        engine,
        draw,
        draw.start(),
        draw.call("d", "C"),
        draw.user("v"),
        draw.end(),
        draw.way("start", "d", "v", "end"),
    )
    migrate(engine, key, target, {"c": "d"})
    assert len(engine.rows(tables.process_instance)) == 2
    engine.do(mei, "u", done=True)
    assert engine.instance(key).waiting_at == ["v"]


def test_a_failed_step_is_retried_in_the_new_version(engine: Any, draw: Any) -> None:
    deploy(
        engine,
        draw,
        draw.start(),
        draw.script("s", "=assert(n, n > 1)", "m"),
        draw.end(),
        draw.way("start", "s", "end"),
    )
    key = engine.start(n=1)
    target = deploy(
        engine,
        draw,
        draw.start(),
        draw.script("s2", "=n + 1", "m"),
        draw.end(),
        draw.way("start", "s2", "end"),
    )
    migrate(engine, key, target, {"s": "s2"})
    (incident,) = engine.incidents(key)
    assert (incident.element_id, incident.process_definition_key) == ("s2", target)
    engine.call(incidents.resolve, incident.key, by=engine.admin)
    assert engine.instance(key).state == "COMPLETED"
    assert engine.variables(key) == {"n": 1, "m": 2}


def test_event_sub_processes_and_conditions_of_the_new_version_begin_to_wait(
    engine: Any, draw: Any, mei: Any
) -> None:
    plain = draw.start() + draw.user("u") + draw.end() + draw.way("start", "u", "end")
    deploy(engine, draw, plain)
    key = engine.start(hot=True)
    stop = draw.event_sub(
        "stop", draw.condition("=hot"), draw.user("cool"), draw.end("e"), draw.way("stop_start", "cool", "e")
    )
    target = deploy(engine, draw, plain, stop)
    assert ("condition", "begun") in [(one.kind, one.verb) for one in outlook(engine, key, target).happenings]
    migrate(engine, key, target)
    assert engine.instance(key).waiting_at == ["cool"]
    assert engine.rows(tables.user_task, element_id="u")[0].state == "CANCELED"


def test_what_cannot_begin_to_wait_is_an_obstacle(engine: Any, draw: Any) -> None:
    plain = draw.start() + draw.user("u") + draw.end() + draw.way("start", "u", "end")
    deploy(engine, draw, plain)
    key = engine.start()
    watch = draw.boundary("m", "u", draw.message) + draw.way("m", "end")
    target = deploy(engine, draw, plain, watch)
    assert obstacles(engine, key, target) == ["m"]


def test_a_suspended_case_goes_over_and_stays_suspended(engine: Any, draw: Any, mei: Any) -> None:
    plain = draw.start() + draw.user("u") + draw.end() + draw.way("start", "u", "end")
    deploy(engine, draw, plain)
    key = engine.start()
    engine.call(suspension.suspend, key, by=engine.owner, reason="Wait")
    target = deploy(engine, draw, plain, draw.user("more"), draw.way("u", "more", "end"))
    migrate(engine, key, target)
    assert (engine.instance(key).state, engine.instance(key).version) == ("SUSPENDED", 2)
    engine.call(suspension.resume, key, by=engine.owner, reason="Go")
    engine.do(mei)
    assert engine.instance(key).waiting_at == ["more"]


def test_the_people_who_are_kept_apart_stay_apart(engine: Any, draw: Any, mei: Any) -> None:
    def version(check: str) -> int:
        apart = (
            "<zeebe:properties><zeebe:property "
            f'name="laneway:separateFrom" value="{check}"/></zeebe:properties>'
        )
        body = draw.start() + draw.user(check) + draw.user("wait") + draw.user("approve", extra=apart)
        return deploy(engine, draw, body, draw.end(), draw.way("start", check, "wait", "approve", "end"))

    version("check")
    key = engine.start()
    engine.do(mei, "check")
    target = version("verify")
    migrate(engine, key, target, {"check": "verify"})
    engine.do(mei, "wait")
    with pytest.raises(NotAllowed):
        engine.call(user_tasks.claim, engine.task("approve").key, by=mei)


def test_many_cases_go_over_each_by_itself(engine: Any, draw: Any, mei: Any) -> None:
    first = draw.start() + draw.user("u") + draw.user("v") + draw.end() + draw.way("start", "u", "v", "end")
    deploy(engine, draw, first)
    one, other, third = engine.start(), engine.start(), engine.start()
    (row,) = engine.rows(tables.user_task, instance_key=other)
    engine.call(user_tasks.claim, row.key, by=mei)
    engine.call(user_tasks.complete, row.key, by=mei, values={})
    target = deploy(engine, draw, draw.start(), draw.user("u"), draw.end(), draw.way("start", "u", "end"))
    results = migration.migrate_all([one, other, third, 1], target, {}, by=engine.owner, reason="New")
    codes = [result.error.code if result.error else None for result in results]
    assert codes == [None, "migration_refused", None, "process_instance_not_found"]
    assert [engine.instance(key).version for key in (one, other, third)] == [2, 1, 2]


def test_who_may_and_when(engine: Any, draw: Any, mei: Any, chen: Any) -> None:
    plain = draw.start() + draw.user("u") + draw.end() + draw.way("start", "u", "end")
    version = deploy(engine, draw, plain)
    key = engine.start()
    for person in (mei, chen):
        with pytest.raises(NotAllowed):
            migrate(engine, key, version, by=person)
    with pytest.raises(Invalid):
        migrate(engine, key, version)
    with pytest.raises(Invalid):
        migrate(engine, key, version, reason="")
    engine.do(mei)
    with pytest.raises(Conflict):
        migrate(engine, key, version)


def test_a_migrated_case_goes_back_to_where_it_was_before(engine: Any, draw: Any, mei: Any) -> None:
    def version(first: str) -> int:
        body = draw.start() + draw.user(first) + draw.user("v") + draw.end()
        return deploy(engine, draw, body, draw.way("start", first, "v", "end"))

    version("u")
    key = engine.start()
    engine.do(mei, "u")
    target = version("u2")
    migrate(engine, key, target, {"u": "u2"})
    engine.call(modification.back_to, key, "u2", by=engine.owner, reason="Again")
    assert engine.instance(key).waiting_at == ["u2"]
