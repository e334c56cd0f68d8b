"""A mail as it came over the wire, as the values that we need. Whatever is sent, this ends soon and raises nothing.

The headers are read by the standard library's older policy: the newer one raises at headers that are not as the
standard says, and mails are not.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, Final

from laneway.records.mail import decoding

LARGEST: Final = 25 * 2**20
"""Bytes of one mail."""
_MOST_PARTS: Final = 200
_DEEPEST: Final = 20
_MOST_FILES: Final = 30
_LONGEST_TEXT: Final = 200_000
_LONGEST_NAME: Final = 200
_ID = re.compile(r"<[^<>\s]{1,380}>")
_ADDRESS = re.compile(r"[^@\s<>,;:\"]{1,200}@[^@\s<>,;:\"]{1,110}")


@dataclass(frozen=True)
class File:
    """A file that came with a mail."""

    name: str
    content: bytes


@dataclass
class Letter:
    """A mail that was read. `problem` is empty, or why nobody can read it: too_large, too_deep, unreadable."""

    message_id: str = ""
    sender: str = ""
    sender_name: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    note: str = ""
    files: list[File] = field(default_factory=list)
    refers_to: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = ""
    report_type: str = ""
    sent_at: datetime | None = None
    problem: str = ""
    message: Message[str, str] | None = None

    def identity(self, raw: bytes) -> str:
        """By what the same mail is known again, whichever way it comes: servers on its way add headers."""
        if self.problem or not (self.message_id or self.sent_at):
            return hashlib.sha256(raw).hexdigest()
        sizes = [f"{file.name}:{hashlib.sha256(file.content).hexdigest()}" for file in self.files]
        said = (self.message_id, self.sender, str(self.sent_at), self.subject, self.text, *sizes)
        return hashlib.sha256("\0".join(said).encode("utf-8", "replace")).hexdigest()


def read(raw: bytes) -> Letter:
    """Read a mail."""
    if len(raw) > LARGEST:
        return _headers_only(raw, "too_large")
    try:
        message = BytesParser(policy=compat32).parsebytes(raw)
        letter = _from_headers(message)
        _add_parts(letter, message)
    except RecursionError:
        return _headers_only(raw, "too_deep")
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        # The library raises these at headers and parts that are cleverly broken.
        letter = _headers_only(raw, "unreadable")
        letter.note = type(error).__name__
    return letter


def _headers_only(raw: bytes, problem: str) -> Letter:
    head = raw[:65536].replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    try:
        letter = _from_headers(BytesParser(policy=compat32).parsebytes(head, headersonly=True))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError):
        letter = Letter()
    letter.problem = problem
    return letter


def _from_headers(message: Message[str, str]) -> Letter:
    headers: dict[str, str] = {}
    for name, content in list(message.raw_items())[:500]:
        headers.setdefault(name.lower(), str(content)[:8000])
    named = _addresses(headers.get("from", "")) or _addresses(headers.get("sender", ""))
    name, sender = named[0] if named else ("", "")
    told = _addresses(
        ", ".join(headers.get(one, "") for one in ("to", "cc", "delivered-to", "x-original-to"))
    )
    answered = _ID.findall(headers.get("in-reply-to", "")) + _ID.findall(headers.get("references", ""))[::-1]
    ids = _ID.findall(headers.get("message-id", ""))
    return Letter(
        message_id=decoding.header(ids[0])[1:-1] if ids else "",
        sender=sender,
        sender_name=name[:_LONGEST_NAME],
        recipients=tuple(dict.fromkeys(address for _name, address in told))[:50],
        subject=decoding.header(headers.get("subject"))[:400],
        refers_to=tuple(dict.fromkeys(decoding.header(one)[1:-1] for one in answered))[:50],
        headers=headers,
        content_type=message.get_content_type(),
        report_type=str(message.get_param("report-type") or "").lower(),
        sent_at=_moment(headers.get("date", "")),
        message=message,
    )


def _addresses(raw: str) -> list[tuple[str, str]]:
    found = []
    for name, address in getaddresses([raw])[:100]:
        plain = _ADDRESS.search(decoding.header(address))
        if plain is not None:
            found.append((decoding.header(name), plain[0].lower()))
    if not found:  # names that the library takes for cleverly broken ones: the last address is the real one
        found = [("", address.lower()) for address in _ADDRESS.findall(raw[:2000])[-1:]]
    return found


def _moment(raw: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(raw.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    try:
        return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _add_parts(letter: Letter, message: Message[str, str]) -> None:
    """Words and files; of alternatives the plain text, else that of the HTML."""
    plain: list[str] = []
    rich: list[str] = []
    seen = 0
    waiting: list[tuple[Message[str, str], int]] = [(message, 0)]
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > _MOST_PARTS or depth > _DEEPEST:
            letter.problem = "too_deep"
            break
        if part.get_content_type() == "message/rfc822" and depth:
            _add_file(letter, part, _as_bytes(part), "mail.eml")
        elif part.is_multipart():
            inner = part.get_payload()
            parts = inner if isinstance(inner, list) else []
            waiting += [(one, depth + 1) for one in reversed(parts) if isinstance(one, Message)]
        else:
            _add_part(letter, part, plain, rich)
    text = "\n\n".join(one.strip() for one in plain if one.strip())
    if not text:
        text = "\n\n".join(decoding.text_of_html(one) for one in rich)
    letter.text = text[:_LONGEST_TEXT]
    letter.note = decoding.without_history(letter.text)


def _add_part(letter: Letter, part: Message[str, str], plain: list[str], rich: list[str]) -> None:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    kind, name = part.get_content_type(), _name(part)
    is_words = (
        kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment" and not name
    )
    if is_words:
        words = decoding.decoded(content[: 4 * _LONGEST_TEXT], _charset(part))
        (plain if kind == "text/plain" else rich).append(words)
    elif content and part.get_content_maintype() != "multipart":
        _add_file(letter, part, content, f"file.{kind.partition('/')[2][:10]}")


def _add_file(letter: Letter, part: Message[str, str], content: bytes, otherwise: str) -> None:
    if len(letter.files) >= _MOST_FILES:
        return
    name, taken = _name(part) or otherwise, {file.name for file in letter.files}
    if name in taken:  # in a case a second file of a name would be its next version
        name = f"{len(taken) + 1}-{name}"
    letter.files.append(File(name, content))


def _as_bytes(part: Message[str, str]) -> bytes:
    inner: Any = part.get_payload()
    one = inner[0] if isinstance(inner, list) and inner else part
    return one.as_bytes() if isinstance(one, Message) else b""


def _name(part: Message[str, str]) -> str:
    return decoding.header(part.get_filename() or "")[:_LONGEST_NAME]


def _charset(part: Message[str, str]) -> str | None:
    try:
        return str(part.get_content_charset() or "") or None
    except (LookupError, ValueError, TypeError):
        return None
