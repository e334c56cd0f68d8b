"""Products, lots and where they came from, stock, what is on its way and what customers have ordered.

Quantities are whole thousandths of the product's unit, so that both databases add them up exactly. Movements are only
ever added; what was wrong is put right by a movement of the opposite sign that names the one it corrects.
"""

from __future__ import annotations

from sqlalchemy import (
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
    UniqueConstraint,
)

from laneway.engine.tables.base import Instant, key_column, metadata, texts

product = Table(
    "product",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True),
    *texts(),
    Column("unit", String(20), nullable=False, comment="t, kg, drum, …"),
    Column("hazard", String(100), nullable=False, comment="hazard classes as on the label"),
    Column("sds_version", String(40), nullable=False),
    Column("shelf_life_days", Integer),
    Column("is_active", Boolean, nullable=False),
    Column("stock_as_of", Instant, comment="when its stock was last known to be right"),
    Column("stock_confirmed_by", String(120)),
)

product_substitute = Table(
    "product_substitute",
    metadata,
    Column("product_key", BigInteger, ForeignKey("product.key"), nullable=False),
    Column("substitute_key", BigInteger, ForeignKey("product.key"), nullable=False),
    Column("approved_by", String(120), nullable=False),
    Column("approved_at", Instant, nullable=False),
    PrimaryKeyConstraint("product_key", "substitute_key"),
)

lot = Table(
    "lot",
    metadata,
    key_column(),
    Column("number", String(60), nullable=False, unique=True),
    Column("product_key", BigInteger, ForeignKey("product.key")),
    Column("kind", String(20), nullable=False, comment="RAW, BLEND, LOT, PACKAGE"),
    Column("quantity", BigInteger, nullable=False),
    Column("produced_on", Date),
    Column("expires_on", Date),
)

lot_origin = Table(
    "lot_origin",
    metadata,
    Column("lot_key", BigInteger, ForeignKey("lot.key"), nullable=False),
    Column("from_key", BigInteger, ForeignKey("lot.key"), nullable=False),
    Column("quantity", BigInteger, nullable=False, comment="how much of the origin went into the lot"),
    PrimaryKeyConstraint("lot_key", "from_key"),
    Index(None, "from_key"),
)

lot_block = Table(
    "lot_block",
    metadata,
    key_column(),
    Column("lot_key", BigInteger, ForeignKey("lot.key"), nullable=False, index=True),
    Column("product_key", BigInteger, nullable=False, index=True),
    Column("kind", String(20), nullable=False, comment="RECALL, QUALITY"),
    Column("quantity", BigInteger, nullable=False, comment="how much of the lot is still in stock"),
    Column("reason", String(400), nullable=False),
    Column("blocked_at", Instant, nullable=False),
    Column("blocked_by", String(120), nullable=False),
    Column("released_at", Instant),
    Column("released_by", String(120)),
)

stock_movement = Table(
    "stock_movement",
    metadata,
    key_column(),
    Column("product_key", BigInteger, ForeignKey("product.key"), nullable=False),
    Column("lot_key", BigInteger),
    Column("warehouse", String(60), nullable=False),
    Column(
        "kind",
        String(20),
        nullable=False,
        comment="OPENING, RECEIPT, TRANSFER_IN, CONSUMPTION, TRANSFER_OUT, OUTFLOW",
    ),
    Column("quantity", BigInteger, nullable=False, comment="below zero only in a correction"),
    Column("at", Instant, nullable=False),
    Column("reference", String(120), nullable=False, comment="its number where it comes from"),
    Column("corrects_key", BigInteger, unique=True, comment="the movement that it takes back"),
    Column("entered_by", String(120)),
    UniqueConstraint("reference", "kind", "product_key"),
    Index(None, "product_key", "kind", "at"),
    Index(None, "at", "key"),
    Index(None, "lot_key"),
)

stock_balance = Table(
    "stock_balance",
    metadata,
    Column("product_key", BigInteger, nullable=False),
    Column("warehouse", String(60), nullable=False),
    Column("kind", String(20), nullable=False),
    Column(
        "quantity", BigInteger, nullable=False, comment="the sum of its movements, kept with each of them"
    ),
    PrimaryKeyConstraint("product_key", "warehouse", "kind"),
)

stock_reservation = Table(
    "stock_reservation",
    metadata,
    key_column(),
    Column("job_key", BigInteger, unique=True, comment="the job that made it: it is not made twice"),
    Column("product_key", BigInteger, ForeignKey("product.key"), nullable=False),
    Column("lot_key", BigInteger),
    Column("quantity", BigInteger, nullable=False),
    Column("reserved_for", String(200), nullable=False, comment="customer or case"),
    Column("reserved_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("released_at", Instant),
    Index(None, "product_key", "expires_at"),
)

incoming_stock = Table(
    "incoming_stock",
    metadata,
    key_column(),
    Column("reference", String(120), nullable=False, unique=True),
    Column("product_key", BigInteger, ForeignKey("product.key"), nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("expected_on", Date, nullable=False),
    Column("arrived_at", Instant),
    Index(None, "product_key", "expected_on"),
)

customer_order = Table(
    "customer_order",
    metadata,
    key_column(),
    Column("number", String(60), nullable=False, unique=True),
    Column("customer", String(200), nullable=False),
    Column("ordered_at", Instant, nullable=False),
    Column("state", String(20), nullable=False, comment="OPEN, DELIVERED, CANCELLED"),
)

order_line = Table(
    "order_line",
    metadata,
    Column("order_key", BigInteger, ForeignKey("customer_order.key"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("product_key", BigInteger, ForeignKey("product.key"), nullable=False),
    Column("quantity", BigInteger, nullable=False, comment="what is still to be delivered"),
    Column("wanted_on", Date, nullable=False),
    PrimaryKeyConstraint("order_key", "line"),
    Index(None, "product_key", "wanted_on"),
)

delivery = Table(
    "delivery",
    metadata,
    key_column(),
    Column("number", String(60), nullable=False, unique=True),
    Column("order_key", BigInteger, ForeignKey("customer_order.key")),
    Column("customer", String(200), nullable=False),
    Column("shipped_at", Instant, nullable=False),
)

delivery_line = Table(
    "delivery_line",
    metadata,
    Column("delivery_key", BigInteger, ForeignKey("delivery.key"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("lot_key", BigInteger, ForeignKey("lot.key"), nullable=False, index=True),
    Column("quantity", BigInteger, nullable=False),
    PrimaryKeyConstraint("delivery_key", "line"),
)
