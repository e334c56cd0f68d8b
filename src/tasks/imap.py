"""Reads a mailbox over IMAP: every mail is kept in the database first, and only then marked seen or moved away.

What was kept but not marked, because a process or the mail server stopped in between, comes again and is known again.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from imap_tools import AND, BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.consts import MailMessageFlags

from laneway.engine.database import unit_of_work
from laneway.records.mail import readings, receiving
from laneway.records.mail.reading import LARGEST
from laneway.records.mail.receiving import Rules, Source
from laneway.settings import Settings

logger = logging.getLogger(__name__)

_TIMEOUT_SECONDS: Final = 20.0
_AT_ONCE: Final = 50
_LONGEST_PAUSE: Final = 600.0
_HEAD: Final = 65536
"""Bytes that are fetched of a mail that is too large, so that people see who wrote it."""


class Mailbox:
    """A folder of a mail server, given as `imaps://user:password@host:993/INBOX` or `imap://…` (STARTTLS with a login).

    With `done`, mails are moved to that folder; else they are marked seen, and only unseen ones are read.
    """

    def __init__(self, url: str, rules: Rules, *, done: str = "", every_seconds: float = 15.0) -> None:
        self._url = urlsplit(url)
        self._rules = rules
        self._done = done
        self._every = every_seconds
        self._next = 0.0
        self._failures = 0
        self.name = f"{self._url.hostname or 'localhost'}{self._url.path}"

    def read_when_due(self) -> bool:
        """Read the mailbox if it is time to; whether there was something new."""
        if time.monotonic() < self._next:
            return False
        taken, problem = 0, ""
        try:
            taken = self.read()
            self._failures = 0
        except (OSError, ImapToolsError, imaplib.IMAP4.error, ValueError) as error:
            self._failures += 1
            problem = f"{type(error).__name__}: {error}"[:1000]
            logger.warning("mailbox_not_read", extra={"mailbox": self.name, "reason": type(error).__name__})
        pause = (
            min(self._every * 2 ** min(self._failures, 10), _LONGEST_PAUSE) if self._failures else self._every
        )
        self._next = time.monotonic() + pause
        with unit_of_work() as session:
            readings.note(session, self.name, taken=taken, failures=self._failures, error=problem)
        return taken > 0

    def read(self) -> int:
        """Take what is in the mailbox; returns how many mails were new. Raises OSError, ImapToolsError."""
        new = 0
        folder = unquote(self._url.path.strip("/")) or "INBOX"
        with self._signed_in(folder) as box:
            asked = AND(all=True) if self._done else AND(seen=False)
            for uid in box.uids(asked)[:_AT_ONCE]:
                raw = _fetched(box, uid)
                if raw is None:  # somebody else has taken it away
                    continue
                with unit_of_work() as session:
                    new += receiving.receive(session, raw, Source.IMAP, self._rules).is_new
                # From here on the mail is safe: whatever goes wrong below, it is known again.
                if self._done:
                    self._move(box, uid)
                else:
                    box.flag(uid, MailMessageFlags.SEEN, True)
        return new

    def _signed_in(self, folder: str) -> BaseMailBox:
        box = self._connected()
        try:
            user, password = unquote(self._url.username or ""), unquote(self._url.password or "")
            return box.login(user, password, initial_folder=folder)
        except (OSError, ImapToolsError, imaplib.IMAP4.error):
            box.client.shutdown()
            raise

    def _connected(self) -> BaseMailBox:
        host, port = self._url.hostname or "localhost", self._url.port
        if self._url.scheme == "imaps":
            return MailBox(host, port or 993, _TIMEOUT_SECONDS, ssl_context=ssl.create_default_context())
        if self._is_local(host):
            return MailBoxUnencrypted(host, port or 143, _TIMEOUT_SECONDS)
        return MailBoxStartTls(host, port or 143, _TIMEOUT_SECONDS, ssl_context=ssl.create_default_context())

    @staticmethod
    def _is_local(host: str) -> bool:
        """On this machine nobody listens in; a password crosses no network without TLS."""
        return host in ("localhost", "127.0.0.1", "::1")

    def _move(self, box: BaseMailBox, uid: str) -> None:
        with suppress(ImapToolsError):  # it is there already; if not, moving tells
            if not box.folder.exists(self._done):
                box.folder.create(self._done)
        box.move(uid, self._done)


def _fetched(box: BaseMailBox, uid: str) -> bytes | None:
    size = _literal(box, uid, "(RFC822.SIZE)")
    told = size.decode("ascii", "replace").partition("RFC822.SIZE ")[2].split(")")[0].split()[:1]
    is_large = bool(told) and told[0].isdigit() and int(told[0]) > LARGEST
    part = f"(BODY.PEEK[]<0.{_HEAD}>)" if is_large else "(BODY.PEEK[])"
    status, answer = box.client.uid("fetch", uid, part)
    if status != "OK":
        return None
    raw = next((bytes(one[1]) for one in answer if isinstance(one, tuple) and len(one) > 1), None)
    if raw is not None and is_large:
        # Longer than what is read whole: only its head is looked at, and a person is told.
        return raw + b"\r\n" * ((LARGEST - len(raw)) // 2 + 2)
    return raw


def _literal(box: BaseMailBox, uid: str, asked: str) -> bytes:
    _status, answer = box.client.uid("fetch", uid, asked)
    first: Any = answer[0] if answer else b""
    return bytes(first[0] if isinstance(first, tuple) else first or b"")


def readers(settings: Settings) -> list[Callable[[], bool]]:
    """What the threads of a worker do for mails that arrive: read the mailbox, and bring mails where they belong."""
    rules = Rules.of(settings)
    loops: list[Callable[[], bool]] = [lambda: receiving.file_next(rules)]
    if settings.imap_url:
        box = Mailbox(settings.imap_url, rules, done=settings.imap_done)
        loops.append(box.read_when_due)
    return loops
