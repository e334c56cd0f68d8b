"""Job types that use records: cases alike, blocked lots, lines in the log, messages to other cases, mails to groups."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from laneway.engine import accounts, deployments, instances, user_tasks
from laneway.engine.database import reading, unit_of_work
from laneway.engine.tables import goods, message
from laneway.errors import NotAllowed
from laneway.records.cases import figures
from laneway.records.goods import lots, stock
from laneway.records.interactions import log
from laneway.tasks import Job
from laneway.tasks.draining import drain
from laneway.tasks.registry import handler_of
from laneway.words import Resource, Text

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 id="d" targetNamespace="t">
<bpmn:process id="told" name="Told" isExecutable="true"><bpmn:extensionElements><zeebe:properties>
<zeebe:property name="laneway:case:series" value="CP"/><zeebe:property name="laneway:case:customer" value="=customer"/>
<zeebe:property name="laneway:keptAway" value="=agents"/></zeebe:properties></bpmn:extensionElements>
<bpmn:startEvent id="s"/><bpmn:serviceTask id="alike" name="Alike"><bpmn:extensionElements>
<zeebe:taskDefinition type="laneway:find-similar-cases"/></bpmn:extensionElements></bpmn:serviceTask>
<bpmn:serviceTask id="tell" name="Tell"><bpmn:extensionElements><zeebe:taskDefinition type="laneway:publish-message"/>
<zeebe:taskHeaders><zeebe:header key="message" value="complaint.facts"/></zeebe:taskHeaders>
<zeebe:ioMapping><zeebe:input source="=similar_cases" target="correlation_keys"/>
<zeebe:input source="={seen: case_number}" target="message_variables"/></zeebe:ioMapping>
</bpmn:extensionElements></bpmn:serviceTask>
<bpmn:userTask id="look" name="Look"><bpmn:extensionElements><zeebe:userTask/>
<zeebe:assignmentDefinition candidateGroups="complaint_desk,complaint_lead"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="alike"/><bpmn:sequenceFlow id="b" sourceRef="alike" targetRef="tell"/>
<bpmn:sequenceFlow id="c" sourceRef="tell" targetRef="look"/><bpmn:sequenceFlow id="f" sourceRef="look" targetRef="e"/>
<bpmn:subProcess id="facts" triggeredByEvent="true"><bpmn:startEvent id="fs" isInterrupting="false">
<bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent><bpmn:endEvent id="fe"/>
<bpmn:sequenceFlow id="ff" sourceRef="fs" targetRef="fe"/></bpmn:subProcess>
</bpmn:process>
<bpmn:message id="m" name="complaint.facts"><bpmn:extensionElements><zeebe:subscription correlationKey="=case_number"/>
</bpmn:extensionElements></bpmn:message></bpmn:definitions>"""

OFF_SPEC = {"lots": "HX-P20-0901A", "defect": "off_spec", "agents": None}


@pytest.fixture
def open_case(database, owner, mei):
    """Opens cases; gives each one's number and the key of its instance."""
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("told.bpmn", DIAGRAM)], by=owner)
        figures.load(session)

    def opened(**variables: Any) -> tuple[str, int]:
        with unit_of_work() as session:
            started = instances.start(session, process_id="told", variables=OFF_SPEC | variables, by=mei)
        drain()
        return started.case_number, started.instance_key

    return opened


def known(key: int) -> dict[str, Any]:
    with reading() as session:
        return instances.variables(session, key)


def job(kind: str, number: str | None, headers: dict[str, str] | None = None, **variables: Any) -> Job:
    return Job(7, kind, variables, headers or {}, number, "told", "step", 3)


def do(asked: Job) -> Any:
    return handler_of(asked.type)(asked)


def test_two_customers_on_a_lot_make_a_cluster_and_the_earlier_case_is_told(open_case):
    first, first_key = open_case(customer="Rhein Dämm")
    assert (known(first_key)["similar_complaints"], known(first_key)["similar_customers"]) == (1, 1)

    second, second_key = open_case(customer="Gulf Panel", lots=[" hx-p20-0901a "])
    told = known(second_key)
    assert (told["similar_complaints"], told["similar_customers"]) == (2, 2)
    assert (told["duplicate_cases"], told["similar_cases"]) == ([], [first])
    assert known(first_key)["seen"] == second


def test_the_same_customer_lot_and_defect_is_suggested_as_a_duplicate(open_case):
    first, _key = open_case(customer="Rhein Dämm", received_at="2026-03-02T08:00:00+01:00")
    _second, key = open_case(customer="Rhein Dämm", received_at="2026-03-02T10:00:00+01:00")
    assert known(key)["duplicate_cases"] == [first]
    assert known(key)["similar_customers"] == 1
    _other, key = open_case(customer="Rhein Dämm", defect="odour")
    assert known(key)["duplicate_cases"] == []


def test_lots_that_are_in_no_record_are_named(open_case):
    assert known(open_case(customer="Rhein Dämm", lots="HX-NOPE, hx-1")[1])["unknown_lots"] == [
        "HX-NOPE",
        "HX-1",
    ]
    assert known(open_case(customer="Rhein Dämm", lots="unknown")[1])["unknown_lots"] == ["unknown"]
    assert known(open_case(customer="Rhein Dämm", lots=None)[1])["unknown_lots"] == []


def test_a_party_goes_before_the_name_that_was_typed(open_case):
    first, _key = open_case(customer="Rhein Dämm", party="P-2026-000001")
    _second, key = open_case(customer="Rhein Daemm GmbH", party="P-2026-000001")
    assert known(key)["duplicate_cases"] == [first]


def test_a_person_kept_away_may_neither_claim_complete_nor_be_given_a_task(open_case, mei, chen):
    _number, key = open_case(customer="Rhein Dämm", agents="mei")
    with unit_of_work() as session:
        (task,) = user_tasks.open_under(session, key)
    assert task.excluded == {"mei"}
    with pytest.raises(NotAllowed, match="claim"), unit_of_work() as session:
        user_tasks.claim(session, task.key, by=mei)
    with pytest.raises(NotAllowed, match="someone_else"), unit_of_work() as session:
        user_tasks.assign(session, task.key, assignee="mei", by=chen)
    with unit_of_work() as session:
        user_tasks.claim(session, task.key, by=chen)
        user_tasks.complete(session, task.key, by=chen, values={})


@pytest.fixture
def lot(database):
    with unit_of_work() as session:
        stock.add_product(session, "HX-P20", Text("聚合MDI", "Polymeric MDI"), "t")
        lots.add(session, "HX-P20-0901A", "LOT", Decimal(40), product="HX-P20")
    return database


def test_a_blocked_lot_is_blocked_once_for_each_reason(lot, open_case):
    number, _key = open_case(customer="Rhein Dämm")
    asked = {"lots": "hx-p20-0901a; unknown, HX-NOPE", "reason": "off-spec NCO"}
    for _again in range(2):
        assert do(job("laneway:block-lot", number, {"kind": "RECALL"}, **asked)) == {
            "blocked_lots": ["HX-P20-0901A"],
            "unknown_lots": ["HX-NOPE"],
        }
    with reading() as session:
        (block,) = session.execute(select(goods.lot_block)).all()
    assert (block.kind, block.quantity, block.blocked_by) == ("RECALL", 40_000, number)


@pytest.mark.parametrize(
    ("headers", "told", "number"),
    [
        ({}, {"lots": "A"}, "CP-1"),
        ({"kind": "WHIM"}, {"reason": "r"}, "CP-1"),
        ({}, {"reason": "r"}, None),
    ],
)
def test_a_block_without_reason_kind_or_case_is_refused(headers, told, number):
    with pytest.raises(ValueError, match="laneway:block-lot"):
        do(job("laneway:block-lot", number, headers, **told))


def test_a_line_of_the_log_is_written_once(open_case):
    number, key = open_case(customer="Rhein Dämm")
    for _again in range(2):
        told = {"log_channel": "mail", "channel": "email", "log_text": "Not accepted"}
        do(job("laneway:log-interaction", number, {"kind": "dispute"}, **told))
    with reading() as session:
        (line,) = log.listed(session, key)
    assert (line.kind, line.channel, line.text) == (log.Kind.DISPUTE, log.Channel.MAIL, "Not accepted")


@pytest.mark.parametrize(
    ("headers", "text"), [({"kind": "rumour"}, "x"), ({"channel": "pigeon"}, "x"), ({}, " ")]
)
def test_a_line_of_no_kind_channel_or_text_is_refused(open_case, headers, text):
    number, _key = open_case(customer="Rhein Dämm")
    with pytest.raises(ValueError, match=r"."):
        do(job("laneway:log-interaction", number, headers, log_text=text))


def test_a_message_goes_to_every_key_once(database):
    for _again in range(2):
        do(job("laneway:publish-message", "CP-1", {"message": "m"}, correlation_keys=["A", "B", "A"]))
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(message)) == 2


@pytest.mark.parametrize(("headers", "keys"), [({}, ["A"]), ({"message": "m"}, [3]), ({"message": "m"}, "")])
def test_a_message_without_name_or_key_is_refused(headers, keys):
    with pytest.raises(ValueError, match="laneway:publish-message"):
        do(job("laneway:publish-message", None, headers, correlation_keys=keys))


TEXTS = {"subject_zh": "新投诉", "subject_en": "Complaint", "text_zh": "请看", "text_en": "Please look"}


def test_everyone_of_the_groups_is_told_once_in_their_own_language(database):
    with unit_of_work() as session:
        accounts.deactivate(session, "chen")
    asked = job(
        "laneway:notify-groups", None, groups=["complaint_desk", "credit_control", "complaint_lead"], **TEXTS
    )
    assert do(asked) == {"notified": ["bob", "mei"]}
    assert {(mail.to, mail.subject) for mail in asked.mails} == {
        ("bob@example.com", "Complaint"),
        ("mei@example.com", "新投诉"),
    }


def test_the_agent_complained_about_is_not_told(database):
    asked = job("laneway:notify-groups", None, groups=["complaint_desk"], kept_away="mei", **TEXTS)
    assert do(asked) == {"notified": []}


def test_a_missing_text_is_an_error(database):
    with pytest.raises(ValueError, match="text_zh"):
        do(
            job(
                "laneway:notify-groups",
                None,
                groups=["complaint_desk"],
                subject_zh="x",
                subject_en="x",
                text_en="x",
            )
        )
