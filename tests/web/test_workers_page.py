"""The page of worker processes, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from laneway.engine import accounts, database, tables
from laneway.engine.model import Person
from laneway.engine.monitoring import workers

from .conftest import SignIn


def add_workers() -> None:
    for name in ("host-a:1", "host-b:2"):
        workers.beat(name, host=name[:-2], pid=1, version="1.2.3", kinds=("web", "jobs"), is_first=True)
    with database.unit_of_work() as session:
        long_ago = datetime.now(UTC) - timedelta(hours=2, minutes=1)
        gone = tables.worker.c.name == "host-b:2"
        session.execute(update(tables.worker).where(gone).values(seen_at=long_ago))


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        ("en", ("Workers", "Alive", "Silent", "2h 1m ago", "pages", "automatic steps", "Jobs running")),
        ("zh", ("工作进程", "存活", "无响应", "2 小时 1 分前", "页面", "自动步骤", "执行中的作业")),
    ],
)
def test_who_lives_and_who_is_silent_is_shown(
    sign_in: SignIn, admin: Person, locale: str, texts: tuple[str, ...]
) -> None:
    browser = sign_in(admin)
    add_workers()
    with database.unit_of_work() as session:
        accounts.set_locale(session, admin.username, locale=locale)
    page = browser.get("/admin/workers").text
    for text in ("host-a:1", "host-b:2", "1.2.3", *texts):
        assert text in page
    assert "laneway worker" not in page  # one lives, so nothing needs to be started


def test_that_no_worker_lives_is_an_alarm(sign_in: SignIn, admin: Person) -> None:
    page = sign_in(admin).get("/admin/workers").text
    assert "No worker is alive" in page
    assert "No workers" in page


def test_the_workers_are_led_to_from_the_people(sign_in: SignIn, admin: Person, chen: Person) -> None:
    assert "/admin/workers" in sign_in(admin).get("/admin").text
    refused: Any = sign_in(chen).get("/admin/workers")
    assert refused.status_code == 403
