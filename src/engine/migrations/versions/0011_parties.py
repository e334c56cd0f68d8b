"""Parties, country files, knowledge, and what every kind of record has: history, words, changes to be approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laneway.engine.tables.base import Instant

revision = "0011"
down_revision = "0010"

_TABLES = (
    "solution",
    "knowledge_article",
    "country_file",
    "party_merge",
    "party_mark",
    "party_material",
    "party_contract",
    "party_contact",
    "party_address",
    "party",
    "record_proposal",
    "record_word",
    "record_change",
)


def upgrade() -> None:
    _histories()
    _words()
    _parties()
    _rows_of_parties()
    _duplicates()
    _knowledge()
    _cases()


def _histories() -> None:
    op.create_table(
        "record_change",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_key", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, comment="counts the changes of a record from 1"),
        sa.Column(
            "event",
            sa.String(length=20),
            nullable=False,
            comment="CREATED, CHANGED, PROPOSED, APPROVED, RETURNED, WITHDRAWN, REFUSED, MERGED, UNMERGED, CONFIRMED",
        ),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("changed_by", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False, comment="{field: [old, new]}"),
        sa.Column(
            "source_key",
            sa.BigInteger(),
            nullable=True,
            comment="the job or the proposal that it comes from: it is not done twice",
        ),
        sa.PrimaryKeyConstraint("kind", "record_key", "revision", name="pk_record_change"),
        comment="append-only",
    )
    op.create_index("ix_record_change_source_key", "record_change", ["source_key"], unique=False)
    op.create_table(
        "record_proposal",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_key", sa.BigInteger(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False, comment="{field: [old, new]}"),
        sa.Column("approvers", sa.String(length=120), nullable=False, comment="the group that decides"),
        sa.Column(
            "state", sa.String(length=20), nullable=False, comment="PENDING, APPROVED, RETURNED, WITHDRAWN"
        ),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column(
            "source_key",
            sa.BigInteger(),
            nullable=True,
            comment="the job that proposed it: it is not proposed twice",
        ),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.Column("answer", sa.String(length=1000), nullable=False, comment="what who decided has said"),
        sa.PrimaryKeyConstraint("key", name="pk_record_proposal"),
    )
    op.create_index("ix_record_proposal_kind", "record_proposal", ["kind", "record_key"], unique=False)
    op.create_index("ix_record_proposal_state", "record_proposal", ["state", "proposed_at"], unique=False)


def _words() -> None:
    op.create_table(
        "record_word",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "word",
            sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
            nullable=False,
            comment="lower case, no accents; of Chinese two signs",
        ),
        sa.Column("record_key", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "word", "record_key", name="pk_record_word"),
    )
    op.create_index("ix_record_word_kind", "record_word", ["kind", "record_key"], unique=False)


def _parties() -> None:
    op.create_table(
        "party",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_latin", sa.String(length=200), nullable=False, comment="the name in Latin letters"),
        sa.Column(
            "type",
            sa.String(length=20),
            nullable=False,
            comment="prospect, customer, permanent, distributor, ended",
        ),
        sa.Column("is_key", sa.Boolean(), nullable=False, comment="a key customer is reviewed twice a year"),
        sa.Column("tax_number", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False, comment="ISO 3166-1"),
        sa.Column("office", sa.String(length=400), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False, comment="E.164"),
        sa.Column("fax", sa.String(length=40), nullable=False, comment="E.164"),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("calendar", sa.String(length=60), nullable=False),
        sa.Column("payment_terms", sa.String(length=40), nullable=False),
        sa.Column("bank_name", sa.String(length=200), nullable=False),
        sa.Column("bank_account", sa.String(length=60), nullable=False),
        sa.Column("credit_limit", sa.BigInteger(), nullable=True, comment="hundredths of the currency"),
        sa.Column("currency", sa.String(length=3), nullable=False, comment="ISO 4217"),
        sa.Column("transport_requirements", sa.Text(), nullable=False),
        sa.Column("document_requirements", sa.JSON(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False, comment="when its data were last confirmed"),
        sa.Column("review_due_on", sa.Date(), nullable=False),
        sa.Column(
            "completeness", sa.Integer(), nullable=False, comment="percent of the mandatory fields, K17"
        ),
        sa.Column("is_listed", sa.Boolean(), nullable=False, comment="false once it was merged into another"),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_party"),
        sa.UniqueConstraint("code", name="uq_party_code"),
    )
    op.create_index("ix_party_by_completeness", "party", ["is_listed", "completeness", "key"], unique=False)
    op.create_index("ix_party_by_name", "party", ["is_listed", "name", "key"], unique=False)
    op.create_index("ix_party_by_review", "party", ["is_listed", "review_due_on", "key"], unique=False)
    op.create_index("ix_party_merged_into", "party", ["merged_into"], unique=False)
    op.create_index("ix_party_of_type", "party", ["is_listed", "type", "name", "key"], unique=False)


def _rows_of_parties() -> None:
    op.create_table(
        "party_address",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_key", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "use", sa.String(length=20), nullable=False, comment="registered, delivery, billing, office"
        ),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("postcode", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["party_key"], ["party.key"], name="fk_party_address_party_key"),
        sa.PrimaryKeyConstraint("key", name="pk_party_address"),
    )
    op.create_index("ix_party_address_party_key", "party_address", ["party_key"], unique=False)
    op.create_table(
        "party_contact",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_key", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("is_recall_contact", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["party_key"], ["party.key"], name="fk_party_contact_party_key"),
        sa.PrimaryKeyConstraint("key", name="pk_party_contact"),
    )
    op.create_index("ix_party_contact_party_key", "party_contact", ["party_key"], unique=False)
    op.create_table(
        "party_contract",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_key", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["party_key"], ["party.key"], name="fk_party_contract_party_key"),
        sa.PrimaryKeyConstraint("key", name="pk_party_contract"),
    )
    op.create_index("ix_party_contract_party_key", "party_contract", ["party_key"], unique=False)
    op.create_table(
        "party_material",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("party_key", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(length=60), nullable=False, comment="code of our product"),
        sa.Column("their_code", sa.String(length=60), nullable=False),
        sa.Column("use", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["party_key"], ["party.key"], name="fk_party_material_party_key"),
        sa.PrimaryKeyConstraint("key", name="pk_party_material"),
    )
    op.create_index("ix_party_material_party_key", "party_material", ["party_key"], unique=False)


def _duplicates() -> None:
    op.create_table(
        "party_mark",
        sa.Column("mark", sa.String(length=20), nullable=False, comment="tax, phone, email, name"),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("party_key", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mark", "value", "party_key", name="pk_party_mark"),
        comment="by which duplicates are found",
    )
    op.create_index("ix_party_mark_party_key", "party_mark", ["party_key"], unique=False)
    op.create_table(
        "party_merge",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kept_key", sa.BigInteger(), nullable=False),
        sa.Column("absorbed_key", sa.BigInteger(), nullable=False),
        sa.Column("merged_at", Instant(), nullable=False),
        sa.Column("merged_by", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column(
            "moved", sa.JSON(), nullable=False, comment="what an undo needs: {values, rows, references}"
        ),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_party_merge"),
    )
    op.create_index("ix_party_merge_absorbed_key", "party_merge", ["absorbed_key"], unique=False)
    op.create_index("ix_party_merge_kept_key", "party_merge", ["kept_key"], unique=False)


def _knowledge() -> None:
    op.create_table(
        "country_file",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False, comment="credit law and trade rules"),
        sa.Column("credit_terms", sa.String(length=400), nullable=False),
        sa.Column("political_risk", sa.String(length=1), nullable=False, comment="A to D"),
        sa.Column("source_branch", sa.String(length=120), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_country_file"),
        sa.UniqueConstraint("country", name="uq_country_file_country"),
    )
    op.create_table(
        "knowledge_article",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("text_zh", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("owner_group", sa.String(length=120), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_knowledge_article"),
        sa.UniqueConstraint("code", name="uq_knowledge_article_code"),
    )
    op.create_table(
        "solution",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("problem", sa.String(length=40), nullable=False),
        sa.Column("remedy", sa.String(length=40), nullable=False),
        sa.Column("steps_zh", sa.Text(), nullable=False),
        sa.Column("steps_en", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_solution"),
        sa.UniqueConstraint("code", name="uq_solution_code"),
    )


def _cases() -> None:
    op.add_column(
        "case_file",
        sa.Column(
            "party_code",
            sa.String(length=40),
            nullable=True,
            comment="the customer's record, where the case names one",
        ),
    )
    op.create_index(
        "ix_case_file_party_code",
        "case_file",
        ["party_code", "instance_key"],
        unique=False,
        postgresql_where=sa.text("party_code IS NOT NULL"),
        sqlite_where=sa.text("party_code IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_case_file_party_code", "case_file")
    op.drop_column("case_file", "party_code")
    for table in _TABLES:
        op.drop_table(table)
