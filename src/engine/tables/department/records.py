"""What every kind of record has beside its own table: a history, words to find it by, changes to be approved."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
)

from laneway.engine.tables.base import Instant, key_column, metadata

BY_CODE_POINT = String(80).with_variant(String(80, collation="C"), "postgresql")
"""Text that is compared as SQLite does, so that the rows that begin with a word lie side by side."""

record_change = Table(
    "record_change",
    metadata,
    Column("kind", String(40), nullable=False),
    Column("record_key", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False, comment="counts the changes of a record from 1"),
    Column(
        "event",
        String(20),
        nullable=False,
        comment="CREATED, CHANGED, PROPOSED, APPROVED, RETURNED, WITHDRAWN, REFUSED, MERGED, UNMERGED, CONFIRMED",
    ),
    Column("changed_at", Instant, nullable=False),
    Column("changed_by", String(120)),
    Column("reason", String(1000), nullable=False),
    Column("changes", JSON, nullable=False, comment="{field: [old, new]}"),
    Column(
        "source_key", BigInteger, comment="the job or the proposal that it comes from: it is not done twice"
    ),
    PrimaryKeyConstraint("kind", "record_key", "revision"),
    Index(None, "source_key"),
    comment="append-only",
)

record_word = Table(
    "record_word",
    metadata,
    Column("kind", String(40), nullable=False),
    Column("word", BY_CODE_POINT, nullable=False, comment="lower case, no accents; of Chinese two signs"),
    Column("record_key", BigInteger, nullable=False),
    PrimaryKeyConstraint("kind", "word", "record_key"),
    Index(None, "kind", "record_key"),
)

record_proposal = Table(
    "record_proposal",
    metadata,
    key_column(),
    Column("kind", String(40), nullable=False),
    Column("record_key", BigInteger, nullable=False),
    Column("changes", JSON, nullable=False, comment="{field: [old, new]}"),
    Column("approvers", String(120), nullable=False, comment="the group that decides"),
    Column("state", String(20), nullable=False, comment="PENDING, APPROVED, RETURNED, WITHDRAWN"),
    Column("reason", String(1000), nullable=False),
    Column("author", String(120), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("source_key", BigInteger, comment="the job that proposed it: it is not proposed twice"),
    Column("decided_by", String(120)),
    Column("decided_at", Instant),
    Column("answer", String(1000), nullable=False, comment="what who decided has said"),
    Index(None, "kind", "record_key"),
    Index(None, "state", "proposed_at"),
)

record_import = Table(
    "record_import",
    metadata,
    key_column(),
    Column("kind", String(40), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("format", String(10), nullable=False, comment="csv, xlsx"),
    Column("encoding", String(40), nullable=False),
    Column("delimiter", String(1), nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes"),
    Column("header", JSON, nullable=False, comment="the first row, cell by cell"),
    Column("mapping", JSON, nullable=False, comment="the field of each column, such as contacts.1.phone"),
    Column("is_only_new", Boolean, nullable=False, comment="records that are known stay as they are"),
    Column(
        "state",
        String(20),
        nullable=False,
        comment="UPLOADED, CHECKING, CHECKED, RUNNING, DONE, CANCELLED, FAILED",
    ),
    Column(
        "failure", String(60), nullable=False, comment="code of why the file could not be read to its end"
    ),
    Column("rows", Integer, comment="in the file, once it was read to its end"),
    Column("done_rows", Integer, nullable=False, comment="of the check or the run"),
    Column("counts", JSON, nullable=False, comment="{outcome: rows}"),
    Column("uploaded_by", String(120), comment="nobody: by command"),
    Column("uploaded_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("leased_by", String(120)),
    Column("leased_until", Instant),
    Index(None, "kind", "uploaded_at"),
    Index(None, "state"),
)

record_import_part = Table(
    "record_import_part",
    metadata,
    Column("import_key", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("import_key", "part"),
    comment="the uploaded file, until the import has ended",
)

record_import_problem = Table(
    "record_import_problem",
    metadata,
    Column("import_key", BigInteger, nullable=False),
    Column("number", Integer, nullable=False, comment="counts the problems of the import"),
    Column("row", Integer, nullable=False, comment="of the file, the header being 1"),
    Column("field", String(200), nullable=False),
    Column("value", String(200), nullable=False),
    Column("code", String(60), nullable=False),
    Column("params", JSON, nullable=False),
    PrimaryKeyConstraint("import_key", "number"),
)
