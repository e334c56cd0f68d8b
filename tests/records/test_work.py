"""Service orders have numbers without a gap, nobody is booked twice, and only those go who are able and certified."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laneway.engine import numbers
from laneway.errors import Conflict, Invalid, NotFound
from laneway.records.calendars import delivered as calendars
from laneway.records.kinds import store
from laneway.records.work import delivered, entitlements, orders, plans, resources, told
from laneway.records.work.kinds import RESOURCE
from laneway.records.work.orders import Change, Need, Report, State
from laneway.records.work.plans import Plan

MORNING = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)  # 8:30 in Qingdao
NOON = datetime(2026, 3, 3, 4, 30, tzinfo=UTC)


@pytest.fixture(name="shop")
def _shop(database: Any, frozen_clock: Any) -> Any:
    """The delivered skills and service types, and the demonstration's people and things."""
    with database.unit_of_work() as session:
        calendars.load(session)
        delivered.load(session)
        delivered.load_demo(session)
    return database


def need(**other: Any) -> Need:
    told_of = {
        "service_type": "repair",
        "customer": "青岛泡沫",
        "description": "计量机漂移",
        "service_date": date(2026, 3, 3),
        "case_number": "CP-2026-000001",
    }
    return Need(**{**told_of, **other})


def enter(database: Any, job_key: int = 1, **other: Any) -> str:
    with database.unit_of_work() as session:
        return orders.enter(session, need(**other), job_key=job_key, by=None).number


def book(database: Any, number: str, *who: str, start: datetime = MORNING, end: datetime = NOON) -> None:
    with database.unit_of_work() as session:
        plans.make(session, number, Plan(start, end, who))


def test_an_order_is_entered_once_for_its_job_with_the_next_number(shop: Any) -> None:
    first = enter(shop, 1)
    assert enter(shop, 1) == first == "SO-2026-000001"
    assert enter(shop, 2) == "SO-2026-000002"
    with shop.reading() as session:
        order = orders.find(session, first)
    assert order.skills == ("isocyanate", "metering")
    assert order.price_estimate == Decimal(1920)
    assert order.state == State.PLANNING


def test_a_case_that_went_back_describes_its_order_anew_under_the_same_number(shop: Any) -> None:
    with shop.unit_of_work() as session:
        number = orders.enter(session, need(), job_key=1, by=None, number="SO-2026-000009").number
    book(shop, number, "sun-tao")
    with shop.unit_of_work() as session:
        told_anew = need(service_type="inspection", description="只做检查")
        again = orders.enter(session, told_anew, job_key=2, by=None, number=number)
    assert (again.number, again.description, again.minutes) == (number, "只做检查", 120)
    assert again.starts_at is None
    with shop.reading() as session:
        assert plans.booked_for(session, again) == []


def test_orders_entered_by_many_at_once_leave_no_gap(shop: Any) -> None:
    with ThreadPoolExecutor(8) as workers:
        entered = list(workers.map(lambda key: enter(shop, key), range(100, 140)))
    assert sorted(entered) == [f"SO-2026-{number:06}" for number in range(1, 41)]


def test_of_two_who_book_the_same_person_at_once_one_is_refused(shop: Any) -> None:
    numbers_of = [enter(shop, 1), enter(shop, 2)]

    def attempt(number: str) -> str:
        try:
            book(shop, number, "sun-tao")
        except Conflict as refused:
            return refused.code
        return "booked"

    with ThreadPoolExecutor(2) as workers:
        assert sorted(workers.map(attempt, numbers_of)) == ["booked", "resource_taken"]


def test_bookings_that_only_touch_are_no_conflict_and_a_move_frees_the_old_time(shop: Any) -> None:
    first, second = enter(shop, 1), enter(shop, 2)
    book(shop, first, "sun-tao")
    book(shop, second, "sun-tao", start=NOON, end=NOON + timedelta(hours=2))
    book(shop, first, "sun-tao", start=MORNING + timedelta(days=1), end=NOON + timedelta(days=1))
    book(shop, second, "sun-tao")
    with shop.reading() as session:
        assert orders.find(session, second).starts_at == MORNING
        assert {one.order.number for one in plans.week(session, MORNING, NOON)} == {second}


def test_a_plan_is_not_made_over_a_newer_one(shop: Any) -> None:
    number = enter(shop, 1)
    book(shop, number, "sun-tao")
    with shop.unit_of_work() as session, pytest.raises(Conflict, match="service_plan_changed"):
        plans.make(session, number, Plan(MORNING, NOON, ("luo-jie",)), revision=0)


def test_somebody_absent_or_without_the_skill_is_not_sent_and_tools_do_not_go_alone(shop: Any) -> None:
    number = enter(shop, 1, service_type="training_visit")
    with shop.unit_of_work() as session:
        resources.be_absent(session, "luo-jie", MORNING, NOON, reason="休假")
    for who, error, code in (
        (("sun-tao",), Invalid, "resource_unable"),
        (("luo-jie",), Conflict, "resource_taken"),
        (("van-1",), Invalid, "nobody_goes"),
        (("nobody",), NotFound, "resource_not_found"),
    ):
        with pytest.raises(error, match=code):
            book(shop, number, *who)
    with pytest.raises(Invalid, match="span_ends_before_it_begins"):
        book(shop, number, "luo-jie", start=NOON, end=MORNING)


def test_whose_certificate_has_run_out_is_not_sent_nor_proposed(shop: Any) -> None:
    number = enter(shop, 1)
    with shop.unit_of_work() as session:
        key = store.key_of(session, RESOURCE, "sun-tao")
        old = {"certificate": "X", "valid_from": "2020-01-01", "valid_until": "2026-03-02"}
        held = [{"skill": one, **old} for one in ("isocyanate", "metering")]
        store.change(session, RESOURCE, key, {"skills": held}, by=None)
    with pytest.raises(Invalid, match="resource_unable"):
        book(shop, number, "sun-tao")
    with shop.reading() as session:
        free = resources.free(session, ("isocyanate", "metering"), MORNING, NOON)
        slot = resources.next_free(session, ("isocyanate", "metering"), 240, MORNING)
    assert [one.code for one in free] == ["luo-jie", "van-dijk"]
    assert slot is not None
    assert slot.resource.code == "luo-jie"


def test_the_next_free_time_comes_after_what_is_booked_and_absent(shop: Any) -> None:
    number = enter(shop, 1)
    book(shop, number, "sun-tao", "luo-jie", "van-dijk")
    with shop.reading() as session:
        slot = resources.next_free(session, ("isocyanate", "metering"), 240, MORNING)
    assert slot is not None
    assert (slot.start, slot.resource.code) == (NOON, "luo-jie")


def test_cancelling_frees_whoever_was_booked_and_keeps_the_number(shop: Any) -> None:
    first, second = enter(shop, 1), enter(shop, 2)
    book(shop, first, "sun-tao")
    with shop.unit_of_work() as session:
        orders.cancel(session, first, reason="客户取消", by="mei")
        orders.cancel(session, first, reason="客户取消", by="mei")
    book(shop, second, "sun-tao")
    with shop.reading() as session:
        assert [one.number for one in told.listed(session)] == [second, first]
        assert [one.number for one in told.listed(session, state=State.CANCELLED)] == [first]
        states = {row.number: row.state for row in numbers.listed(session, "SO")}
    assert states[1] == numbers.CANCELLED
    with shop.unit_of_work() as session, pytest.raises(Conflict, match="service_order_not_planning"):
        plans.make(session, first, Plan(MORNING, NOON, ("luo-jie",)))


def test_an_order_goes_out_only_when_the_customer_has_agreed_to_the_plan_as_it_is(shop: Any) -> None:
    number = enter(shop, 1)
    book(shop, number, "sun-tao")
    with shop.unit_of_work() as session, pytest.raises(Conflict, match="service_order_not_ready"):
        orders.issue(session, number)
    with shop.unit_of_work() as session, pytest.raises(Conflict, match="service_plan_changed"):
        orders.agreed(session, number, revision=0)
    with shop.unit_of_work() as session:
        orders.agreed(session, number, revision=1)
        orders.issue(session, number)
        orders.acknowledge(session, number, "group:technician", by="mei")
        orders.acknowledge(session, number, "group:technician", by="bob")
    with shop.reading() as session:
        assert [row[:2] for row in orders.acknowledgements(session, number)] == [("group:technician", "mei")]


def test_the_charge_is_the_estimate_and_approved_changes_and_under_contract_only_these(shop: Any) -> None:
    number = enter(shop, 1)
    book(shop, number, "sun-tao")
    with shop.unit_of_work() as session:
        orders.agreed(session, number, revision=1)
        orders.issue(session, number)
        orders.add_change(session, number, Change("泵", 60, Decimal("480.50"), True), job_key=7, by="chen")
        orders.add_change(session, number, Change("泵", 60, Decimal("480.50"), True), job_key=7, by="chen")
        orders.add_change(session, number, Change("软管", 30, Decimal(99), False), job_key=8, by="chen")
        assert orders.charge(session, number, "none") == Decimal("2400.50")
        assert orders.charge(session, number, "contract") == Decimal("480.50")
        visit = Report(MORNING, NOON, "更换", True, "宋凯")
        orders.report(session, number, visit, charged=Decimal("480.50"))
    with shop.reading() as session:
        order = orders.find(session, number)
        signed = told.report_of(session, order)
        assert order.state == State.DONE
        assert signed is not None
        assert (signed.report.signed_by, signed.charge) == ("宋凯", Decimal("480.5"))
        assert [one.is_approved for one in told.changes_of(session, order)] == [True, False]
    with shop.unit_of_work() as session, pytest.raises(Conflict, match="service_order_done"):
        orders.cancel(session, number, reason="zu spät", by="mei")


def test_trial_goes_before_contract_and_an_unknown_customer_is_entitled_to_nothing(shop: Any) -> None:
    with shop.reading() as session:
        on = date(2026, 3, 3)
        assert entitlements.check(session, None, on=on).kind == "none"
        assert entitlements.check(session, "P-2026-999999", on=on).kind == "none"
        assert entitlements.check(session, None, on=on, trial_until=on).kind == "trial"


def test_a_list_of_orders_finds_words_literally(shop: Any) -> None:
    number = enter(shop, 1, customer="100% Foam_Co")
    with shop.reading() as session:
        assert [one.number for one in told.listed(session, text="100% foam")] == [number]
        assert told.listed(session, text="100%%") == []
        assert told.listed(session, text="foamXco") == []
