"""The page of availability: every term, a chosen day, how old the figures are; odd addresses are answered kindly."""

from __future__ import annotations

import html
from typing import Any

import pytest

from laneway.engine.database import unit_of_work
from laneway.engine.model import Person
from laneway.records import organisation, sample_records

from .conftest import SignIn


@pytest.fixture(name="goods", autouse=True)
def _goods(frozen_clock: Any, app: Any) -> None:
    """The goods of the demonstration, on 2 March 2026."""
    with unit_of_work() as session:
        organisation.add_default_groups(session)
        sample_records.load(session)


def shown(text: str) -> str:
    """What a page says, without its tags."""
    import re

    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def test_every_term_stands_with_its_figure_and_sign(sign_in: SignIn, bob: Person) -> None:
    text = shown(sign_in(bob).get("/availability?product=HX-P20&day=2026-03-07&quantity=50").text)
    for told in (
        "Opening + 120",
        "Receipts + 60",
        "Transfers in + 10",
        "Consumed − 30",
        "Transfers out − 5",
        "Outflow − 90",
        "Reserved − 20",
        "Blocked − 15",
        "Available now 30 t",
        "On its way until then + 40",
        "Ordered until then − 0",
        "Available on the day 70 t",
        "50 t from 2026-03-07",
        "Rhein Dämm GmbH",
        "HX-P20-0901A",
        "DD-26-1187",
        "Stock confirmed 1h ago",
    ):
        assert told in text, told


def test_it_speaks_chinese_too_and_warns_of_old_figures(
    sign_in: SignIn, mei: Person, frozen_clock: Any
) -> None:
    desk = sign_in(mei)
    fresh = shown(desk.get("/availability?product=HX-P20&quantity=500").text)
    assert "现有可供 30 t" in fresh
    assert "已知的来货不能满足" in fresh
    assert "超过四小时" not in fresh
    old = shown(desk.get("/availability?product=HX-M10").text)
    assert "超过四小时" in old


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("day=tomorrow", "That is no day"),
        ("day=2020-01-01", "from today on"),
        ("day=9999-12-31", "from today on"),
        ("quantity=-5", "no quantity"),
        ("quantity=1e99", "no quantity"),
        ("quantity=NaN", "no quantity"),
        ("quantity=<script>", "no quantity"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_page_still_answers(
    sign_in: SignIn, bob: Person, query: str, said: str
) -> None:
    answer = sign_in(bob).get(f"/availability?product=HX-P20&{query}")
    assert answer.status_code == 200
    assert said in answer.text
    assert "<script>" not in answer.text
    assert "30 t" in shown(answer.text)


def test_a_product_that_there_is_not_is_not_found(sign_in: SignIn, bob: Person) -> None:
    assert sign_in(bob).get("/availability?product=HX-%27;--").status_code == 404


def test_the_first_product_is_shown_without_a_choice(sign_in: SignIn, bob: Person) -> None:
    assert "HX-L30" in sign_in(bob).get("/availability").text


def test_only_those_who_see_records_see_it(
    sign_in: SignIn, stranger: Person, admin: Person, auditor: Person
) -> None:
    assert sign_in(stranger).get("/availability").status_code == 403
    assert sign_in(admin).get("/availability").status_code == 403
    page = sign_in(auditor).get("/availability?product=HX-P20")
    assert page.status_code == 200
    assert "/start/c160_availability" not in page.text
