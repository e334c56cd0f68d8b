"""The outbox: mails wait here from the commit that asked for them until a mail server has taken them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from laneway.engine import clock, history
from laneway.engine.database import is_postgresql
from laneway.engine.tables import mail

_LAST_ATTEMPT = 12


def lease_next(session: Session) -> Any:
    """The oldest mail to send, kept from other senders for a while; None when there is nothing to send.

    Each lease waits twice as long as the one before, up to about an hour.
    """
    now = clock.now()
    columns = mail.c
    due = columns.sent_at.is_(None) & (columns.not_before <= now) & (columns.attempts < _LAST_ATTEMPT)
    query = select(mail).where(due).order_by(columns.key).limit(1)
    if is_postgresql():
        query = query.with_for_update(skip_locked=True)
    row = session.execute(query).one_or_none()
    if row is not None:
        pause = timedelta(seconds=min(60 * 2**row.attempts, 3600))
        again = {"attempts": row.attempts + 1, "not_before": now + pause}
        session.execute(update(mail).where(columns.key == row.key).values(again))
    return row


def mark_sent(session: Session, row: Any) -> None:
    """The mail server has taken it."""
    sent = {"sent_at": clock.now(), "error": None}
    session.execute(update(mail).where(mail.c.key == row.key).values(sent))
    details = {"to": row.recipient, "subject": row.subject}
    history.record(session, row.instance_key, "mail_sent", **details)


def mark_failed(session: Session, row: Any, problem: str) -> None:
    """The mail server has not taken it; it will be tried again."""
    session.execute(update(mail).where(mail.c.key == row.key).values(error=problem))
