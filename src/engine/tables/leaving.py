"""What leaves a transaction: work for another instance, and the outbox of mails and webhooks."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from laneway.engine.tables.base import Instant, instance_and_key, key_column, metadata

effect = Table(
    "effect",
    metadata,
    key_column(),
    Column("kind", String(30), nullable=False),
    Column("instance_key", BigInteger, comment="the instance it will change, if known"),
    Column("payload", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("error", Text),
    Index(None, "not_before"),
)

outgoing = Table(
    "outgoing",
    metadata,
    *instance_and_key(),
    Column("element_id", String(200)),
    Column("kind", String(10), nullable=False, comment="mail or webhook"),
    Column("dedupe_key", String(200), nullable=False, comment="its id for whoever receives it"),
    Column("recipient", String(2000), nullable=False, comment="a mail address, or a URL"),
    Column("subject", String(400), nullable=False, comment="of a webhook: the type of the event"),
    Column("body", Text, nullable=False, comment="of a webhook: the bytes of the request"),
    Column("headers", JSON, nullable=False, comment="more headers of the request, or of the mail"),
    Column("html", Text, comment="of a mail: the same as HTML"),
    Column("files", JSON, comment="of a mail: files of cases that go with it, each as root instance and key"),
    Column("thread", String(60), comment="of a mail: the number of its case, which holds the mails together"),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column(
        "last_attempt", Integer, nullable=False, comment="number of the attempt after which it is given up"
    ),
    Column("not_before", Instant, nullable=False, comment="of what is being sent: when another may send it"),
    Column("failure", String(40), comment="why the last attempt failed, as a code"),
    Column("error", Text, comment="the same in the words of the other side"),
    Column("response_status", Integer),
    Column("created_at", Instant, nullable=False),
    Column("tried_at", Instant),
    Column("sent_at", Instant),
    PrimaryKeyConstraint("instance_key", "key"),
    UniqueConstraint("instance_key", "dedupe_key"),
    Index(None, "state", "not_before"),
)
