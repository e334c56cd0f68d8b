"""Mail and webhooks leave through one outbox."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, ForeignKey, Integer, String, Text

revision = "0007"
down_revision = "0006"

_Instant = DateTime(timezone=True)
_Key = BigInteger


def upgrade() -> None:
    op.create_table(
        "outgoing",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), nullable=False),
        Column("element_id", String(200)),
        Column("kind", String(10), nullable=False, comment="mail or webhook"),
        Column(
            "dedupe_key", String(200), nullable=False, unique=True, comment="its id for whoever receives it"
        ),
        Column("recipient", String(2000), nullable=False, comment="a mail address, or a URL"),
        Column("subject", String(400), nullable=False, comment="of a webhook: the type of the event"),
        Column("body", Text, nullable=False, comment="of a webhook: the bytes of the request"),
        Column(
            "headers",
            JSON,
            nullable=False,
            server_default="{}",
            comment="of a webhook: more headers of the request",
        ),
        Column("state", String(20), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column(
            "last_attempt",
            Integer,
            nullable=False,
            comment="number of the attempt after which it is given up",
        ),
        Column(
            "not_before", _Instant, nullable=False, comment="of what is being sent: when another may send it"
        ),
        Column("failure", String(40), comment="why the last attempt failed, as a code"),
        Column("error", Text, comment="the same in the words of the other side"),
        Column("response_status", Integer),
        Column("created_at", _Instant, nullable=False),
        Column("tried_at", _Instant),
        Column("sent_at", _Instant),
    )
    op.create_index("ix_outgoing_state", "outgoing", ["state", "not_before"])
    op.create_index("ix_outgoing_instance_key", "outgoing", ["instance_key"])
    # Twelve attempts were the last so far; a mail that has had fewer goes on to the fifteen of now.
    op.execute(
        """
        INSERT INTO outgoing (key, instance_key, kind, dedupe_key, recipient, subject, body, state, attempts,
                              last_attempt, not_before, error, created_at, sent_at)
        SELECT key, instance_key, 'mail', dedupe_key, recipient, subject, body,
               CASE WHEN sent_at IS NOT NULL THEN 'SENT' WHEN attempts >= 12 THEN 'FAILED' ELSE 'QUEUED' END,
               attempts, CASE WHEN attempts >= 12 THEN attempts ELSE 15 END, not_before, error, created_at, sent_at
        FROM mail
        """
    )
    op.drop_table("mail")


def downgrade() -> None:
    op.create_table(
        "mail",
        Column("key", _Key, primary_key=True, autoincrement=False),
        Column("instance_key", _Key, ForeignKey("process_instance.key"), nullable=False),
        Column("dedupe_key", String(200), nullable=False, unique=True),
        Column("recipient", String(320), nullable=False),
        Column("subject", String(400), nullable=False),
        Column("body", Text, nullable=False),
        Column("created_at", _Instant, nullable=False),
        Column("sent_at", _Instant),
        Column("attempts", Integer, nullable=False),
        Column("not_before", _Instant, nullable=False),
        Column("error", Text),
    )
    op.create_index("ix_mail_sent_at", "mail", ["sent_at", "not_before"])
    op.execute(
        """
        INSERT INTO mail (key, instance_key, dedupe_key, recipient, subject, body, created_at, sent_at, attempts,
                          not_before, error)
        SELECT key, instance_key, dedupe_key, recipient, subject, body, created_at, sent_at,
               CASE WHEN state IN ('FAILED', 'CANCELED') THEN 12 WHEN attempts > 11 THEN 11 ELSE attempts END,
               not_before, error
        FROM outgoing WHERE kind = 'mail'
        """
    )
    op.drop_table("outgoing")
