"""Every page in both languages: readable for everyone, in both themes, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Served
from .department import Login
from .looks import DESK, PHONE, faults

_MARKS = ".bjs-powered-by, .fjs-powered-by"
_IS_ON_TOP = """mark => {
    mark.scrollIntoView({block: "center"});
    const box = mark.getBoundingClientRect();
    const found = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.width > 0 && box.height > 0 && mark.contains(found);
}"""
_EDITOR = "/processes/c110_complaint/edit"


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_page_can_be_read_by_everyone_and_fits_every_screen(login: Login, locale: str) -> None:
    page = login("demo")
    page.goto(f"/language/{locale}?next=/inbox")
    problems = []
    for address in _addresses(page):
        page.set_viewport_size(DESK)
        _open(page, address)
        problems += [f"{address} {problem}" for problem in faults(page, locale)]
    page.context.clear_cookies(name="laneway_session")
    _open(page, "/login")
    problems += [f"/login {problem}" for problem in faults(page, locale)]
    assert problems == [], "\n".join(problems)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_mark_of_bpmn_io_stays_in_sight_on_every_diagram_and_form(login: Login, locale: str) -> None:
    page = login("demo")
    page.goto(f"/language/{locale}?next=/inbox")
    case, task = _first(page, "/cases", "a[href^='/cases/CP']"), _first(page, "/inbox/team", ".it-row")
    for address, least in {case: 1, task: 2, "/start/c110_complaint": 1, _EDITOR: 1}.items():
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            _open(page, address)
            shown = [mark for mark in page.locator(_MARKS).all() if mark.is_visible()]
            # A phone shows the task's form alone; the diagram is one tap away.
            assert len(shown) == len(_islands(page)) >= (least if size is DESK else 1), (address, size)
            assert all(mark.evaluate(_IS_ON_TOP) for mark in shown), (address, size)


def _addresses(page: Page) -> Iterator[str]:
    yield from ("/inbox/mine", "/inbox/drafts", "/start", "/start/c110_complaint", "/cases", "/cases?q=?")
    yield _first(page, "/inbox/team", ".it-row")
    case = _first(page, "/cases", "a[href^='/cases/CP']")
    yield from (case, *(f"{case}/{tab}" for tab in ("timeline", "data", "tasks", "mail")))
    yield from ("/board", "/board?by=step", "/processes", "/processes/c110_complaint")
    yield from ("/processes/c110_complaint/versions", "/processes/c110_complaint/findings", _EDITOR)
    yield from ("/operations/outbox", "/operations/outbox?q=nothing")
    yield _first(page, "/operations/outbox", "a[data-row]")
    yield from ("/admin", "/admin/workers", "/account", "/nowhere")


def _first(page: Page, address: str, link: str) -> str:
    page.goto(address)
    return str(page.locator(link).first.get_attribute("href"))


def _islands(page: Page) -> list[Locator]:
    return [island for island in page.locator("[data-island]").all() if island.is_visible()]


def _open(page: Page, address: str) -> None:
    """Go there and look at all of it: what stands below the fold is drawn when it comes into sight."""
    page.goto(address)
    for island in _islands(page):
        island.scroll_into_view_if_needed()
        expect(island).to_have_attribute("data-ready", "1")
    page.evaluate("scrollTo(0, 0)")
