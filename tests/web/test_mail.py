"""The tray of mails in the browser, and the address where programs hand mails in."""

from __future__ import annotations

from email.message import EmailMessage

from laneway.engine.database import new_key, reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.runtime import Started
from laneway.records.interactions import log
from laneway.records.mail import receiving, tray
from laneway.records.mail.receiving import Rules, Source, State

from .conftest import SignIn

RULES = Rules(frozenset({"service@haiyuan.test"}), ())


def arrive(
    subject: str = "<b>Foam</b>", words: str = "<script>alert(1)</script>", sender: str = "x@new.example"
) -> int:
    message = EmailMessage()
    message["From"], message["Subject"] = sender, subject
    message["Message-ID"] = f"<{new_key()}@example.com>"
    message.set_content(words)
    with unit_of_work() as session:
        key = receiving.receive(session, message.as_bytes(), Source.API, RULES).key
    receiving.file(key, RULES)
    return key


def test_what_waits_is_listed_with_its_reason_and_shown_as_words(
    sign_in: SignIn, mei: Person, auditor: Person, refund: Started
) -> None:
    client = sign_in(mei)
    assert "没有需要决定的邮件" in client.get("/mail").text
    key = arrive()
    page = client.get("/mail").text
    assert "&lt;b&gt;Foam&lt;/b&gt;" in page
    assert "没有客户使用此地址" in page
    one = client.get(f"/mail/{key}").text
    assert "&lt;script&gt;alert(1)" in one
    assert "<script>alert" not in one
    assert "No customer has this address" in sign_in(auditor).get(f"/mail/{key}").text
    got = client.get(f"/mail/{key}/original")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert b"x@new.example" in got.data


def test_a_mail_is_brought_into_a_case_and_a_wrong_number_is_told(
    sign_in: SignIn, mei: Person, refund: Started
) -> None:
    key, client = arrive(), sign_in(mei)
    wrong = client.post(f"/mail/{key}/assign", {"number": "RF-2026-999999"})
    assert wrong.status_code == 404
    assert "RF-2026-999999" in wrong.text
    right = client.post(f"/mail/{key}/assign", {"number": refund.case_number})
    assert right.status_code == 303
    with reading() as session:
        assert [line.kind for line in log.listed(session, refund.instance_key)] == [log.Kind.MAIL_IN]
    assert client.post(f"/mail/{key}/assign", {"number": refund.case_number}).status_code == 409
    assert client.get(f"/mail/{key}/original").status_code == 404
    assert client.get(f"/mail?state=filed&q={refund.case_number}").text.count("Foam") >= 1


def test_a_process_that_no_mail_opens_is_refused_and_setting_aside_needs_a_reason(
    sign_in: SignIn, mei: Person, refund: Started
) -> None:
    key, client = arrive(), sign_in(mei)
    assert client.post(f"/mail/{key}/open", {"process": "refund"}).status_code == 404
    assert client.post(f"/mail/{key}/discard", {"reason": " "}).status_code == 422
    assert client.post(f"/mail/{key}/discard", {"reason": "广告"}).status_code == 303
    with reading() as session:
        row = tray.find(session, key, by=mei)
    assert (row.state, row.decision, row.decided_by) == (State.DISCARDED, "广告", "mei")


def test_the_tray_is_closed_to_others_and_auditors_only_look(
    sign_in: SignIn, owner: Person, stranger: Person, auditor: Person, refund: Started
) -> None:
    key = arrive()
    for person in (owner, stranger):
        assert sign_in(person).get("/mail").status_code == 403
        assert sign_in(person).get(f"/mail/{key}").status_code == 403
    client = sign_in(auditor)
    assert client.get(f"/mail/{key}").status_code == 200
    assert client.post(f"/mail/{key}/discard", {"reason": "x"}).status_code == 403


def test_a_search_text_is_no_pattern(sign_in: SignIn, mei: Person, refund: Started) -> None:
    arrive("100 % wrong")
    client = sign_in(mei)
    assert "100 % wrong" in client.get("/mail?q=100+%25").text
    assert "100 % wrong" not in client.get("/mail?q=1_0").text
