"""Every evaluation of a decision is kept: what it took, which rules matched, what came out, which version it was."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from laneway.engine import decisions, tables
from laneway.engine.queries import case_detail
from laneway.engine.queries import decisions as queries
from laneway.errors import NotAllowed, NotFound
from laneway.words import Resource, Text

HEAD = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="{0}" name="{0}" namespace="http://example.com/{0}">'
)
TABLE = """<decision id="grade" name="Grade"><informationRequirement id="q"><requiredDecision href="#weight"/>
 </informationRequirement><decisionTable hitPolicy="FIRST">
 <input id="in_w" label="重量 Weight"><inputExpression typeRef="number"><text>weight</text></inputExpression></input>
 <output id="out_g" name="grade" typeRef="string"/>
 <rule id="r1"><inputEntry><text>&gt; 10</text></inputEntry><outputEntry><text>"heavy"</text></outputEntry></rule>
 <rule id="r2"><inputEntry><text>-</text></inputEntry><outputEntry><text>"light"</text></outputEntry></rule>
 </decisionTable></decision>"""
WEIGHT = (
    '<decision id="weight" name="Weight"><variable name="weight"/>'
    "<literalExpression><text>pieces * each</text></literalExpression></decision>"
)
ENDLESS = "count(for i in 1..100000, j in 1..100000 return 1)"


def dmn(id: str, *parts: str) -> Resource:
    return Resource(f"{id}.dmn", f"{HEAD.format(id)}{''.join(parts)}</definitions>".encode())


def literal_decision(id: str, text: str, tag: str = "") -> str:
    extra = f'<extensionElements><zeebe:versionTag value="{tag}"/></extensionElements>' if tag else ""
    return (
        f'<decision id="{id}" name="{id}">{extra}<variable name="{id}"/>'
        f"<literalExpression><text>{text}</text></literalExpression></decision>"
    )


def caller(draw: Any, called: str = 'decisionId="grade"', *, id: str = "P", result: str = "g") -> Resource:
    """A process whose one task `d` calls a decision and then waits at `u`."""
    extra = f'<zeebe:calledDecision {called} resultVariable="{result}"/>'
    task = draw.node("businessRuleTask", "d", extra=extra)
    body = draw.start() + task + draw.user("u") + draw.end() + draw.way("start", "d", "u", "end")
    file: Resource = draw.file(draw.process(body, id=id), name=f"{id}.bpmn")
    return file


def instances_of(engine: Any, key: int) -> list[Any]:
    with engine.database.reading() as session:
        return queries.of_case(session, key)


def test_a_case_keeps_what_was_decided_required_decisions_first(engine: Any, draw: Any) -> None:
    engine.deploy(caller(draw), dmn("rates", WEIGHT, TABLE))
    key = engine.start(pieces=6, each=2.5)
    assert engine.variables(key)["g"] == "heavy"
    weight, grade = instances_of(engine, key)
    assert (weight.decision_id, weight.position, weight.output, weight.is_root) == ("weight", 1, 15, False)
    assert (grade.decision_id, grade.position, grade.is_root) == ("grade", 2, True)
    assert weight.evaluation_key == grade.evaluation_key
    assert (grade.name, grade.version, grade.state) == (Text("Grade", "Grade"), 1, "EVALUATED")
    assert (grade.instance_key, grade.element_id, grade.element_name) == (key, "d", Text("", "d"))
    [seen] = grade.inputs
    assert (seen.input_id, seen.label, seen.value) == ("in_w", Text("重量 Weight", "重量 Weight"), 15)
    [rule] = grade.matched_rules
    assert (rule.rule_id, rule.number) == ("r1", 1)
    assert [(out.output_id, out.value) for out in rule.outputs] == [("out_g", "heavy")]
    assert (grade.output, grade.warnings, grade.failure) == ("heavy", [], None)
    assert grade.duration is not None
    assert grade.duration >= 0
    with engine.database.reading() as session:
        assert [one for one in queries.of_case(session, key) if one.element_id == "d"] == [weight, grade]
        assert queries.last_at(session, key) == {"d": grade.id}


def test_the_history_tells_the_sentence_and_names_the_instance(engine: Any, draw: Any) -> None:
    engine.deploy(caller(draw), dmn("rates", WEIGHT, TABLE))
    key = engine.start(pieces=1, each=1)
    told = [
        row for row in engine.rows(tables.history_line, instance_key=key) if row.event == "decision_evaluated"
    ]
    grade = instances_of(engine, key)[1]
    assert told[1].details == {
        "id": f"{grade.evaluation_key}-2",
        "decision_id": "grade",
        "name": ["", "Grade"],
        "rules": [["r2", 2]],
        "output": "light",
    }
    with engine.database.reading() as session:
        last = case_detail.last_decisions(session, key)
    assert [one["decision_id"] for one in last] == ["grade", "weight"]
    assert last[0]["inputs"] == [[["重量 Weight", "重量 Weight"], 1]]


def test_warnings_belong_to_the_decision_they_came_from(engine: Any, draw: Any) -> None:
    engine.deploy(caller(draw), dmn("rates", WEIGHT, TABLE))
    weight, grade = instances_of(engine, engine.start(pieces=1))
    assert "no variable 'each'" in [str(one) for one in weight.warnings]
    assert all("each" not in str(one) for one in grade.warnings)


def test_an_evaluation_that_fails_is_kept_with_its_incident(engine: Any, draw: Any) -> None:
    engine.deploy(caller(draw), dmn("rates", literal_decision("weight", ENDLESS), TABLE))
    key = engine.start()
    [incident] = engine.incidents(key)
    assert incident.type == "DECISION_EVALUATION_ERROR"
    assert incident.message.startswith("Decision 'weight' was stopped: ")
    [failed] = instances_of(engine, key)
    assert (failed.decision_id, failed.state, failed.output) == ("weight", "FAILED", None)
    assert failed.failure is not None
    assert failed.failure.zh
    assert failed.failure.en in incident.message
    engine.deploy(dmn("rates", WEIGHT, TABLE))
    engine.resolve(key)
    assert engine.incidents(key) == []
    assert [one.state for one in instances_of(engine, key)] == ["EVALUATED", "EVALUATED", "FAILED"]


def test_a_deployed_file_that_is_not_accepted_any_more_is_an_incident(engine: Any, draw: Any) -> None:
    engine.deploy(caller(draw, 'decisionId="price"'), price(1))
    older = price(1).content.replace(b">1<", b">1 +<")  # as if an older release had let it pass
    with engine.database.unit_of_work() as session:
        session.execute(update(tables.decision_requirements).values(xml=older))
    key = engine.start()
    [incident] = engine.incidents(key)
    assert "The file of decision 'price' is not accepted any more" in incident.message
    engine.deploy(price(2))
    engine.resolve(key)
    assert engine.variables(key)["g"] == 2


def test_an_assertion_fails_in_its_authors_words_however_long(engine: Any, draw: Any) -> None:
    words = "assert(pieces, pieces &gt; 0, &quot;" + "no pieces \\u0000" * 100 + "&quot;)"
    engine.deploy(caller(draw, 'decisionId="weight"'), dmn("rates", literal_decision("weight", words)))
    key = engine.start(pieces=0)
    [incident] = engine.incidents(key)
    assert "no pieces" in incident.message
    [failed] = instances_of(engine, key)
    assert failed.failure is not None
    assert failed.failure.en.startswith("no pieces")


def test_a_decision_evaluated_alone_is_kept_without_a_case(engine: Any, owner: Any, mei: Any) -> None:
    engine.deploy(dmn("rates", WEIGHT, TABLE))
    variables = {"pieces": 2, "each": 10}
    done = engine.call(decisions.evaluate_alone, by=owner, variables=variables, decision_id="grade")
    assert (done.value, done.failure) == ("heavy", None)
    with engine.database.reading() as session:
        [made] = queries.recent(session, owner, "grade", limit=5)
        assert queries.last_inputs(session, "grade") == {"in_w": 20}
        [row] = [one for one in queries.newest(session, owner) if one.decision_id == "grade"]
        assert queries.version(session, row.key).xml == dmn("rates", WEIGHT, TABLE).content
        assert [one.version for one in queries.versions(session, "grade")] == [1]
    assert (made.instance_key, made.case_number, made.evaluated_by) == (None, None, "owner")
    assert (row.version, row.evaluations, row.deployed_by) == (1, 1, "owner")
    again = engine.call(decisions.evaluate_alone, by=owner, variables={}, decision_key=row.key)
    assert again.value == "light"
    with pytest.raises(NotAllowed):
        engine.call(decisions.evaluate_alone, by=mei, variables={}, decision_id="grade")
    with pytest.raises(NotFound):
        engine.call(decisions.evaluate_alone, by=owner, variables={}, decision_id="other")
    with pytest.raises(NotFound):
        engine.call(decisions.evaluate_alone, by=owner, variables={}, decision_key=1)


def test_processes_that_use_a_decision_are_named(engine: Any, draw: Any) -> None:
    engine.deploy(caller(draw), caller(draw, id="Q"), dmn("rates", WEIGHT, TABLE))
    with engine.database.reading() as session:
        assert queries.uses(session) == {"grade": [("P", Text("P", "P")), ("Q", Text("Q", "Q"))]}


def test_the_decision_may_be_named_by_an_expression(engine: Any, draw: Any) -> None:
    engine.deploy(caller(draw, 'decisionId="=which"'), dmn("rates", WEIGHT, TABLE))
    assert engine.variables(engine.start(which="weight", pieces=2, each=2))["g"] == 4
    [incident] = engine.incidents(engine.start(which="none"))
    assert (incident.type, "'none'" in incident.message) == ("CALLED_DECISION_ERROR", True)


# -- which version


def price(value: int, tag: str = "") -> Resource:
    return dmn("prices", literal_decision("price", str(value), tag))


def test_the_latest_version_is_the_one_at_the_moment_of_the_call(engine: Any, draw: Any) -> None:
    engine.deploy(caller(draw, 'decisionId="price"'), price(1))
    assert engine.variables(engine.start())["g"] == 1
    engine.deploy(price(2))
    assert engine.variables(engine.start())["g"] == 2


def test_a_version_tag_finds_its_version_whatever_is_newer(engine: Any, draw: Any) -> None:
    called = 'decisionId="price" bindingType="versionTag" versionTag="spring"'
    engine.deploy(caller(draw, called), price(1, "spring"))
    engine.deploy(price(2, "summer"))
    engine.deploy(price(3))
    key = engine.start()
    assert engine.variables(key)["g"] == 1
    assert [(one.version, one.version_tag) for one in instances_of(engine, key)] == [(1, "spring")]
    engine.deploy(price(4, "spring"))
    assert engine.variables(engine.start())["g"] == 4


def test_a_version_tag_that_is_not_deployed_is_told_and_becomes_an_incident(engine: Any, draw: Any) -> None:
    called = 'decisionId="price" bindingType="versionTag" versionTag="spring"'
    deployed = engine.deploy(caller(draw, called), price(1))
    [warning] = deployed.processes[0].warnings
    assert (warning.code, warning.element_id, "spring" in warning.message.zh) == (
        "decision_tag_unknown",
        "d",
        True,
    )
    key = engine.start()
    [incident] = engine.incidents(key)
    assert incident.type == "CALLED_DECISION_ERROR"
    assert "'price' with the version tag 'spring' is not deployed" in incident.message
    engine.deploy(price(5, "spring"))
    engine.resolve(key)
    assert engine.variables(key)["g"] == 5


def test_bound_to_its_deployment_a_process_keeps_the_decision_it_came_with(engine: Any, draw: Any) -> None:
    bound = 'decisionId="price" bindingType="deployment"'
    engine.deploy(price(1))
    engine.deploy(caller(draw, bound), price(1))  # the decision has not changed, and yet is part of it
    engine.deploy(price(2))
    assert engine.variables(engine.start())["g"] == 1
    together = engine.deploy(
        caller(draw, bound), price(3)
    )  # the diagram has not changed, what it is bound to has
    assert [(one.version, one.is_new) for one in together.processes] == [(2, True)]
    engine.deploy(price(4))
    assert engine.variables(engine.start())["g"] == 3
    again = engine.deploy(caller(draw, bound), price(4))
    assert not again.processes[0].is_new  # only new versions renew it: this one is not


def test_bound_to_its_deployment_alone_it_takes_the_newest_there_is(engine: Any, draw: Any) -> None:
    engine.deploy(price(1))
    engine.deploy(caller(draw, 'decisionId="price" bindingType="deployment"'))
    engine.deploy(price(2))
    assert engine.variables(engine.start())["g"] == 1
