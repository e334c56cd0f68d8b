"""Mail leaves through a real SMTP server, in any language, whatever that server does in between."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from laneway.engine.model import OutgoingKind
from laneway.engine.outbox import Failure
from laneway.engine.tables import outgoing
from laneway.tasks import Job, handler
from laneway.tasks.mail import MailServer
from laneway.tasks.outbox import Sender
from laneway.testing import drain

from .receivers import Letterbox

SERVICE = "service@example.com"


@pytest.fixture
def letterbox() -> Iterator[Letterbox]:
    with Letterbox() as box:
        yield box


@pytest.fixture
def rows(database: Any) -> Callable[[], list[Any]]:
    def read() -> list[Any]:
        with database.reading() as session:
            return list(session.execute(select(outgoing).order_by(outgoing.c.key)))

    return read


def sender(url: str, **options: Any) -> Sender:
    return Sender(OutgoingKind.MAIL, MailServer(url, SERVICE, **options))


def mail(**changes: Any) -> Any:
    row = {"recipient": "a@example.com", "subject": "Hi", "body": "text", "dedupe_key": "1-0"}
    row |= {"html": None, "files": None, "thread": None, "headers": {}}
    return SimpleNamespace(**row | {"created_at": None} | changes)


@handler("mail.two")
def write_two(job: Job) -> None:
    job.send_mail(to="a@example.com", subject="您的投诉 CP-2026-000001", body="我们已收到。\n谢谢")
    job.send_mail(to="b@example.com", subject="Your complaint", body="received")


def test_mails_arrive_once_over_one_connection_each_with_its_own_message_id(
    start: Any, letterbox: Letterbox
) -> None:
    start("mail.two")
    drain()
    ours = sender(letterbox.url)
    assert [ours.send_one() for _ in range(3)] == [True, True, False]
    first, second = letterbox.letters
    assert (first["Subject"], first["To"], first["From"]) == (
        "您的投诉 CP-2026-000001",
        "a@example.com",
        SERVICE,
    )
    assert first.get_content().replace("\r\n", "\n").strip() == "我们已收到。\n谢谢"
    assert first["Message-ID"].endswith("@example.com>")
    assert first["Message-ID"] != second["Message-ID"]
    assert letterbox.connections == 1


def test_a_server_that_is_away_costs_time_and_no_mail(
    start: Any, letterbox: Letterbox, frozen_clock: Any, rows: Any
) -> None:
    start("mail.two")
    drain()
    away = sender("smtp://127.0.0.1:1")
    assert [away.send_one() for _ in range(3)] == [True, True, False]
    assert {(row.state, row.failure) for row in rows()} == {("QUEUED", "unreachable")}
    assert all("refused" in row.error for row in rows())
    frozen_clock.advance(minutes=2)
    back = sender(letterbox.url)
    while back.send_one():
        pass
    assert len(letterbox.letters) == 2


def test_a_recipient_that_is_refused_for_good_is_given_up_at_once_in_the_servers_words(
    start: Any, letterbox: Letterbox, rows: Any
) -> None:
    letterbox.refused = {"a@example.com": "550 5.1.1 nobody of that name"}
    start("mail.two")
    drain()
    ours = sender(letterbox.url)
    while ours.send_one():
        pass
    refused, sent = rows()
    assert (refused.state, refused.failure, refused.response_status) == ("FAILED", "refused", 550)
    assert refused.error == "a@example.com: 550 5.1.1 nobody of that name"
    assert sent.state == "SENT"
    assert [letter["To"] for letter in letterbox.letters] == ["b@example.com"]


def test_a_mail_that_was_taken_but_not_confirmed_comes_again_with_the_same_id(
    start: Any, letterbox: Letterbox, frozen_clock: Any, rows: Any
) -> None:
    letterbox.answers = ["lost"]
    start("mail.two")
    drain()
    ours = sender(letterbox.url)
    while ours.send_one():
        pass
    assert [row.state for row in rows()] == ["QUEUED", "SENT"]
    frozen_clock.advance(minutes=2)
    while ours.send_one():
        pass
    assert [row.state for row in rows()] == ["SENT", "SENT"]
    assert len(letterbox.letters) == 3
    assert len({letter["Message-ID"] for letter in letterbox.letters}) == 2


@pytest.mark.parametrize(
    ("answer", "is_final"), [("451 come again", False), ("554 looks like advertising", True)]
)
def test_what_the_server_says_of_the_text_decides_whether_to_try_again(
    letterbox: Letterbox, answer: str, is_final: bool
) -> None:
    letterbox.answers = [answer]
    server = MailServer(letterbox.url, SERVICE)
    told = server.take(mail())
    assert (told.is_final, told.failure, told.error) == (is_final, Failure.REFUSED, answer)
    assert server.take(mail()).is_sent
    server.rest()


def test_a_greylisted_recipient_is_tried_again(letterbox: Letterbox) -> None:
    letterbox.refused = {"a@example.com": "450 greylisted"}
    server = MailServer(letterbox.url, SERVICE)
    told = server.take(mail())
    assert (told.is_final, told.status) == (False, 450)
    server.rest()


def test_a_server_that_hangs_is_left_after_a_while() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:
        url = f"smtp://127.0.0.1:{deaf.getsockname()[1]}"
        told = MailServer(url, SERVICE, timeout_seconds=0.2).take(mail())
    assert (told.is_final, told.failure) == (False, Failure.TIMEOUT)


@pytest.mark.parametrize("recipient", ["a@example.com\nBcc: all@example.com", ""])
def test_what_is_no_address_is_given_up_and_injects_nothing(letterbox: Letterbox, recipient: str) -> None:
    server = MailServer(letterbox.url, SERVICE)
    told = server.take(mail(recipient=recipient))
    assert told.is_final
    assert letterbox.letters == []
    server.rest()


def test_a_connection_that_the_server_has_closed_meanwhile_is_opened_anew() -> None:
    with Letterbox() as first:
        server = MailServer(first.url, SERVICE)
        assert server.take(mail()).is_sent
    told = server.take(mail(dedupe_key="1-1"))
    assert told.failure is Failure.UNREACHABLE
    server.rest()


def test_one_recipient_of_several_that_is_refused_is_told(letterbox: Letterbox) -> None:
    letterbox.refused = {"b@example.com": "550 gone"}
    server = MailServer(letterbox.url, SERVICE)
    told = server.take(mail(recipient="a@example.com, b@example.com"))
    assert (told.is_sent, told.error) == (True, "b@example.com: 550 gone")
    server.rest()
