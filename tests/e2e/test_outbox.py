"""A manager looks at what has not left, takes a letter back with a reason, and lets it leave after all."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .conftest import Served
from .department import Login
from .looks import PHONE


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


def test_a_letter_is_taken_back_and_sent_after_all(login: Login) -> None:
    page = login("demo")
    page.goto("/language/en?next=/inbox")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Outbox").click()
    page.get_by_label("Kind").select_option("mail")
    page.get_by_role("button", name="Search").click()
    page.locator("a[data-row]").first.click()
    letter = page.url
    page.get_by_role("button", name="Do not send").click()
    expect(page.get_by_role("alert")).to_contain_text("Give a reason")
    page.get_by_label("Reason").fill("Told by telephone")
    page.get_by_role("button", name="Do not send").click()
    expect(page.get_by_text("It will not be sent.")).to_be_visible()
    expect(page.locator(".head")).to_contain_text("Not to be sent")
    page.locator("dl.kv a").click()
    expect(page).to_have_url(re.compile(r"/cases/[^/]+/mail$"))
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_text("Told by telephone")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.goto(letter)
    page.get_by_role("button", name=re.compile("Send now|Send again")).click()
    expect(page.locator(".head")).to_contain_text("Queued")
