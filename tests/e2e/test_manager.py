"""Managers in the browser: finding a case, seeing where it stands, cancelling it, getting a failed step to go on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Served
from .department import Department, Login, look_for
from .diagrams import diagram, number_form, user_task, write

_CUSTOMER = "明日家具"


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


def test_a_manager_finds_a_case_and_sees_where_it_stands_and_why(login: Login) -> None:
    page = Department(login, "en").page_of("guo.liang")
    number = _find(page, _CUSTOMER)
    page.goto("/cases")
    page.get_by_role("searchbox", name="Search").fill(number)
    page.get_by_role("button", name="Search").last.click()
    page.get_by_role("row", name=_CUSTOMER).get_by_role("link").first.click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("It waits at “Decide remedy”")
    expect(main).to_contain_text(re.compile(r"Can act now: .*(Demo|Ma Li)"))
    expect(main).to_contain_text("“Complaint severity”, rule 10")
    token = page.locator(".djs-overlays[data-container-id=decide_remedy]")
    expect(token).to_have_text(re.compile(r"^(Demo|Ma Li|Credit control) · "))
    page.get_by_role("navigation", name="Case sections").get_by_role("link", name="Timeline").click()
    expect(main).to_contain_text("Wang Lei opened the case")
    expect(main).to_contain_text("Ma Li completed “Investigate; justified?”")
    page.get_by_role("navigation", name="Case sections").get_by_role("link", name="Data").click()
    for label, value in {"Cause": "Invoicing", "Remedy": "Credit note", "Reported by": "孙经理"}.items():
        term = main.locator("dt").get_by_text(label, exact=True)
        expect(term.locator("xpath=following-sibling::dd[1]")).to_have_text(value)
    page.get_by_role("navigation", name="Case sections").get_by_role("link", name="Tasks").click()
    expect(page.get_by_role("row", name="Investigate; justified?")).to_contain_text("Ma Li")
    expect(page.get_by_role("row", name="Decide remedy")).to_be_visible()


def test_the_board_has_the_case_in_the_lane_of_its_step_severity_owner_and_age(login: Login) -> None:
    page = Department(login, "zh").page_of("guo.liang")
    number = _find(page, _CUSTOMER)
    lanes = {"按步骤": "确定补救方案", "按严重度": "S4", "按负责组": "信用控制", "按时长": "1–3 天"}
    page.goto("/board")
    for tab, lane in lanes.items():
        page.get_by_role("navigation", name="泳道").get_by_role("link", name=tab).click()
        expect(page.get_by_role("region", name=lane, exact=True).get_by_text(number)).to_be_visible()
    page.get_by_role("combobox", name="严重度").select_option("S1")
    page.get_by_role("button", name="筛选").click()
    expect(page.get_by_text(number)).to_have_count(0)


def test_a_manager_cancels_a_case_with_a_reason_and_staff_cannot(login: Login) -> None:
    department = Department(login, "en")
    page, colleague = department.page_of("guo.liang"), department.page_of("wang.lei")
    number = _find(page, "Four drums dented in transit")
    colleague.goto(f"/cases/{number}")
    expect(colleague.get_by_role("main")).to_contain_text(number)
    expect(colleague.get_by_role("button", name="Cancel case")).to_have_count(0)

    page.get_by_role("button", name="Cancel case").click()
    dialog = page.get_by_role("dialog", name=f"Cancel case {number}")
    dialog.get_by_role("button", name="Cancel case").click()
    expect(dialog.get_by_label("Reason")).to_be_focused()
    dialog.get_by_label("Reason").fill("Entered twice, goes on as another case")
    dialog.get_by_role("button", name="Cancel case").click()
    expect(page.get_by_text(f"Case {number} is cancelled.")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Entered twice, goes on as another case")
    expect(page.get_by_role("main")).to_contain_text("No open tasks.")
    expect(page.get_by_role("button", name="Cancel case")).to_have_count(0)
    page.goto("/cases")
    expect(page.get_by_text(number)).to_have_count(0)


def test_a_failed_step_is_retried_and_goes_on_once_its_data_are_right(
    served: Served, login: Login, tmp_path: Path
) -> None:
    number = _start_a_case_that_fails(served, tmp_path)
    department = Department(login, "en")
    page, colleague = department.page_of("guo.liang"), department.page_of("wang.lei")
    failed = page.get_by_role("alert").filter(has_text="Step failed: Large or small?")
    look_for(page, f"/cases/{number}", failed)
    expect(failed).to_contain_text(
        "No outgoing flow of 'Large or small?' (size) has a condition that is true"
    )
    expect(page.locator(".djs-overlays[data-container-id=size]")).to_contain_text("Step failed")
    colleague.goto(f"/cases/{number}")
    expect(colleague.get_by_role("alert").filter(has_text="Step failed")).to_be_visible()
    expect(colleague.get_by_role("button", name="Retry")).to_have_count(0)

    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("The step is tried again.")).to_be_visible()
    expect(failed).to_be_visible()
    page.goto("/board")
    expect(page.get_by_role("region", name="Failed steps").get_by_text(number)).to_be_visible()

    department.claim("wang.lei", number)
    colleague.get_by_label("Amount").fill("300")
    colleague.get_by_role("button", name="Complete", exact=True).click()
    expect(colleague.get_by_text("“Correct the amount” done.")).to_be_visible()
    page.goto(f"/cases/{number}")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("main")).to_contain_text(re.compile("It waits at “Check a large amount”"))
    expect(failed).to_have_count(0)


def _find(page: Page, text: str) -> str:
    """Search the cases; opens the one found, and its number."""
    page.goto("/cases")
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("row", name=text).get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/cases/CP-\d{4}-\d{6}$"))
    return page.url.rsplit("/", 1)[1]


def _start_a_case_that_fails(served: Served, folder: Path) -> str:
    nodes = [
        ("startEvent", "start", "Start", ""),
        ("parallelGateway", "both", "", ""),
        user_task("correct", "Correct the amount", group="complaint_desk", form="amount"),
        ("endEvent", "corrected", "Corrected", ""),
        ("exclusiveGateway", "size", "Large or small?", ""),
        user_task("check", "Check a large amount", group="complaint_desk"),
        ("endEvent", "end", "End", ""),
        ("endEvent", "small", "Small", ""),
    ]
    flows = [
        ("start", "both", ""),
        ("both", "correct", ""),
        ("correct", "corrected", ""),
        ("both", "size", ""),
        ("size", "check", "=amount &gt; 200"),
        ("size", "small", "=amount &lt; 10"),
        ("check", "end", ""),
    ]
    files = write(
        folder,
        amounts_bpmn=diagram("amounts", nodes, flows),
        amount_form=number_form("amount", "amount", "Amount"),
    )
    deployed = served.run("deploy", *map(str, files))
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    started = served.run("start", "amounts", "--var", "amount=10")
    assert started.returncode == 0, started.stdout + started.stderr
    return started.stdout.strip()
