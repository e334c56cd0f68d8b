"""The board, and what the busiest lists cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from laneway.engine import database, user_tasks
from laneway.engine.model import Person
from laneway.engine.runtime import Started

from .conftest import SignIn, open_task, start_refund


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    event.listen(database.engine(), "before_cursor_execute", count)
    yield seen
    event.remove(database.engine(), "before_cursor_execute", count)


def test_the_board_shows_cases_in_lanes_with_their_clocks(
    sign_in: SignIn, refund: Started, chen: Person
) -> None:
    page = sign_in(chen).get("/board").text

    assert "Two torn bags" in page
    assert "Gulf Panel" in page
    assert 'class="clk ok"' in page


@pytest.mark.parametrize("by", ["clock", "step", "severity", "owner", "age", "nonsense"])
def test_every_arrangement_and_filter_of_the_board_opens(
    sign_in: SignIn, refund: Started, chen: Person, by: str
) -> None:
    browser = sign_in(chen)

    assert "Two torn bags" in browser.get(f"/board?by={by}").text
    assert "Two torn bags" in browser.get(f"/board?by={by}&severity=S2&owner=complaint_desk").text
    assert "Two torn bags" not in browser.get(f"/board?by={by}&severity=S1").text


def test_an_empty_board_says_so_and_staff_may_not_see_it(sign_in: SignIn, chen: Person, mei: Person) -> None:
    assert "没有在办案件" in sign_in(chen).get("/board?by=step").text
    assert sign_in(mei).get("/board").status_code == 403


def test_late_work_and_its_holder_stand_out(
    sign_in: SignIn, refund: Started, chen: Person, mei: Person, frozen_clock: object
) -> None:
    late = start_refund(mei)
    with database.unit_of_work() as session:
        user_tasks.claim(session, open_task(late), by=mei)
    frozen_clock.advance(hours=6)  # type: ignore[attr-defined]  # the clock of the root conftest

    page = sign_in(chen).get("/board").text

    assert "超 2 小时" in page
    assert "1 · 1 超时" in page


@pytest.mark.parametrize("path", ["/inbox/open", "/board", "/cases", "/processes"])
def test_a_longer_list_costs_no_more_queries(
    sign_in: SignIn, refund: Started, chen: Person, mei: Person, path: str
) -> None:
    browser = sign_in(chen if path == "/board" else mei)
    browser.get(path)
    with counted_queries() as few:
        browser.get(path)
    for number in range(4):
        start_refund(mei, subject=f"Torn bag {number}")
    with counted_queries() as many:
        page = browser.get(path).text

    assert len(many) == len(few)
    assert len(many) <= 26
    assert path == "/processes" or "Torn bag 3" in page
