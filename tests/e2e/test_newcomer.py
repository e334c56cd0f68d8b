"""What a newcomer does with the demonstration data: an enquiry, a repair through a service order, a drum at night.

`TOUR=docs/tour` in the environment keeps the pictures of docs/tour.md there.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Served
from .department import Department, Login, look_for, story

Look = Callable[[Page, str], None]


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


@pytest.fixture(params=["zh", "en"])
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
    wanted = (date.today() + timedelta(days=3)).isoformat()
    department.fill_start(page, {**start["values"], "wanted_on": wanted}, process_id)
    look(page, "enquiry-1-start")
    page.locator("[data-action=submit]").click()
    expect(page).to_have_url(_is_case("EN"))
    number = page.url.rsplit("/", 1)[1].partition("?")[0]
    department.claim("li.jing", number)
    department.fill(page, "agree", {**agree["values"], "hand_off_group": "none"}, process_id)
    look(page, "enquiry-2-answer")
    page.locator("[data-action=submit]").click()
    department.see_closed("li.jing", number)
    look(page, "enquiry-3-closed")
    page.goto(f"/cases/{number}/mail")
    expect(
        page.locator("main").get_by_text({"zh": "您的询问", "en": "您的询问"}[locale]).first
    ).to_be_visible()


def test_a_bulging_drum_at_night_is_serious_at_once(login: Login, locale: str, look: Look) -> None:
    start, acknowledge, contain, *_ = story("drum_on_sunday")
    department = Department(login, locale)
    page = department.page_of("li.jing")
    department.fill_start(page, start["values"])
    look(page, "drum-1-start")
    page.locator("[data-action=submit]").click()
    expect(page).to_have_url(_is_case("CP"))
    number = page.url.rsplit("/", 1)[1].partition("?")[0]
    look_for(page, f"/cases/{number}", page.locator(".sev", has_text="S1"))
    look(page, "drum-2-case")
    department.do("wang.lei", "acknowledge", number, acknowledge["values"])
    department.claim("wu.gang", number)
    page = department.page_of("wu.gang")
    department.fill(page, "contain", contain["values"])
    look(page, "drum-3-contain")
    page.locator("[data-action=submit]").click()
    look_for(page, f"/cases/{number}/mail", page.get_by_text("wu.gang@haiyuan.example"))
    look(page, "drum-4-alert")


def _is_case(series: str) -> object:
    import re

    return re.compile(rf"/cases/{series}-\d{{4}}-\d{{6}}")
