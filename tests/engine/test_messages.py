"""Messages: before and after the wait, by correlation key, once per process, until they expire; start events."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import messages, tables, user_tasks
from laneway.errors import Conflict, Invalid, NotAllowed
from laneway.testing import drain


def publish(engine: Any, key: str | None = "k1", **settings: Any) -> None:
    variables = settings.pop("variables", {})
    engine.call(
        messages.publish,
        name=settings.pop("name", "M"),
        correlation_key=key,
        variables=variables,
        by=settings.pop("by", engine.mei),
        **settings,
    )
    drain()


@pytest.fixture
def waiting(engine: Any, draw: Any, mei: Any) -> Any:
    body = (
        draw.start()
        + draw.user("u")
        + draw.node("receiveTask", "r", messageRef="M")
        + draw.end()
        + draw.way("start", "u", "r", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    engine.mei = mei
    return engine


def test_a_message_reaches_the_one_with_its_correlation_key(waiting: Any, mei: Any) -> None:
    first, second = waiting.start(key="k1"), waiting.start(key="k2")
    for task in waiting.rows(tables.user_task):
        waiting.call(user_tasks.claim, task.key, by=mei)
        waiting.call(user_tasks.complete, task.key, by=mei, values={})
    drain()
    publish(waiting, "k2", variables={"answer": 42})
    assert waiting.instance(first).state == "ACTIVE"
    assert waiting.instance(second).state == "COMPLETED"
    assert waiting.variables(second)["answer"] == 42
    assert "message_correlated r" in waiting.events(second)


def test_a_message_that_comes_too_early_waits_for_the_subscription(waiting: Any, mei: Any) -> None:
    key = waiting.start(key="k1")
    publish(waiting, "k1", variables={"early": True})
    waiting.do(mei)
    assert waiting.instance(key).state == "COMPLETED"
    assert waiting.variables(key)["early"] is True


def test_a_message_that_nobody_awaited_in_time_is_gone(waiting: Any, mei: Any, frozen_clock: Any) -> None:
    key = waiting.start(key="k1")
    publish(waiting, "k1", ttl_seconds=60)
    frozen_clock.advance(seconds=61)
    waiting.do(mei)
    assert waiting.instance(key).state == "ACTIVE"
    assert waiting.call(messages.forget_expired) == 1
    assert waiting.rows(tables.message) == []


def test_the_same_message_id_counts_once_while_it_waits(waiting: Any, frozen_clock: Any) -> None:
    publish(waiting, "k1", message_id="mail-1", ttl_seconds=60)
    with pytest.raises(Conflict):
        publish(waiting, "k1", message_id="mail-1")
    publish(waiting, "k2", message_id="mail-1")
    frozen_clock.advance(seconds=61)
    publish(waiting, "k1", message_id="mail-1")


def test_a_message_reaches_each_process_once(waiting: Any, draw: Any, mei: Any) -> None:
    body = (
        draw.start()
        + draw.node("receiveTask", "r", messageRef="M")
        + draw.end()
        + draw.way("start", "r", "end")
    )
    waiting.deploy(draw.file(draw.process(body, id="Q"), name="q.bpmn"))
    keys = [waiting.start("Q", key="k1"), waiting.start("Q", key="k1")]
    other = waiting.start(key="k1")
    waiting.do(mei)
    publish(waiting, "k1")
    assert sorted(waiting.instance(key).state for key in keys) == ["ACTIVE", "COMPLETED"]
    assert waiting.instance(other).state == "COMPLETED"
    publish(waiting, "k1")
    assert [waiting.instance(key).state for key in keys] == ["COMPLETED", "COMPLETED"]


def test_a_message_starts_a_process_and_brings_its_variables(engine: Any, draw: Any, mei: Any) -> None:
    start = draw.start("asked", draw.message)
    engine.deploy(draw.file(draw.process(start, draw.user("u"), draw.end(), draw.way("asked", "u", "end"))))
    engine.mei = mei
    publish(engine, None, variables={"text": "help"})
    (row,) = engine.rows(tables.process_instance)
    assert row.waiting_at == ["u"]
    assert engine.variables(row.key) == {"text": "help"}
    with pytest.raises(Conflict) as refused:
        engine.start()
    assert refused.value.code == "process_starts_by_event_only"


def test_a_wait_whose_key_cannot_be_told_is_an_incident(waiting: Any, mei: Any) -> None:
    key = waiting.start(key=["not", "a", "text"])
    waiting.do(mei)
    (incident,) = waiting.incidents(key)
    assert (incident.type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "r")


def test_who_may_not_publish_does_not(waiting: Any, stranger: Any) -> None:
    with pytest.raises(NotAllowed):
        publish(waiting, by=stranger)
    with pytest.raises(Invalid):
        publish(waiting, name=" ")


def test_numbers_are_correlation_keys_too(waiting: Any, mei: Any) -> None:
    key = waiting.start(key=17)
    waiting.do(mei)
    publish(waiting, "17")
    assert waiting.instance(key).state == "COMPLETED"


def test_a_message_of_the_same_key_starts_the_next_instance_when_the_first_has_ended(
    engine: Any, draw: Any, mei: Any
) -> None:
    start = draw.start("asked", draw.message)
    engine.deploy(draw.file(draw.process(start, draw.user("u"), draw.end(), draw.way("asked", "u", "end"))))
    engine.mei = mei
    for text in ("first", "second", "third"):
        publish(engine, "k1", variables={"text": text})
    publish(engine, "k2", variables={"text": "other"})
    assert texts(engine) == ["first", "other"]
    for expected in (["other", "second"], ["other", "third"], ["other"]):
        key = next(k for k in open_instances(engine) if engine.variables(k)["text"] != "other")
        engine.call(user_tasks.claim, engine.task(instance_key=key).key, by=mei)
        engine.call(user_tasks.complete, engine.task(instance_key=key).key, by=mei, values={})
        drain()
        assert texts(engine) == expected


def open_instances(engine: Any) -> list[int]:
    return [row.key for row in engine.rows(tables.process_instance, state="ACTIVE")]


def texts(engine: Any) -> list[str]:
    """What started the instances that are open."""
    return sorted(engine.variables(key)["text"] for key in open_instances(engine))
