"""Deployments: all or nothing, versions only for what changed, refusals that name file and element."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from laneway.engine import deployments, tables
from laneway.errors import NotAllowed, NotFound, Refused
from laneway.words import Resource

DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="prices" name="prices"
 namespace="http://example.com/dmn"><decision id="price" name="price"><variable name="price"/>
 <literalExpression><text>{}</text></literalExpression></decision></definitions>"""


def decision(text: str = "2 + 3", name: str = "price.dmn") -> Resource:
    return Resource(name, DECISION.format(text).encode())


def form(label: str = "What", **changes: Any) -> Resource:
    field = {"type": "textfield", "key": "what", "label": label, "id": "w"} | changes
    schema = {"id": "begin", "type": "default", "schemaVersion": 17, "components": [field]}
    return Resource("begin.form", json.dumps(schema).encode())


def process(draw: Any, name: str = "u") -> Resource:
    body = draw.start() + draw.user(name) + draw.end() + draw.way("start", name, "end")
    file: Resource = draw.file(draw.process(body))
    return file


def test_a_deployment_makes_everything_in_it_effective(engine: Any, draw: Any) -> None:
    called = '<zeebe:calledDecision decisionId="price" resultVariable="p"/>'
    body = (
        draw.start()
        + draw.node("businessRuleTask", "d", extra=called)
        + draw.end()
        + draw.way("start", "d", "end")
    )
    deployed = engine.deploy(draw.file(draw.process(body)), decision(), form())
    assert [(p.process_id, p.version, p.is_new) for p in deployed.processes] == [("P", 1, True)]
    assert [(d.decision_id, d.version) for d in deployed.decisions] == [("price", 1)]
    assert [(f.form_id, f.version) for f in deployed.forms] == [("begin", 1)]
    key = engine.start()
    assert engine.variables(key) == {"p": 5}
    (row,) = [row for row in engine.rows(tables.history_line) if row.event == "decision_evaluated"]
    assert (row.element_id, row.details["decision_id"], row.details["output"]) == ("d", "price", 5)


def test_what_has_not_changed_keeps_its_version(engine: Any, draw: Any) -> None:
    files = (process(draw), decision(), form())
    engine.deploy(*files)
    again = engine.deploy(*files)
    assert not again.has_news
    assert len(engine.rows(tables.deployment)) == 1
    changed = engine.deploy(process(draw, "other"), decision(), form("New label"))
    assert [(p.version, p.is_new) for p in changed.processes] == [(2, True)]
    assert [(d.version, d.is_new) for d in changed.decisions] == [(1, False)]
    assert [(f.version, f.is_new) for f in changed.forms] == [(2, True)]
    with engine.database.reading() as session:
        assert [v.version for v in deployments.versions(session, "P")] == [2, 1]
        assert deployments.latest(session, "P").deployed_by == "owner"
        assert deployments.form(session, "begin").version == 2
        with pytest.raises(NotFound):
            deployments.latest(session, "Q")


def broken(draw: Any, kind: str) -> tuple[Resource, str | None]:
    """A file that must be refused, and the element that the refusal names."""
    good = process(draw).content
    match kind:
        case "not xml":
            return Resource("bad.bpmn", good[:-30]), None
        case "doctype":
            bomb = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + good
            return Resource("bad.bpmn", bomb), None
        case "feel":
            body = draw.start() + draw.script("s", "=1 +", "x") + draw.end() + draw.way("start", "s", "end")
            return draw.file(draw.process(body), name="bad.bpmn"), "s"
        case "unsupported element":
            body = draw.start() + draw.node("complexGateway", "c") + draw.way("start", "c")
            return draw.file(draw.process(body), name="bad.bpmn"), "c"
        case "flow into nothing":
            body = draw.start() + draw.flow("start", "nowhere")
            return draw.file(draw.process(body), name="bad.bpmn"), "start_to_nowhere"
        case "form":
            return Resource("bad.form", form(type="rocket").content), "w"
        case "form not json":
            return Resource("bad.form", b"{"), None
        case "decision":
            return decision("2 +", "bad.dmn"), "price"
        case _:
            return Resource("bad.exe", b"MZ"), None


@pytest.mark.parametrize(
    "kind",
    [
        "not xml",
        "doctype",
        "feel",
        "unsupported element",
        "flow into nothing",
        "form",
        "form not json",
        "decision",
        "unknown file",
    ],
)
def test_one_bad_file_stops_the_whole_deployment_and_is_named(engine: Any, draw: Any, kind: str) -> None:
    bad, element = broken(draw, kind)
    with pytest.raises(Refused) as refused:
        engine.deploy(process(draw), decision(), bad)
    findings = refused.value.findings
    assert {finding.file for finding in findings} == {bad.name}
    assert element is None or element in [finding.element_id for finding in findings]
    assert all(finding.message.zh and finding.message.en for finding in findings)
    for table in (tables.deployment, tables.process_definition, tables.decision_definition):
        assert engine.rows(table) == []


def test_the_same_id_in_two_files_is_refused(engine: Any, draw: Any) -> None:
    with pytest.raises(Refused) as refused:
        engine.deploy(process(draw), Resource("second.bpmn", process(draw, "other").content))
    assert [(f.code, f.file) for f in refused.value.findings] == [("duplicate_id", "second.bpmn")]
    with pytest.raises(Refused):
        engine.deploy()


def test_checking_stores_nothing_and_tells_warnings_too(engine: Any, draw: Any) -> None:
    body = draw.start() + draw.user("u", form="missing") + draw.end() + draw.way("start", "u", "end")
    findings = engine.call(deployments.check, [draw.file(draw.process(body))])
    assert [(f.severity, f.element_id, f.file) for f in findings] == [("warning", "u", "test.bpmn")]
    assert engine.rows(tables.process_definition) == []


def test_only_process_owners_deploy(engine: Any, draw: Any, mei: Any) -> None:
    with pytest.raises(NotAllowed):
        engine.call(deployments.deploy, [process(draw)], by=mei)


def test_deployments_at_once_give_versions_without_a_gap(engine: Any, draw: Any) -> None:
    ready, problems = threading.Barrier(6), []

    def deploy(number: int) -> None:
        ready.wait()
        try:
            engine.deploy(process(draw, f"u{number}"))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=deploy, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [row.version for row in engine.rows(tables.process_definition)] == [1, 2, 3, 4, 5, 6]
