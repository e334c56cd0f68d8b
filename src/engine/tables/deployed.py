"""What is deployed: versions of diagrams, decisions and forms, and drafts of diagrams."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from laneway.engine.tables.base import Instant, key_column, metadata, texts

deployment = Table(
    "deployment",
    metadata,
    key_column(),
    Column("deployed_at", Instant, nullable=False),
    Column("deployed_by", String(120)),
    Column(
        "unchanged", JSON, nullable=False, comment="keys of older versions that it held: they had not changed"
    ),
)

process_definition = Table(
    "process_definition",
    metadata,
    key_column(),
    Column("deployment_key", BigInteger, ForeignKey("deployment.key"), nullable=False),
    Column("process_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    *texts(),
    Column("version_tag", String(100)),
    Column("resource_name", String(400), nullable=False),
    Column("xml", LargeBinary, nullable=False, comment="the diagram as deployed, byte for byte"),
    Column("sha256", String(64), nullable=False),
    Column("warnings", JSON, nullable=False, comment="findings that did not stop the deployment"),
    Column("start_groups", JSON, nullable=False, comment="groups that may start it; empty: everyone"),
    Column("start_form_id", String(200)),
    Column("has_none_start", Boolean, nullable=False),
    UniqueConstraint("process_id", "version"),
)

decision_requirements = Table(
    "decision_requirements",
    metadata,
    key_column(),
    Column("deployment_key", BigInteger, ForeignKey("deployment.key"), nullable=False),
    Column("requirements_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String(400), nullable=False),
    Column("resource_name", String(400), nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column(
        "imports", JSON, nullable=False, comment="keys of the versions that it is linked with, all of them"
    ),
    UniqueConstraint("requirements_id", "version"),
)

decision_definition = Table(
    "decision_definition",
    metadata,
    key_column(),
    Column("requirements_key", BigInteger, ForeignKey("decision_requirements.key"), nullable=False),
    Column("decision_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    *texts(),
    Column("version_tag", String(100)),
    UniqueConstraint("decision_id", "version"),
)

form_definition = Table(
    "form_definition",
    metadata,
    key_column(),
    Column("deployment_key", BigInteger, ForeignKey("deployment.key"), nullable=False),
    Column("form_id", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("resource_name", String(400), nullable=False),
    Column("schema", LargeBinary, nullable=False, comment="form-js JSON as deployed, byte for byte"),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("form_id", "version"),
)

definition_draft = Table(
    "definition_draft",
    metadata,
    Column("process_id", String(200), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("xml", LargeBinary, nullable=False),
    Column("saved_at", Instant, nullable=False),
    Column("saved_by", String(120), nullable=False),
)
