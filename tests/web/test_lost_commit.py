"""The way to the database breaks while a person saves: done once, told as done, or said to be open."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select

from laneway.engine import database as laneway_database
from laneway.engine.model import Person
from laneway.engine.tables import history_line, process_instance
from laneway.web import create_app

from .conftest import CLAIM, SignIn, open_task, start_refund


class Wire:
    """A way to PostgreSQL that can break at a COMMIT: before the server hears of it, or before its answer comes."""

    def __init__(self, socket_path: str) -> None:
        self._target = socket_path
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.breaks: list[str] = []
        """What is to happen at the next COMMITs: `before` or `after`."""
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        # Closing alone would not wake the thread that waits for one.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                for pair in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_asking: bool) -> None:
        ends = _Ends()
        with suppress(OSError):
            while data := source.recv(65536):
                how = self.breaks.pop(0) if is_asking and self.breaks and ends(data) else ""
                if how == "after":
                    target.sendall(data)
                    source.shutdown(socket.SHUT_RDWR)  # whoever asked hears no answer
                    target.shutdown(socket.SHUT_WR)
                    while target.recv(65536):
                        pass
                if how:
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class _Ends:
    """Whether a message ends a transaction that changes something: with a COMMIT, or as the one statement of it."""

    def __init__(self) -> None:
        self._has_begun = self._writes = False

    def __call__(self, data: bytes) -> bool:
        self._has_begun = self._has_begun or b"BEGIN" in data
        self._writes = self._writes or any(word in data for word in (b"INSERT", b"UPDATE", b"DELETE"))
        is_end = b"COMMIT" in data or (self._writes and not self._has_begun)
        wrote = self._writes
        if is_end or b"ROLLBACK" in data:
            self._has_begun = self._writes = False
        return is_end and wrote


@pytest.fixture
def wire(new_postgresql_database: Any) -> Iterator[Wire]:
    url = make_url(new_postgresql_database())
    made = Wire(f"{url.query['host']}/.s.PGSQL.5432")
    laneway_database.connect(f"postgresql://postgres@127.0.0.1:{made.port}/{url.database}")
    yield made
    laneway_database.disconnect()
    made.close()


@pytest.fixture
def sqlite_database(wire: Wire) -> ModuleType:
    """The pages of this file work on PostgreSQL, over that wire."""
    return laneway_database


def completions(key: int) -> int:
    with laneway_database.reading() as session:
        happened = (history_line.c.instance_key == key) & (history_line.c.event == "user_task_completed")
        return int(session.scalar(select(func.count()).select_from(history_line).where(happened)) or 0)


@pytest.mark.parametrize("how", ["before", "after"])
def test_completing_a_task_is_done_once_and_told_as_done(
    sign_in: SignIn, app: Flask, wire: Wire, mei: Person, how: str
) -> None:
    refund = start_refund(mei)
    browser, key = sign_in(mei), open_task(refund)
    browser.post(f"/tasks/{key}/claim")
    wire.breaks = [how]

    answer = browser.send("POST", f"/tasks/{key}/complete", {"values": {"finding": "torn"}})

    assert (answer.status_code, wire.breaks) == (200, []), answer.text
    assert completions(refund.instance_key) == 1


def test_completing_through_the_api_is_done_once(
    sign_in: SignIn, app: Flask, wire: Wire, mei: Person
) -> None:
    refund = start_refund(mei)
    browser, key = sign_in(mei), open_task(refund)
    wire.breaks = ["after"]

    answer = browser.send("POST", f"/v2/user-tasks/{key}/completion", {"variables": {"finding": "torn"}})

    assert answer.status_code == 204
    assert completions(refund.instance_key) == 1


@pytest.mark.parametrize("how", ["before", "after"])
def test_claiming_a_task_is_told_as_done(
    sign_in: SignIn, app: Flask, wire: Wire, mei: Person, how: str
) -> None:
    key = open_task(start_refund(mei))
    browser = sign_in(mei)
    wire.breaks = [how]

    assert browser.post(f"/tasks/{key}/claim").status_code == 303
    assert wire.breaks == []


def test_a_case_that_may_have_been_opened_is_said_to_be_so(
    sign_in: SignIn, app: Flask, wire: Wire, mei: Person
) -> None:
    browser = sign_in(mei)
    wire.breaks = ["after"]

    answer = browser.send("POST", "/start/refund", {"values": CLAIM})

    assert answer.status_code == 504
    assert answer.get_json()["code"] == "commit_outcome_unknown"
    assert "尚不知道是否已保存" in answer.text
    with laneway_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(process_instance)) == 1


def test_a_page_without_a_database_comes_back_by_itself(app: Flask) -> None:
    laneway_database.disconnect()
    client = create_app(app.config["LANEWAY"]).test_client()
    client.set_cookie("laneway_session", "whatever")

    page = client.get("/board")
    for_programs = client.get("/v2/topology")

    assert (page.status_code, for_programs.status_code) == (503, 503)
    assert page.headers["Refresh"] == page.headers["Retry-After"] == for_programs.headers["Retry-After"]
    assert "Refresh" not in for_programs.headers
