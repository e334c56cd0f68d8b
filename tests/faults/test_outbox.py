"""T14: receivers that take a message and do not say so, and senders that die meanwhile. Nothing is lost.

Every message arrives at least once with the same id each time: a receiver that looks at ids has each once.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from laneway.engine.tables import outgoing
from laneway.settings import Settings
from laneway.tasks.outbox import senders

from . import oracle
from .crew import Crew, free_port
from .ledger import Ledger
from .models import written
from .oracle import Tally
from .steps import work_off

SILENT, DEADLY = 0.3, 0.1
HOURS = 60
MESSAGES_OF_A_CASE = 3


class Receivers:
    """A mail server and a web server that take everything, and often fall silent just then."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self.child: int | None = None
        """The process that sends now; dies now and then after a message was taken."""
        self.taken: dict[str, list[bytes]] = defaultdict(list)
        """What arrived, by message id."""
        self.silences = 0
        self.kills = 0

    def take(self, message_id: str, content: bytes) -> bool:
        """Take a message; whether to say so."""
        with self._lock:
            self.taken[message_id].append(content)
            if self._chance.random() < DEADLY and self.child is not None:
                os.kill(self.child, signal.SIGKILL)
                self.child = None
                self.kills += 1
                return False
            is_silent = self._chance.random() < SILENT
            self.silences += is_silent
            return not is_silent

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        message = message_from_bytes(envelope.content)
        if self.take(str(message["Message-ID"]), message["To"].encode()):
            return "250 taken"
        server.transport.close()
        return "250 nobody hears this"


@pytest.fixture
def receivers(seed: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Receivers, Settings]]:
    taking = Receivers(seed)

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if taking.take(self.headers["webhook-id"], body):
                self.send_response(204)
                self.end_headers()
            self.close_connection = True

        def log_message(self, *_arguments: Any) -> None:
            pass

    mail = Controller(taking, hostname="127.0.0.1", port=free_port())
    mail.start()
    web = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=web.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("FAULTS_HOOK", f"http://127.0.0.1:{web.server_port}/taken")
    yield (
        taking,
        Settings(
            smtp_url=f"smtp://127.0.0.1:{mail.port}",
            mail_from="service@example.com",
            webhook_hosts=f"127.0.0.1:{web.server_port}",
            webhook_secrets="whsec_bGFuZXdheSBsYW5ld2F5IGxhbmV3YXkgbGFuZXdheQ==",
        ),
    )
    web.shutdown()
    thread.join()
    web.server_close()
    mail.stop()


def waiting(database: Any) -> int:
    """How many messages have not left."""
    with database.reading() as session:
        query = select(outgoing.c.key).where(outgoing.c.state.in_(("QUEUED", "SENDING")))
        return len(session.scalars(query).all())


def send_in_a_child(
    taking: Receivers, database: Any, url: str, settings: Settings, clock: Any, has_ended: Callable[[], bool]
) -> bool:
    """Work and send in a child of this process until nothing waits; whether it lived to tell."""
    database.disconnect()
    child = os.fork()
    if child == 0:
        try:
            database.connect(url)
            for _ in range(HOURS * 6):
                work_off(senders(settings))
                if has_ended():
                    break
                clock.advance(minutes=10)
        finally:
            os._exit(0)
    taking.child = child
    _, status = os.waitpid(child, 0)
    taking.child = None
    database.connect(url)
    return not os.WIFSIGNALED(status)


def test_every_message_arrives_although_receivers_fall_silent_and_senders_die(
    new_crew: Callable[..., Crew],
    connected: Callable[[], Any],
    receivers: tuple[Receivers, Settings],
    database_url: str,
    kind: str,
    seed: int,
    scale: Any,
    ledger: Ledger,
    frozen_clock: Any,
) -> None:
    (taking, settings), number = receivers, scale(8, 200)
    model = written("Letters", lambda draw: draw.job("letters", "faults.letters", retries="60"))
    new_crew()
    database = connected()
    oracle.deploy([model])
    keys = [oracle.start(model, f"case{case}") for case in range(number)]

    def has_ended() -> bool:
        return oracle.is_quiet() and not waiting(database)

    while not send_in_a_child(taking, database, database_url, settings, frozen_clock, has_ended):
        frozen_clock.advance(minutes=10)
    tally = Tally()
    for key in keys:
        tally += oracle.completed_once(key, ("start", "letters", "end"))
    tally += oracle.left_over() + judge(database, taking, number)
    arrived = sum(map(len, taking.taken.values()))
    ledger.enter(
        "T14 outbox",
        kind,
        seed,
        tally,
        cases=number,
        faults=taking.silences + taking.kills,
        note=f"{len(taking.taken)} messages arrived {arrived} times, {taking.kills} senders killed",
    )
    assert taking.silences
    assert taking.kills


def judge(database: Any, taking: Receivers, cases: int) -> Tally:
    """Whether each message has arrived, always with the same content, and no other has."""
    with database.reading() as session:
        rows = session.execute(select(outgoing.c.dedupe_key, outgoing.c.state)).all()
    states = Counter(row.state for row in rows)
    tally = Tally()
    if states != {"SENT": cases * MESSAGES_OF_A_CASE}:
        tally += Tally(stuck=states.total() - states["SENT"], problems=[f"the outbox has {dict(states)}"])
    arrived = {id_.strip("<>").partition("@")[0] for id_ in taking.taken}
    missing = {row.dedupe_key for row in rows} - arrived
    tally += Tally(lost=len(missing), problems=[f"{key} did not arrive" for key in sorted(missing)])
    if len(taking.taken) != cases * MESSAGES_OF_A_CASE:
        tally.problems.append(f"{len(taking.taken)} ids arrived for {cases} cases")
    changed = [id_ for id_, contents in taking.taken.items() if len(set(contents)) != 1]
    return tally + Tally(duplicated=len(changed), problems=[f"{id_} arrived in two forms" for id_ in changed])
