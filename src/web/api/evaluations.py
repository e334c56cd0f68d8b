"""Evaluating decisions, and what every evaluation left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from flask import Blueprint

from laneway.engine import database, decisions, search
from laneway.engine.dmn import MatchedRule
from laneway.engine.queries.decisions import matched_rules, seen_inputs
from laneway.engine.search import TENANT, Query
from laneway.errors import Invalid
from laneway.web.api import shapes
from laneway.web.api.operations import Answer, Body, instant, key, operation, page, read_key, read_query
from laneway.web.api.shapes import KEY, NUMBER, TEXT, Shape, list_of, nullable, page_of, record
from laneway.web.auth import current_person
from laneway.web.i18n import pick
from laneway.words import Text

blueprint = Blueprint("api_evaluations", __name__, url_prefix="/v2")

INSTANCE_KEY: Shape = {
    "type": "string",
    "pattern": "^[0-9]{1,19}-[0-9]{1,9}$",
    "description": "The key of the evaluation and the place of the decision in it, from 1.",
}
_JSON = {**TEXT, "description": "The value as JSON."}
_OUTPUT = record(
    outputId=TEXT, outputName=TEXT, outputValue=_JSON, ruleId=nullable(TEXT), ruleIndex=nullable(NUMBER)
)
_INPUT = record(inputId=TEXT, inputName=TEXT, inputValue=_JSON)
_RULE = record(ruleId=TEXT, ruleIndex=NUMBER, evaluatedOutputs=list_of(_OUTPUT))
_EVALUATED = record(
    decisionDefinitionId=TEXT,
    decisionDefinitionKey=KEY,
    decisionDefinitionName=TEXT,
    decisionDefinitionVersion=NUMBER,
    decisionDefinitionType=TEXT,
    decisionEvaluationInstanceKey=INSTANCE_KEY,
    evaluatedInputs=list_of(_INPUT),
    matchedRules=list_of(_RULE),
    output=_JSON,
    tenantId=TEXT,
)
_EVALUATION = record(
    decisionDefinitionId=TEXT,
    decisionDefinitionKey=KEY,
    decisionDefinitionName=TEXT,
    decisionDefinitionVersion=NUMBER,
    decisionEvaluationKey=KEY,
    decisionInstanceKey={**KEY, "description": "The same as decisionEvaluationKey."},
    decisionRequirementsId=TEXT,
    decisionRequirementsKey=KEY,
    evaluatedDecisions=list_of(_EVALUATED),
    failedDecisionDefinitionId=nullable(TEXT),
    failureMessage=nullable(TEXT),
    output=_JSON,
    tenantId=TEXT,
)
_INSTANCE = {
    "decisionEvaluationInstanceKey": INSTANCE_KEY,
    "decisionEvaluationKey": KEY,
    "state": TEXT,
    "evaluationDate": shapes.INSTANT,
    "evaluationFailure": nullable(TEXT),
    "decisionDefinitionId": TEXT,
    "decisionDefinitionKey": KEY,
    "decisionDefinitionName": TEXT,
    "decisionDefinitionVersion": NUMBER,
    "decisionDefinitionType": TEXT,
    "rootDecisionDefinitionKey": KEY,
    "result": _JSON,
    "processDefinitionKey": nullable(KEY),
    "processInstanceKey": nullable(KEY),
    "rootProcessInstanceKey": nullable(KEY),
    "elementInstanceKey": nullable(KEY),
    "businessId": nullable(TEXT),
    "tenantId": TEXT,
}


@operation(
    blueprint,
    "POST",
    "/decision-definitions/evaluation",
    name="evaluateDecision",
    summary="Evaluate a decision: the newest version of an id, or the version of a key",
    body=shapes.body(
        decisionDefinitionId=shapes.NAME,
        decisionDefinitionKey=KEY,
        variables=nullable(shapes.VARIABLES),
        tenantId=shapes.TENANT,
    ),
    answer=_EVALUATION,
)
def evaluate_decision(body: Body) -> Answer:
    if ("decisionDefinitionId" in body) == ("decisionDefinitionKey" in body):
        allowed = "decisionDefinitionId, decisionDefinitionKey"
        raise Invalid("body_invalid", [("", "give_one_of", {"allowed": allowed})])
    asked_key = body.get("decisionDefinitionKey")
    with database.unit_of_work() as session:
        evaluation = decisions.evaluate_alone(
            session,
            by=current_person(),
            variables=body.get("variables") or {},
            decision_id=body.get("decisionDefinitionId"),
            decision_key=None if asked_key is None else read_key(asked_key),
        )
    return _evaluation(evaluation)


@operation(
    blueprint,
    "POST",
    "/decision-instances/search",
    name="searchDecisionInstances",
    summary="Search evaluated decisions",
    body=shapes.search_body("decision_instances"),
    is_body_required=False,
    answer=page_of(record(**_INSTANCE)),
)
def search_decision_instances(body: Body) -> Answer:
    with database.reading() as session:
        found = search.decision_instances(session, read_query(body), by=current_person())
    return page(found, _decision_instance)


@operation(
    blueprint,
    "GET",
    "/decision-instances/{decisionEvaluationInstanceKey}",
    name="getDecisionInstance",
    summary="One evaluated decision, with its inputs and the rules that matched",
    answer=record(**_INSTANCE, evaluatedInputs=list_of(_INPUT), matchedRules=list_of(_RULE)),
    texts={"decisionEvaluationInstanceKey": INSTANCE_KEY},
)
def get_decision_instance(decision_evaluation_instance_key: str) -> Answer:
    evaluation_key = decision_evaluation_instance_key.partition("-")[0]
    filters = {
        "decisionEvaluationKey": evaluation_key,
        "decisionEvaluationInstanceKey": decision_evaluation_instance_key,
    }
    with database.reading() as session:
        found = search.decision_instances(session, Query(filters=filters), by=current_person())
    row = search.one(found, "decision_instance_not_found", key=decision_evaluation_instance_key)
    return {
        **_decision_instance(row),
        "evaluatedInputs": _inputs(seen_inputs(row.inputs)),
        "matchedRules": _rules(matched_rules(row.rules)),
    }


def _decision_instance(row: Any) -> Mapping[str, Any]:
    return {
        "decisionEvaluationInstanceKey": row.id,
        "decisionEvaluationKey": key(row.evaluation_key),
        "state": row.state,
        "evaluationDate": instant(row.evaluated_at),
        "evaluationFailure": row.failure,
        "decisionDefinitionId": row.decision_id,
        "decisionDefinitionKey": key(row.decision_key),
        "decisionDefinitionName": row.name,
        "decisionDefinitionVersion": row.version,
        "decisionDefinitionType": row.decision_type,
        "rootDecisionDefinitionKey": key(row.root_decision_key),
        "result": _json(row.output),
        "processDefinitionKey": key(row.process_definition_key),
        "processInstanceKey": key(row.instance_key or None),
        "rootProcessInstanceKey": key(row.root_key),
        "elementInstanceKey": None,
        "businessId": row.business_key,
        "tenantId": TENANT,
    }


def _evaluation(done: decisions.Evaluation) -> Mapping[str, Any]:
    asked = done.asked
    decision = next(one for one in done.linked.model.decisions if one.decision_id == asked.decision_id)
    failed = done.decisions[-1].decision_id if done.failure is not None else None
    return {
        "decisionDefinitionId": asked.decision_id,
        "decisionDefinitionKey": key(asked.key),
        "decisionDefinitionName": pick(decision.name),
        "decisionDefinitionVersion": asked.version,
        "decisionEvaluationKey": key(done.key),
        "decisionInstanceKey": key(done.key),
        "decisionRequirementsId": decision.requirements_id,
        "decisionRequirementsKey": key(asked.requirements_key),
        "evaluatedDecisions": [_evaluated(done, position) for position in range(len(done.decisions))],
        "failedDecisionDefinitionId": failed,
        "failureMessage": pick(done.failure) if done.failure is not None else None,
        "output": _json(done.value),
        "tenantId": TENANT,
    }


def _evaluated(done: decisions.Evaluation, position: int) -> Mapping[str, Any]:
    one = done.decisions[position]
    version = done.version_of(one)
    return {
        "decisionDefinitionId": one.decision_id,
        "decisionDefinitionKey": key(version.key),
        "decisionDefinitionName": _words(one.name),
        "decisionDefinitionVersion": version.version,
        "decisionDefinitionType": decisions.decision_type(one),
        "decisionEvaluationInstanceKey": decisions.instance_id(done.key, position + 1),
        "evaluatedInputs": _inputs(one.inputs),
        "matchedRules": _rules(one.matched_rules),
        "output": _json(one.output),
        "tenantId": TENANT,
    }


def _inputs(inputs: Iterable[tuple[str, str | Text, Any]]) -> list[Mapping[str, Any]]:
    return [
        {"inputId": input_id, "inputName": _words(label), "inputValue": _json(value)}
        for input_id, label, value in inputs
    ]


def _rules(rules: Sequence[MatchedRule]) -> list[Mapping[str, Any]]:
    return [
        {
            "ruleId": rule.rule_id,
            "ruleIndex": rule.number,
            "evaluatedOutputs": [
                {
                    "outputId": output.output_id,
                    "outputName": _words(output.label),
                    "outputValue": _json(output.value),
                    "ruleId": rule.rule_id,
                    "ruleIndex": rule.number,
                }
                for output in rule.outputs
            ],
        }
        for rule in rules
    ]


def _words(label: str | Text) -> str:
    return label if isinstance(label, str) else pick(label)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
