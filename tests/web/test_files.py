"""Files of a case, templates and manuals in the browser, and a document that a diagram makes."""

from __future__ import annotations

import io
from typing import Any

import pytest

from laneway.engine import deployments, instances
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.runtime import Started
from laneway.records.documents import attachments, templates
from laneway.testing import drain
from laneway.words import Resource

from .conftest import SignIn

TEXT = b"a letter in plain words"
LETTER = "# Letter {{ case_number }}\n\n{{ subject }} {{ unknown }}\n"
MAKES = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">
<bpmn:process id="makes" name="Makes" isExecutable="true">
<bpmn:extensionElements><zeebe:properties><zeebe:property name="laneway:case:series" value="MK"/></zeebe:properties>
</bpmn:extensionElements>
<bpmn:startEvent id="s"/><bpmn:serviceTask id="make" name="Make"><bpmn:extensionElements>
<zeebe:taskDefinition type="laneway:document"/><zeebe:taskHeaders>
<zeebe:header key="template" value="letter"/><zeebe:header key="formats" value="pdf, docx"/>
</zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask><bpmn:userTask id="look" name="Look"/>
<bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="make"/><bpmn:sequenceFlow id="b" sourceRef="make" targetRef="look"/>
<bpmn:sequenceFlow id="c" sourceRef="look" targetRef="e"/></bpmn:process></bpmn:definitions>"""


def test_a_file_is_added_listed_and_given_back_with_safe_headers(
    sign_in: SignIn, refund: Started, mei: Person, auditor: Person, stranger: Person
) -> None:
    address = f"/cases/{refund.case_number}/files"
    sent = {
        "files": [(io.BytesIO(TEXT), "信.txt"), (io.BytesIO(b"MZ" + bytes(9)), "run.exe")],
        "kind": "evidence",
    }
    answer = sign_in(mei).post(address, sent, follow_redirects=True)
    assert "信.txt" in answer.text
    assert "“run.exe”的类型不可用" in answer.text
    with reading() as session:
        (one,) = attachments.listed(session, refund.instance_key)
    got = sign_in(auditor).get(f"{address}/{one.key}?show=1")
    assert got.data == TEXT
    assert got.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert sign_in(stranger).get(f"{address}/{one.key}").status_code in (403, 404)
    again = {"files": [(io.BytesIO(TEXT), "a.txt")]}
    assert sign_in(auditor).post(address, again).status_code == 403
    assert "添加了附件“信.txt”" in sign_in(mei).get(f"/cases/{refund.case_number}/timeline").text


def test_a_document_is_made_on_the_case_page_and_tells_what_is_missing(
    sign_in: SignIn, refund: Started, mei: Person
) -> None:
    with unit_of_work() as session:
        templates.save(session, "refund", "letter", "zh", LETTER, by=None)
    asked = {"template": "letter", "language": "zh", "format": "docx"}
    answer = sign_in(mei).post(f"/cases/{refund.case_number}/documents", asked, follow_redirects=True)
    assert f"{refund.case_number}-Letter.docx" in answer.text
    assert "文档中已标出：unknown" in answer.text


def test_an_owner_changes_a_template_and_tries_it_with_a_case(
    sign_in: SignIn, refund: Started, owner: Person, mei: Person
) -> None:
    with unit_of_work() as session:
        templates.save(session, "refund", "letter", "zh", LETTER, by=None)
    address = "/processes/refund/templates/letter/zh"
    browser = sign_in(owner)
    tried = browser.post(address, {"text": LETTER, "try": "1", "case": refund.case_number})
    assert tried.data.startswith(b"%PDF")
    wrong = browser.post(address, {"text": "{{ amount + }}"})
    assert wrong.status_code == 422
    assert "amount +" in wrong.text
    assert browser.post(address, {"text": LETTER + "more"}).status_code == 303
    with reading() as session:
        assert templates.newest(session, "refund", "letter", "zh").version == 2
    assert sign_in(mei).post(address, {"text": LETTER}).status_code == 403


def test_an_owner_writes_a_manual_that_everyone_reads_and_takes_as_pdf(
    sign_in: SignIn, app: Any, owner: Person, mei: Person
) -> None:
    text = "## 中文\n\n**目的** 退款 <script>\n\n## English\n\nGive money back\n"
    assert sign_in(owner).post("/processes/refund/manual", {"text": text}).status_code == 303
    shown = sign_in(mei).get("/processes/refund/manual").text
    assert "<strong>目的</strong> 退款 &lt;script&gt;" in shown
    assert "核对" in shown
    assert "Give money back" in sign_in(owner).get("/processes/refund/manual").text
    for address in ("/processes/refund/manual.pdf", "/manuals.pdf"):
        assert sign_in(mei).get(address).data.startswith(b"%PDF")
    assert sign_in(mei).post("/processes/refund/manual", {"text": text}).status_code == 403


@pytest.mark.usefixtures("database")
def test_a_diagram_makes_a_document_in_the_customers_language(mei: Person) -> None:
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("makes.bpmn", MAKES)], by=None)
        templates.save(session, "makes", "letter", "en", LETTER, by=None)
        templates.save(session, "makes", "letter", "zh", "# 信", by=None)
        started = instances.start(
            session, process_id="makes", variables={"language": "en", "subject": "x"}, by=mei
        )
    drain()
    with reading() as session:
        names = {one.name for one in attachments.listed(session, started.instance_key, "document")}
        made = instances.variables(session, started.instance_key)["documents"]
    assert names == {f"{started.case_number}-Letter.pdf", f"{started.case_number}-Letter.docx"}
    assert [one["missing"] for one in made] == [["unknown"], ["unknown"]]
