"""Sends the outbox over SMTP, one mail at a time."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from laneway.engine import mails
from laneway.engine.database import unit_of_work

_TIMEOUT_SECONDS = 20


class Sender:
    """A mail server, given as `smtp://user:password@host:port` or `smtps://…`."""

    def __init__(self, smtp_url: str, mail_from: str) -> None:
        self._url = urlsplit(smtp_url)
        self._from = mail_from

    def send_one(self) -> bool:
        """Send the oldest waiting mail; whether there was one.

        A crash between the server's yes and our note of it sends a mail twice, with the same Message-ID.
        """
        with unit_of_work() as session:
            row = mails.lease_next(session)
        if row is None:
            return False
        try:
            self._hand_over(self._message(row))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            with unit_of_work() as session:
                mails.mark_failed(session, row, str(error))
            return True
        with unit_of_work() as session:
            mails.mark_sent(session, row)
        return True

    def _message(self, row: Any) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._from
        message["To"] = row.recipient
        message["Subject"] = row.subject
        message["Message-ID"] = f"<{row.dedupe_key}@{self._from.rpartition('@')[2] or 'laneway'}>"
        message["Date"] = row.created_at
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(row.body)
        return message

    def _hand_over(self, message: EmailMessage) -> None:
        host = self._url.hostname or "localhost"
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host,
                self._url.port or 465,
                timeout=_TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
        else:
            server = smtplib.SMTP(host, self._url.port or 25, timeout=_TIMEOUT_SECONDS)
        with server:
            if self._url.username:
                if self._url.scheme != "smtps":
                    server.starttls(context=ssl.create_default_context())
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
            server.send_message(message)
