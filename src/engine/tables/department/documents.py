"""Files of cases, templates of letters and reports, and the manuals of processes.

The bytes of a file lie in the database and not in a folder: they come and go in the transaction of their case, every
host reads them, and backup, copy, retention and archive carry them with everything else. They lie in a table of their
own, once for each content of a case, so that lists read names only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from laneway.engine.tables.base import Instant, instance_and_key, key_column, metadata

attachment = Table(
    "attachment",
    metadata,
    *instance_and_key(),
    Column("name", String(200), nullable=False),
    Column(
        "version", Integer, nullable=False, comment="files of one name in a case are versions of one another"
    ),
    Column("kind", String(40), nullable=False, comment="evidence, document, mail, photo, signature, …"),
    Column("content_type", String(100), nullable=False, comment="told by the content, not by the sender"),
    Column("size", Integer, nullable=False, comment="bytes"),
    Column("sha256", String(64), nullable=False),
    Column("state", String(20), nullable=False, comment="READY, QUARANTINED, REFUSED"),
    Column("finding", String(400), nullable=False, comment="what the checker said"),
    Column("source_key", BigInteger, comment="the job that made it: it is not made twice"),
    Column("added_at", Instant, nullable=False),
    Column("added_by", String(120)),
    PrimaryKeyConstraint("instance_key", "key"),
    comment="files of a case; instance_key is that of the root instance",
)

attachment_content = Table(
    "attachment_content",
    metadata,
    Column("instance_key", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("instance_key", "sha256"),
)

document_template = Table(
    "document_template",
    metadata,
    key_column(),
    Column("process_id", String(200), nullable=False),
    Column("kind", String(10), nullable=False, comment="document, mail"),
    Column("template_id", String(100), nullable=False),
    Column("language", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False, comment="Markdown with FEEL between {{ and }}"),
    Column("sha256", String(64), nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("written_by", String(120)),
    UniqueConstraint("process_id", "kind", "template_id", "language", "version"),
)

process_manual = Table(
    "process_manual",
    metadata,
    key_column(),
    Column("process_id", String(200), nullable=False),
    Column("revision", Integer, nullable=False),
    Column(
        "from_version", Integer, nullable=False, comment="the version of the diagram that it was written for"
    ),
    Column("text", Text, nullable=False, comment="Markdown, one part for each language"),
    Column("sha256", String(64), nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("written_by", String(120)),
    UniqueConstraint("process_id", "revision"),
)
