"""Mails of every kind of program are read, and none of any kind breaks the reader."""

from __future__ import annotations

import time
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laneway.records.mail import decoding, recognising
from laneway.records.mail.reading import LARGEST, read
from laneway.records.mail.recognising import Kind

NOBODY: frozenset[str] = frozenset()
HEAD = (
    b"From: Jonas <jonas@example.com>\r\nTo: service@haiyuan.test\r\nSubject: Hello\r\nMessage-ID: <1@x>\r\n"
)


def plain(words: bytes, charset: str, encoding: str = "8bit") -> bytes:
    kind = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return HEAD + kind.encode() + words


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (plain("泡沫太硬，请处理".encode("gb18030"), "gb2312"), "泡沫太硬，请处理"),
        (plain("镕基 㐀".encode("gb18030"), "gbk"), "镕基 㐀"),
        (plain("泡沫太硬".encode(), "utf-8"), "泡沫太硬"),
        (plain(b"Stra=C3=9Fe=\r\n, ja", "utf-8", "quoted-printable"), "Straße, ja"),
        (plain(b"5rOh5rKr", "utf-8", "base64"), "泡沫"),
        (plain("泡沫太硬".encode("gb18030"), "utf-8"), "泡沫太硬"),
        (plain("泡沫太硬".encode(), "iso-8859-99"), "泡沫太硬"),
        (plain("Größe “x”".encode("cp1252"), "iso-8859-1"), "Größe “x”"),
        (plain(b"a\0b", "us-ascii"), "ab"),
    ],
)
def test_words_are_read_whatever_charset_they_are_in_or_claim(raw: bytes, words: str) -> None:
    assert read(raw).text == words


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"=?gb2312?B?zOHRzw==?=", "提严"),
        (b"=?GBK?Q?=C5=DD=C4=AD?= x", "泡沫 x"),
        (b"=?utf-8?B?5rOh?=\r\n =?utf-8?B?5rKr?=", "泡沫"),
        ("泡沫".encode(), "泡沫"),
        ("泡沫".encode("gb18030"), "泡沫"),
        (b"=?nonsense?B?!!!?=", None),
        (b"a\r\n\tb", "a b"),
    ],
)
def test_a_subject_is_read_whatever_way_it_is_written(raw: bytes, words: str | None) -> None:
    letter = read(b"From: a@example.com\r\nSubject: " + raw + b"\r\n\r\nx")
    assert letter.problem == ""
    assert words is None or letter.subject == words


def test_a_mail_in_html_alone_gives_its_words_and_no_script() -> None:
    message = EmailMessage()
    message["From"] = "a@example.com"
    message.set_content(
        "<p>The lot</p><script>alert(1)</script><style>p{}</style><p>is <b>hard</b></p>", "html"
    )
    text = read(message.as_bytes()).text
    assert "The lot" in text
    assert "is hard" in text
    assert "alert" not in text
    assert "<" not in text


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, 2 Nov 2026 at 10:00, Service <s@haiyuan.test> wrote:\n> old",
        "On Mon, 2 Nov 2026 at 10:00, Service\n<s@haiyuan.test> wrote:\n> old",
        "Am 02.11.26 um 10:00 schrieb Service:\n> old",
        "-----Original Message-----\nFrom: Service\nold",
        "From: Service <s@haiyuan.test>\nSent: Monday\nTo: me\nSubject: x\n\nold",
        "------------------ 原始邮件 ------------------\n发件人: x\nold",
        "在 2026-11-02 10:00，海远化工 写道：\n> old",
        "发件人：海远化工\n发送时间：2026年11月2日\n收件人：我\nold",
        "________________________________\nold",
        "> old\n> older",
    ],
)
def test_what_is_answered_is_left_out_of_the_note_and_stays_in_the_text(history: str) -> None:
    letter = read(plain(f"We accept.\n\nJonas\n\n{history}".encode(), "utf-8"))
    assert letter.note == "We accept.\n\nJonas"
    assert "old" in letter.text


def test_an_answer_below_the_history_is_kept() -> None:
    assert read(plain(b"> is it hard?\n\nYes, very.", "utf-8")).note == "Yes, very."


def test_files_are_told_with_their_names_and_two_of_a_name_stay_two() -> None:
    message = EmailMessage()
    message["From"] = "a@example.com"
    message.set_content("see files")
    for content in (b"1", b"2"):
        message.add_attachment(content, maintype="image", subtype="png", filename="桶 1.png")
    letter = read(message.as_bytes())
    assert [(file.name, file.content) for file in letter.files] == [("桶 1.png", b"1"), ("2-桶 1.png", b"2")]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, Kind.LETTER),
        ({"Auto-Submitted": "no"}, Kind.LETTER),
        ({"Auto-Submitted": "auto-replied; owner=x"}, Kind.AUTO_REPLY),
        ({"X-Autoreply": "yes"}, Kind.AUTO_REPLY),
        ({"Precedence": "Bulk"}, Kind.AUTO_REPLY),
        ({"Subject": "自动回复: 休假中"}, Kind.AUTO_REPLY),
        ({"Subject": "Automatic reply: your complaint"}, Kind.AUTO_REPLY),
        ({"Subject": "Re: Out of office until Monday"}, Kind.AUTO_REPLY),
        ({"Subject": "外出就诊人员接触了贵司产品"}, Kind.LETTER),
        ({"Subject": "holidays and deliveries"}, Kind.LETTER),
        ({"From": "MAILER-DAEMON@example.com", "Subject": "Undelivered Mail"}, Kind.BOUNCE),
        ({"From": "Service@Haiyuan.test"}, Kind.LOOP),
        ({"Message-ID": "<CP-2026-000001.12-0@haiyuan.test>"}, Kind.LOOP),
    ],
)
def test_programs_are_told_from_people(headers: dict[str, str], kind: Kind) -> None:
    told = {"From": "a@example.com", "Subject": "Foam"} | headers
    raw = "".join(f"{name}: {text}\r\n" for name, text in told.items()) + "\r\nwords"
    assert recognising.kind_of(read(raw.encode()), frozenset({"service@haiyuan.test"})) is kind


def test_the_same_mail_is_known_again_on_another_way_and_another_is_not() -> None:
    raw = plain(b"words", "utf-8")
    again = b"Received: from elsewhere\r\n" + raw
    other = raw.replace(b"words", b"other words")
    assert read(raw).identity(raw) == read(again).identity(again)
    assert read(raw).identity(raw) != read(other).identity(other)


def test_a_mail_that_is_too_large_or_too_deep_is_told_and_not_read() -> None:
    letter = read(HEAD + b"\r\n" + b"x" * LARGEST)
    assert (letter.problem, letter.sender, letter.subject) == ("too_large", "jonas@example.com", "Hello")
    deep: MIMEBase = MIMEText("inside")
    for _level in range(60):
        outer = MIMEMultipart()
        outer.attach(deep)
        deep = outer
    deep["From"] = "a@example.com"
    assert read(deep.as_bytes()).problem == "too_deep"
    nested = b"From: a@example.com\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 20_000
    assert read(nested).problem in ("too_deep", "unreadable")


def test_a_sender_cannot_carry_headers_or_pass_for_another() -> None:
    letter = read(
        b'From: "service@haiyuan.test" <evil@example.com>\r\nSubject: =?utf-8?q?a=0D=0ABcc:_b?=\r\n\r\nx'
    )
    assert letter.sender == "evil@example.com"
    assert "\n" not in letter.subject


@given(st.binary(max_size=2000))
@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    letter = read(raw)
    recognising.kind_of(letter, NOBODY)
    for text in (letter.text, letter.note, letter.subject, letter.sender, letter.message_id):
        assert "\0" not in text
        text.encode()


HEADERS = st.sampled_from(
    [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "References",
        "Content-Type",
        "Content-Transfer-Encoding",
        "Content-Disposition",
        "Return-Path",
        "Auto-Submitted",
    ]
)
WORDS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60
) | st.sampled_from(
    [
        "=?utf-8?b?",
        "multipart/report; boundary=a",
        "multipart/mixed; boundary",
        "message/rfc822",
        "text/html; charset=",
        "message/delivery-status",
        "attachment; filename*=utf-8''%",
        "base64",
        "<@>",
        '"',
        "Mon, 99 Foo 0000 99:99 +9999",
    ]
)


@given(st.lists(st.tuples(HEADERS, WORDS), max_size=12), st.binary(max_size=300))
@settings(max_examples=200, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
def test_no_headers_break_the_reader(headers: list[tuple[str, str]], body: bytes) -> None:
    raw = b"".join(f"{name}: {words}\r\n".encode() for name, words in headers) + b"\r\n--a\r\n\r\n" + body
    letter = read(raw)
    recognising.kind_of(letter, NOBODY)
    recognising.bounce_of(letter)
    assert len(letter.identity(raw)) == 64


@pytest.mark.parametrize(
    "evil",
    [" " * 100_000, "> " * 50_000, "On x\n" * 20_000, "From:\n" * 20_000, "\n" * 100_000, "_" * 100_000],
)
def test_no_text_takes_long_to_be_rid_of_its_history(evil: str) -> None:
    began = time.monotonic()
    decoding.without_history(evil)
    assert time.monotonic() - began < 5
