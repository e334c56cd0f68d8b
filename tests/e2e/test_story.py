"""The invoice complaint (DOMAIN section 9, number 2) in the browser: three people, from the start form to closure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import ROOT, Served
from .forms import FormFiller

_PROCESS = ROOT / "processes" / "c110_complaint"
_STORY = tomllib.loads((_PROCESS / "scenarios" / "invoice_credit_note.toml").read_text(encoding="utf-8"))
_FORM_OF = {
    "acknowledge": "c110_acknowledge",
    "investigate": "c110_investigation",
    "decide_remedy": "c110_next_activity",
    "approve": "c110_approval",
    "issue_credit_note": "c110_credit_note",
    "close": "c110_close",
}
_LOCALES = {"zh": "zh-CN", "en": "en-GB"}
_RECORD = {"zh": "记录已收到", "en": "Record it arrived"}
_CLAIM = {"zh": "认领", "en": "Claim"}
_CLOSED = {"zh": "已结案", "en": "Closed"}

Login = Callable[..., Page]


class Department:
    """The people of the story at their screens, all in one language."""

    def __init__(self, login: Login, locale: str) -> None:
        self._login = login
        self._locale = locale
        self._pages: dict[str, Page] = {}

    def page_of(self, username: str) -> Page:
        """This person's browser; in it they have chosen the language."""
        if username not in self._pages:
            page = self._login(username, locale=_LOCALES[self._locale])
            page.goto(f"/language/{self._locale}?next=/inbox")
            self._pages[username] = page
        return self._pages[username]

    def start(self, username: str, values: Mapping[str, Any]) -> str:
        """Fill in the start form; the new case's number."""
        page = self.page_of(username)
        page.goto("/start")
        page.locator("a[href='/start/c110_complaint']").first.click()
        self._filler("c110_log").fill(page, values)
        page.locator("[data-action=submit]").click()
        expect(page).to_have_url(re.compile(r"/cases/CP-\d{4}-\d{6}"))
        return page.url.rsplit("/", 1)[1].partition("?")[0]

    def do(self, username: str, element: str, number: str, values: Mapping[str, Any]) -> None:
        """Find the case's task among those to claim, claim it, fill in its form, complete it."""
        page = self.page_of(username)
        self.open_task(page, number)
        page.locator("#detail .dfoot").get_by_role("button", name=_CLAIM[self._locale]).click()
        self._filler(_FORM_OF[element]).fill(page, values)
        page.locator("[data-action=submit]").click()
        expect(page.locator("#detail [data-action=submit]")).to_have_count(0)

    def open_task(self, page: Page, number: str) -> None:
        """Wait for the case's task to come to the group, and open it."""
        row = page.locator(".it-row", has_text=number)
        self._look_for(page, "/inbox/open", row)
        row.first.click()
        expect(page.locator("#detail .num").first).to_have_text(number)

    def record(self, username: str, number: str, what: Mapping[str, str]) -> None:
        """Note on the case page that the customer has answered."""
        page = self.page_of(username)
        waiting = page.locator(".row", has_text=what[self._locale])
        button = waiting.get_by_role("button", name=_RECORD[self._locale])
        self._look_for(page, f"/cases/{number}", button)
        button.click()

    def see(self, username: str, number: str, words: str) -> None:
        """Look at the case until these words stand on its page."""
        page = self.page_of(username)
        self._look_for(page, f"/cases/{number}", page.locator("main").get_by_text(words, exact=True))

    def _look_for(self, page: Page, address: str, wanted: Locator) -> None:
        """Open a page again and again until background work has brought what is wanted."""
        for _ in range(40):
            page.goto(address)
            if wanted.count():
                return
            page.wait_for_timeout(250)
        raise AssertionError(f"{address} does not show {wanted}")

    def _filler(self, form_id: str) -> FormFiller:
        return FormFiller(_PROCESS / "forms" / f"{form_id}.form", self._locale)


def _values(told: Mapping[str, Any]) -> dict[str, Any]:
    return dict(told.get("values", {}))


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_an_invoice_complaint_runs_from_the_start_form_to_closure(login: Login, locale: str) -> None:
    department = Department(login, locale)
    number = department.start(_STORY["start"]["by"], _STORY["start"]["values"])
    for step in _STORY["step"]:
        if step.get("refused"):
            page = department.page_of(step["by"])
            page.goto("/inbox/open")
            expect(page.locator(".it-row", has_text=number)).to_have_count(0)
        elif "message" in step:
            department.record(step["by"], number, {"zh": "客户接受", "en": "Accepted"})
        else:
            department.do(step["by"], step["element"], number, _values(step))
    department.see("chen.fang", number, _CLOSED[locale])
    page = department.page_of("chen.fang")
    for name in {"zh": ("王磊", "马莉", "陈芳"), "en": ("Wang Lei", "Ma Li", "Chen Fang")}[locale]:
        page.goto(f"/cases/{number}/timeline")
        expect(page.locator("main").get_by_text(name).first).to_be_visible()


def test_the_story_goes_on_after_the_power_fails(served: Served, login: Login) -> None:
    department = Department(login, "zh")
    number = department.start(_STORY["start"]["by"], _STORY["start"]["values"])
    served.kill()  # while the first receipt is being written
    served.start()
    for step in _STORY["step"]:
        if step.get("refused"):
            continue
        if "message" in step:
            department.record(step["by"], number, {"zh": "客户接受", "en": "Accepted"})
        else:
            department.do(step["by"], step["element"], number, _values(step))
        served.kill()
        served.start()
    department.see("chen.fang", number, _CLOSED["zh"])
    page = department.page_of("chen.fang")
    page.goto(f"/cases/{number}/mail")
    for subject in (f"已收到您的投诉 {number}", f"投诉 {number}：我们的决定", f"投诉 {number} 已结案"):
        expect(page.locator("main").get_by_text(subject, exact=True)).to_have_count(1)
