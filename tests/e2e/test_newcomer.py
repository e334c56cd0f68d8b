"""What a newcomer does with the demonstration data: an enquiry, a repair through a service order, a drum at night.

`TOUR=docs/tour` in the environment keeps the pictures of docs/tour.md there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import Served
from .department import Department, Login, look_for, story

Look = Callable[[Page, str], None]
SERVICE = "c100_service_order"


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


@pytest.fixture(params=["zh", "en"] if "TOUR" in os.environ else ["en"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def look(locale: str) -> Look:
    """Keep a picture of a page, where pictures are asked for."""
    folder = os.environ.get("TOUR")

    def keep(page: Page, name: str) -> None:
        if folder:
            page.wait_for_timeout(800)  # until pictures and fonts stand still
            page.screenshot(path=Path(folder) / f"{name}-{locale}.png")

    return keep


def test_an_enquiry_is_answered_with_what_is_there_and_what_is_on_its_way(
    login: Login, locale: str, look: Look
) -> None:
    process_id = "c090_enquiry"
    start, agree = story("normal_enquiry", process_id)
    department = Department(login, locale)
    page = department.page_of("li.jing")
    department.fill_start(page, {**start["values"], "wanted_on": _in_days(3)}, process_id)
    look(page, "enquiry-1-start")
    number = _opened(page, "EN")
    department.claim("li.jing", number)
    department.fill(page, "agree", agree["values"], process_id)
    look(page, "enquiry-2-answer")
    department.submit(page)
    department.see_closed("li.jing", number)
    look(page, "enquiry-3-closed")
    page.goto(f"/cases/{number}/mail")
    expect(page.locator("main").get_by_text("您的询问").first).to_be_visible()  # the customer reads Chinese


def test_a_repair_goes_through_a_service_order_and_back_to_the_complaint(
    login: Login, locale: str, look: Look
) -> None:
    told: dict[str, list[dict[str, Any]]] = {}
    for step in story("repair_visit"):
        told.setdefault(str(step.get("complete", "")), []).append(step.get("values", {}))
    department = Department(login, locale)
    desk = department.page_of("li.jing")
    department.fill_start(desk, told[""][0], party="P-2026-000002")
    number = _opened(desk, "CP")
    department.do("wang.lei", "acknowledge", number, told["acknowledge"][0])
    department.do("luo.jie", "investigate", number, told["investigate"][0])
    department.do("luo.jie", "decide_remedy", number, told["decide_remedy"][0])
    department.record("wang.lei", number, {"zh": "客户接受", "en": "Accepted"})

    day = _in_days({"en": 2, "zh": 3}[locale])  # nobody can be in two places on one day
    wanted = {**told["describe"][0], "service_type": "现场维修", "service_date": day}
    department.do("zhao.qiang", "describe", number, wanted, SERVICE)
    planner = department.page_of("zhao.qiang")
    department.claim("zhao.qiang", number)
    department.fill(
        planner, "plan", {**told["plan"][0], "planned_resources": ["孙涛", "流量校准箱"]}, SERVICE
    )
    look(planner, "repair-1-plan")
    department.submit(planner)
    department.do("zhao.qiang", "agree_dates", number, told["agree_dates"][0], SERVICE)
    planner.goto("/dispatch")
    look(planner, "repair-2-board")
    released = {**told["release"][0], "release_groups": ["现场技师"]}
    department.do("guo.liang", "release", number, released, SERVICE)
    for values in told["acknowledge"][1:]:
        department.do("sun.tao", "acknowledge", number, values, SERVICE)
    department.do("sun.tao", "brief", number, told["brief"][0], SERVICE)
    now = datetime.now().replace(second=0, microsecond=0)
    midnight = now.replace(hour=0, minute=0)
    done = {**told["perform"][0], "arrived_at": midnight.isoformat(), "left_at": now.isoformat()}
    technician = department.page_of("sun.tao")
    department.claim("sun.tao", number)
    department.fill(technician, "perform", done, SERVICE)
    look(technician, "repair-3-report")
    department.submit(technician)
    department.do("sun.tao", "sign", number, told["sign"][0], SERVICE)

    department.do("wang.lei", "close", number, {**told["close"][0], "closure_on": _in_days(0)})
    department.see_closed("wang.lei", number)
    look(department.page_of("wang.lei"), "repair-4-closed")


def test_a_bulging_drum_at_night_is_serious_at_once(login: Login, locale: str, look: Look) -> None:
    start, acknowledge, contain, *_ = story("drum_on_sunday")
    department = Department(login, locale)
    page = department.page_of("li.jing")
    department.fill_start(page, start["values"])
    look(page, "drum-1-start")
    number = _opened(page, "CP")
    look_for(page, f"/cases/{number}", page.locator(".sev", has_text="S1"))
    look(page, "drum-2-case")
    department.do("wang.lei", "acknowledge", number, acknowledge["values"])
    department.claim("wu.gang", number)
    page = department.page_of("wu.gang")
    department.fill(page, "contain", contain["values"])
    look(page, "drum-3-contain")
    department.submit(page)
    look_for(page, f"/cases/{number}/mail", page.get_by_text("wu.gang@haiyuan.example"))
    look(page, "drum-4-alert")


def _opened(page: Page, series: str) -> str:
    """Send the start form; the number of the case that it opened."""
    page.locator("[data-action=submit]").click()
    expect(page).to_have_url(re.compile(rf"/cases/{series}-\d{{4}}-\d{{6}}"))
    return page.url.rsplit("/", 1)[1].partition("?")[0]


def _in_days(days: int) -> str:
    return (date.today() + timedelta(days=days)).isoformat()
