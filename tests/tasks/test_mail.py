"""Mail leaves through a real SMTP server, in any language, and comes back to the outbox when the server is away."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from laneway.engine.tables import mail
from laneway.tasks import Job, handler
from laneway.tasks.mail import Sender
from laneway.testing import drain


class Letterbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


@pytest.fixture
def server() -> Iterator[Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    letterbox = Letterbox()
    controller = Controller(letterbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield letterbox, f"smtp://127.0.0.1:{port}"
    controller.stop()


@handler("mail.two")
def write_two(job: Job) -> None:
    job.send_mail(to="a@example.com", subject="您的投诉 CP-2026-000001", body="我们已收到。\n谢谢")
    job.send_mail(to="b@example.com", subject="Your complaint", body="received")


def test_mails_arrive_once_with_their_own_message_id(start: Any, server: Any) -> None:
    letterbox, url = server
    start("mail.two")
    drain()
    sender = Sender(url, "service@example.com")
    assert [sender.send_one() for _ in range(3)] == [True, True, False]
    first, second = letterbox.letters
    assert (first["Subject"], first["To"], first["From"]) == (
        "您的投诉 CP-2026-000001",
        "a@example.com",
        "service@example.com",
    )
    assert first.get_content().replace("\r\n", "\n").strip() == "我们已收到。\n谢谢"
    assert first["Message-ID"].endswith("@example.com>")
    assert first["Message-ID"] != second["Message-ID"]


def test_a_server_that_is_away_costs_time_and_no_mail(
    database: Any, start: Any, server: Any, frozen_clock: Any
) -> None:
    letterbox, url = server
    start("mail.two")
    drain()
    away = Sender("smtp://127.0.0.1:1", "service@example.com")
    assert [away.send_one() for _ in range(3)] == [True, True, False]
    with database.reading() as session:
        errors = list(session.scalars(select(mail.c.error)))
    assert all("refused" in error for error in errors)
    frozen_clock.advance(minutes=2)
    sender = Sender(url, "service@example.com")
    while sender.send_one():
        pass
    assert len(letterbox.letters) == 2
