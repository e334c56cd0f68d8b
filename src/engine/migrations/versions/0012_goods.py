"""Products, lots, stock, orders and deliveries; each number that was allotted becomes a row."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from laneway.engine.tables.base import Instant

revision = "0012"
down_revision = "0011"

_TABLES = (
    "allotted_number",
    "product",
    "product_substitute",
    "lot",
    "lot_origin",
    "lot_block",
    "stock_movement",
    "stock_balance",
    "stock_reservation",
    "incoming_stock",
    "customer_order",
    "order_line",
    "delivery",
    "delivery_line",
)
_NUMBER = re.compile(r"(.+)-(\d{4})-(\d{6,})")


def upgrade() -> None:
    _numbers()
    _products()
    _lots()
    _stock()
    _reservations()
    _orders()
    _deliveries()
    _enter_numbers_of_cases()


def _enter_numbers_of_cases() -> None:
    """The numbers that cases carry already, archived ones included."""
    connection = op.get_bind()
    rows = sa.text(
        "SELECT number, opened_at AS at, opened_by AS person FROM case_file"
        " UNION ALL SELECT number, ended_at, NULL FROM archived_case"
    ).columns(at=Instant())
    enter = sa.text(
        "INSERT INTO allotted_number (series, year, number, thing, state, allotted_at, allotted_by, reason)"
        " VALUES (:series, :year, :number, 'case', 'LIVE', :at, :person, '') ON CONFLICT DO NOTHING"
    ).bindparams(sa.bindparam("at", type_=Instant()))
    for batch in connection.execute(rows).partitions(10_000):
        found = [(_NUMBER.fullmatch(row.number), row) for row in batch]
        values = [
            {"series": m[1], "year": int(m[2]), "number": int(m[3]), "at": row.at, "person": row.person}
            for m, row in found
            if m is not None
        ]
        if values:
            connection.execute(enter, values)


def downgrade() -> None:
    for name in reversed(_TABLES):
        op.drop_table(name)


def _numbers() -> None:
    op.create_table(
        "allotted_number",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "thing", sa.String(length=60), nullable=False, comment="the kind of record that carries it"
        ),
        sa.Column("state", sa.String(length=20), nullable=False, comment="LIVE, CANCELLED"),
        sa.Column("allotted_at", Instant(), nullable=False),
        sa.Column("allotted_by", sa.String(length=120), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("cancelled_by", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=False, comment="why it was cancelled"),
        sa.PrimaryKeyConstraint("series", "year", "number", name="pk_allotted_number"),
    )


def _products() -> None:
    op.create_table(
        "product",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=400), nullable=False),
        sa.Column("name_en", sa.String(length=400), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False, comment="t, kg, drum, …"),
        sa.Column("hazard", sa.String(length=100), nullable=False, comment="hazard classes as on the label"),
        sa.Column("sds_version", sa.String(length=40), nullable=False),
        sa.Column("shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column(
            "stock_as_of", Instant(), nullable=True, comment="when its stock was last known to be right"
        ),
        sa.Column("stock_confirmed_by", sa.String(length=120), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_product"),
        sa.UniqueConstraint("code", name="uq_product_code"),
    )
    op.create_table(
        "product_substitute",
        sa.Column("product_key", sa.BigInteger(), nullable=False),
        sa.Column("substitute_key", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=120), nullable=False),
        sa.Column("approved_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["product_key"], ["product.key"], name="fk_product_substitute_product_key"),
        sa.ForeignKeyConstraint(
            ["substitute_key"], ["product.key"], name="fk_product_substitute_substitute_key"
        ),
        sa.PrimaryKeyConstraint("product_key", "substitute_key", name="pk_product_substitute"),
    )


def _lots() -> None:
    op.create_table(
        "lot",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("product_key", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="RAW, BLEND, LOT, PACKAGE"),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["product_key"], ["product.key"], name="fk_lot_product_key"),
        sa.PrimaryKeyConstraint("key", name="pk_lot"),
        sa.UniqueConstraint("number", name="uq_lot_number"),
    )
    op.create_table(
        "lot_origin",
        sa.Column("lot_key", sa.BigInteger(), nullable=False),
        sa.Column("from_key", sa.BigInteger(), nullable=False),
        sa.Column(
            "quantity", sa.BigInteger(), nullable=False, comment="how much of the origin went into the lot"
        ),
        sa.ForeignKeyConstraint(["from_key"], ["lot.key"], name="fk_lot_origin_from_key"),
        sa.ForeignKeyConstraint(["lot_key"], ["lot.key"], name="fk_lot_origin_lot_key"),
        sa.PrimaryKeyConstraint("lot_key", "from_key", name="pk_lot_origin"),
    )
    op.create_index("ix_lot_origin_from_key", "lot_origin", ["from_key"], unique=False)
    op.create_table(
        "lot_block",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lot_key", sa.BigInteger(), nullable=False),
        sa.Column("product_key", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="RECALL, QUALITY"),
        sa.Column(
            "quantity", sa.BigInteger(), nullable=False, comment="how much of the lot is still in stock"
        ),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("blocked_at", Instant(), nullable=False),
        sa.Column("blocked_by", sa.String(length=120), nullable=False),
        sa.Column("released_at", Instant(), nullable=True),
        sa.Column("released_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["lot_key"], ["lot.key"], name="fk_lot_block_lot_key"),
        sa.PrimaryKeyConstraint("key", name="pk_lot_block"),
    )
    op.create_index("ix_lot_block_lot_key", "lot_block", ["lot_key"], unique=False)
    op.create_index("ix_lot_block_product_key", "lot_block", ["product_key"], unique=False)


def _stock() -> None:
    op.create_table(
        "stock_movement",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("product_key", sa.BigInteger(), nullable=False),
        sa.Column("lot_key", sa.BigInteger(), nullable=True),
        sa.Column("warehouse", sa.String(length=60), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=20),
            nullable=False,
            comment="OPENING, RECEIPT, TRANSFER_IN, CONSUMPTION, TRANSFER_OUT, OUTFLOW",
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="below zero only in a correction"),
        sa.Column("at", Instant(), nullable=False),
        sa.Column(
            "reference", sa.String(length=120), nullable=False, comment="its number where it comes from"
        ),
        sa.Column("corrects_key", sa.BigInteger(), nullable=True, comment="the movement that it takes back"),
        sa.Column("entered_by", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["product_key"], ["product.key"], name="fk_stock_movement_product_key"),
        sa.PrimaryKeyConstraint("key", name="pk_stock_movement"),
        sa.UniqueConstraint("corrects_key", name="uq_stock_movement_corrects_key"),
        sa.UniqueConstraint("reference", "kind", "product_key", name="uq_stock_movement_reference"),
    )
    op.create_index(
        "ix_stock_movement_product_key", "stock_movement", ["product_key", "kind", "at"], unique=False
    )
    op.create_table(
        "stock_balance",
        sa.Column("product_key", sa.BigInteger(), nullable=False),
        sa.Column("warehouse", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column(
            "quantity",
            sa.BigInteger(),
            nullable=False,
            comment="the sum of its movements, kept with each of them",
        ),
        sa.PrimaryKeyConstraint("product_key", "warehouse", "kind", name="pk_stock_balance"),
    )


def _reservations() -> None:
    op.create_table(
        "stock_reservation",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "job_key", sa.BigInteger(), nullable=True, comment="the job that made it: it is not made twice"
        ),
        sa.Column("product_key", sa.BigInteger(), nullable=False),
        sa.Column("lot_key", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reserved_for", sa.String(length=200), nullable=False, comment="customer or case"),
        sa.Column("reserved_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("released_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["product_key"], ["product.key"], name="fk_stock_reservation_product_key"),
        sa.PrimaryKeyConstraint("key", name="pk_stock_reservation"),
        sa.UniqueConstraint("job_key", name="uq_stock_reservation_job_key"),
    )
    op.create_index(
        "ix_stock_reservation_product_key", "stock_reservation", ["product_key", "expires_at"], unique=False
    )
    op.create_table(
        "incoming_stock",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("product_key", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("arrived_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["product_key"], ["product.key"], name="fk_incoming_stock_product_key"),
        sa.PrimaryKeyConstraint("key", name="pk_incoming_stock"),
        sa.UniqueConstraint("reference", name="uq_incoming_stock_reference"),
    )
    op.create_index(
        "ix_incoming_stock_product_key", "incoming_stock", ["product_key", "expected_on"], unique=False
    )


def _orders() -> None:
    op.create_table(
        "customer_order",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("customer", sa.String(length=200), nullable=False),
        sa.Column("ordered_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False, comment="OPEN, DELIVERED, CANCELLED"),
        sa.PrimaryKeyConstraint("key", name="pk_customer_order"),
        sa.UniqueConstraint("number", name="uq_customer_order_number"),
    )
    op.create_table(
        "order_line",
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("product_key", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False, comment="what is still to be delivered"),
        sa.Column("wanted_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["order_key"], ["customer_order.key"], name="fk_order_line_order_key"),
        sa.ForeignKeyConstraint(["product_key"], ["product.key"], name="fk_order_line_product_key"),
        sa.PrimaryKeyConstraint("order_key", "line", name="pk_order_line"),
    )
    op.create_index("ix_order_line_product_key", "order_line", ["product_key", "wanted_on"], unique=False)


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=True),
        sa.Column("customer", sa.String(length=200), nullable=False),
        sa.Column("shipped_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["order_key"], ["customer_order.key"], name="fk_delivery_order_key"),
        sa.PrimaryKeyConstraint("key", name="pk_delivery"),
        sa.UniqueConstraint("number", name="uq_delivery_number"),
    )
    op.create_table(
        "delivery_line",
        sa.Column("delivery_key", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("lot_key", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_key"], ["delivery.key"], name="fk_delivery_line_delivery_key"),
        sa.ForeignKeyConstraint(["lot_key"], ["lot.key"], name="fk_delivery_line_lot_key"),
        sa.PrimaryKeyConstraint("delivery_key", "line", name="pk_delivery_line"),
    )
    op.create_index("ix_delivery_line_lot_key", "delivery_line", ["lot_key"], unique=False)
