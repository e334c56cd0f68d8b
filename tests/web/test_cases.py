"""Cases: found, explained, and moved on by hand where the process waits for the world."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from laneway.engine import instances, job_types, jobs
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.runtime import Started
from laneway.engine.tables import incident, job, message_subscription, process_instance
from laneway.testing import drain

from .conftest import Browser, SignIn, open_task


def _walk_to_the_answer(refund: Started, desk: Browser, manager: Browser) -> None:
    key = open_task(refund)
    desk.post(f"/tasks/{key}/claim")
    desk.send("POST", f"/tasks/{key}/complete", {"values": {"finding": "torn"}})
    approval = open_task(refund)
    manager.post(f"/tasks/{approval}/claim")
    manager.post(f"/tasks/{approval}/complete")


def _fail_the_payment(refund: Started, desk: Browser) -> int:
    """Records the answer and lets the payment fail; returns the incident's key."""
    with reading() as session:
        subscription = session.scalar(select(message_subscription.c.key))
    desk.post(f"/cases/{refund.case_number}/messages/{subscription}")
    drain()
    with unit_of_work() as session:
        key = session.scalar(select(job.c.key).where(job.c.instance_key == refund.instance_key))
        assert key is not None
        jobs.fail(session, key, retries=0, message="The bank does not answer")
    with reading() as session:
        failed = session.scalar(select(incident.c.key))
    assert failed is not None
    return failed


def test_cases_are_found_by_number_title_and_customer(sign_in: SignIn, refund: Started, mei: Person) -> None:
    browser = sign_in(mei)

    for words in (refund.case_number, "torn bags", "gulf", "Gulf torn"):
        assert "Two torn bags" in browser.get(f"/cases?q={words}").text
    assert "没有“lot 7”的案件" in browser.get("/cases?q=lot+7").text
    assert "Two torn bags" not in browser.get("/cases?state=closed").text


def test_a_case_says_why_it_stands_there_and_who_can_act(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    page = sign_in(mei).get(f"/cases/{refund.case_number}").text

    assert "停在“核对”" in page
    assert "现在可处理：" in page
    assert "complaint_desk（梅）" in page
    assert refund.case_number is not None
    assert refund.case_number.startswith("RF-")


def test_every_tab_of_a_case_opens_in_both_languages(
    sign_in: SignIn, refund: Started, mei: Person, bob: Person
) -> None:
    for browser, title in ((sign_in(mei), "退款"), (sign_in(bob), "Refund")):
        for tab in ("", "/timeline", "/data", "/tasks", "/mail"):
            page = browser.get(f"/cases/{refund.case_number}{tab}")
            assert page.status_code == 200
            assert title in page.text
    assert sign_in(mei).get(f"/cases/{refund.case_number}/nonsense").status_code == 404
    assert sign_in(mei).get("/cases/RF-1999-000001").status_code == 404


def test_the_data_of_a_case_carry_the_labels_of_its_forms(
    sign_in: SignIn, refund: Started, mei: Person
) -> None:
    page = sign_in(mei).get(f"/cases/{refund.case_number}/data").text

    assert "<dt>客户</dt><dd>Gulf Panel</dd>" in page
    assert "<dt>金额</dt><dd>80</dd>" in page


def test_the_timeline_tells_who_did_what(sign_in: SignIn, refund: Started, mei: Person, chen: Person) -> None:
    desk = sign_in(mei)
    _walk_to_the_answer(refund, desk, sign_in(chen))

    page = desk.get(f"/cases/{refund.case_number}/timeline").text

    assert '<span class="m">梅</span> 完成“核对”' in page
    assert '<span class="m">陈</span> 完成“审批”' in page
    assert "<dt>结论</dt><dd>torn</dd>" in page


def test_the_diagram_knows_where_the_case_has_been_and_stands(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    desk = sign_in(mei)
    _walk_to_the_answer(refund, desk, sign_in(chen))

    state = desk.get(f"/cases/{refund.case_number}/state/{refund.instance_key}.json").get_json()

    assert {"asked", "check", "approve"} <= set(state["visited"])
    assert {"f1", "f2", "f3"} <= set(state["flows"])
    assert [(one["element_id"], one["kind"]) for one in state["current"]] == [("answered", "waiting")]


def test_a_recorded_answer_moves_the_case_on(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    desk = sign_in(mei)
    _walk_to_the_answer(refund, desk, sign_in(chen))
    assert "记录已收到" in desk.get(f"/cases/{refund.case_number}").text
    with reading() as session:
        subscription = session.scalar(select(message_subscription.c.key))

    recorded = desk.post(
        f"/cases/{refund.case_number}/messages/{subscription}", {"note": " Yes, all three bags "}
    )
    drain()
    again = desk.post(f"/cases/{refund.case_number}/messages/{subscription}")

    assert recorded.status_code == 303
    assert again.status_code == 409
    with reading() as session:
        assert session.scalar(select(job.c.type)) == "refund.pay"
        known = instances.variables(session, refund.instance_key)
    assert known["answer_words"] == "Yes, all three bags"


def test_work_that_no_program_takes_is_told_on_the_case(
    sign_in: SignIn,
    refund: Started,
    mei: Person,
    chen: Person,
    frozen_clock: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = sign_in(mei)
    _walk_to_the_answer(refund, desk, sign_in(chen))
    with reading() as session:
        subscription = session.scalar(select(message_subscription.c.key))
    desk.post(f"/cases/{refund.case_number}/messages/{subscription}")
    drain()
    told = "没有程序领取这项工作（refund.pay）"

    assert told in desk.get(f"/cases/{refund.case_number}").text

    monkeypatch.setattr(job_types, "_served", {"refund.pay"})
    assert told not in desk.get(f"/cases/{refund.case_number}").text
    frozen_clock.advance(minutes=5)  # type: ignore[attr-defined]  # the clock of the root conftest
    assert told in desk.get(f"/cases/{refund.case_number}").text


def test_a_failed_step_is_shown_and_retried_by_those_who_may(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    desk, manager = sign_in(mei), sign_in(chen)
    _walk_to_the_answer(refund, desk, manager)
    failed = _fail_the_payment(refund, desk)

    shown = manager.get(f"/cases/{refund.case_number}").text
    refused = desk.post(f"/cases/{refund.case_number}/incidents/{failed}/retry")
    retried = manager.post(f"/cases/{refund.case_number}/incidents/{failed}/retry")

    assert "The bank does not answer" in shown
    assert "Two torn bags" in manager.get("/cases?state=all").text
    assert (refused.status_code, retried.status_code) == (403, 303)
    assert "步骤失败" not in manager.get(f"/cases/{refund.case_number}").text


def test_only_a_manager_cancels_and_only_with_a_reason(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    desk, manager = sign_in(mei), sign_in(chen)
    path = f"/cases/{refund.case_number}/cancel"

    statuses = [
        desk.post(path, {"reason": "no"}).status_code,
        manager.post(path, {"reason": " "}).status_code,
        manager.post(path, {"reason": "Logged twice"}).status_code,
        manager.post(path, {"reason": "Logged twice"}).status_code,
    ]

    assert statuses == [403, 422, 303, 409]
    assert "Logged twice" in manager.get(f"/cases/{refund.case_number}/timeline").text
    with reading() as session:
        assert session.scalar(select(process_instance.c.state)) == "TERMINATED"


def test_the_administrator_keeps_accounts_but_sees_no_case(
    sign_in: SignIn, refund: Started, admin: Person
) -> None:
    browser = sign_in(admin)

    assert browser.get("/cases").status_code == 403
    assert browser.get(f"/cases/{refund.case_number}").status_code == 403
    assert "mei@example.com" in browser.get("/admin").text


def test_how_far_a_handler_has_come_stands_on_the_case(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    desk = sign_in(mei)
    _walk_to_the_answer(refund, desk, sign_in(chen))
    with reading() as session:
        subscription = session.scalar(select(message_subscription.c.key))
    desk.post(f"/cases/{refund.case_number}/messages/{subscription}")
    drain()
    with unit_of_work() as session:
        type_ = session.scalar(select(job.c.type).where(job.c.instance_key == refund.instance_key))
        assert type_ is not None
        (leased,) = jobs.activate(session, types=[type_], worker="w", lease_seconds=60, limit=1)
        told = {"fraction": 0.4, "text": "4 of 10 pages", "lease_seconds": 60}
        assert jobs.tell_progress(session, leased.key, lease=leased.lease, **told)

    page = desk.get(f"/cases/{refund.case_number}").text
    assert "4 of 10 pages" in page
    assert "40 %" in page

    with unit_of_work() as session:
        jobs.give_back(session, {leased.key: leased.lease})
    assert "40 %" not in desk.get(f"/cases/{refund.case_number}").text
