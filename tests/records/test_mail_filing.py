"""Mails that arrive: each finds its case, opens one, or waits for a person, and none is lost or taken twice."""

from __future__ import annotations

from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import deployments, instances, messages, outbox, user_tasks
from laneway.engine.database import new_key, reading, unit_of_work
from laneway.engine.model import OutgoingKind, Person
from laneway.engine.outbox import Delivery, Mail
from laneway.engine.queries import case_detail
from laneway.engine.tables import case_file, outgoing
from laneway.engine.tables.department.mail import incoming_mail
from laneway.errors import Conflict, Invalid, NotAllowed
from laneway.records import sample_records
from laneway.records.cases import figures
from laneway.records.documents import attachments
from laneway.records.interactions import log
from laneway.records.mail import receiving, tray
from laneway.records.mail.receiving import Rules, Source, State
from laneway.testing import drain
from laneway.words import Resource

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<bpmn:message id="opened" name="letter.opened"/>
<bpmn:message id="answer" name="letter.answer"><bpmn:extensionElements>
<zeebe:subscription correlationKey="=case_number"/></bpmn:extensionElements></bpmn:message>
<bpmn:process id="letters" name="Letters" isExecutable="true"><bpmn:extensionElements><zeebe:properties>
<zeebe:property name="laneway:case:series" value="LT"/><zeebe:property name="laneway:case:title" value="=subject"/>
<zeebe:property name="laneway:case:reopenAt" value="look"/>
</zeebe:properties></bpmn:extensionElements>
<bpmn:startEvent id="asked"/>
<bpmn:startEvent id="written"><bpmn:extensionElements><zeebe:properties>
<zeebe:property name="laneway:mail" value="new"/><zeebe:property name="laneway:note" value="words"/>
</zeebe:properties></bpmn:extensionElements><bpmn:messageEventDefinition messageRef="opened"/></bpmn:startEvent>
<bpmn:intermediateCatchEvent id="wait"><bpmn:extensionElements><zeebe:properties>
<zeebe:property name="laneway:mail" value="reply"/><zeebe:property name="laneway:note" value="said"/>
</zeebe:properties></bpmn:extensionElements><bpmn:messageEventDefinition messageRef="answer"/>
</bpmn:intermediateCatchEvent>
<bpmn:userTask id="look" name="Look"><bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements></bpmn:userTask>
<bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="a" sourceRef="asked" targetRef="wait"/>
<bpmn:sequenceFlow id="b" sourceRef="written" targetRef="wait"/>
<bpmn:sequenceFlow id="c" sourceRef="wait" targetRef="look"/>
<bpmn:sequenceFlow id="f" sourceRef="look" targetRef="e"/></bpmn:process></bpmn:definitions>"""
RULES = Rules(frozenset({"service@haiyuan.test"}), ("nothing", "letters"))
CUSTOMER = "anke.vogel@rheindaemm.example"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


@pytest.fixture
def stage(database: Any, owner: Person) -> Any:
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("letters.bpmn", DIAGRAM)], by=owner)
        figures.load(session)
        sample_records.load(session)
    return database


@pytest.fixture
def case(stage: Any, mei: Person) -> Any:
    """An open case that waits for an answer, and the id of a mail that it sent."""
    values = {"contact_email": "jonas@example.com", "subject": "Foam"}
    with unit_of_work() as session:
        started = instances.start(session, process_id="letters", variables=values, by=mei)
        asked = SimpleNamespace(
            key=new_key(), instance_key=started.instance_key, element_id="x", token=1, process_id="letters"
        )
        outbox.queue(session, asked, mails=[Mail("jonas@example.com", "Question", "?")])
    with reading() as session:
        sent = session.scalar(select(outgoing.c.dedupe_key))
    return SimpleNamespace(
        key=started.instance_key, number=started.case_number, sent=f"<{sent}@haiyuan.test>"
    )


def mail(subject: str = "Hello", words: str = "words", **headers: str) -> bytes:
    message = EmailMessage()
    told = {"From": "Jonas Keller <jonas@example.com>", "Message-ID": f"<{new_key()}@example.com>"}
    for name, text in (told | {name.replace("_", "-"): text for name, text in headers.items()}).items():
        message[name] = text
    message["Subject"] = subject
    message.set_content(words)
    return message.as_bytes()


def arrive(raw: bytes) -> Any:
    """The row of a mail after it was kept and brought where it belongs."""
    with unit_of_work() as session:
        received = receiving.receive(session, raw, Source.API, RULES)
    while receiving.file_next(RULES):
        pass
    with reading() as session:
        return session.execute(select(incoming_mail).where(incoming_mail.c.key == received.key)).one()


def lines(root_key: int) -> list[log.Line]:
    with reading() as session:
        return log.listed(session, root_key)


def waiting_at(root_key: int) -> set[str]:
    with reading() as session:
        return {one.element_id for one in user_tasks.open_under(session, root_key)}


def test_an_answer_goes_on_with_its_case_with_words_file_and_original(case: Any) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "Jonas <jonas@example.com>", "Re: Question"
    message["In-Reply-To"] = case.sent
    message.set_content("It is 23 °C.\n\nOn Mon, 2 Nov 2026, Service <s@haiyuan.test> wrote:\n> ?")
    message.add_attachment(PNG, maintype="image", subtype="png", filename="桶.png")
    message.add_attachment(b"MZ" + bytes(9), maintype="application", subtype="x", filename="run.exe")
    raw = message.as_bytes()
    row = arrive(raw)
    drain()
    assert (row.state, row.reason, row.case_number, row.raw) == (State.FILED, "continued", case.number, None)
    with reading() as session:
        variables = instances.variables(session, case.key)
        files = {one.name: one for one in attachments.listed(session, case.key)}
        assert attachments.read(session, case.key, files["Re_ Question.eml"].key)[1] == raw
    assert variables["said"] == "It is 23 °C."
    assert variables["mail"]["from"] == "jonas@example.com"
    assert set(files) == {"Re_ Question.eml", "桶.png"}
    assert {one.kind for one in files.values()} == {"mail"}
    (line,) = lines(case.key)
    assert (line.kind, line.contact) == (log.Kind.MAIL_IN, "Jonas <jonas@example.com>")
    assert "It is 23 °C." in line.text
    assert "run.exe" in line.text
    assert waiting_at(case.key) == {"look"}


def test_the_same_mail_is_taken_once(case: Any) -> None:
    raw = mail(f"Re: {case.number}")
    first, second = arrive(raw), arrive(b"Received: again\r\n" + raw)
    assert first.key == second.key
    assert len(lines(case.key)) == 1


@pytest.mark.parametrize("where", ["subject", "address"])
def test_a_number_is_believed_of_whom_the_case_knows(case: Any, where: str) -> None:
    told = (
        {"subject": f"about {case.number.lower()}"}
        if where == "subject"
        else {"To": f"service+{case.number}@haiyuan.test"}
    )
    assert arrive(mail(**told)).reason == "continued"


def test_a_number_from_a_stranger_waits_for_a_person_with_the_case_proposed(case: Any) -> None:
    root = f"<{case.number}@haiyuan.test>"
    for raw in (
        mail(f"Re: {case.number}", From="x@evil.example"),
        mail("Hi", From="y@evil.example", References=root),
    ):
        row = arrive(raw)
        assert (row.state, row.reason, row.case_number) == (State.WAITING, "sender_not_of_case", case.number)
    assert lines(case.key) == []


def test_who_was_given_our_mail_may_answer_it_from_anywhere(case: Any) -> None:
    assert (
        arrive(mail("Re: Question", From="colleague@elsewhere.example", In_Reply_To=case.sent)).reason
        == "continued"
    )


def test_a_new_mail_of_a_known_customer_opens_a_case_with_what_is_known(stage: Any) -> None:
    row = arrive(mail("泡沫太硬", "批号 HX-1 的泡沫太硬。", From=f"Anke Vogel <{CUSTOMER.upper()}>"))
    assert (row.state, row.reason) == (State.FILED, "opened")
    with reading() as session:
        key = session.scalar(select(case_file.c.instance_key).where(case_file.c.number == row.case_number))
        assert key is not None
        known = instances.variables(session, key)
    assert known["customer"].startswith("Rhein")
    assert known["party"].startswith("P-")
    assert (known["words"], known["language"], known["contact_email"]) == (
        "批号 HX-1 的泡沫太硬。",
        "zh",
        CUSTOMER,
    )
    assert [line.kind for line in lines(key)] == [log.Kind.MAIL_IN]


def test_a_new_mail_of_a_stranger_waits_and_is_not_lost(stage: Any) -> None:
    raw = mail()
    row = arrive(raw)
    assert (row.state, row.reason, bytes(row.raw)) == (State.WAITING, "unknown_sender", raw)


def test_an_automatic_reply_is_a_line_in_the_log_and_nothing_else(case: Any) -> None:
    row = arrive(mail("Automatic reply: Question", In_Reply_To=case.sent))
    drain()
    assert (row.state, row.reason) == (State.FILED, "auto_reply")
    assert waiting_at(case.key) == set()
    assert "自动回复" in lines(case.key)[0].text
    assert arrive(mail("自动回复：你好")).state == State.DISCARDED


def close(case: Any, by: Person) -> None:
    with unit_of_work() as session:
        messages.publish(session, name="letter.answer", correlation_key=case.number, variables={}, by=by)
    drain()
    with unit_of_work() as session:
        (task,) = user_tasks.open_under(session, case.key)
        user_tasks.claim(session, task.key, by=by)
        user_tasks.complete(session, task.key, by=by, values={})
    drain()


def test_an_answer_to_a_closed_case_reopens_it_and_an_automatic_one_does_not(
    case: Any, mei: Person, frozen_clock: Any
) -> None:
    close(case, mei)
    frozen_clock.advance(days=12)
    arrive(mail("Out of office", In_Reply_To=case.sent))
    assert waiting_at(case.key) == set()
    row = arrive(mail("Re: Question", In_Reply_To=case.sent))
    drain()
    assert (row.reason, row.case_number) == ("reopened", case.number)
    assert waiting_at(case.key) == {"look"}


def test_later_a_linked_case_follows(case: Any, mei: Person, frozen_clock: Any) -> None:
    close(case, mei)
    frozen_clock.advance(days=31)
    row = arrive(mail("Re: Question", "once more", In_Reply_To=case.sent))
    assert row.reason == "followed"
    assert row.case_number not in (None, case.number)
    with reading() as session:
        key = session.scalar(select(case_file.c.instance_key).where(case_file.c.number == row.case_number))
        assert key is not None
        around = case_detail.surroundings(session, key)
        assert around.instances
    assert "once more" in lines(key)[0].text
    assert lines(case.key) == []


def test_a_cancelled_case_is_left_to_a_person(case: Any, chen: Person) -> None:
    with unit_of_work() as session:
        instances.cancel(session, case.key, by=chen, reason="entered twice")
    row = arrive(mail(In_Reply_To=case.sent))
    assert (row.state, row.reason) == (State.WAITING, "case_was_cancelled")
    assert row.raw is not None


def bounce(sent: str, action: str = "failed") -> bytes:
    return f"""From: MAILER-DAEMON@example.com
Subject: Undelivered Mail Returned to Sender
Message-ID: <{new_key()}@example.com>
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

It did not arrive.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; example.com

Final-Recipient: rfc822; jonas@example.com
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user

--x
Content-Type: text/rfc822-headers

Message-ID: {sent}
Subject: Question

--x--
""".encode()


def test_a_mail_of_ours_that_comes_back_shows_in_outbox_and_case(case: Any) -> None:
    with unit_of_work() as session:
        leased = outbox.lease_next(session, OutgoingKind.MAIL)
        outbox.report(session, leased, Delivery(is_sent=True, status=250))
    delayed = arrive(bounce(case.sent, "delayed"))
    assert delayed.state == State.FILED
    with reading() as session:
        assert session.scalar(select(outgoing.c.state)) == "SENT"
    row = arrive(bounce(case.sent))
    assert (row.kind, row.state, row.reason, row.case_number) == (
        "bounce",
        State.FILED,
        "bounce",
        case.number,
    )
    with reading() as session:
        told = session.execute(select(outgoing)).one()
    assert (told.state, told.failure) == ("FAILED", "bounced")
    assert "550 no such user" in told.error
    assert "jonas@example.com" in lines(case.key)[0].text
    assert arrive(bounce("<CP-2026-999999.1-0@haiyuan.test>")).reason == "bounce_unknown"


def test_our_own_mails_and_floods_open_nothing(case: Any) -> None:
    own = arrive(mail("Hello", From="Service <service@haiyuan.test>"))
    echo = arrive(
        mail(f"Re: {case.number}", From="Service <service@haiyuan.test>", Message_ID="<1@haiyuan.test>")
    )
    assert (echo.kind, echo.state) == ("loop", State.DISCARDED)
    assert (own.kind, own.state) == (
        "loop",
        State.DISCARDED if own.state == State.DISCARDED else State.WAITING,
    )
    rows = [arrive(mail(f"{number}", From=CUSTOMER)) for number in range(receiving.MOST_PER_HOUR + 1)]
    assert {row.reason for row in rows[:-1]} == {"opened"}
    assert rows[-1].reason == "too_many"


def test_what_goes_wrong_leaves_the_mail_in_the_tray_with_the_reason(
    case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_named: Any) -> None:
        raise RuntimeError("the cupboard is locked")

    monkeypatch.setattr(log, "add", fail)
    row = arrive(mail(In_Reply_To=case.sent))
    assert (row.state, row.reason, row.error) == (State.WAITING, "failed", "the cupboard is locked")
    with reading() as session:
        assert attachments.listed(session, case.key) == []


def test_a_person_brings_a_mail_into_a_case_opens_one_or_sets_it_aside(
    case: Any, mei: Person, auditor: Person
) -> None:
    first, second, third = (arrive(mail(str(number), From="x@new.example")) for number in range(3))
    with unit_of_work() as session, pytest.raises(NotAllowed):
        tray.assign(session, first.key, case.number, by=auditor)
    with unit_of_work() as session:
        tray.assign(session, first.key, case.number.lower(), by=mei)
        tray.open_case(session, second.key, "letters", by=mei)
        with pytest.raises(Invalid):
            tray.discard(session, third.key, " ", by=mei)
        tray.discard(session, third.key, "advertising", by=mei)
    with reading() as session:
        rows = {row.key: row for row in tray.listed(session, list(State), by=auditor, limit=9, offset=0).rows}
        assert tray.waiting(session) == 0
    assert (rows[first.key].case_number, rows[first.key].decided_by) == (case.number, "mei")
    assert rows[second.key].reason == "opened"
    assert (rows[third.key].state, rows[third.key].decision) == (State.DISCARDED, "advertising")
    with unit_of_work() as session, pytest.raises(Conflict):
        tray.assign(session, first.key, case.number, by=mei)
