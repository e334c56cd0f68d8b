"""The inbox from a person's side: see, claim, fill in, complete, go on."""

from __future__ import annotations

from laneway.engine import user_tasks
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.engine.runtime import Started

from .conftest import SignIn, open_task, start_refund


def test_an_open_task_waits_under_to_claim_for_its_group_only(
    sign_in: SignIn, refund: Started, mei: Person, bob: Person
) -> None:
    assert "Two torn bags" in sign_in(mei).get("/inbox/open").text
    assert "Two torn bags" not in sign_in(bob).get("/inbox/open").text
    assert sign_in(bob).get(f"/inbox/open/{open_task(refund)}").status_code == 404


def test_a_claimed_task_moves_to_my_tasks_with_its_form(
    sign_in: SignIn, refund: Started, mei: Person
) -> None:
    browser, key = sign_in(mei), open_task(refund)

    claimed = browser.post(f"/tasks/{key}/claim")
    page = browser.get(claimed.location).text

    assert claimed.location == f"/inbox/mine/{key}"
    assert "你已认领" in page
    assert f'data-submit-url="/tasks/{key}/complete?view=mine"' in page
    assert "refund_check" in page


def test_the_second_to_claim_is_told_who_was_first(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    key = open_task(refund)
    with unit_of_work() as session:
        user_tasks.claim(session, key, by=mei)

    late = sign_in(chen).post(f"/tasks/{key}/claim", headers={"Accept": "application/json"})

    assert late.status_code == 409
    assert "梅" in late.get_json()["detail"]


def test_a_colleague_cannot_complete_my_task(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    key = open_task(refund)
    with unit_of_work() as session:
        user_tasks.claim(session, key, by=mei)

    answer = sign_in(chen).send("POST", f"/tasks/{key}/complete", {"values": {"finding": "fine"}})

    assert answer.status_code == 409
    with reading() as session:
        assert user_tasks.get(session, key).state == "CREATED"


def test_a_form_with_a_gap_names_the_field_and_keeps_the_task(
    sign_in: SignIn, refund: Started, mei: Person
) -> None:
    browser, key = sign_in(mei), open_task(refund)
    browser.post(f"/tasks/{key}/claim")

    answer = browser.send("POST", f"/tasks/{key}/complete", {"values": {}})

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert [one["field"] for one in answer.get_json()["errors"]] == ["finding"]


def test_complete_next_opens_the_most_urgent_other_task(
    sign_in: SignIn, refund: Started, mei: Person
) -> None:
    browser, first, second = sign_in(mei), open_task(refund), open_task(start_refund(mei))
    for key in (first, second):
        browser.post(f"/tasks/{key}/claim")

    answer = browser.send(
        "POST", f"/tasks/{first}/complete?view=mine", {"values": {"finding": "torn"}, "next": True}
    )
    last = browser.send(
        "POST", f"/tasks/{second}/complete?view=mine", {"values": {"finding": "torn"}, "next": True}
    )

    assert answer.get_json() == {"location": f"/inbox/mine/{second}"}
    assert last.get_json() == {"location": "/inbox/mine"}


def test_a_draft_survives_until_the_task_is_opened_again(
    sign_in: SignIn, refund: Started, mei: Person
) -> None:
    browser, key = sign_in(mei), open_task(refund)
    browser.post(f"/tasks/{key}/claim")

    saved = browser.send("PUT", f"/tasks/{key}/draft", {"values": {"finding": "half a sent"}})

    assert saved.get_json().keys() == {"saved_at"}
    assert "half a sent" in browser.get(f"/inbox/mine/{key}").text
    assert "Two torn bags" in browser.get("/inbox/drafts").text


def test_who_checked_is_not_offered_the_approval(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    browser, key = sign_in(mei), open_task(refund)
    browser.post(f"/tasks/{key}/claim")
    browser.send("POST", f"/tasks/{key}/complete", {"values": {"finding": "torn"}})

    approval = open_task(refund)

    assert "审批" not in browser.get("/inbox/open").text
    assert browser.post(f"/tasks/{approval}/claim").status_code == 403
    assert "审批" in sign_in(chen).get("/inbox/open").text


def test_a_task_without_a_form_is_completed_by_its_buttons(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person
) -> None:
    first, manager = sign_in(mei), sign_in(chen)
    key = open_task(refund)
    first.post(f"/tasks/{key}/claim")
    first.send("POST", f"/tasks/{key}/complete", {"values": {"finding": "torn"}})
    approval = open_task(refund)
    manager.post(f"/tasks/{approval}/claim")

    done = manager.post(f"/tasks/{approval}/complete?view=mine", {"next": "1"})

    assert (done.status_code, done.location) == (303, "/inbox/mine")
    with reading() as session:
        assert user_tasks.get(session, approval).completed_by == "chen"


def test_a_manager_hands_a_task_to_someone_and_back(
    sign_in: SignIn, refund: Started, mei: Person, chen: Person, bob: Person
) -> None:
    manager, key = sign_in(chen), open_task(refund)

    manager.post(f"/tasks/{key}/assign?view=team", {"assignee": "mei"})
    with reading() as session:
        held_by = user_tasks.get(session, key).assignee
    manager.post(f"/tasks/{key}/assign?view=team", {"assignee": ""})

    assert held_by == "mei"
    with reading() as session:
        assert user_tasks.get(session, key).assignee is None
    assert sign_in(bob).post(f"/tasks/{key}/assign", {"assignee": "bob"}).status_code == 403


def test_released_tasks_can_be_claimed_by_the_group_again(
    sign_in: SignIn, refund: Started, mei: Person
) -> None:
    browser, key = sign_in(mei), open_task(refund)
    browser.post(f"/tasks/{key}/claim")

    browser.post(f"/tasks/{key}/release?view=mine")

    assert "Two torn bags" in browser.get("/inbox/open").text


def test_only_the_detail_is_sent_when_a_row_is_opened(sign_in: SignIn, refund: Started, mei: Person) -> None:
    page = sign_in(mei).get(
        f"/inbox/open/{open_task(refund)}", headers={"HX-Request": "true", "HX-Target": "detail"}
    )

    assert page.text.lstrip().startswith("<article")
    assert "<html" not in page.text


def test_news_tell_how_many_tasks_have_come_since(sign_in: SignIn, refund: Started, mei: Person) -> None:
    key = open_task(refund)
    start_refund(mei)

    news = sign_in(mei).get(f"/inbox/open/news?since={key}").text

    assert "1 项新任务" in news
    assert '<span class="count" id="count-open" hx-swap-oob="true">2</span>' in news


def test_every_view_says_what_to_do_when_it_is_empty(sign_in: SignIn, mei: Person) -> None:
    browser = sign_in(mei)

    for view in ("mine", "today", "overdue", "drafts", "open", "team"):
        page = browser.get(f"/inbox/{view}")
        assert page.status_code == 200
        assert 'class="empty"' in page.text
    assert browser.get("/inbox/nonsense").status_code == 404
