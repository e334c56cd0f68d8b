"""The invoice complaint (DOMAIN section 9, number 2) in the browser: three people, from the start form to closure."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import Served
from .department import Department, Login, story

_START, *_STEPS = story("invoice_credit_note")


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_an_invoice_complaint_runs_from_the_start_form_to_closure(login: Login, locale: str) -> None:
    department = Department(login, locale)
    number = department.start(_START["by"], _START["values"])
    for step in _STEPS:
        if step.get("refused"):
            page = department.page_of(step["by"])
            page.goto("/inbox/open")
            expect(page.locator(".it-row", has_text=number)).to_have_count(0)
        elif "message" in step:
            department.record(step["by"], number, {"zh": "客户接受", "en": "Accepted"})
        else:
            department.do(step["by"], step["complete"], number, step.get("values", {}))
    department.see_closed("chen.fang", number)
    page = department.page_of("chen.fang")
    for name in {"zh": ("王磊", "马莉", "陈芳"), "en": ("Wang Lei", "Ma Li", "Chen Fang")}[locale]:
        page.goto(f"/cases/{number}/timeline")
        expect(page.locator("main").get_by_text(name).first).to_be_visible()


def test_the_story_goes_on_after_the_power_fails(served: Served, login: Login) -> None:
    department = Department(login, "zh")
    number = department.start(_START["by"], _START["values"])
    served.kill()  # while the first receipt is being written
    served.start()
    for step in _STEPS:
        if step.get("refused"):
            continue
        if "message" in step:
            department.record(step["by"], number, {"zh": "客户接受", "en": "Accepted"})
        else:
            department.do(step["by"], step["complete"], number, step.get("values", {}))
        served.kill()
        served.start()
    department.see_closed("chen.fang", number)
    page = department.page_of("chen.fang")
    page.goto(f"/cases/{number}/mail")
    for subject in (f"已收到您的投诉 {number}", f"投诉 {number}：我们的决定", f"投诉 {number} 已结案"):
        expect(page.locator("main").get_by_text(subject, exact=True)).to_have_count(1)
