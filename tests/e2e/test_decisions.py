"""Decisions in the browser: what a process owner tries, and what everyone sees was decided in a case."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from .conftest import Served
from .department import Login
from .looks import faults

_SEVERITY = "/decisions/c110_d1_severity"
_TABS = {"zh": "试算", "en": "Try it"}
_EVALUATE = {"zh": "求值", "en": "Evaluate"}
_DECISIONS = {"zh": "决策", "en": "Decisions"}
_LABELS = {"zh": ("人员受伤", "严重度"), "en": ("Injury", "Severity")}


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


@pytest.fixture(params=["zh", "en"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(login: Login, locale: str) -> Page:
    page = login("ding.lei")
    page.goto(f"/language/{locale}?next=/decisions")
    return page


def test_an_owner_tries_a_table_and_sees_the_row_that_fits(page: Page, locale: str) -> None:
    page.get_by_role("navigation").first.get_by_role("link", name=_DECISIONS[locale]).click()
    page.locator(f"a[href='{_SEVERITY}']").click()
    page.get_by_role("link", name=_TABS[locale], exact=True).click()
    injury, severity = _LABELS[locale]
    page.get_by_label(injury).first.select_option(label="minor")
    page.evaluate("window.stayed = true")
    _evaluate(page, locale)

    expect(_fired(page)).to_have_attribute("data-rule", "4")
    expect(_fired(page)).to_contain_text("▶")
    expect(page.locator("[data-result]")).to_contain_text(severity)
    expect(page.locator("[data-result]")).to_contain_text("S2")
    assert page.evaluate("window.stayed")


def test_without_script_the_same_form_gives_the_same_answer(
    login: Login, served: Served, locale: str
) -> None:
    known = login("ding.lei")
    browser = known.context.browser
    assert browser is not None
    context = browser.new_context(
        base_url=served.url, java_script_enabled=False, storage_state=known.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"/language/{locale}?next={_SEVERITY}/try")
    page.get_by_label(_LABELS[locale][0]).first.select_option(label="serious")
    _evaluate(page, locale)

    expect(_fired(page)).to_have_attribute("data-rule", "1")
    expect(page.get_by_label(_LABELS[locale][0]).first).to_have_value('"serious"')
    context.close()


def test_what_cannot_be_read_stays_in_the_form(page: Page, locale: str) -> None:
    page.goto("/decisions/c110_d6_approval/try")
    page.locator("[name='v.amount']").fill("plenty")
    _evaluate(page, locale)

    expect(page.get_by_role("alert")).to_contain_text("1500")
    expect(page.locator("[name='v.amount']")).to_have_value("plenty")


def test_an_expression_shows_its_value_or_the_place_of_its_mistake(page: Page, locale: str) -> None:
    page.goto("/decisions/try")
    page.locator("#text").fill('if amount > 1000 then "large" else "small"')
    page.locator("#variables").fill('{"amount": 1500}')
    _evaluate(page, locale)
    expect(page.locator("[data-result]")).to_contain_text("large")

    page.locator("#text").fill("amount > > 1000")
    _evaluate(page, locale)
    expect(page.locator("#tried mark").first).to_contain_text(">")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#text")).to_have_value("amount > > 1000")


def test_a_case_shows_what_was_decided_and_the_diagram_leads_there(page: Page) -> None:
    page.goto("/cases?state=all")
    case = str(page.locator("a[href^='/cases/CP']").first.get_attribute("href"))
    page.goto(f"{case}/decisions")
    severity = page.locator(".decided", has=page.locator(f"a[href^='{_SEVERITY}']")).first
    expect(severity.locator("tr.fired")).to_have_count(1)
    expect(severity.locator(".dt-now")).to_be_visible()

    page.goto(case)
    for island in page.locator(
        "[data-island]"
    ).all():  # the grading is a called process with a diagram further down
        island.scroll_into_view_if_needed()
    expect(page.locator("[data-island]:not([data-ready])")).to_have_count(0)
    page.locator(".djs-element.st-link .djs-hit").first.click(force=True)
    expect(page).to_have_url(re.compile(rf"{case}/decisions\?open=[\d-]+#decision-"))
    page.goto(f"{case}/timeline")
    page.locator("a[href*='/decisions?open=']").first.click()
    expect(page.locator(".decided:target")).to_be_visible()


def test_pages_of_decisions_can_be_read_by_everyone_and_fit_every_screen(page: Page, locale: str) -> None:
    page.goto("/cases?state=all")
    case = str(page.locator("a[href^='/cases/CP']").first.get_attribute("href"))
    addresses = ["/decisions", "/decisions/try", f"{case}/decisions"]
    addresses += [f"{_SEVERITY}{tab}" for tab in ("", "/try", "/evaluations", "/versions", "/findings")]
    problems = []
    for address in addresses:
        page.goto(address)
        problems += [f"{address} {problem}" for problem in faults(page, locale)]
    page.goto(f"{_SEVERITY}/try")
    _evaluate(page, locale)
    expect(page.locator("[data-result]")).to_be_visible()
    problems += [f"tried {problem}" for problem in faults(page, locale)]
    assert problems == [], "\n".join(problems)


def _evaluate(page: Page, locale: str) -> None:
    page.get_by_role("button", name=_EVALUATE[locale]).click()


def _fired(page: Page) -> Locator:
    return page.locator("#tried tr.fired")
