"""What kind of mail it is: written by a person, by a program that answers for one, or about a mail of ours that failed.

By RFC 3834 (Auto-Submitted), RFC 3464 (delivery reports), and by what programs wrote before there were these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from typing import Final

from laneway.records.mail import decoding
from laneway.records.mail.reading import Letter


class Kind(StrEnum):
    """What a mail is."""

    LETTER = "letter"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LOOP = "loop"  # from ourselves
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Bounce:
    """A report on a mail of ours. `is_final`: it will not arrive any more."""

    message_id: str
    recipient: str
    words: str
    is_final: bool


_VACATION: Final = re.compile(
    r"^\s*(?:re:|fwd?:|回复[:：]|答复[:：]|转发[:：])*\s*(?:"
    r"自动(?:回复|答复|应答|回信)|(?:系统)?自动邮件|(?:外出|休假|请假|不在办公室|离职|出差)(?:中|通知|$|[\s:：,，。-])|"
    r"auto(?:matic|mated)?[ -]?(?:reply|response|answer|antwort)|autoreply|out of (?:the )?office|ooo\b|"
    r"(?:on )?(?:vacation|annual leave|holiday)\b|away from (?:the |my )?(?:office|desk|mail)|"
    r"abwesenheit|automatische antwort|réponse automatique|respuesta automática"
    r")",
    re.IGNORECASE,
)
_ROBOTS: Final = re.compile(r"^(?:mailer-daemon|postmaster|mail-daemon|double-bounce)@", re.IGNORECASE)
_FAILED: Final = re.compile(
    r"undeliver|delivery (?:status|failure|has failed)|returned mail|failure notice|退信|无法投递|投递失败|系统退信",
    re.IGNORECASE,
)
_MARKS: Final = ("x-autoreply", "x-autorespond", "x-autoresponse", "x-autoreply-from", "x-mail-autoreply")
_PRECEDENCE: Final = frozenset({"auto_reply", "bulk", "junk", "list"})
_DOMAIN_OF_OURS: Final = re.compile(r"^[A-Z]{2,8}-\d{4}-\d{6,}\.\d+-\d+@")


def kind_of(letter: Letter, own_addresses: frozenset[str]) -> Kind:
    """What it is. `own_addresses` are those that we write from and read."""
    headers = letter.headers
    if letter.problem:
        return Kind.UNREADABLE
    if letter.sender in own_addresses or _DOMAIN_OF_OURS.match(letter.message_id):
        return Kind.LOOP
    is_report = letter.content_type == "multipart/report"
    if is_report and letter.report_type in ("delivery-status", ""):
        return Kind.BOUNCE
    if _ROBOTS.match(letter.sender) and _FAILED.search(letter.subject):
        return Kind.BOUNCE
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    is_automatic = (
        is_report
        or submitted not in ("no", "")
        or any(mark in headers for mark in _MARKS)
        or headers.get("precedence", "").strip().lower() in _PRECEDENCE
        or headers.get("return-path", "").strip() == "<>"
        or _VACATION.match(letter.subject) is not None
        or _ROBOTS.match(letter.sender) is not None
    )
    return Kind.AUTO_REPLY if is_automatic else Kind.LETTER


def bounce_of(letter: Letter) -> Bounce:
    """What a report says: the id of our mail, for whom it was, and why it did not arrive."""
    fields: dict[str, str] = {}
    original = ""
    for part in _parts(letter.message):
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for block in part.get_payload() if isinstance(part.get_payload(), list) else []:
                if isinstance(block, Message):
                    fields |= {name.lower(): decoding.header(text) for name, text in block.raw_items()}
        elif kind in ("message/rfc822", "text/rfc822-headers"):
            original = original or _original_id(part)
    recipient = fields.get("final-recipient", fields.get("original-recipient", "")).rpartition(";")[2].strip()
    words = " ".join(
        (fields.get("status", ""), fields.get("diagnostic-code", "").partition(";")[2].strip())
    ).strip()
    ids = [original, *letter.refers_to]
    return Bounce(
        next((one for one in ids if one), ""),
        recipient[:320],
        (words or letter.subject)[:1000],
        fields.get("action", "failed").lower() in ("failed", ""),
    )


def _parts(message: Message[str, str] | None) -> list[Message[str, str]]:
    """The parts of a report; what is deeper is the mail that came back."""
    payload = message.get_payload() if message is not None else None
    return [one for one in payload[:20] if isinstance(one, Message)] if isinstance(payload, list) else []


def _original_id(part: Message[str, str]) -> str:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        text = str(payload[0].get("Message-ID", ""))
    else:
        content = part.get_payload(decode=True)
        words = decoding.decoded(content, None) if isinstance(content, bytes) else ""
        told = re.search(r"^message-id:\s*(<[^<>\s]{1,380}>)", words, re.IGNORECASE | re.MULTILINE)
        text = told[1] if told else ""
    found = re.search(r"<([^<>\s]{1,380})>", text)
    return found[1] if found else ""
