"""Reading from a real standby: what it has, how old that is, and when the primary is asked instead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import psycopg
import pytest

from laneway.engine import accounts
from laneway.engine import database as laneway_database
from laneway.words import Text


@pytest.fixture
def primary_url(new_postgresql_database: Any) -> str:
    return str(new_postgresql_database())


@pytest.fixture
def with_standby(primary_url: str, standby: Callable[[str], str]) -> Iterator[Callable[..., ModuleType]]:
    def connect(**settings: Any) -> ModuleType:
        laneway_database.connect(primary_url, standby_url=standby(primary_url), **settings)
        until(lambda: _is_there(standby(primary_url)))
        return laneway_database

    yield connect
    laneway_database.disconnect()


def _is_there(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def until(is_so: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def add(group_id: str) -> None:
    with laneway_database.unit_of_work() as session:
        accounts.add_group(session, group_id, name=Text(group_id, group_id))


def seen(group_id: str, *, stale_ok: bool = True) -> bool:
    with laneway_database.reading(stale_ok=stale_ok) as session:
        return group_id in {group.group_id for group in accounts.list_groups(session)}


def how_old() -> laneway_database.Staleness | None:
    with laneway_database.reading(stale_ok=True) as session:
        return laneway_database.staleness(session)


@pytest.fixture
def held_back(standby: Callable[[str], str], primary_url: str) -> Iterator[Callable[[], None]]:
    """Lets the standby apply nothing more until the test is over."""
    with psycopg.connect(
        standby(primary_url).replace(primary_url.split("/")[-1].split("?")[0], "postgres"), autocommit=True
    ) as connection:
        yield lambda: connection.execute("SELECT pg_wal_replay_pause()") and None
        connection.execute("SELECT pg_wal_replay_resume()")


def test_a_standby_tells_how_old_it_is(with_standby):
    with_standby()
    add("new")
    until(lambda: seen("new"))

    told = how_old()

    assert told is not None
    assert told.as_of <= datetime.now(UTC)
    assert 0 <= told.seconds < 30


def test_what_must_be_new_comes_from_the_primary(with_standby, held_back):
    with_standby()
    until(lambda: seen("admin"))
    held_back()
    add("newer")

    assert seen("newer", stale_ok=False)
    assert not seen("newer")
    assert how_old() is not None


def test_a_standby_that_is_too_far_behind_is_left_out(with_standby, held_back):
    with_standby(standby_max_lag=0.5)
    held_back()
    add("newest")

    until(lambda: seen("newest"))
    assert how_old() is None


def test_a_standby_that_does_not_answer_is_left_out(primary_url):
    laneway_database.connect(primary_url, standby_url="postgresql://nobody@127.0.0.1:1/none")
    try:
        assert how_old() is None
        assert seen("admin")
    finally:
        laneway_database.disconnect()


def test_a_primary_in_the_place_of_the_standby_is_as_new_as_can_be(primary_url):
    laneway_database.connect(primary_url, standby_url=primary_url)
    try:
        assert how_old() is None
        assert seen("admin")
    finally:
        laneway_database.disconnect()
