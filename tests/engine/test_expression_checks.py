"""A deployment judges the expressions of its diagrams by its forms, those deployed before among them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from laneway.engine import deployments
from laneway.errors import Refused
from laneway.words import Resource


def form(kind: str) -> Resource:
    schema = {"id": "ask", "components": [{"type": kind, "key": "amount", "id": "a", "label": "金额 Amount"}]}
    return Resource("ask.form", json.dumps(schema).encode())


def diagram(draw: Any, condition: str) -> Resource:
    body = draw.start() + draw.user("u", form="ask") + draw.gateway("exclusive", "g", default="no")
    body += draw.end("e1") + draw.end("e2") + draw.way("start", "u", "g")
    body += draw.flow("g", "e1", condition, id="yes") + draw.flow("g", "e2", id="no")
    return draw.file(draw.process(body))


def told(engine: Any, *resources: Resource) -> list[tuple[str, str | None]]:
    findings = engine.call(deployments.check, list(resources))
    return [(f.code, f.element_id) for f in findings if f.code.startswith("feel_")]


def test_the_form_of_the_same_deployment_tells_what_a_variable_is(engine: Any, draw: Any) -> None:
    process = diagram(draw, "=amount > 1000")

    assert told(engine, process, form("number")) == []
    assert told(engine, process, form("textfield")) == [("feel_kinds", "yes")]


def test_a_form_deployed_before_tells_it_too(engine: Any, draw: Any) -> None:
    engine.deploy(form("number"))
    engine.deploy(form("textfield"))

    assert told(engine, diagram(draw, "=amount > 1000")) == [("feel_kinds", "yes")]


def test_a_warning_does_not_stop_a_deployment_and_an_error_does(engine: Any, draw: Any) -> None:
    engine.deploy(form("textfield"), diagram(draw, "=amount > 1000"))

    with pytest.raises(Refused) as refused:
        engine.deploy(form("textfield"), diagram(draw, "=amount.isBig()) > 1000"))
    assert [f.code for f in refused.value.findings] == ["feel_syntax"]
