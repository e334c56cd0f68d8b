"""News between processes: heard and told on PostgreSQL, gathered, taken up again after a loss, off behind a pooler."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from laneway.engine import accounts
from laneway.engine.database import wakeups
from laneway.words import Text

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def write(database: Any, name: str) -> None:
    with database.unit_of_work() as session:
        accounts.add_group(session, name, name=Text(name, name))


class Ear:
    """Another process that listens."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self.connection.execute("LISTEN laneway_news")

    def heard(self, seconds: float) -> int:
        """How many notifications come until there was none for so long."""
        count = 0
        while list(self.connection.notifies(timeout=seconds, stop_after=1)):
            count += 1
        return count

    def tell(self) -> None:
        self.connection.execute("SELECT pg_notify('laneway_news', 'another process')")


@pytest.fixture
def listening(database: Any, database_url: str) -> Iterator[Ear]:
    """This process listens, and another one does."""
    wakeups.start()
    until(lambda: wakeups.state() == wakeups.LISTENING)
    ear = Ear(database_url)
    yield ear
    ear.connection.close()
    wakeups.stop()
    assert wakeups.state() == wakeups.OFF


def test_sqlite_needs_none(sqlite_database: Any) -> None:
    wakeups.start()
    assert wakeups.state() == wakeups.OFF
    woken = threading.Event()
    forget = wakeups.subscribe(woken.set)
    write(sqlite_database, "news")
    assert woken.is_set()
    woken.clear()
    forget()
    write(sqlite_database, "more")
    assert not woken.is_set()


@on_postgresql
def test_a_commit_is_told_to_others_and_theirs_is_heard(database: Any, listening: Ear) -> None:
    woken = threading.Event()
    forget = wakeups.subscribe(woken.set)
    listening.tell()
    assert woken.wait(20)
    listening.heard(0.2)
    write(database, "news")
    assert listening.heard(5) >= 1
    forget()


@on_postgresql
def test_a_reading_tells_nobody(database: Any, listening: Ear) -> None:
    listening.heard(0.2)
    with database.reading() as session:
        accounts.list_groups(session)
    assert listening.heard(0.5) == 0


@on_postgresql
def test_many_commits_are_told_with_few_words(database: Any, listening: Ear) -> None:
    write(database, "first")
    listening.heard(0.5)
    for _commit in range(1000):
        for wake in list(database._after_commit):
            wake()
    assert 1 <= listening.heard(0.5) < 100


@on_postgresql
def test_a_lost_connection_is_taken_up_again_and_what_was_missed_is_looked_for(
    database: Any, listening: Ear
) -> None:
    woken = threading.Event()
    forget = wakeups.subscribe(woken.set)
    listening.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert woken.wait(20)
    until(lambda: wakeups.state() == wakeups.LISTENING)
    woken.clear()
    listening.tell()
    assert woken.wait(20)
    forget()


class Pooler:
    """Stands before PostgreSQL like a pooler: whoever connects is told a number of the pooler's own."""

    def __init__(self, url: str) -> None:
        found = make_url(url)
        self._socket = f"{found.query['host']}/.s.PGSQL.{found.port or 5432}"
        self._door = socket.create_server(("127.0.0.1", 0))
        port = self._door.getsockname()[1]
        self.url = f"postgresql://{found.username}@127.0.0.1:{port}/{found.database}?sslmode=disable&gssencmode=disable"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        for one in [self._door, *self._open]:
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._door.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._socket)
            self._open += [client, server]
            threading.Thread(target=self._copy, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._copy, args=(server, client, True), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        try:
            while data := source.recv(65536):
                at = data.find(b"K\0\0\0\x0c") if is_answer else -1
                if at >= 0:  # BackendKeyData: the process id comes after type and length
                    data = data[: at + 5] + struct.pack("!I", 1) + data[at + 9 :]
                    is_answer = False
                target.sendall(data)
        except OSError:
            return
        finally:
            source.close()
            target.close()


@on_postgresql
def test_behind_a_pooler_processes_look_now_and_then_unless_there_is_a_way_past_it(
    database: Any, database_url: str, caplog: Any
) -> None:
    pooler = Pooler(database_url)
    try:
        wakeups.start(pooler.url)
        until(lambda: wakeups.state() == wakeups.POLLING)
        assert "wake_ups_by_polling" in caplog.text
        wakeups.start(database_url)
        until(lambda: wakeups.state() == wakeups.LISTENING)
    finally:
        wakeups.stop()
        pooler.close()
