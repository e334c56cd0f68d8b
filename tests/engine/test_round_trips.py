"""How often a step goes to PostgreSQL and back, counted on the wire between the two."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from selectors import EVENT_READ, DefaultSelector
from typing import Any

import pytest
from sqlalchemy import make_url

from laneway.engine import database, jobs, user_tasks
from laneway.words import Resource

WARM_UP = 8  # after some executions statements are prepared on the server


class Wire:
    """Passes on what client and server say, and counts how often the client speaks after the server has."""

    def __init__(self, server_socket: str) -> None:
        self._server_socket = server_socket
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.turns = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server_socket)
        other = {client: server, server: client}
        server_spoke = True
        with client, server, DefaultSelector() as selector:
            for end in other:
                selector.register(end, EVENT_READ)
            while True:
                for key, _ in selector.select():
                    said = key.fileobj.recv(65536)  # type: ignore[union-attr]  # both are sockets
                    if not said:
                        return
                    if key.fileobj is client and server_spoke:
                        self.turns += 1
                    server_spoke = key.fileobj is server
                    other[key.fileobj].sendall(said)  # type: ignore[index]  # as above

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def wire(new_postgresql_database: Any) -> Iterator[Wire]:
    url = make_url(new_postgresql_database())
    wire = Wire(f"{url.query['host']}/.s.PGSQL.{url.port or 5432}")
    through = url.set(host="127.0.0.1", port=wire.port, query={"sslmode": "disable", "gssencmode": "disable"})
    database.connect(through.render_as_string(hide_password=False))
    yield wire
    database.disconnect()
    wire.close()


@pytest.fixture
def engine(wire: Wire, owner: Any, admin: Any) -> Any:
    from tests.engine.conftest import Engine

    return Engine(database, owner, admin)


def loop(draw: Any) -> Resource:
    steps = draw.start() + draw.gateway("exclusive", "again") + draw.user("u", groups="complaint_desk")
    return draw.file(draw.process(steps + draw.way("start", "again", "u", "again")))


def turns_of(wire: Wire, work: Any) -> int:
    before = wire.turns
    work()
    return wire.turns - before


def test_a_step_behind_a_lock_reads_once_and_writes_once(
    wire: Wire, engine: Any, draw: Any, mei: Any
) -> None:
    engine.deploy(loop(draw))
    engine.start()
    counted = []
    for _ in range(WARM_UP):
        key = engine.task("u").key
        counted.append(
            turns_of(wire, lambda: engine.call(user_tasks.complete_via_api, key, by=mei, variables={}))  # noqa: B023 - called at once
        )
    assert counted[-1] == 2


def test_a_step_that_the_process_knows_about_goes_there_once(
    wire: Wire, engine: Any, draw: Any, mei: Any
) -> None:
    engine.deploy(loop(draw))
    engine.start()
    counted = []
    for _ in range(WARM_UP):
        key = engine.task("u").key

        def complete() -> None:
            database.transact(
                lambda session: user_tasks.complete_via_api(session, key, by=mei, variables={})  # noqa: B023 - as above
            )

        counted.append(turns_of(wire, complete))
    assert counted[-1] == 1


def test_a_job_is_reported_like_a_step_behind_a_lock(wire: Wire, engine: Any, draw: Any) -> None:
    steps = draw.start() + draw.gateway("exclusive", "again") + draw.job("j", "work")
    engine.deploy(draw.file(draw.process(steps + draw.way("start", "again", "j", "again"))))
    engine.start()
    counted = []
    for _ in range(WARM_UP):
        (leased,) = engine.lease("work")

        def report() -> None:
            engine.call(jobs.complete, leased.key, variables={"a": 1}, worker="w")  # noqa: B023 - called at once

        counted.append(turns_of(wire, report))
    assert counted[-1] == 2


def test_an_instance_starts_with_one_question_and_one_answer(wire: Wire, engine: Any, draw: Any) -> None:
    engine.deploy(loop(draw))
    counted = [turns_of(wire, engine.start) for _ in range(WARM_UP)]
    assert counted[-1] == 2
