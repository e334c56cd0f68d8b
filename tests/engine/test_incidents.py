"""Incidents: a step that failed waits for a person; resolving it tries again; who did it is told."""

from __future__ import annotations

from typing import Any

import pytest

from laneway.engine import incidents, tables
from laneway.errors import Conflict, NotAllowed, NotFound
from laneway.testing import drain


@pytest.fixture
def stuck(engine: Any, draw: Any) -> Any:
    body = (
        draw.start()
        + draw.gateway("parallel", "fork")
        + draw.user("u")
        + draw.gateway("exclusive", "g")
        + draw.end()
        + draw.way("start", "fork", "u")
        + draw.way("fork", "g")
        + draw.flow("g", "end", "=ok")
        + draw.user("never")
        + draw.flow("g", "never", "=false")
    )
    engine.deploy(draw.file(draw.process(body)))
    return engine


def test_a_resolved_incident_lets_the_case_go_on(stuck: Any, mei: Any, admin: Any) -> None:
    key = stuck.start(ok=False)
    (row,) = stuck.incidents(key)
    assert (row.type, row.element_id) == ("CONDITION_ERROR", "g")
    assert stuck.instance(key).has_incident
    stuck.do(mei, ok=True)
    stuck.resolve(key)
    assert stuck.instance(key).state == "COMPLETED"
    assert not stuck.instance(key).has_incident
    (row,) = stuck.rows(tables.incident)
    assert (row.state, row.resolved_by) == ("RESOLVED", "admin")
    assert "incident_resolved g" in stuck.events(key)
    with pytest.raises(Conflict) as refused:
        stuck.call(incidents.resolve, row.key, by=admin)
    assert refused.value.params["holder"] == "admin"


def test_a_retry_that_fails_again_is_a_new_incident(stuck: Any) -> None:
    key = stuck.start(ok=False)
    (first,) = stuck.incidents(key)
    stuck.resolve(key)
    (second,) = stuck.incidents(key)
    assert second.key != first.key
    assert stuck.instance(key).has_incident


def test_only_those_in_charge_retry(stuck: Any, mei: Any, admin: Any) -> None:
    key = stuck.start(ok=False)
    (row,) = stuck.incidents(key)
    with pytest.raises(NotAllowed):
        stuck.call(incidents.resolve, row.key, by=mei)
    with pytest.raises(NotFound):
        stuck.call(incidents.resolve, 1, by=admin)


def test_a_missing_decision_is_an_incident_that_says_what_to_do(engine: Any, draw: Any) -> None:
    called = '<zeebe:calledDecision decisionId="price" resultVariable="p"/>'
    body = (
        draw.start()
        + draw.node("businessRuleTask", "d", extra=called)
        + draw.end()
        + draw.way("start", "d", "end")
    )
    engine.deploy(draw.file(draw.process(body)))
    key = engine.start()
    (row,) = engine.incidents(key)
    assert (row.type, row.element_id) == ("CALLED_DECISION_ERROR", "d")
    assert "Deploy it" in row.message


def test_a_child_whose_own_waits_cannot_open_is_an_incident_and_no_silence(engine: Any, draw: Any) -> None:
    handle = (draw.user("fix"), draw.end("he"), draw.way("h_start", "fix", "he"))
    inner = (
        draw.start("cs") + draw.user("u") + draw.way("cs", "u") + draw.event_sub("h", draw.message, *handle)
    )
    body = draw.start() + draw.call("c", "Child") + draw.end() + draw.way("start", "c", "end")
    engine.deploy(draw.file(draw.process(body), draw.process(inner, id="Child")))
    key = engine.start()
    drain()
    (child,) = engine.rows(tables.process_instance, parent_key=key)
    (row,) = engine.incidents(child.key)
    assert (row.type, row.element_id) == ("EXTRACT_VALUE_ERROR", "cs")
    assert engine.rows(tables.effect) == []
