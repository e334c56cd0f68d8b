"""Customers and whoever may become one, the credit files of their countries, and what is known for their questions.

There is one table for prospects, customers, permanent customers and distributors: all get the same treatment
(DOMAIN seed 22), and becoming a customer moves nothing.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from laneway.engine.tables.base import Instant, key_column, metadata

party = Table(
    "party",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("name_latin", String(200), nullable=False, comment="the name in Latin letters"),
    Column("type", String(20), nullable=False, comment="prospect, customer, permanent, distributor, ended"),
    Column("is_key", Boolean, nullable=False, comment="a key customer is reviewed twice a year"),
    Column("tax_number", String(40), nullable=False),
    Column("country", String(2), nullable=False, comment="ISO 3166-1"),
    Column("office", String(400), nullable=False),
    Column("phone", String(40), nullable=False, comment="E.164"),
    Column("fax", String(40), nullable=False, comment="E.164"),
    Column("email", String(320), nullable=False),
    Column("language", String(10), nullable=False),
    Column("calendar", String(60), nullable=False),
    Column("payment_terms", String(40), nullable=False),
    Column("bank_name", String(200), nullable=False),
    Column("bank_account", String(60), nullable=False),
    Column("credit_limit", BigInteger, comment="hundredths of the currency"),
    Column("currency", String(3), nullable=False, comment="ISO 4217"),
    Column("transport_requirements", Text, nullable=False),
    Column("document_requirements", JSON, nullable=False),
    Column("reviewed_on", Date, nullable=False, comment="when its data were last confirmed"),
    Column("review_due_on", Date, nullable=False),
    Column("completeness", Integer, nullable=False, comment="percent of the mandatory fields, K17"),
    Column("is_listed", Boolean, nullable=False, comment="false once it was merged into another"),
    Column("merged_into", BigInteger, index=True),
    Index("ix_party_of_type", "is_listed", "type", "name", "key"),
    Index("ix_party_by_name", "is_listed", "name", "key"),
    Index("ix_party_by_review", "is_listed", "review_due_on", "key"),
    Index("ix_party_by_completeness", "is_listed", "completeness", "key"),
)


def _row_of_party(name: str, *columns: Column[object]) -> Table:
    return Table(
        name,
        metadata,
        key_column(),
        Column("party_key", BigInteger, ForeignKey("party.key"), nullable=False, index=True),
        Column("position", Integer, nullable=False),
        *columns,
    )


party_contact = _row_of_party(
    "party_contact",
    Column("name", String(200), nullable=False),
    Column("role", String(200), nullable=False),
    Column("language", String(10), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("phone", String(40), nullable=False),
    Column("email", String(320), nullable=False),
    Column("is_recall_contact", Boolean, nullable=False),
)

party_address = _row_of_party(
    "party_address",
    Column("use", String(20), nullable=False, comment="registered, delivery, billing, office"),
    Column("address", String(400), nullable=False),
    Column("city", String(120), nullable=False),
    Column("postcode", String(20), nullable=False),
)

party_contract = _row_of_party(
    "party_contract",
    Column("number", String(60), nullable=False),
    Column("title", String(200), nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
)

party_material = _row_of_party(
    "party_material",
    Column("product", String(60), nullable=False, comment="code of our product"),
    Column("their_code", String(60), nullable=False),
    Column("use", String(200), nullable=False),
)

party_mark = Table(
    "party_mark",
    metadata,
    Column("mark", String(20), nullable=False, comment="tax, phone, email, name"),
    Column("value", String(320), nullable=False),
    Column("party_key", BigInteger, nullable=False),
    PrimaryKeyConstraint("mark", "value", "party_key"),
    Index(None, "party_key"),
    comment="by which duplicates are found",
)

party_merge = Table(
    "party_merge",
    metadata,
    key_column(),
    Column("kept_key", BigInteger, nullable=False, index=True),
    Column("absorbed_key", BigInteger, nullable=False, index=True),
    Column("merged_at", Instant, nullable=False),
    Column("merged_by", String(120), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("moved", JSON, nullable=False, comment="what an undo needs: {values, rows, references}"),
    Column("undone_at", Instant),
    Column("undone_by", String(120)),
)

country_file = Table(
    "country_file",
    metadata,
    key_column(),
    Column("country", String(2), nullable=False, unique=True),
    Column("rules", Text, nullable=False, comment="credit law and trade rules"),
    Column("credit_terms", String(400), nullable=False),
    Column("political_risk", String(1), nullable=False, comment="A to D"),
    Column("source_branch", String(120), nullable=False),
    Column("valid_to", Date, nullable=False),
)

knowledge_article = Table(
    "knowledge_article",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True),
    Column("title_zh", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("text_zh", Text, nullable=False),
    Column("text_en", Text, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("owner_group", String(120), nullable=False),
    Column("review_on", Date, nullable=False),
)

safety_word = Table(
    "safety_word",
    metadata,
    key_column(),
    Column("word", String(60), nullable=False, unique=True),
    Column("sign", String(20), nullable=False, comment="leak, injury, bulging, fire"),
    Column("source", String(400), nullable=False),
    Column("owner_group", String(120), nullable=False),
    Column("review_on", Date, nullable=False),
    comment="words that make a question of a customer an emergency",
)

solution = Table(
    "solution",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True),
    Column("title_zh", String(200), nullable=False),
    Column("title_en", String(200), nullable=False),
    Column("problem", String(40), nullable=False),
    Column("remedy", String(40), nullable=False),
    Column("steps_zh", Text, nullable=False),
    Column("steps_en", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
)
