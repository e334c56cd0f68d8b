"""Work centres, resources with skills and absences, service templates and service orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from laneway.engine.tables.base import Instant

revision = "0017"
down_revision = "0016"

_TABLES = (
    "work_centre",
    "skill",
    "work_resource",
    "resource_skill",
    "resource_absence",
    "service_template",
    "service_template_skill",
    "service_order",
    "resource_booking",
    "service_acknowledgement",
    "service_change",
    "service_report",
)


def upgrade() -> None:
    _centres()
    _abilities()
    _templates()
    _orders()
    _parts_of_orders()
    _outcomes()


def downgrade() -> None:
    for name in reversed(_TABLES):
        op.drop_table(name)


def _centres() -> None:
    op.create_table(
        "work_centre",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=400), nullable=False),
        sa.Column("name_en", sa.String(length=400), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_work_centre")),
        sa.UniqueConstraint("code", name=op.f("uq_work_centre_code")),
    )
    op.create_table(
        "skill",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=400), nullable=False),
        sa.Column("name_en", sa.String(length=400), nullable=False),
        sa.Column(
            "valid_months",
            sa.Integer(),
            nullable=True,
            comment="how long a certificate is valid; nothing: for ever",
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_skill")),
        sa.UniqueConstraint("code", name=op.f("uq_skill_code")),
    )
    op.create_table(
        "work_resource",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=400), nullable=False),
        sa.Column("name_en", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="PERSON, VEHICLE, TOOL, PARTNER"),
        sa.Column("username", sa.String(length=120), nullable=True, comment="of a person who signs in"),
        sa.Column("work_centre_key", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["work_centre_key"], ["work_centre.key"], name=op.f("fk_work_resource_work_centre_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_work_resource")),
        sa.UniqueConstraint("code", name=op.f("uq_work_resource_code")),
    )
    op.create_index(
        op.f("ix_work_resource_work_centre_key"), "work_resource", ["work_centre_key"], unique=False
    )


def _abilities() -> None:
    op.create_table(
        "resource_skill",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resource_key", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("skill", sa.String(length=40), nullable=False, comment="its code"),
        sa.Column("certificate", sa.String(length=120), nullable=False, comment="its number"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True, comment="the last day; nothing: for ever"),
        sa.ForeignKeyConstraint(
            ["resource_key"], ["work_resource.key"], name=op.f("fk_resource_skill_resource_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_resource_skill")),
    )
    op.create_index(op.f("ix_resource_skill_resource_key"), "resource_skill", ["resource_key"], unique=False)
    op.create_index(op.f("ix_resource_skill_skill"), "resource_skill", ["skill"], unique=False)
    op.create_table(
        "resource_absence",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("resource_key", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_key"], ["work_resource.key"], name=op.f("fk_resource_absence_resource_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_resource_absence")),
    )
    op.create_index(
        op.f("ix_resource_absence_resource_key"),
        "resource_absence",
        ["resource_key", "ends_at"],
        unique=False,
    )


def _templates() -> None:
    op.create_table(
        "service_template",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False, comment="the service type"),
        sa.Column("name_zh", sa.String(length=400), nullable=False),
        sa.Column("name_en", sa.String(length=400), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False, comment="working time on site"),
        sa.Column("hourly_rate", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "safety_zh", sa.Text(), nullable=False, comment="one item of the safety brief in each line"
        ),
        sa.Column("safety_en", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service_template")),
        sa.UniqueConstraint("code", name=op.f("uq_service_template_code")),
    )
    op.create_table(
        "service_template_skill",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("template_key", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "skill",
            sa.String(length=40),
            nullable=False,
            comment="code of a skill that whoever goes must have",
        ),
        sa.ForeignKeyConstraint(
            ["template_key"], ["service_template.key"], name=op.f("fk_service_template_skill_template_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service_template_skill")),
    )
    op.create_index(
        op.f("ix_service_template_skill_template_key"),
        "service_template_skill",
        ["template_key"],
        unique=False,
    )


def _orders() -> None:
    op.create_table(
        "service_order",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("job_key", sa.BigInteger(), nullable=False, comment="the job that entered it, once"),
        sa.Column("case_number", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False, comment="PLANNING, ISSUED, DONE, CANCELLED"),
        sa.Column("service_type", sa.String(length=40), nullable=False),
        sa.Column("customer", sa.String(length=200), nullable=False),
        sa.Column("site", sa.String(length=400), nullable=False),
        sa.Column("contact", sa.String(length=400), nullable=False),
        sa.Column("severity", sa.String(length=2), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("hazards", sa.Text(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False, comment="their codes"),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("service_date", sa.Date(), nullable=False),
        sa.Column("trial_until", sa.Date(), nullable=True),
        sa.Column("project", sa.String(length=200), nullable=False),
        sa.Column("price_estimate", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("work_centre_key", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", Instant(), nullable=True, comment="planned"),
        sa.Column("ends_at", Instant(), nullable=True, comment="planned"),
        sa.Column("customer_agreed_at", Instant(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column(
            "revision",
            sa.Integer(),
            nullable=False,
            comment="counts plans: a plan is not made over a newer one",
        ),
        sa.ForeignKeyConstraint(
            ["work_centre_key"], ["work_centre.key"], name=op.f("fk_service_order_work_centre_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service_order")),
        sa.UniqueConstraint("job_key", name=op.f("uq_service_order_job_key")),
        sa.UniqueConstraint("number", name=op.f("uq_service_order_number")),
    )
    op.create_index(op.f("ix_service_order_case_number"), "service_order", ["case_number"], unique=False)
    op.create_index(op.f("ix_service_order_state"), "service_order", ["state", "starts_at"], unique=False)
    op.create_index(
        op.f("ix_service_order_work_centre_key"), "service_order", ["work_centre_key"], unique=False
    )


def _parts_of_orders() -> None:
    op.create_table(
        "resource_booking",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.Column("resource_key", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_key"], ["service_order.key"], name=op.f("fk_resource_booking_order_key")
        ),
        sa.ForeignKeyConstraint(
            ["resource_key"], ["work_resource.key"], name=op.f("fk_resource_booking_resource_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_resource_booking")),
    )
    op.create_index(op.f("ix_resource_booking_order_key"), "resource_booking", ["order_key"], unique=False)
    op.create_index(
        op.f("ix_resource_booking_resource_key"),
        "resource_booking",
        ["resource_key", "ends_at"],
        unique=False,
    )
    op.create_table(
        "service_acknowledgement",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.Column(
            "recipient", sa.String(length=120), nullable=False, comment="group:<id> or person:<username>"
        ),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=False),
        sa.Column("acknowledged_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_key"], ["service_order.key"], name=op.f("fk_service_acknowledgement_order_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service_acknowledgement")),
        sa.UniqueConstraint("order_key", "recipient", name=op.f("uq_service_acknowledgement_order_key")),
    )


def _outcomes() -> None:
    op.create_table(
        "service_change",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_key", sa.BigInteger(), nullable=False),
        sa.Column("job_key", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.Column("is_approved", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_key"], ["service_order.key"], name=op.f("fk_service_change_order_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_service_change")),
        sa.UniqueConstraint("job_key", name=op.f("uq_service_change_job_key")),
    )
    op.create_index(op.f("ix_service_change_order_key"), "service_change", ["order_key"], unique=False)
    op.create_table(
        "service_report",
        sa.Column("order_key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("arrived_at", Instant(), nullable=False),
        sa.Column("left_at", Instant(), nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False, comment="parts and lots used"),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.Column("is_first_time_fixed", sa.Boolean(), nullable=False),
        sa.Column("follow_up", sa.Text(), nullable=False),
        sa.Column(
            "signed_by", sa.String(length=200), nullable=False, comment="name of the customer's person"
        ),
        sa.Column("signed_at", Instant(), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_key"], ["service_order.key"], name=op.f("fk_service_report_order_key")
        ),
        sa.PrimaryKeyConstraint("order_key", name=op.f("pk_service_report")),
    )
