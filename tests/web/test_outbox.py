"""The pages of the outbox: what waits or was given up is seen, sent again or cancelled; and the case tells of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine import database, outbox, tables
from laneway.engine.model import OutgoingKind
from laneway.engine.outbox import Delivery, Failure, Mail, Webhook

from .conftest import start_refund

LIST = "/operations/outbox"
REFUSED = Delivery(is_final=True, failure=Failure.REFUSED, error="550 <b>nobody</b> of that name", status=550)


def put(started: Any, *mails: Mail, webhooks: tuple[Webhook, ...] = ()) -> list[int]:
    """Into the outbox, as if a job of the case had asked; their keys."""
    job = SimpleNamespace(
        key=database.new_key(),
        instance_key=started.instance_key,
        element_id="pay",
        token=1,
        process_id="refund",
    )
    with database.unit_of_work() as session:
        outbox.queue(session, job, mails=mails, webhooks=webhooks)
        keys = select(tables.outgoing.c.key).where(tables.outgoing.c.dedupe_key.contains(f"{job.key}-"))
        return list(session.scalars(keys.order_by(tables.outgoing.c.key)))


def attempt(delivery: Delivery, kind: OutgoingKind = OutgoingKind.MAIL) -> None:
    with database.unit_of_work() as session:
        outbox.report(session, outbox.lease_next(session, kind), delivery)


def state(key: int) -> str:
    with database.reading() as session:
        return str(session.scalar(select(tables.outgoing.c.state).where(tables.outgoing.c.key == key)))


@pytest.fixture
def letter(refund: Any) -> int:
    (key,) = put(refund, Mail("jonas@example.com", "您的退款", "Dear <b>Jonas</b>"))
    return key


@pytest.fixture
def given_up(letter: int) -> int:
    attempt(REFUSED)
    return letter


@pytest.fixture
def manager(sign_in: Any, chen: Any) -> Any:
    return sign_in(chen)


def test_an_empty_outbox_says_so(manager: Any) -> None:
    assert "全部已发出" in manager.get(LIST).text


def test_the_list_shows_what_has_not_left_with_its_case(manager: Any, refund: Any, given_up: int) -> None:
    shown = manager.get(LIST).text
    assert "您的退款" in shown
    assert "jonas@example.com" in shown
    assert refund.case_number in shown
    assert "1 条已放弃" in shown


def test_filters_narrow_the_list(manager: Any, refund: Any, given_up: int) -> None:
    hook = Webhook("https://shop.example.com/hook?key=secret", "refund.paid", {"a": 1})
    put(refund, Mail("100%_sure@example.com", "Second", "x"), webhooks=(hook,))
    for query, wanted in {
        "": {"您的退款", "Second", "refund.paid"},
        "?state=failed": {"您的退款"},
        "?state=sent": set(),
        "?state=all&kind=webhook": {"refund.paid"},
        "?kind=mail": {"您的退款", "Second"},
        "?q=100%25_": {"Second"},
        "?q=*": set(),
        "?q=SHOP.example": {"refund.paid"},
        f"?q={refund.case_number}": {"您的退款", "Second", "refund.paid"},
        "?state=nonsense&kind=nonsense": {"您的退款", "Second", "refund.paid"},
    }.items():
        shown = manager.get(LIST + query).text
        assert {title for title in ("您的退款", "Second", "refund.paid") if title in shown} == wanted, query


def test_a_long_list_has_pages(manager: Any, refund: Any) -> None:
    put(refund, *[Mail("a@example.com", f"Letter {number:02}.", "x") for number in range(60)])
    first, second = manager.get(LIST).text, manager.get(f"{LIST}?from=50").text
    assert "Letter 59." in first
    assert "Letter 09." not in first
    assert "Letter 09." in second
    assert "51–60" in second


def test_one_message_shows_its_text_escaped_and_why_it_was_given_up(manager: Any, given_up: int) -> None:
    shown = manager.get(f"{LIST}/{given_up}").text
    assert "Dear &lt;b&gt;Jonas&lt;/b&gt;" in shown
    assert "550 &lt;b&gt;nobody&lt;/b&gt;" in shown
    assert "对方拒收。" in shown
    assert manager.get(f"{LIST}/1").status_code == 404


def test_a_manager_sends_it_again(manager: Any, refund: Any, given_up: int) -> None:
    answer = manager.post(f"{LIST}/{given_up}/resend", {"reason": "Address mended"})
    assert (answer.status_code, answer.location) == (303, f"{LIST}/{given_up}")
    assert state(given_up) == "QUEUED"
    assert "将再次尝试" in manager.get(f"{LIST}/{given_up}").text
    story = manager.get(f"/cases/{refund.case_number}/timeline").text
    assert "要求重新发送给 jonas@example.com 的邮件：您的退款" in story
    assert "Address mended" in story


def test_cancelling_needs_a_reason(manager: Any, letter: int) -> None:
    refused = manager.post(f"{LIST}/{letter}/cancel")
    assert refused.status_code == 422
    assert state(letter) == "QUEUED"
    manager.post(f"{LIST}/{letter}/cancel", {"reason": "told by telephone"})
    assert state(letter) == "CANCELED"
    assert manager.post(f"{LIST}/{letter}/cancel", {"reason": "again"}).status_code == 409


def test_nothing_can_be_done_while_it_is_being_sent(manager: Any, letter: int) -> None:
    with database.unit_of_work() as session:
        outbox.lease_next(session, OutgoingKind.MAIL)
    assert "formaction" not in manager.get(f"{LIST}/{letter}").text
    answer = manager.post(f"{LIST}/{letter}/resend")
    assert answer.status_code == 409
    assert "正在发送" in answer.text


def test_the_case_tells_of_a_letter_that_was_given_up_and_sends_it_again(
    manager: Any, sign_in: Any, mei: Any, bob: Any, refund: Any, given_up: int
) -> None:
    case = f"/cases/{refund.case_number}"
    assert "1 message of this case could not be sent" in sign_in(bob).get(case).text
    seen_by_mei = sign_in(mei).get(f"{case}/mail").text
    assert "已放弃" in seen_by_mei
    assert "已尝试 1 次" in seen_by_mei
    assert "resend" not in seen_by_mei
    assert f"{LIST}/{given_up}/resend" in manager.get(f"{case}/mail").text
    answer = manager.post(f"{LIST}/{given_up}/resend", {"case": refund.case_number})
    assert answer.location == f"{case}/mail"
    assert "message of this case" not in sign_in(bob).get(case).text


def test_of_a_webhook_the_case_shows_the_host_and_not_the_keys_in_its_address(
    manager: Any, refund: Any
) -> None:
    put(refund, webhooks=(Webhook("https://shop.example.com/hook?key=secret", "refund.paid", {"a": 1}),))
    attempt(REFUSED, OutgoingKind.WEBHOOK)
    shown = manager.get(f"/cases/{refund.case_number}/mail").text
    assert "shop.example.com" in shown
    assert "key=secret" not in shown
    assert "未能通知 shop.example.com：refund.paid" in manager.get(f"/cases/{refund.case_number}").text


@pytest.mark.parametrize(
    ("name", "sees", "acts"),
    [("mei", False, False), ("auditor", True, False), ("owner", True, True), ("admin", False, False)],
)
def test_each_role_sees_and_does_what_it_may(
    request: pytest.FixtureRequest, sign_in: Any, given_up: int, name: str, sees: bool, acts: bool
) -> None:
    browser = sign_in(request.getfixturevalue(name))
    assert (browser.get(LIST).status_code == 200) is sees
    assert (browser.get(f"{LIST}/{given_up}").status_code == 200) is sees
    assert (LIST in browser.get("/account").text) is sees
    for verb in ("resend", "cancel"):
        answer = browser.post(f"{LIST}/{given_up}/{verb}", {"reason": "x"})
        assert (answer.status_code == 303) is acts, verb


def test_an_outbox_of_another_case_is_not_mixed_in(manager: Any, mei: Any, refund: Any, letter: int) -> None:
    other = start_refund(mei, subject="Other", customer="Delta")
    put(other, Mail("b@example.com", "For the other", "x"))
    shown = manager.get(f"/cases/{refund.case_number}/mail").text
    assert "您的退款" in shown
    assert "For the other" not in shown
