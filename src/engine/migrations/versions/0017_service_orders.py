"""Nothing yet."""

from __future__ import annotations

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nothing to change."""


def downgrade() -> None:
    """Nothing to change."""
