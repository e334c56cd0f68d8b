"""Words of mails in whatever way they are written down: charsets that lie, encoded headers, HTML, quoted history."""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Any, Final

import html_text

_LONGEST_HEADER: Final = 4000
_LONGEST_HTML: Final = 2_000_000

# Programs that write GB2312 or GBK mean the largest of the family; what they call Latin-1 is Windows' own.
_MEANT: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "unknown-8bit": "utf-8",
}
_GUESSES: Final = ("utf-8", "gb18030", "cp1252")
# Lines after which the mail that is answered stands. Each is looked at alone and bounded, so that no mail takes long.
_HISTORY: Final = re.compile(
    r"(?:"
    r"-{2,60} ?(?:原始邮件|原邮件|转发的?邮件|回复的?原邮件|original message|forwarded message|"
    r"ursprüngliche nachricht|message d'origine|mensaje original) ?-{2,60}"  # Outlook, QQ, NetEase
    r"|(?:on|am|le|el|il|op) [^\n]{4,200}(?:wrote|schrieb[^\n]{0,100}|a écrit|escribió|ha scritto|schreef) ?[:：]"
    r"|(?:在|于)? ?\d{4} ?[-年/][^\n]{0,120}(?:写道|来信|寫道) ?[:：]"
    r"|_{20,}"
    r")\s*",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    r"\*?(?:from|sent|to|cc|subject|date|von|gesendet|an|betreff|de|envoyé|à|objet|"
    r"发件人|发送时间|收件人|抄送|主题|日期|寄件者|寄件日期|收件者|主旨)\*? ?[:：]",
    re.IGNORECASE,
)
_LONGEST_LINE: Final = 500
_BLANK_LINES = re.compile(r"\n{3,}")


def decoded(content: bytes, charset: str | None) -> str:
    """Bytes as text: by the charset they claim if that fits, else by the likeliest that does. Never fails."""
    claimed = (charset or "").strip().strip("'\"").lower()
    for name in (_MEANT.get(claimed, claimed), *_GUESSES):
        try:
            return _clean(content.decode(name))
        except (LookupError, UnicodeError, ValueError):
            continue
    return _clean(content.decode("utf-8", "replace"))


def header(raw: Any) -> str:
    """A header as people read it, on one line, without control characters."""
    text = str(raw or "")[:_LONGEST_HEADER]
    text = re.sub(r"\r?\n[ \t]?", " ", text)
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError):
        parts = [(text, None)]
    words = "".join(_part(part, charset) for part, charset in parts)
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())


def _part(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return decoded(part.encode("utf-8", "surrogateescape"), "utf-8")
    if charset is None:  # words between encoded ones: raw-unicode-escape by the library's custom
        try:
            part = part.decode("raw-unicode-escape").encode("utf-8", "surrogateescape")
        except UnicodeError:
            return decoded(part, None)
    return decoded(part, charset or "utf-8")


def text_of_html(content: str) -> str:
    """The words that a reader of an HTML mail sees: no script, style, comment or markup."""
    if not content.strip():
        return ""
    try:
        return _clean(str(html_text.extract_text(content[:_LONGEST_HTML])))
    except (
        ValueError,
        RecursionError,
        AssertionError,
    ):  # not HTML to the library; its tags are cut off instead
        return _clean(re.sub(r"<[^>]{0,2000}>", " ", content[:_LONGEST_HTML]))


def without_history(text: str) -> str:
    """What was newly written: without the mails that it answers; all of it where nothing else would be left."""
    lines = text.splitlines()
    kept: list[str] = []
    for number, line in enumerate(lines):
        plain = line.strip()[:_LONGEST_LINE]
        following = lines[number + 1].strip()[:_LONGEST_LINE] if number + 1 < len(lines) else ""
        # Programs break the line of who wrote when.
        if _HISTORY.fullmatch(plain) or _HISTORY.fullmatch(f"{plain} {following}") or _is_head(lines, number):
            break
        if not plain.startswith(">"):
            kept.append(line.rstrip())
    written = _BLANK_LINES.sub("\n\n", "\n".join(kept)).strip()
    return written or text.strip()


def _is_head(lines: list[str], number: int) -> bool:
    """Whether the headers of an answered mail begin here: two such lines, one after the other."""
    two = [line.strip() for line in lines[number : number + 2]]
    return len(two) == 2 and all(_HEAD.match(line[:40]) for line in two)


def _clean(text: str) -> str:
    """With our line ends, and without NUL and lone surrogates, which PostgreSQL does not store."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return plain.encode("utf-8", "replace").decode("utf-8")
