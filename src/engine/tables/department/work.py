"""Who and what does service orders, what they are able to do, and the orders with what was planned, reported and signed.

Orders stay when their case is archived: a number that was given out is always found (DOMAIN section 2, rule 2). Money is
kept in hundredths, work in minutes.
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
    String,
    Table,
    Text,
    UniqueConstraint,
)

from laneway.engine.tables.base import Instant, key_column, metadata, texts

work_centre = Table(
    "work_centre",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True),
    *texts(),
    Column("is_active", Boolean, nullable=False),
)

skill = Table(
    "skill",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True),
    *texts(),
    Column("valid_months", Integer, comment="how long a certificate is valid; nothing: for ever"),
)

work_resource = Table(
    "work_resource",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True),
    *texts(),
    Column("kind", String(20), nullable=False, comment="PERSON, VEHICLE, TOOL, PARTNER"),
    Column("username", String(120), comment="of a person who signs in"),
    Column("work_centre_key", BigInteger, ForeignKey("work_centre.key"), index=True),
    Column("is_active", Boolean, nullable=False),
)

resource_skill = Table(
    "resource_skill",
    metadata,
    key_column(),
    Column("resource_key", BigInteger, ForeignKey("work_resource.key"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("skill", String(40), nullable=False, index=True, comment="its code"),
    Column("certificate", String(120), nullable=False, comment="its number"),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, comment="the last day; nothing: for ever"),
)

resource_absence = Table(
    "resource_absence",
    metadata,
    key_column(),
    Column("resource_key", BigInteger, ForeignKey("work_resource.key"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("reason", String(200), nullable=False),
    Index(None, "resource_key", "ends_at"),
)

service_template = Table(
    "service_template",
    metadata,
    key_column(),
    Column("code", String(40), nullable=False, unique=True, comment="the service type"),
    *texts(),
    Column("minutes", Integer, nullable=False, comment="working time on site"),
    Column("hourly_rate", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("safety_zh", Text, nullable=False, comment="one item of the safety brief in each line"),
    Column("safety_en", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
)

service_template_skill = Table(
    "service_template_skill",
    metadata,
    key_column(),
    Column("template_key", BigInteger, ForeignKey("service_template.key"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("skill", String(40), nullable=False, comment="code of a skill that whoever goes must have"),
)

service_order = Table(
    "service_order",
    metadata,
    key_column(),
    Column("number", String(60), nullable=False, unique=True),
    Column("job_key", BigInteger, nullable=False, unique=True, comment="the job that entered it, once"),
    Column("case_number", String(60), nullable=False),
    Column("state", String(20), nullable=False, comment="PLANNING, ISSUED, DONE, CANCELLED"),
    Column("service_type", String(40), nullable=False),
    Column("customer", String(200), nullable=False),
    Column("site", String(400), nullable=False),
    Column("contact", String(400), nullable=False),
    Column("severity", String(2), nullable=False),
    Column("description", Text, nullable=False),
    Column("hazards", Text, nullable=False),
    Column("skills", JSON, nullable=False, comment="their codes"),
    Column("minutes", Integer, nullable=False),
    Column("service_date", Date, nullable=False),
    Column("trial_until", Date),
    Column("project", String(200), nullable=False),
    Column("price_estimate", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("work_centre_key", BigInteger, ForeignKey("work_centre.key"), index=True),
    Column("starts_at", Instant, comment="planned"),
    Column("ends_at", Instant, comment="planned"),
    Column("customer_agreed_at", Instant),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("revision", Integer, nullable=False, comment="counts plans: a plan is not made over a newer one"),
    Index(None, "state", "starts_at"),
    Index(None, "case_number"),
)

resource_booking = Table(
    "resource_booking",
    metadata,
    key_column(),
    Column("order_key", BigInteger, ForeignKey("service_order.key"), nullable=False, index=True),
    Column("resource_key", BigInteger, ForeignKey("work_resource.key"), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index(None, "resource_key", "ends_at"),
)

service_acknowledgement = Table(
    "service_acknowledgement",
    metadata,
    key_column(),
    Column("order_key", BigInteger, ForeignKey("service_order.key"), nullable=False),
    Column("recipient", String(120), nullable=False, comment="group:<id> or person:<username>"),
    Column("acknowledged_by", String(120), nullable=False),
    Column("acknowledged_at", Instant, nullable=False),
    UniqueConstraint("order_key", "recipient"),
)

service_change = Table(
    "service_change",
    metadata,
    key_column(),
    Column("order_key", BigInteger, ForeignKey("service_order.key"), nullable=False, index=True),
    Column("job_key", BigInteger, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("decided_by", String(120), nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("is_approved", Boolean, nullable=False),
)

service_report = Table(
    "service_report",
    metadata,
    Column("order_key", BigInteger, ForeignKey("service_order.key"), primary_key=True, autoincrement=False),
    Column("arrived_at", Instant, nullable=False),
    Column("left_at", Instant, nullable=False),
    Column("work", Text, nullable=False),
    Column("parts", Text, nullable=False, comment="parts and lots used"),
    Column("readings", Text, nullable=False),
    Column("is_first_time_fixed", Boolean, nullable=False),
    Column("follow_up", Text, nullable=False),
    Column("signed_by", String(200), nullable=False, comment="name of the customer's person"),
    Column("signed_at", Instant, nullable=False),
    Column("charge", BigInteger, nullable=False),
)
