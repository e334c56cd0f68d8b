"""The dispatch board: who sees it, planning by a form, refusals in plain words, and orders that stay in the list."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from laneway.engine import accounts, database
from laneway.engine.model import Person
from laneway.records.calendars import delivered as calendars
from laneway.records.work import delivered, orders, plans, resources
from laneway.records.work.orders import Need
from laneway.words import Text

from .conftest import Browser, SignIn

PLANNER = Person("zhao", Text("赵强", "Zhao Qiang"), frozenset({"service_coord"}), "zhao@example.com", "en")
TECHNICIAN = Person("sun.tao", Text("孙涛", "Sun Tao"), frozenset({"technician"}), "sun@example.com", "en")
START, END = "2026-03-03T08:30", "2026-03-03T12:30"


@pytest.fixture(name="orders_of")
def _orders_of(app: Flask, frozen_clock: Any) -> list[str]:
    """Two orders that wait for a plan, and the people who plan and do them."""
    with database.unit_of_work() as session:
        for group in ("service_coord", "technician"):
            accounts.add_group(session, group, name=Text(group, group))
        for person in (PLANNER, TECHNICIAN):
            accounts.add_person(
                session,
                username=person.username,
                name=person.name,
                password_hash="-",
                groups=person.groups,
                email=person.email,
                locale="en",
            )
        calendars.load(session)
        delivered.load(session)
        delivered.load_demo(session)
        return [
            orders.enter(
                session,
                Need("repair", f"Foam {key} <b>", "Unit drifts", date(2026, 3, 3), "CP-2026-000001"),
                job_key=key,
                by=None,
            ).number
            for key in (1, 2)
        ]


@pytest.fixture(name="planner")
def _planner(sign_in: SignIn, orders_of: list[str]) -> Browser:
    return sign_in(PLANNER)


def entered(*who: str, revision: int = 0, **other: str) -> dict[str, Any]:
    return {"start": START, "end": END, "resource": list(who), "revision": revision, **other}


def test_orders_without_a_plan_wait_beside_the_board(planner: Browser, orders_of: list[str]) -> None:
    page = planner.get("/dispatch?week=2026-03-02").text
    assert all(number in page for number in orders_of)
    assert "Foam 1 &lt;b&gt;" in page
    assert "Sun Tao" in page


def test_a_plan_made_by_the_form_stands_on_the_board_of_its_week(
    planner: Browser, orders_of: list[str]
) -> None:
    done = planner.post(f"/dispatch/orders/{orders_of[0]}/plan", entered("sun-tao", "meter-kit"))
    assert done.status_code == 303
    with database.reading() as session:
        order = orders.find(session, orders_of[0])
        assert order.starts_at == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
        assert order.work_centre == "QD-FIELD"
        assert [one.order.number for one in plans.week(session, order.starts_at, order.starts_at)] == []
    page = planner.get("/dispatch?week=2026-03-05").text
    assert page.count(f'/dispatch/orders/{orders_of[0]}"') >= 2
    assert orders_of[0] not in planner.get("/dispatch?week=2026-03-09").text


def test_who_is_taken_is_refused_in_plain_words_and_the_form_keeps_what_was_entered(
    planner: Browser, orders_of: list[str]
) -> None:
    planner.post(f"/dispatch/orders/{orders_of[0]}/plan", entered("sun-tao"))
    refused = planner.post(f"/dispatch/orders/{orders_of[1]}/plan", entered("sun-tao", "meter-kit"))
    assert refused.status_code == 409
    assert "sun-tao is taken or absent at that time. Nothing was booked" in refused.text
    assert f'value="{START}"' in refused.text
    assert refused.text.count(" checked") == 2


@pytest.mark.parametrize(
    ("told", "status", "words"),
    [
        ({"start": "tomorrow"}, 422, "Give start and end as dates with times"),
        ({"end": START}, 422, "The end comes before the start"),
        ({"start": "0001-01-01T00:00"}, 422, "Give start and end as dates with times"),
        ({"resource": []}, 422, "Choose a person or a partner who goes"),
        ({"resource": ["meter-kit"]}, 422, "Choose a person or a partner who goes"),
        ({"resource": ["<script>"]}, 422, "There is no such resource: &lt;script&gt;"),
        ({"centre": "nowhere"}, 422, "There is no work centre nowhere"),
        ({"revision": 7}, 409, "Somebody has planned order"),
    ],
)
def test_what_does_not_fit_books_nothing(
    planner: Browser, orders_of: list[str], told: dict[str, Any], status: int, words: str
) -> None:
    refused = planner.post(f"/dispatch/orders/{orders_of[0]}/plan", {**entered("sun-tao"), **told})
    assert refused.status_code == status
    assert words in refused.text
    with database.reading() as session:
        assert orders.find(session, orders_of[0]).starts_at is None


def test_the_next_free_time_can_be_taken_over(planner: Browser, orders_of: list[str]) -> None:
    with database.unit_of_work() as session:
        for who in ("sun-tao", "luo-jie", "van-dijk"):
            morning, noon = datetime(2026, 3, 3, 0, tzinfo=UTC), datetime(2026, 3, 3, 4, 30, tzinfo=UTC)
            resources.be_absent(session, who, morning, noon, reason="Course")
    page = planner.get(f"/dispatch/orders/{orders_of[0]}?suggest=1").text
    assert 'value="2026-03-03T04:30"' in page
    assert "Course" in planner.get("/dispatch?week=2026-03-02").text


def test_a_plan_is_taken_back(planner: Browser, orders_of: list[str]) -> None:
    planner.post(f"/dispatch/orders/{orders_of[0]}/plan", entered("sun-tao"))
    assert planner.post(f"/dispatch/orders/{orders_of[0]}/unplan").status_code == 303
    with database.reading() as session:
        assert orders.find(session, orders_of[0]).starts_at is None


def test_a_technician_sees_his_own_work_first_and_plans_nothing(
    planner: Browser, orders_of: list[str], sign_in: SignIn
) -> None:
    planner.post(f"/dispatch/orders/{orders_of[0]}/plan", entered("luo-jie"))
    browser = sign_in(TECHNICIAN)
    own = browser.get("/dispatch?week=2026-03-02").text
    assert "Sun Tao" in own
    assert "Luo Jie" not in own
    assert "Luo Jie" in browser.get("/dispatch?week=2026-03-02&who=all").text
    assert 'name="start"' not in browser.get(f"/dispatch/orders/{orders_of[0]}").text
    assert browser.post(f"/dispatch/orders/{orders_of[1]}/plan", entered("sun-tao")).status_code == 403
    assert browser.post(f"/dispatch/orders/{orders_of[0]}/unplan").status_code == 403


def test_a_cancelled_order_stays_in_the_list_and_is_found(planner: Browser, orders_of: list[str]) -> None:
    with database.unit_of_work() as session:
        orders.cancel(session, orders_of[0], reason="客户取消", by="zhao")
    page = planner.get("/dispatch/orders?state=CANCELLED").text
    assert orders_of[0] in page
    assert orders_of[1] not in page
    assert orders_of[1] in planner.get("/dispatch/orders?q=foam+2").text
    assert "Nothing found" in planner.get("/dispatch/orders?q=%25%25%25").text
    assert 'name="start"' not in planner.get(f"/dispatch/orders/{orders_of[0]}").text


def test_an_order_that_is_not_there_and_a_week_that_is_none(planner: Browser) -> None:
    assert planner.get("/dispatch/orders/SO-2026-999999").status_code == 404
    assert planner.post("/dispatch/orders/SO-2026-999999/plan", entered("sun-tao")).status_code == 404
    for week in ("never", "9999-12-31", "0001-01-01"):
        assert planner.get(f"/dispatch?week={week}").status_code == 200


def test_those_who_have_nothing_to_do_with_service_do_not_see_it(
    orders_of: list[str], sign_in: SignIn, mei: Person, auditor: Person
) -> None:
    assert sign_in(mei).get("/dispatch").status_code == 403
    assert sign_in(auditor).get(f"/dispatch/orders/{orders_of[0]}").status_code == 200
