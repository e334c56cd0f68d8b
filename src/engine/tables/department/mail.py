"""Mails that arrived, and how reading the mailbox goes."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from laneway.engine.tables.base import Instant, key_column, metadata

incoming_mail = Table(
    "incoming_mail",
    metadata,
    key_column(),
    Column(
        "identity",
        String(64),
        nullable=False,
        unique=True,
        comment="digest of id, sender, date and words: the same mail is kept once, whichever way it comes",
    ),
    Column("message_id", String(400), comment="as its sender wrote it"),
    Column(
        "sender",
        String(320),
        nullable=False,
        comment="address in small letters; empty: none that can be read",
    ),
    Column("sender_name", String(200), nullable=False),
    Column("recipients", Text, nullable=False),
    Column("subject", String(400), nullable=False),
    Column(
        "note",
        Text,
        nullable=False,
        comment="what was written, without what it answers; empty once in a case",
    ),
    Column("attachments", JSON, nullable=False, comment="names of its files"),
    Column("refers_to", JSON, nullable=False, comment="ids of mails that it answers, the nearest first"),
    Column("kind", String(20), nullable=False, comment="letter, auto_reply, bounce, loop, unreadable"),
    Column("state", String(20), nullable=False, comment="RECEIVED, WAITING, FILED, DISCARDED"),
    Column(
        "reason", String(60), nullable=False, comment="why a person is asked, or what became of it; a code"
    ),
    Column("error", Text, comment="the same in the words of what went wrong"),
    Column("case_number", String(60), comment="the case that it is in, or is thought to be about"),
    Column("source", String(20), nullable=False, comment="imap, api"),
    Column("size", Integer, nullable=False, comment="in bytes"),
    Column("raw", LargeBinary, comment="as it came; empty once it is among the files of a case"),
    Column("sent_at", Instant, comment="as its sender says"),
    Column("received_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String(120), comment="empty: the program"),
    Column("decision", String(400), nullable=False, comment="the reason that a person gave"),
    Index(None, "state", "key"),
    Index(None, "sender", "received_at"),
    comment="a mail in a case goes with the case; the row says where it went",
)

mailbox_reading = Table(
    "mailbox_reading",
    metadata,
    Column("mailbox", String(400), primary_key=True, comment="address without the password"),
    Column("tried_at", Instant, nullable=False),
    Column("read_at", Instant, comment="when it was last read to the end"),
    Column("failures", Integer, nullable=False, comment="in a row"),
    Column("error", Text),
    Column("taken", BigInteger, nullable=False, comment="mails taken since the beginning"),
)
