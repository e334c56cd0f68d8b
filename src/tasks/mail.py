"""Hands mails to a mail server over SMTP, one connection for as many as there are."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from laneway.engine.database import reading
from laneway.engine.outbox import Delivery, Failure
from laneway.errors import Conflict, NotFound
from laneway.records.documents import attachments

_TIMEOUT_SECONDS = 20
_PERMANENT = range(500, 600)


class MailServer:
    """A mail server, given as `smtp://user:password@host:port` or `smtps://…`. Serves one thread."""

    def __init__(
        self, smtp_url: str, mail_from: str, *, reply_to: str = "", timeout_seconds: float = _TIMEOUT_SECONDS
    ) -> None:
        """`reply_to` is where answers go, with `{case}` where the number of the case is to stand."""
        self._url = urlsplit(smtp_url)
        self._from = mail_from
        self._reply_to = reply_to
        self._timeout = timeout_seconds
        self._connection: smtplib.SMTP | None = None

    def take(self, row: Any) -> Delivery:
        """Hand one mail of the outbox over. A mail that is handed over again has the same Message-ID."""
        try:
            message = self._message(row)
            refused = self._connected().send_message(message)
        except (Conflict, NotFound) as refusal:  # a file that went with it may no longer be read
            return Delivery(is_final=True, failure=Failure.UNSENDABLE, error=str(refusal))
        except smtplib.SMTPRecipientsRefused as error:
            return _refusal(error.recipients)
        except ValueError as error:  # a line break in an address, or letters that no address has
            return Delivery(is_final=True, failure=Failure.UNSENDABLE, error=str(error))
        except OSError as error:  # all of SMTP's errors are some
            self.rest()
            return _trouble(error)
        # The server has it for some of the recipients, so there is no second try for the others.
        return Delivery(is_sent=True, status=250, error=_words_of(refused))

    def rest(self) -> None:
        """Close the connection; nothing more is to be sent for now."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _message(self, row: Any) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._from
        message["To"] = row.recipient
        message["Subject"] = row.subject
        domain = self._from.rpartition("@")[2].strip(" >") or "laneway"
        message["Message-ID"] = f"<{row.dedupe_key}@{domain}>"
        if row.thread is not None:
            self._thread(message, row, domain)
        message["Date"] = row.created_at
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(row.body)
        if row.html:
            message.add_alternative(row.html, subtype="html")
        if row.files:
            _add_files(message, row.files)
        return message

    def _thread(self, message: EmailMessage, row: Any, domain: str) -> None:
        """Hold the mails of a case together: all refer to an id made from its number, that no mail has."""
        root = f"<{row.thread}@{domain}>"
        answered = (row.headers or {}).get("In-Reply-To", "")
        message["In-Reply-To"] = answered or root
        message["References"] = f"{root} {answered}".strip()
        if self._reply_to:
            message["Reply-To"] = self._reply_to.replace("{case}", row.thread)

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None and not _is_alive(self._connection):
            self.rest()
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        host = self._url.hostname or "localhost"
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host,
                self._url.port or 465,
                timeout=self._timeout,
                context=ssl.create_default_context(),
            )
        else:
            server = smtplib.SMTP(host, self._url.port or 25, timeout=self._timeout)
        try:
            if self._url.username:
                if self._url.scheme != "smtps":
                    server.starttls(context=ssl.create_default_context())
                server.login(unquote(self._url.username), unquote(self._url.password or ""))
        except OSError:
            server.close()
            raise
        return server


def _add_files(message: EmailMessage, files: Sequence[tuple[int, int]]) -> None:
    for root_key, key in files:
        with reading() as session:
            found, content = attachments.read(session, root_key, key)
        main, _, sub = found.content_type.partition("/")
        if main == "message":  # a kept mail goes as a plain file: as a part it would have to be taken apart
            main, sub = "application", "octet-stream"
        message.add_attachment(content, maintype=main, subtype=sub, filename=found.name)


def _is_alive(connection: smtplib.SMTP) -> bool:
    """Whether the server has not hung up since the last mail."""
    try:
        return connection.noop()[0] == 250
    except OSError:
        return False


def _refusal(recipients: Mapping[str, tuple[int, bytes]]) -> Delivery:
    statuses = [status for status, _words in recipients.values()]
    return Delivery(
        is_final=all(status in _PERMANENT for status in statuses),
        failure=Failure.REFUSED if statuses else Failure.UNSENDABLE,
        error=_words_of(recipients),
        status=statuses[0] if statuses else None,
    )


def _trouble(error: OSError) -> Delivery:
    if isinstance(error, smtplib.SMTPResponseException):
        # What it says of the text is final; what it says of us (sender, login) the operator may set right.
        is_final = isinstance(error, smtplib.SMTPDataError) and error.smtp_code in _PERMANENT
        words = _as_text(error.smtp_error)
        return Delivery(
            is_final=is_final,
            failure=Failure.REFUSED,
            error=f"{error.smtp_code} {words}",
            status=error.smtp_code,
        )
    is_timeout = isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError)
    return Delivery(failure=Failure.TIMEOUT if is_timeout else Failure.UNREACHABLE, error=str(error))


def _words_of(recipients: Mapping[str, tuple[int, bytes]]) -> str:
    return "; ".join(
        f"{recipient}: {status} {_as_text(words)}" for recipient, (status, words) in recipients.items()
    )


def _as_text(words: bytes | str) -> str:
    return words if isinstance(words, str) else words.decode("utf-8", "replace")
