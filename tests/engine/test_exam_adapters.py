"""The adapters of the conformance exams drive the whole engine and tell refusals in the exams' own notation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from laneway.testing import exam
from laneway.testing.issues import Refusal


@pytest.fixture
def betsy() -> Iterator[Any]:
    engine = exam.betsy_engine()
    yield engine
    engine.close()


def test_the_behaviour_exam_plays_worker_and_moves_the_clock(betsy: Any, draw: Any) -> None:
    body = (
        draw.start()
        + draw.job("j", "trace", extra=draw.mapping(inputs={"token": '="T"'}))
        + draw.node("intermediateCatchEvent", "t", draw.timer("PT5S"))
        + draw.node("receiveTask", "r", messageRef="M")
        + draw.job("k", "trace")
        + draw.end()
        + draw.way("start", "j", "t", "r", "k", "end")
    )
    betsy.deploy([("a.bpmn", draw.file(draw.process(body)).content)])
    betsy.start("P", {"key": "k1"})
    (job,) = betsy.jobs()
    assert (job["type"], job["element"], job["variables"]) == ("trace", "j", {"key": "k1", "token": "T"})
    betsy.complete(job["key"], {})
    betsy.publish_message("M", "k1", {})
    betsy.advance(4.5)
    assert betsy.jobs() == []
    betsy.advance(0.5)
    (job,) = betsy.jobs()
    betsy.throw_error(job["key"], "nobody catches this")
    assert [(i["type"], i["element"]) for i in betsy.incidents()] == [("UNHANDLED_ERROR_EVENT", "k")]


def test_a_refusal_names_element_and_reason(betsy: Any, draw: Any) -> None:
    body = (
        draw.start() + draw.gateway("eventBased", "c", eventGatewayType="Parallel") + draw.way("start", "c")
    )
    with pytest.raises(Refusal) as refused:
        betsy.deploy([("a.bpmn", draw.file(draw.process(body)).content)])
    assert ("unsupported_parallel_event_gateway", "c") in [
        (i["code"], i["element"]) for i in refused.value.issues
    ]


def test_each_file_of_the_camunda_exam_is_told_alone(draw: Any) -> None:
    engine = exam.camunda8_engine()
    try:
        good = draw.file(draw.process(draw.start() + draw.end() + draw.way("start", "end")))
        reports = engine.deploy([("good.bpmn", good.content), ("bad.bpmn", b"<")])
        assert "unsupported_parallel_event_gateway" in engine.unsupported_features()
    finally:
        engine.close()
    assert [(r["accepted"], r["definitions"]) for r in reports] == [(True, ["P"]), (False, [])]
    assert reports[1]["issues"][0]["message"]
