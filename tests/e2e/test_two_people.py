"""The same task, completed twice at once: one completes it, the other is told by whom and keeps the input."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from .department import PROCESS, Department, Login, story

_VALUES = story("invoice_credit_note")[1]["values"]
_TITLE = "十月对账单缺两笔付款"
_PRESS_SOON = """moment => setTimeout(
    () => document.querySelector("#detail [data-action=submit]").click(), moment - Date.now())"""
_SAVE_SOON = """async ([moment, xml]) => {
    await new Promise(done => setTimeout(done, moment - Date.now()));
    const headers = {"Content-Type": "application/json", "X-CSRF-Token": document.querySelector("[name=csrf]").content};
    const body = JSON.stringify({xml, revision: 0});
    const answer = await fetch("/processes/c110_complaint/draft", {method: "PUT", headers, body});
    return [answer.status, (await answer.json()).saved_by ?? ""];
}"""


def test_of_two_windows_that_complete_a_task_at_once_one_wins_and_the_other_is_told(login: Login) -> None:
    department = Department(login, "en")
    first = department.page_of("wang.lei")
    department.claim("wang.lei", _number(first))
    second = Department(login, "en").page_of("wang.lei")
    broken = _watch(first, second)
    second.goto(first.url)
    wishes = ("Pay the money back", "Send a credit note")
    for page, wish in zip((first, second), wishes, strict=True):
        department.fill(page, "acknowledge", {**_VALUES, "remedy_wanted": wish})
    moment = first.evaluate("Date.now() + 700")
    for page in (first, second):
        page.evaluate(_PRESS_SOON, moment)
    done = first.get_by_text("“Acknowledge, ask wishes” done.").or_(_refusal(first))
    expect(done).to_be_visible()
    loser, wish = (first, wishes[0]) if _refusal(first).count() else (second, wishes[1])
    winner = second if loser is first else first
    expect(winner.get_by_text("“Acknowledge, ask wishes” done.")).to_be_visible()
    expect(_refusal(loser)).to_contain_text(re.compile(r"Wang Lei completed this task at .*\d\d:\d\d"))
    expect(loser.get_by_label("What would settle it for the customer")).to_have_value(wish)
    assert broken == []


def test_whoever_lost_a_task_to_a_colleague_meanwhile_is_told_and_keeps_the_input(login: Login) -> None:
    department = Department(login, "en")
    holder, manager, colleague = (department.page_of(name) for name in ("wang.lei", "guo.liang", "demo"))
    broken = _watch(holder, manager, colleague)
    department.claim("wang.lei", _number(holder))
    department.fill(holder, "acknowledge", _VALUES)
    task = holder.url.rsplit("/", 1)[1]

    manager.goto(f"/inbox/team/{task}")
    manager.get_by_role("button", name="Reassign").click()
    dialog = manager.get_by_role("dialog", name="Hand this task to")
    dialog.get_by_label("Person").select_option(label="Demo")
    dialog.get_by_role("button", name="Reassign").click()
    expect(manager.get_by_text("Handed to Demo.")).to_be_visible()

    holder.get_by_role("button", name="Complete", exact=True).click()
    expect(_refusal(holder)).to_contain_text(re.compile(r"Demo claimed this task at .*\d\d:\d\d"))

    colleague.goto(f"/inbox/mine/{task}")
    department.fill(colleague, "acknowledge", _VALUES)
    colleague.get_by_role("button", name="Complete", exact=True).click()
    expect(colleague.get_by_text("“Acknowledge, ask wishes” done.")).to_be_visible()

    holder.get_by_role("button", name="Complete", exact=True).click()
    expect(_refusal(holder)).to_contain_text(re.compile(r"Demo completed this task at .*\d\d:\d\d"))
    wish = holder.get_by_label("What would settle it for the customer")
    expect(wish).to_have_value(_VALUES["remedy_wanted"])
    assert broken == []


def test_of_two_owners_who_begin_a_draft_at_once_one_begins_it_and_the_other_is_told(login: Login) -> None:
    department = Department(login, "en")
    owners = {"Ding Lei": department.page_of("ding.lei"), "Demo": department.page_of("demo")}
    xml = (PROCESS.parent / "c110_complaint.bpmn").read_text(encoding="utf-8")
    moment = owners["Demo"].evaluate("Date.now() + 500")
    for page in owners.values():
        page.evaluate(f"asked => {{ window.saving = ({_SAVE_SOON})(asked); }}", [moment, xml])
    answers = {name: page.evaluate("window.saving") for name, page in owners.items()}
    (winner,) = (name for name, (status, _who) in answers.items() if status == 200)
    assert [answer for name, answer in answers.items() if name != winner] == [[409, winner]]


def _number(page: Page) -> str:
    page.goto(f"/cases?q={_TITLE}")
    return page.get_by_role("row", name=_TITLE).locator(".num").inner_text()


def _refusal(page: Page) -> Locator:
    return page.locator(".form-notice").get_by_role("alert")


def _watch(*pages: Page) -> list[str]:
    """Fills with every answer that is a mistake of the server."""
    broken: list[str] = []
    for page in pages:
        page.on("response", lambda answer: broken.append(answer.url) if answer.status >= 500 else None)
    return broken
