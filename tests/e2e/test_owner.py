"""Process owners in the browser: drawing a step into the running process, and what becomes of the cases."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import Served
from .department import PROCESS, Department, Login, look_for, story
from .modeler import Modeler

_STORY = story("invoice_credit_note")
_STEP = "核对合同价"
_STEP_EN = "Check the contract price"


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


def test_an_owner_draws_a_step_that_new_cases_meet_and_running_cases_do_not(login: Login) -> None:
    department = Department(login, "en")
    older = _number_of(department.page_of("wang.lei"), "十月对账单缺两笔付款")
    page = department.page_of("ding.lei")
    modeler = Modeler(page, PROCESS.name)
    modeler.open()
    _draw_the_step(modeler)
    _meet_a_refusal_and_mend_it(page, modeler)
    _leave_and_come_back(page, modeler)
    assert modeler.publish() == 200
    expect(page).to_have_url(re.compile(r"/processes/c110_complaint$"))
    expect(
        page.get_by_text("Handle complaints v2 is live. Running cases stay on their version.")
    ).to_be_visible()

    newer = department.start("wang.lei", _STORY[0]["values"])
    colleague = department.page_of("wang.lei")
    department.claim("wang.lei", newer)
    expect(colleague.locator("#detail").get_by_role("heading", name=_STEP_EN)).to_be_visible()
    colleague.locator("#detail .dfoot").get_by_role("button", name="Complete", exact=True).click()
    expect(colleague.get_by_text(f"“{_STEP_EN}” done.")).to_be_visible()
    department.do("wang.lei", "acknowledge", older, _STORY[1]["values"])
    for number, version, step, meets in ((newer, "v2", "Acknowledge", 1), (older, "v1", "Investigate", 0)):
        look_for(colleague, f"/cases/{number}/tasks", colleague.get_by_role("link", name=step))
        expect(colleague.locator(".head")).to_contain_text(f"Handle complaints {version}")
        expect(colleague.get_by_role("link", name=_STEP_EN)).to_have_count(meets)
    page.goto("/processes/c110_complaint/versions")
    expect(page.get_by_role("row", name=re.compile("^v2 live"))).to_contain_text("Ding Lei")


def _number_of(page: Page, title: str) -> str:
    """The number of a case of the demonstration, found by its title."""
    page.goto(f"/cases?q={title}")
    return page.get_by_role("row", name=title).locator(".num").inner_text()


def _draw_the_step(modeler: Modeler) -> None:
    modeler.insert_user_task("flow_start_staff_number", _STEP)
    modeler.field("English name").fill(_STEP_EN)
    modeler.field("Candidate groups").fill("complaint_desk")


def _meet_a_refusal_and_mend_it(page: Page, modeler: Modeler) -> None:
    modeler.field("Due date").fill("=now( +")
    finding = modeler.findings.get_by_role("row", name=re.compile(f"{_STEP}.*the due date"))
    expect(finding).to_contain_text("the due date “=now( ▸+”, at character 7: unexpected '+'")
    badge = page.locator(".djs-overlays").get_by_text(
        "2 to mend"
    )  # the due date, and the form that is missing
    expect(badge).to_be_visible()
    assert modeler.publish() == 422
    expect(page.get_by_role("alert")).to_contain_text("Not published: 1 findings must be mended first.")
    expect(finding).to_be_visible()
    modeler.expression("taskScheduleDueDate").fill('now() + duration("P1D")')
    expect(finding).to_have_count(0)
    expect(modeler.findings).to_contain_text(
        "this task has no form"
    )  # which does not keep it from being published
    expect(badge).to_have_count(0)


def _leave_and_come_back(page: Page, modeler: Modeler) -> None:
    expect(modeler.status).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))
    page.reload()
    modeler.wait_until_drawn()
    expect(modeler.status).to_contain_text("Ding Lei")
    expect(modeler.shape(_STEP)).to_be_visible()


def test_of_two_owners_who_draw_at_once_the_second_is_told_who_was_first(login: Login) -> None:
    pages = {name: login(name) for name in ("ding.lei", "demo")}
    modelers = {}
    for name, page in pages.items():
        page.goto("/language/en?next=/processes")
        modelers[name] = Modeler(page, PROCESS.name)
        modelers[name].open()
    names = {"ding.lei": "登记号码", "demo": "发送回执"}
    for name in ("ding.lei", "demo"):
        modelers[name].select("number")
        modelers[name].field("Name").fill(names[name])
        if name == "ding.lei":
            expect(modelers[name].status).to_have_text(re.compile("^Saved"))
    page = pages["demo"]
    question = page.get_by_role("dialog")
    expect(question).to_contain_text(re.compile(r"Ding Lei saved another draft at \d\d:\d\d"))
    expect(modelers["demo"].shape(names["demo"])).to_be_visible()
    question.get_by_role("button", name="Load theirs").click()
    modelers["demo"].wait_until_drawn()
    expect(modelers["demo"].shape(names["demo"])).to_have_count(0)
    expect(modelers["demo"].shape(names["ding.lei"])).to_be_visible()
    page.get_by_role("button", name="Discard draft").click()
    page.get_by_role("dialog").get_by_role("button", name="Discard draft").click()
    look_for(page, "/processes", page.get_by_text("Handle complaints", exact=True))
    expect(page.get_by_text("Draft of")).to_have_count(0)
