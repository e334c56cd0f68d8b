"""The job type `laneway:send-mail`, from the template to the mail server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import deployments, instances
from laneway.engine.database import reading, unit_of_work
from laneway.engine.incidents import IncidentState
from laneway.engine.model import OutgoingKind
from laneway.engine.tables import incident
from laneway.errors import Invalid
from laneway.records.documents import attachments, templates
from laneway.records.documents.templates import Kind
from laneway.tasks.mail import MailServer
from laneway.tasks.outbox import Sender
from laneway.testing import drain
from laneway.words import Resource

from .receivers import Letterbox

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<bpmn:process id="writes" name="Writes" isExecutable="true">
<bpmn:extensionElements><zeebe:properties><zeebe:property name="laneway:case:series" value="WR"/></zeebe:properties>
</bpmn:extensionElements>
<bpmn:startEvent id="s"/><bpmn:sendTask id="send" name="Send"><bpmn:extensionElements>
<zeebe:taskDefinition type="laneway:send-mail" retries="1"/><zeebe:taskHeaders>
<zeebe:header key="template" value="offer"/></zeebe:taskHeaders></bpmn:extensionElements></bpmn:sendTask>
<bpmn:userTask id="look" name="Look"/><bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="send"/><bpmn:sequenceFlow id="b" sourceRef="send" targetRef="look"/>
<bpmn:sequenceFlow id="c" sourceRef="look" targetRef="e"/></bpmn:process></bpmn:definitions>"""
OFFER = """# Offer for {{ customer }}

Dear {{ customer }},

{{#if discount > 0}}
you get **{{ discount }} %** off:
{{/if}}

- {{ first }}
- second
"""
VALUES = {"customer": "Rhein & Söhne", "contact_email": "a@example.com", "language": "en", "first": "<one>"}
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    with Letterbox() as box:
        yield box


@pytest.fixture
def begin(database: Any, owner: Any, mei: Any) -> Callable[..., Any]:
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("writes.bpmn", DIAGRAM)], by=owner)
        for language, text in (("en", OFFER), ("zh", OFFER.replace("Offer for", "报价："))):
            templates.save(session, "writes", "offer", language, text, by=None, kind=Kind.MAIL)

    def start(**values: Any) -> Any:
        with unit_of_work() as session:
            return instances.start(session, process_id="writes", variables=VALUES | values, by=mei)

    return start


def delivered(letterbox: Letterbox, reply_to: str = "") -> list[EmailMessage]:
    sender = Sender(OutgoingKind.MAIL, MailServer(letterbox.url, "service@haiyuan.test", reply_to=reply_to))
    while sender.send_one():
        pass
    return letterbox.letters


def incidents() -> list[Any]:
    with reading() as session:
        query = select(incident).where(incident.c.state == IncidentState.ACTIVE)
        return list(session.execute(query))


def test_a_mail_leaves_as_text_and_html_and_can_be_answered(begin: Any, letterbox: Letterbox) -> None:
    number = begin(discount=5).case_number
    drain()
    (mail,) = delivered(letterbox, reply_to="service+{case}@haiyuan.test")
    assert mail["Subject"] == f"Offer for Rhein & Söhne [{number}]"
    assert mail["Message-ID"].startswith(f"<{number}.")
    assert mail["References"] == mail["In-Reply-To"] == f"<{number}@haiyuan.test>"
    assert mail["Reply-To"] == f"service+{number}@haiyuan.test"
    text, html = (part.get_content().replace("\r\n", "\n") for part in mail.iter_parts())
    assert text == "Dear Rhein & Söhne,\n\nyou get 5 % off:\n\n- <one>\n- second\n"
    assert "<strong>5</strong>" in html or "<strong>5 %</strong>" in html
    assert "&lt;one&gt;" in html
    assert "<one>" not in html


def test_the_customers_language_wins_and_what_may_be_missing_is_left_out(
    begin: Any, letterbox: Letterbox
) -> None:
    begin(language="zh")
    drain()
    (mail,) = delivered(letterbox)
    assert mail["Subject"].startswith("报价： Rhein")
    assert "off" not in mail.get_body(("plain",)).get_content()


def test_a_value_that_is_missing_stops_the_mail_and_is_told(begin: Any, letterbox: Letterbox) -> None:
    begin(first=None, customer="")
    drain()
    assert delivered(letterbox) == []
    (told,) = incidents()
    assert "customer, first" in told.message
    assert "邮件未发出" in told.message


def test_without_an_address_the_case_goes_on_and_knows_it(begin: Any, letterbox: Letterbox) -> None:
    started = begin(contact_email=None)
    drain()
    assert delivered(letterbox) == []
    assert incidents() == []
    with reading() as session:
        assert instances.variables(session, started.instance_key)["mail_sent"] is False


def test_a_subject_cannot_carry_headers(begin: Any, letterbox: Letterbox) -> None:
    begin(customer="x\r\nBcc: everybody@example.com")
    drain()
    (mail,) = delivered(letterbox)
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Offer for x Bcc:")


def test_files_of_the_case_go_with_the_mail_in_their_newest_version(
    begin: Any, letterbox: Letterbox, mei: Any
) -> None:
    started = begin(attachments=["桶.png"])
    with unit_of_work() as session:
        attachments.add(session, started.instance_key, "桶.png", PNG, mei)
        attachments.add(session, started.instance_key, "桶.png", PNG + b"2", mei)
    drain()
    (mail,) = delivered(letterbox)
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "桶.png",
        "image/png",
        PNG + b"2",
    )


def test_a_file_that_is_not_there_stops_the_mail_and_is_named(begin: Any, letterbox: Letterbox) -> None:
    begin(attachments=["桶.png"])
    drain()
    assert delivered(letterbox) == []
    assert "桶.png" in incidents()[0].message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no subject", "mail_template_without_subject"),
        ("# \n\nx", "mail_template_without_subject"),
        ("", "template_empty"),
    ],
)
def test_a_mail_template_needs_a_subject(database: Any, text: str, code: str) -> None:
    with pytest.raises(Invalid, match=code), unit_of_work() as session:
        templates.save(session, "writes", "offer", "en", text, by=None, kind=Kind.MAIL)


def test_a_document_and_a_mail_may_have_the_same_name(database: Any) -> None:
    with unit_of_work() as session:
        templates.save(session, "writes", "offer", "en", "# A document", by=None)
        templates.save(session, "writes", "offer", "en", "# A mail", by=None, kind=Kind.MAIL)
        assert templates.newest(session, "writes", "offer", "en").version == 1
        assert templates.newest(session, "writes", "offer", "en", Kind.MAIL).text == "# A mail"
