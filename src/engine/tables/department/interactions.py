"""What was said between the department and its customers, case by case. Lines are added and never changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, Text

from laneway.engine.tables.base import Instant, instance_and_key, metadata

interaction = Table(
    "interaction",
    metadata,
    *instance_and_key(),
    Column("party_key", BigInteger, comment="the customer, where the case knows it"),
    Column(
        "kind", String(20), nullable=False, comment="call, mail_in, mail_out, visit, note, dispute, reaction"
    ),
    Column("channel", String(20), nullable=False, comment="phone, mail, wechat, fax, visit, other"),
    Column("contact", String(200), nullable=False, comment="the person of the customer"),
    Column("text", Text, nullable=False),
    Column("promised_by", Instant, comment="until when something was promised to the customer"),
    Column("message_id", String(400), comment="of the mail that this line tells of"),
    Column("correction_of", BigInteger, comment="the line that this one sets right; both stay"),
    Column("source_key", BigInteger, comment="the job that wrote the line: it is not written twice"),
    Column("at", Instant, nullable=False, comment="when it happened"),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", String(120)),
    PrimaryKeyConstraint("instance_key", "key"),
    comment="append-only log of a case; instance_key is that of the root instance",
)
