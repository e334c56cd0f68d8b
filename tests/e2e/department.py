"""The people of the department at their screens, as a test sends them to work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from lxml import etree
from playwright.sync_api import Locator, Page, expect

from laneway.records.scenarios.format import Told, plain
from laneway.testing import read_scenario

from .conftest import ROOT
from .forms import FormFiller

COMPLAINT = "c110_complaint"
PROCESS = ROOT / "processes" / COMPLAINT
_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_FORM = "{http://camunda.org/schema/zeebe/1.0}formDefinition"
_LOCALES = {"zh": "zh-CN", "en": "en-GB"}
_RECORD = {"zh": "记录已收到", "en": "Record it arrived"}
_WAS_CLOSED = {"zh": re.compile("案件已于.+结案"), "en": re.compile("The case was closed")}
_CLAIM = {"zh": "认领", "en": "Claim"}

Login = Callable[..., Page]


def story(name: str, process_id: str = COMPLAINT) -> list[Told]:
    """The steps of a story of a process, the start first; times as forms are given them."""
    scenario = read_scenario(PROCESS.parent / process_id / "scenarios" / f"{name}.toml")
    return [plain(step.told) for step in scenario.steps]


class Department:
    """People of the department, all in one language, each in a browser of their own."""

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

    def start(self, username: str, values: Mapping[str, Any], process_id: str = COMPLAINT) -> str:
        """Fill in the start form; the new case's number."""
        page = self.page_of(username)
        self.fill_start(page, values, process_id)
        page.locator("[data-action=submit]").click()
        expect(page).to_have_url(re.compile(r"/cases/[A-Z]{2}-\d{4}-\d{6}"))
        return page.url.rsplit("/", 1)[1].partition("?")[0]

    def fill_start(
        self, page: Page, values: Mapping[str, Any], process_id: str = COMPLAINT, party: str = ""
    ) -> None:
        """Choose a process that may be started, with `party` for a customer of the records, and fill in its form."""
        page.goto(f"/start?party={party}" if party else "/start")
        page.locator(f"a[href^='/start/{process_id}']").first.click()
        self._filler(_forms(process_id)[""]).fill(page, values)

    def do(
        self,
        username: str,
        element: str,
        number: str,
        values: Mapping[str, Any],
        process_id: str = COMPLAINT,
    ) -> None:
        """Find the case's task among those to claim, claim it, fill in its form, complete it."""
        page = self.page_of(username)
        self.claim(username, number)
        self.fill(page, element, values, process_id)
        self.submit(page)

    def submit(self, page: Page) -> None:
        """Complete the open task, and see it gone; another one may take its place."""
        task = page.url
        page.locator("[data-action=submit]").click()
        expect(page).not_to_have_url(task)

    def claim(self, username: str, number: str) -> None:
        """Find the case's task among those to claim, and claim it."""
        page = self.page_of(username)
        self.open_task(page, number)
        page.locator("#detail .dfoot").get_by_role("button", name=_CLAIM[self._locale]).click()
        expect(page).to_have_url(re.compile("/inbox/mine/"))

    def fill(self, page: Page, element: str, values: Mapping[str, Any], process_id: str = COMPLAINT) -> None:
        """Enter values in the open form of a step, which may be one of a called process."""
        own = _forms(process_id)
        called = (_forms(path.stem) for path in sorted(PROCESS.parent.glob("*.bpmn")))
        form_id = own.get(element) or next(forms[element] for forms in called if element in forms)
        self._filler(form_id).fill(page, values)

    def open_task(self, page: Page, number: str) -> None:
        """Wait for the case's task to come to the group, and open it."""
        row = page.locator(".it-row", has_text=number)
        look_for(page, "/inbox/open", row)
        row.first.click()
        expect(page.locator("#detail .num").first).to_have_text(number)
        page.wait_for_load_state(
            "networkidle"
        )  # the list may have opened it already; the click brings it once more

    def record(self, username: str, number: str, what: Mapping[str, str]) -> None:
        """Note on the case page that the customer has answered."""
        page = self.page_of(username)
        waiting = page.locator(".row", has_text=what[self._locale])
        button = waiting.get_by_role("button", name=_RECORD[self._locale])
        look_for(page, f"/cases/{number}", button)
        button.click()

    def see_closed(self, username: str, number: str) -> None:
        """Look at the case until the sentence above its diagram tells that it was closed."""
        page = self.page_of(username)
        told = page.locator(".why").get_by_text(_WAS_CLOSED[self._locale])
        look_for(page, f"/cases/{number}", told)

    def _filler(self, form_id: str) -> FormFiller:
        (form,) = PROCESS.parent.glob(f"*/forms/{form_id}.form")
        return FormFiller(form, self._locale)


@cache
def _forms(process_id: str) -> dict[str, str]:
    """The forms of a process by element; that of its plain start by nothing."""
    found = {}
    for form in etree.parse(PROCESS.parent / f"{process_id}.bpmn").iter(_FORM):
        element = form.getparent().getparent()
        found["" if element.tag == f"{_BPMN}startEvent" else element.get("id")] = form.get("formId")
    return found


def look_for(page: Page, address: str, wanted: Locator) -> None:
    """Open a page again and again until background work has brought what is wanted."""
    for _ in range(80):
        page.goto(address)
        if wanted.count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{address} does not show {wanted}")
