"""Mailboxes are read from a real IMAP server (pymap) on the loopback."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine.database import reading
from laneway.engine.tables.department.mail import incoming_mail, mailbox_reading
from laneway.records.mail import receiving
from laneway.records.mail.receiving import Rules, State
from laneway.tasks import imap
from laneway.tasks.imap import Mailbox

RULES = Rules(frozenset({"service@haiyuan.test"}), ())


class Server:
    """A mail server with one mailbox."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"imap://haiyuan:secret@127.0.0.1:{self.port}/INBOX"

    def start(self) -> None:
        command = [sys.executable, "-c", "from pymap.main import main; main()"]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--no-tls"]
        user = ["dict", "--demo-user", "haiyuan", "--demo-password", "secret"]
        self._process = subprocess.Popen(
            [*command, *user], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise TimeoutError("the IMAP server does not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def put(self, *mails: bytes) -> None:
        with self.connected() as client:
            for raw in mails:
                assert client.append("INBOX", "", "", raw)[0] == "OK"

    def connected(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login("haiyuan", "secret")
        return client

    def count(self, folder: str, wanted: str = "ALL") -> int:
        with self.connected() as client:
            if client.select(folder)[0] != "OK":
                return 0
            return len(client.search(None, wanted)[1][0].split())


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    one.start()
    yield one
    one.stop()


def mail(number: int) -> bytes:
    message = EmailMessage()
    message["From"], message["Message-ID"] = f"a{number}@example.com", f"<{number}@example.com>"
    message["Subject"] = f"第 {number} 封"
    message.set_content("words")
    return message.as_bytes()


def rows() -> list[Any]:
    with reading() as session:
        return list(session.execute(select(incoming_mail).order_by(incoming_mail.c.key)))


def test_new_mails_are_taken_once_and_marked_seen(database: Any, server: Server) -> None:
    server.put(mail(1), mail(2))
    box = Mailbox(server.url, RULES)
    assert (box.read(), box.read()) == (2, 0)
    assert [row.subject for row in rows()] == ["第 1 封", "第 2 封"]
    assert {row.state for row in rows()} == {State.RECEIVED}
    assert server.count("INBOX", "UNSEEN") == 0


def test_with_a_folder_mails_are_moved_to_it_even_those_that_somebody_has_seen(
    sqlite_database: Any, server: Server
) -> None:
    server.put(mail(1))
    with server.connected() as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", r"\Seen")
    assert Mailbox(server.url, RULES, done="Laneway").read() == 1
    assert (server.count("INBOX"), server.count("Laneway")) == (0, 1)


def test_a_mail_that_was_kept_but_not_marked_comes_again_and_is_known(
    sqlite_database: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(mail(1))
    box = Mailbox(server.url, RULES, done="Laneway")

    def cut_off(*_: Any) -> None:
        raise ConnectionResetError("cut off")

    monkeypatch.setattr(Mailbox, "_move", cut_off)
    with pytest.raises(ConnectionResetError):
        box.read()
    monkeypatch.undo()
    assert len(rows()) == 1
    assert box.read() == 0
    assert (len(rows()), server.count("INBOX"), server.count("Laneway")) == (1, 0, 1)


def test_nothing_is_marked_before_the_database_has_it(
    sqlite_database: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(mail(1))

    def away(*_: Any) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(receiving, "receive", away)
    box = Mailbox(server.url, RULES)
    with pytest.raises(OSError, match="away"):
        box.read()
    assert server.count("INBOX", "UNSEEN") == 1
    monkeypatch.undo()
    assert box.read() == 1


def test_of_a_mail_that_is_too_large_the_head_is_kept(
    sqlite_database: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "LARGEST", 200_000)
    monkeypatch.setattr("laneway.records.mail.reading.LARGEST", 200_000)
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.com", "many pictures"
    message.set_content("x" * 70 + "\n")
    message.add_attachment(b"x" * 300_000, maintype="image", subtype="png", filename="a.png")
    server.put(message.as_bytes())
    assert Mailbox(server.url, RULES).read() == 1
    assert receiving.file_next(RULES)
    (row,) = rows()
    assert (row.sender, row.subject, row.state, row.reason) == (
        "a@example.com",
        "many pictures",
        State.WAITING,
        "too_large",
    )


def test_a_server_that_is_away_is_told_and_asked_less_often(
    sqlite_database: Any, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(imap, "time", type("Time", (), {"monotonic": staticmethod(lambda: now)}))
    box = Mailbox("imap://haiyuan:secret@127.0.0.1:1/INBOX", RULES, every_seconds=10)

    def told() -> Any:
        with reading() as session:
            return session.execute(select(mailbox_reading)).one()

    assert box.read_when_due() is False
    assert told().failures == 1
    assert "refused" in told().error
    now += 15
    box.read_when_due()
    assert told().failures == 1  # too early
    now += 10
    box.read_when_due()
    assert told().failures == 2
    server.put(mail(1))
    back = Mailbox(server.url, RULES)
    assert back.read_when_due() is True
    with reading() as session:
        well = session.execute(select(mailbox_reading).where(mailbox_reading.c.failures == 0)).one()
    assert (well.taken, well.mailbox) == (1, "127.0.0.1/INBOX")
    assert "secret" not in well.mailbox


def test_a_wrong_password_is_told(sqlite_database: Any, server: Server) -> None:
    box = Mailbox(server.url.replace("secret", "wrong"), RULES)
    box.read_when_due()
    with reading() as session:
        told = session.execute(select(mailbox_reading)).one()
    assert told.failures == 1
    assert "wrong" not in told.error
