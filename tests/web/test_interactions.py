"""The log of contacts on the page of a case."""

from __future__ import annotations

from laneway.engine.database import reading
from laneway.engine.model import Person
from laneway.engine.runtime import Started
from laneway.records.interactions import log

from .conftest import SignIn


def test_a_dispute_is_logged_with_one_click_and_set_right_later(
    sign_in: SignIn, refund: Started, mei: Person, bob: Person, auditor: Person
) -> None:
    desk, page = sign_in(mei), f"/cases/{refund.case_number}/contacts"
    assert "还没有联系记录" in desk.get(page).text
    said = {"kind": "dispute", "channel": "phone", "contact": "李女士", "text": "<b>不是</b>我们的责任"}
    assert desk.post(f"/cases/{refund.case_number}/interactions", said).status_code == 303
    assert "&lt;b&gt;不是&lt;/b&gt;我们的责任" in desk.get(page).text
    assert "争议" in desk.get(page).text
    with reading() as session:
        (line,) = log.listed(session, refund.instance_key)
    corrected = desk.post(f"/cases/{refund.case_number}/interactions/{line.key}/correct", {"text": "已澄清"})
    assert corrected.status_code == 303

    english = sign_in(bob).get(page).text
    assert "Sets an earlier line right" in english
    assert "Set right by a later line" in english
    assert "记录了与客户的联系" in desk.get(f"/cases/{refund.case_number}/timeline").text
    assert "Log a contact" not in sign_in(auditor).get(page).text


def test_times_are_those_of_the_department_and_one_kind_can_be_shown_alone(
    sign_in: SignIn, refund: Started, bob: Person
) -> None:
    desk, page = sign_in(bob), f"/cases/{refund.case_number}/contacts"
    add = f"/cases/{refund.case_number}/interactions"
    desk.post(add, {"kind": "call", "text": "Called back", "at": "2026-03-02T09:00"})
    desk.post(add, {"kind": "visit", "text": "Went there"})
    with reading() as session:
        times = [line.at.isoformat() for line in log.listed(session, refund.instance_key)]
    assert times[-1] == "2026-03-02T01:00:00+00:00"
    only_calls = desk.get(f"{page}?kind=call").text
    assert "Called back" in only_calls
    assert "Went there" not in only_calls
    assert "Nothing of this kind" in desk.get(f"{page}?kind=dispute").text


def test_a_line_without_words_of_an_unknown_kind_or_time_or_by_an_auditor_is_refused(
    sign_in: SignIn, refund: Started, bob: Person, auditor: Person
) -> None:
    add = f"/cases/{refund.case_number}/interactions"
    desk = sign_in(bob)
    for data, words in (
        ({"kind": "call", "text": " "}, "Write down what was said."),
        ({"kind": "mail_out", "text": "a"}, "Choose what the line tells of"),
        ({"kind": "call", "text": "a", "at": "soon"}, "This is not a time"),
    ):
        answer = desk.post(add, data)
        assert answer.status_code in (400, 422)
        assert words in answer.text
    assert sign_in(auditor).post(add, {"kind": "call", "text": "a"}).status_code == 403
