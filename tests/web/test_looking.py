"""Pages from a standby tell how old they are, in both languages; who has changed something sees it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from laneway.engine import database as laneway_database
from laneway.settings import Settings
from laneway.web import create_app

from ..conftest import PASSWORD  # noqa: TID252  # a conftest has no absolute name


@pytest.fixture
def visitor(new_postgresql_database: Any, standby: Callable[[str], str], tmp_path: Path) -> Iterator[Any]:
    url = new_postgresql_database()
    _wait_for(standby(url))
    settings = Settings(data=tmp_path, database_url=url, standby_url=standby(url), secret_key="k" * 32)
    laneway_database.connect(url, standby_url=settings.standby_url)
    client = create_app(settings).test_client()
    client.post("/login", data={"username": "chen", "password": PASSWORD})
    yield client
    laneway_database.disconnect()


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            continue
    pytest.fail("the database does not come to the standby")


@pytest.mark.parametrize("address", ["/board", "/cases", "/processes", "/decisions"])
def test_a_page_that_only_looks_tells_how_old_it_is(visitor, address):
    assert "截至" in visitor.get(address).text


def test_it_is_told_in_english_too(visitor):
    visitor.get("/language/en")

    assert "s behind</p>" in visitor.get("/board").text


def test_tasks_are_always_new(visitor):
    assert "截至" not in visitor.get("/inbox/mine").text


def test_who_has_changed_something_reads_the_newest_for_a_while(visitor):
    assert "截至" in visitor.get("/board").text
    page = visitor.get("/account").text
    csrf = page.split('<meta name="csrf" content="')[1].split('"')[0]

    visitor.post("/account/password", data={"csrf": csrf, "present": PASSWORD, "new": "a new password, long"})
    visitor.post("/login", data={"username": "chen", "password": "a new password, long"})

    assert "截至" not in visitor.get("/board").text
