"""Templates of mails beside those of documents; mails with HTML, files and the case that holds them together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, String

revision = "0020"
down_revision = "0019"

_NAME = "uq_document_template_process_id"
_VERSION = ("template_id", "language", "version")
_HEADERS = "of a webhook: more headers of the request"
_MAIL = ("html", "files", "thread")


def upgrade() -> None:
    kind = Column("kind", String(10), nullable=False, server_default="document", comment="document, mail")
    op.add_column("document_template", kind)
    with op.batch_alter_table("document_template") as table:
        table.drop_constraint(_NAME, type_="unique")
        table.create_unique_constraint(_NAME, ["process_id", "kind", *_VERSION])
        table.alter_column("kind", server_default=None, existing_comment=kind.comment)
    files = "of a mail: files of cases that go with it, each as root instance and key"
    thread = "of a mail: the number of its case, which holds the mails together"
    op.add_column("outgoing", Column("html", sa.Text, comment="of a mail: the same as HTML"))
    op.add_column("outgoing", Column("files", sa.JSON, comment=files))
    op.add_column("outgoing", Column("thread", String(60), comment=thread))
    with op.batch_alter_table("outgoing") as table:
        table.alter_column(
            "headers",
            existing_type=sa.JSON(),
            existing_comment=_HEADERS,
            comment="more headers of the request, or of the mail",
        )


def downgrade() -> None:
    with op.batch_alter_table("outgoing") as table:
        table.alter_column("headers", existing_type=sa.JSON(), comment=_HEADERS)
        for name in _MAIL:
            table.drop_column(name)
    op.execute("DELETE FROM document_template WHERE kind = 'mail'")
    with op.batch_alter_table("document_template") as table:
        table.drop_constraint(_NAME, type_="unique")
        table.create_unique_constraint(_NAME, ["process_id", *_VERSION])
        table.drop_column("kind")
